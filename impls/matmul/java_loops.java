import java.util.Arrays;

final class JavaLoops {
    public static void main(String[] arguments) {
        Paragone.serve(
            (sizes, arrays) -> run(sizes[0], (double[]) arrays[0], (double[]) arrays[1], (double[]) arrays[2]),
            (sizes, arrays) -> run(sizes[0], (float[]) arrays[0], (float[]) arrays[1], (float[]) arrays[2]));
    }

    static void run(int n, double[] A, double[] B, double[] C) {
        Arrays.fill(C, 0);
        for (int i = 0; i < n; i++)
            for (int k = 0; k < n; k++) {
                double a = A[i * n + k];
                for (int j = 0; j < n; j++)
                    C[i * n + j] += a * B[k * n + j];
            }
    }

    static void run(int n, float[] A, float[] B, float[] C) {
        Arrays.fill(C, 0);
        for (int i = 0; i < n; i++)
            for (int k = 0; k < n; k++) {
                float a = A[i * n + k];
                for (int j = 0; j < n; j++)
                    C[i * n + j] += a * B[k * n + j];
            }
    }
}
