final class Pairwise {
    public static void main(String[] arguments) {
        Paragone.serve(
            (sizes, arrays) -> run(sizes[0], sizes[1], (double[]) arrays[0], (double[]) arrays[1]),
            (sizes, arrays) -> run(sizes[0], sizes[1], (float[]) arrays[0], (float[]) arrays[1]));
    }

    static void run(int n, int d, double[] X, double[] D) {
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++) {
                double squares = 0;
                for (int k = 0; k < d; k++) {
                    double difference = X[i * d + k] - X[j * d + k];
                    squares += difference * difference;
                }
                D[i * n + j] = Math.sqrt(squares);
            }
    }

    static void run(int n, int d, float[] X, float[] D) {
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++) {
                float squares = 0;
                for (int k = 0; k < d; k++) {
                    float difference = X[i * d + k] - X[j * d + k];
                    squares += difference * difference;
                }
                D[i * n + j] = (float) Math.sqrt(squares);
            }
    }
}
