/**
 * The layers of neurons of one sample: sums z, activations a, the label y; real is float or double.
 *
 * Losses come from the logits where log a would be -Infinity as a rounds to 0. They are computed in double.
 */
final class Outputs {
    private Outputs() {}

    /** What the hidden layers compute, and its derivative, written in the activation. */
    enum Hidden {
        SIGMOID, TANH, RELU;

        /** a = 1 / (1 + exp(-z)), tanh z, or max(z, 0) that keeps NaN */
        void activation(real[] z, real[] a) {
            switch (this) {
                case SIGMOID: sigmoid(z, a); break;
                case TANH: for (int j = 0; j < z.length; j++) a[j] = (real) Math.tanh(z[j]); break;
                default: for (int j = 0; j < z.length; j++) a[j] = z[j] < 0 ? 0 : z[j];
            }
        }

        /** delta <- delta times a (1 - a), 1 - a^2, or 1 where a > 0 */
        void timesSlope(real[] a, real[] delta) {
            switch (this) {
                case SIGMOID: for (int j = 0; j < a.length; j++) delta[j] *= a[j] * (1 - a[j]); break;
                case TANH: for (int j = 0; j < a.length; j++) delta[j] *= 1 - a[j] * a[j]; break;
                default: for (int j = 0; j < a.length; j++) delta[j] *= a[j] > 0 ? 1 : 0;
            }
        }
    }

    /** What the output layer computes, and its loss. */
    enum Output {
        SIGMOID_QUADRATIC, SIGMOID_LOG, SOFTMAX_CROSS_ENTROPY;

        void activation(real[] z, real[] a) {
            if (this == SOFTMAX_CROSS_ENTROPY) {
                softmax(z, a);
            } else {
                sigmoid(z, a);
            }
        }

        /** delta = a - y, with the quadratic loss (a - y) a (1 - a) */
        void delta(real[] a, int y, real[] delta) {
            System.arraycopy(a, 0, delta, 0, a.length);
            delta[y] -= 1;
            if (this == SIGMOID_QUADRATIC) {
                Hidden.SIGMOID.timesSlope(a, delta);
            }
        }

        double loss(real[] z, real[] a, int y) {
            double total = 0;
            switch (this) {
                case SIGMOID_QUADRATIC: // 1/2 sum (a - y)^2
                    for (int j = 0; j < a.length; j++) {
                        double difference = a[j] - (j == y ? 1.0 : 0.0);
                        total += 0.5 * difference * difference;
                    }
                    return total;
                case SIGMOID_LOG: // sum log(1 + exp(z)) - z of the label
                    for (int j = 0; j < z.length; j++) {
                        total += Math.max(z[j], 0) + Math.log1p(Math.exp(-Math.abs((double) z[j])));
                    }
                    return total - z[y];
                default: // log(sum exp(z)) - z of the label
                    double top = largest(z);
                    for (int j = 0; j < z.length; j++) {
                        total += Math.exp(z[j] - top);
                    }
                    return top + Math.log(total) - z[y];
            }
        }
    }

    /** a = 1 / (1 + exp(-z)) */
    private static void sigmoid(real[] z, real[] a) {
        for (int j = 0; j < z.length; j++) a[j] = 1 / (1 + (real) Math.exp(-z[j]));
    }

    /** a = exp(z) / sum exp(z), shifted by the largest logit */
    private static void softmax(real[] z, real[] a) {
        real top = largest(z), sum = 0;
        for (int j = 0; j < z.length; j++) sum += a[j] = (real) Math.exp(z[j] - top);
        for (int j = 0; j < z.length; j++) a[j] /= sum;
    }

    private static real largest(real[] z) {
        real top = z[0];
        for (real z_j : z) top = Math.max(top, z_j);
        return top;
    }
}
