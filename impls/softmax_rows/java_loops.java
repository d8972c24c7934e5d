final class JavaLoops {
    public static void main(String[] arguments) {
        Paragone.serve(
            (sizes, arrays) -> run(sizes[0], sizes[1], (double[]) arrays[0], (double[]) arrays[1]),
            (sizes, arrays) -> run(sizes[0], sizes[1], (float[]) arrays[0], (float[]) arrays[1]));
    }

    static void run(int n, int m, double[] X, double[] Y) {
        for (int first = 0; first < n * m; first += m) {
            double largest = X[first];
            for (int j = first + 1; j < first + m; j++)
                largest = Math.max(largest, X[j]);
            double total = 0;
            for (int j = first; j < first + m; j++)
                total += Y[j] = Math.exp(X[j] - largest);
            for (int j = first; j < first + m; j++)
                Y[j] /= total;
        }
    }

    static void run(int n, int m, float[] X, float[] Y) {
        for (int first = 0; first < n * m; first += m) {
            float largest = X[first];
            for (int j = first + 1; j < first + m; j++)
                largest = Math.max(largest, X[j]);
            float total = 0;
            for (int j = first; j < first + m; j++)
                total += Y[j] = (float) Math.exp(X[j] - largest); // there is no exp of float
            for (int j = first; j < first + m; j++)
                Y[j] /= total;
        }
    }
}
