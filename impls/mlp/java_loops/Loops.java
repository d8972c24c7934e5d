/**
 * One SGD step, one sample after the other, in plain loops; real is float or double.
 *
 * x is an image, y its label; z, a and delta hold the neurons of each layer, a[0] = x. W[l] is fan_in x fan_out, row
 * after row in one array, so that the innermost loops run over numbers that lie side by side. The step is at the end.
 *
 * Longer than 100 lines: every product is a loop.
 */
final class Loops {
    private Loops() {}

    /** a[0] = x: where it lies, nothing is copied; y */
    private static int gather(Network net, int image) {
        net.a[0] = net.X[image];
        return net.labels[image] & 0xff;
    }

    /** z = W' a + b, a of the next layer from z */
    private static void forward(Network net) {
        int last = net.W.length - 1;
        for (int l = 0; l <= last; l++) {
            logits(net.W[l], net.a[l], net.b[l], net.z[l]);
            if (l < last) {
                net.hidden.activation(net.z[l], net.a[l + 1]);
            } else {
                net.output.activation(net.z[l], net.a[l + 1]);
            }
        }
    }

    /** z = W' a + b */
    private static void logits(real[] W, real[] a, real[] b, real[] z) {
        System.arraycopy(b, 0, z, 0, z.length);
        for (int i = 0; i < a.length; i++) {
            real a_i = a[i];
            int row = i * z.length;
            for (int j = 0; j < z.length; j++) {
                z[j] += a_i * W[row + j];
            }
        }
    }

    /** delta of the output, then layer by layer the gradients and the delta of the layer before */
    private static void backward(Network net, int y) {
        int last = net.W.length - 1;
        net.output.delta(net.a[last + 1], y, net.delta[last]);
        for (int l = last; l >= 0; l--) {
            addGradient(net.a[l], net.delta[l], net.dW[l], net.db[l]);
            if (l > 0) {
                deltaBefore(net.W[l], net.delta[l], net.delta[l - 1]);
                net.hidden.timesSlope(net.a[l], net.delta[l - 1]);
            }
        }
    }

    /** dW += a delta', db += delta */
    private static void addGradient(real[] a, real[] delta, real[] dW, real[] db) {
        for (int i = 0; i < a.length; i++) {
            real a_i = a[i];
            int row = i * delta.length;
            for (int j = 0; j < delta.length; j++) {
                dW[row + j] += a_i * delta[j];
            }
        }
        for (int j = 0; j < delta.length; j++) {
            db[j] += delta[j];
        }
    }

    /** delta of the layer before = W delta, without the slope */
    private static void deltaBefore(real[] W, real[] delta, real[] before) {
        for (int i = 0; i < before.length; i++) {
            int row = i * delta.length;
            real sum = 0;
            for (int j = 0; j < delta.length; j++) {
                sum += W[row + j] * delta[j];
            }
            before[i] = sum;
        }
    }

    /** W <- W - eta R dW; dW <- 0 */
    private static void plainRule(real[] W, real[] dW, real eta, real R) {
        for (int k = 0; k < W.length; k++) {
            W[k] -= eta * R * dW[k];
            dW[k] = 0;
        }
    }

    /** d = eta (R dW + l2 W + l1 sign W), W <- W - (d + momentum d_previous), d_previous <- d; dW <- 0 */
    private static void fullRule(
            real[] W, real[] dW, real[] previous, real eta, real R, real momentum, real l1, real l2) {
        for (int k = 0; k < W.length; k++) {
            real d = eta * (R * dW[k] + l2 * W[k] + l1 * Math.signum(W[k]));
            W[k] -= d + momentum * previous[k];
            previous[k] = d;
            dW[k] = 0;
        }
    }

    /** Every layer; biases without the penalties */
    private static void update(Network net, real eta, real R) {
        for (int l = 0; l < net.W.length; l++) {
            if (net.hasPlainUpdate) {
                plainRule(net.W[l], net.dW[l], eta, R);
                plainRule(net.b[l], net.db[l], eta, R);
            } else {
                fullRule(net.W[l], net.dW[l], net.dWPrevious[l], eta, R, net.momentum, net.l1, net.l2);
                fullRule(net.b[l], net.db[l], net.dbPrevious[l], eta, R, net.momentum, 0, 0);
            }
        }
    }

    /** The images first to first + B - 1 of order once forward and back, then the update; the sum of their losses */
    static double step(Network net, long[] order, int first, int B, real eta, real R) {
        double batchLoss = 0;
        for (int k = first; k < first + B; k++) {
            net.enter(Network.GATHER);
            int y = gather(net, (int) order[k]);
            net.enter(Network.FORWARD);
            forward(net);
            if (net.recordsLoss) {
                net.enter(Network.LOSS);
                batchLoss += net.output.loss(net.z[net.z.length - 1], net.a[net.a.length - 1], y);
            }
            net.enter(Network.BACKWARD);
            backward(net, y);
        }
        net.enter(Network.UPDATE);
        update(net, eta, R);
        return batchLoss;
    }
}
