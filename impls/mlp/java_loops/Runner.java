import java.util.Map;

/** What the harness asks of the program (docs/process.md). */
final class Runner {
    private Network net; // of the last load

    public static void main(String[] arguments) {
        Paragone.answer(new Runner()::answer);
    }

    private void answer(String verb, Map<String, byte[]> message, Map<String, byte[]> answer) {
        switch (verb) {
            case "version":
                answer.put("protocol", "1".getBytes());
                answer.put("version", Paragone.VERSION.getBytes());
                answer.put("threads", "1".getBytes());
                break;
            case "load":
                net = null; // one training set in memory is enough
                net = new Network(message);
                break;
            case "reset":
                net.reset((double[]) Paragone.array("float64", message.get("state")));
                break;
            case "train":
                train(message, answer);
                break;
            case "params":
                answer.put("state", Paragone.bytes(net.state()));
                break;
            default:
                throw new IllegalArgumentException("unknown verb " + verb);
        }
    }

    private void train(Map<String, byte[]> message, Map<String, byte[]> answer) {
        long[] order = (long[]) Paragone.array("int64", message.get("order"));
        double[] eta = (double[]) Paragone.array("float64", message.get("eta"));
        int B = Integer.parseInt(Paragone.text(message, "batch"));
        double R = Double.parseDouble(Paragone.text(message, "R"));
        double[] losses = new double[eta.length];
        long began = System.nanoTime();
        net.startClock();
        for (int k = 0; k < eta.length; k++) {
            losses[k] = R * Loops.step(net, order, k * B, B, (real) eta[k], (real) R);
        }
        long ended = System.nanoTime();
        answer.put("began_ns", Long.toString(began).getBytes());
        answer.put("ended_ns", Long.toString(ended).getBytes());
        if (net.recordsLoss) {
            answer.put("losses", Paragone.bytes(losses));
        }
        if (net.phases() != null) {
            answer.put("phases", net.phases().getBytes());
        }
    }
}
