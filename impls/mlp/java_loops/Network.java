import java.util.Arrays;
import java.util.Map;

/** The network in memory; W is fan_in x fan_out, row after row, of the harness (fan_out, fan_in). */
final class Network {
    static final int GATHER = 0, FORWARD = 1, LOSS = 2, BACKWARD = 3, UPDATE = 4, NO_PHASE = 5;
    private static final String[] PHASES = {"gather", "forward", "loss", "backward", "update"};

    final int[] fan;
    final real[][] X; // the training set, an array for each image
    final byte[] labels;
    final Outputs.Hidden hidden;
    final Outputs.Output output;
    final real momentum, l1, l2;
    final boolean hasPlainUpdate, recordsLoss;
    final real[][] W, b, dW, db, dWPrevious, dbPrevious;
    final real[][] z, a, delta; // of one sample: a[0] is the image
    private final boolean hasClock; // of a profile
    private final long[] phaseNs = new long[NO_PHASE + 1];
    private int phase = NO_PHASE;
    private long since;

    Network(Map<String, byte[]> message) {
        String[] sizes = Paragone.text(message, "layers").split(" ");
        fan = new int[sizes.length];
        for (int l = 0; l < fan.length; l++) {
            fan[l] = Integer.parseInt(sizes[l]);
        }
        X = images((real[]) Paragone.array(Paragone.text(message, "dtype"), message.get("images")), fan[0]);
        labels = message.get("labels");
        hidden = Outputs.Hidden.valueOf(constant(message, "hidden"));
        output = Outputs.Output.valueOf(constant(message, "output"));
        momentum = coefficient(message, "momentum");
        l1 = coefficient(message, "l1");
        l2 = coefficient(message, "l2");
        hasPlainUpdate = momentum == 0 && l1 == 0 && l2 == 0;
        recordsLoss = Paragone.text(message, "losses").equals("1");
        W = weights();
        dW = weights();
        dWPrevious = weights();
        b = neurons(1);
        db = neurons(1);
        dbPrevious = neurons(1);
        z = neurons(1);
        delta = neurons(1);
        a = neurons(0);
        hasClock = message.containsKey("phases");
    }

    private static String constant(Map<String, byte[]> message, String key) {
        return Paragone.text(message, key).toUpperCase().replace(' ', '_');
    }

    private static real coefficient(Map<String, byte[]> message, String key) {
        return (real) Double.parseDouble(Paragone.text(message, key));
    }

    private static real[][] images(real[] pixels, int n) {
        real[][] images = new real[pixels.length / n][];
        for (int k = 0; k < images.length; k++) {
            images[k] = Arrays.copyOfRange(pixels, k * n, (k + 1) * n);
        }
        return images;
    }

    private real[][] weights() {
        real[][] layers = new real[fan.length - 1][];
        for (int l = 0; l < layers.length; l++) {
            layers[l] = new real[fan[l] * fan[l + 1]];
        }
        return layers;
    }

    private real[][] neurons(int first) {
        real[][] layers = new real[fan.length - first][];
        for (int l = 0; l < layers.length; l++) {
            layers[l] = new real[fan[l + first]];
        }
        return layers;
    }

    /** Start from W1, b1, W2, b2 and so on, and the previous updates. */
    void reset(double[] state) {
        read(state, read(state, 0, W, b), dWPrevious, dbPrevious);
    }

    private int read(double[] state, int place, real[][] W, real[][] b) {
        for (int l = 0; l < W.length; l++) {
            for (int j = 0; j < fan[l + 1]; j++) {
                for (int i = 0; i < fan[l]; i++) {
                    W[l][i * fan[l + 1] + j] = (real) state[place++];
                }
            }
            for (int j = 0; j < fan[l + 1]; j++) {
                b[l][j] = (real) state[place++];
            }
        }
        return place;
    }

    double[] state() {
        int n = 0;
        for (int l = 0; l < W.length; l++) {
            n += 2 * (W[l].length + b[l].length);
        }
        double[] state = new double[n];
        write(state, write(state, 0, W, b), dWPrevious, dbPrevious);
        return state;
    }

    private int write(double[] state, int place, real[][] W, real[][] b) {
        for (int l = 0; l < W.length; l++) {
            for (int j = 0; j < fan[l + 1]; j++) {
                for (int i = 0; i < fan[l]; i++) {
                    state[place++] = W[l][i * fan[l + 1] + j];
                }
            }
            for (int j = 0; j < fan[l + 1]; j++) {
                state[place++] = b[l][j];
            }
        }
        return place;
    }

    /** From here on it is this phase of the step; only a profile reads a clock. */
    void enter(int next) {
        if (hasClock) {
            long now = System.nanoTime();
            phaseNs[phase] += now - since;
            phase = next;
            since = now;
        }
    }

    void startClock() {
        enter(NO_PHASE);
        Arrays.fill(phaseNs, 0);
    }

    /** "gather 120 forward 3400", or null without a clock. */
    String phases() {
        if (!hasClock) {
            return null;
        }
        enter(NO_PHASE);
        StringBuilder told = new StringBuilder();
        for (int k = 0; k < PHASES.length; k++) {
            if (phaseNs[k] > 0) {
                told.append(PHASES[k]).append(' ').append(phaseNs[k]).append(' ');
            }
        }
        return told.toString().trim();
    }
}
