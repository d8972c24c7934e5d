final class Mandelbrot {
    public static void main(String[] arguments) {
        Paragone.serve(
            (sizes, arrays) ->
                run(sizes[0], sizes[1], (double[]) arrays[0], (double[]) arrays[1], (int[]) arrays[2]),
            null);
    }

    static void run(int n, int limit, double[] x, double[] y, int[] counts) {
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++) counts[i * n + j] = iterations(x[j], y[i], limit);
    }

    static int iterations(double x, double y, int limit) {
        double re = x, im = y;
        for (int k = 0; k < limit; k++) {
            double reSquare = re * re, imSquare = im * im;
            if (reSquare + imSquare > 4) return k;
            im = 2 * re * im + y;
            re = reSquare - imSquare + x;
        }
        return limit;
    }
}
