final class Spmv {
    public static void main(String[] arguments) {
        Paragone.serve(
            (sizes, arrays) ->
                run(sizes[0], (int[]) arrays[0], (int[]) arrays[1], (double[]) arrays[2], (double[]) arrays[3],
                    (double[]) arrays[4]),
            (sizes, arrays) ->
                run(sizes[0], (int[]) arrays[0], (int[]) arrays[1], (float[]) arrays[2], (float[]) arrays[3],
                    (float[]) arrays[4]));
    }

    static void run(int n, int[] indptr, int[] indices, double[] data, double[] x, double[] y) {
        for (int i = 0; i < n; i++) {
            double sum = 0;
            for (int e = indptr[i]; e < indptr[i + 1]; e++) sum += data[e] * x[indices[e]];
            y[i] = sum;
        }
    }

    static void run(int n, int[] indptr, int[] indices, float[] data, float[] x, float[] y) {
        for (int i = 0; i < n; i++) {
            float sum = 0;
            for (int e = indptr[i]; e < indptr[i + 1]; e++) sum += data[e] * x[indices[e]];
            y[i] = sum;
        }
    }
}
