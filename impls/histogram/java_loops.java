import java.util.Arrays;

final class JavaLoops {
    public static void main(String[] arguments) {
        Paragone.serve(
            (sizes, arrays) -> run(sizes[0], sizes[1], (double[]) arrays[0], (long[]) arrays[1]),
            (sizes, arrays) -> run(sizes[0], sizes[1], (float[]) arrays[0], (long[]) arrays[1]));
    }

    static void run(int n, int m, double[] x, long[] counts) {
        Arrays.fill(counts, 0);
        for (int i = 0; i < n; i++)
            counts[(int) (m * x[i])]++;
    }

    static void run(int n, int m, float[] x, long[] counts) {
        Arrays.fill(counts, 0);
        for (int i = 0; i < n; i++)
            counts[(int) (m * x[i])]++;
    }
}
