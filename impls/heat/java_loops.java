final class Heat {
    public static void main(String[] arguments) {
        Paragone.serve(
            (sizes, arrays) -> run(sizes[0], (double[]) arrays[0], (double[]) arrays[1]),
            (sizes, arrays) -> run(sizes[0], (float[]) arrays[0], (float[]) arrays[1]));
    }

    static void run(int n, double[] u, double[] w) {
        timeStep(n, u, w);
        timeStep(n, w, u);
    }

    static void timeStep(int n, double[] u, double[] w) {
        for (int i = n; i < n * n - n; i += n)
            for (int j = i + 1; j < i + n - 1; j++)
                w[j] = 0.5 * u[j] + 0.125 * (u[j - n] + u[j + n] + u[j - 1] + u[j + 1]);
    }

    static void run(int n, float[] u, float[] w) {
        timeStep(n, u, w);
        timeStep(n, w, u);
    }

    static void timeStep(int n, float[] u, float[] w) {
        for (int i = n; i < n * n - n; i += n)
            for (int j = i + 1; j < i + n - 1; j++)
                w[j] = 0.5f * u[j] + 0.125f * (u[j - n] + u[j + n] + u[j - 1] + u[j + 1]);
    }
}
