final class NBody {
    public static void main(String[] arguments) {
        Paragone.serve(
            (sizes, arrays) -> step(sizes[0], (double[]) arrays[0], (double[]) arrays[1], (double[]) arrays[2]),
            (sizes, arrays) -> step(sizes[0], (float[]) arrays[0], (float[]) arrays[1], (float[]) arrays[2]));
    }

    static void step(int n, double[] x, double[] v, double[] m) {
        final double dt = 0.01;
        for (int i = 0; i < n; i++)
            for (int j = i + 1; j < n; j++) {
                int a = 3 * i, b = 3 * j;
                double dx = x[b] - x[a], dy = x[b + 1] - x[a + 1], dz = x[b + 2] - x[a + 2];
                double square = dx * dx + dy * dy + dz * dz;
                double factor = dt / (square * Math.sqrt(square));
                double toA = factor * m[j], toB = factor * m[i];
                v[a] += toA * dx;
                v[a + 1] += toA * dy;
                v[a + 2] += toA * dz;
                v[b] -= toB * dx;
                v[b + 1] -= toB * dy;
                v[b + 2] -= toB * dz;
            }
        for (int k = 0; k < 3 * n; k++) x[k] += dt * v[k];
    }

    static void step(int n, float[] x, float[] v, float[] m) {
        final float dt = 0.01f;
        for (int i = 0; i < n; i++)
            for (int j = i + 1; j < n; j++) {
                int a = 3 * i, b = 3 * j;
                float dx = x[b] - x[a], dy = x[b + 1] - x[a + 1], dz = x[b + 2] - x[a + 2];
                float square = dx * dx + dy * dy + dz * dz;
                float factor = dt / (square * (float) Math.sqrt(square));
                float toA = factor * m[j], toB = factor * m[i];
                v[a] += toA * dx;
                v[a + 1] += toA * dy;
                v[a + 2] += toA * dz;
                v[b] -= toB * dx;
                v[b + 1] -= toB * dy;
                v[b + 2] -= toB * dz;
            }
        for (int k = 0; k < 3 * n; k++) x[k] += dt * v[k];
    }
}
