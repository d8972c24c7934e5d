import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.Array;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * The process protocol, for programs that run under Java. Of a kernel:
 *
 * <pre>
 *     public static void main(String[] arguments) {
 *         Paragone.serve(
 *             (sizes, arrays) -> run(sizes[0], sizes[1], (double[]) arrays[0], (double[]) arrays[1]),
 *             (sizes, arrays) -> run(sizes[0], sizes[1], (float[]) arrays[0], (float[]) arrays[1]));
 *     }
 * </pre>
 *
 * Sizes and arrays come in the order of kernel.toml; an array lies one row after the other. A dtype that the program does
 * not have is null. A third argument, sizes -> setup(sizes[0], sizes[1]), is called once for each size, untimed.
 *
 * <p>Of networks: Paragone.answer((verb, message, answer) -> ...) puts the fields that answer a message of docs/process.md
 * into `answer`; text, array and bytes read and write their values. Standard output belongs to the protocol; what the
 * program prints goes to standard error.
 */
public final class Paragone {
    /** One call: the sizes, and the arrays as double[], float[], int[], long[] or byte[]. */
    public interface Kernel {
        void run(int[] sizes, Object[] arrays);
    }

    /** What one size needs, before its calls. */
    public interface Setup {
        void setup(int[] sizes);
    }

    /** What answers one message: its fields by key, and those of the answer, to be filled in. */
    public interface Verbs {
        void answer(String verb, Map<String, byte[]> message, Map<String, byte[]> answer);
    }

    /** What a program says that it is. */
    public static final String VERSION = "Java " + Runtime.version() + ", " + System.getProperty("java.vm.name");

    private final Kernel float64, float32;
    private final Setup setup;
    private Kernel kernel;
    private int[] sizes;
    private final List<String> names = new ArrayList<>(), kinds = new ArrayList<>();
    private Object[][] slots;
    private static final int NOTED = 64; // numbers of a sample
    private final List<Object[]> noted = new ArrayList<>();
    private final Random random = new Random();

    private Paragone(Kernel float64, Kernel float32, Setup setup) {
        this.float64 = float64;
        this.float32 = float32;
        this.setup = setup;
    }

    /** Answer messages until standard input ends. */
    public static void serve(Kernel float64, Kernel float32) {
        serve(float64, float32, sizes -> {});
    }

    /** The same, with a function for each size. */
    public static void serve(Kernel float64, Kernel float32, Setup setup) {
        answer(new Paragone(float64, float32, setup)::answerOne);
    }

    /** Answer messages until standard input ends; what is thrown becomes the field error. */
    public static void answer(Verbs verbs) {
        OutputStream output = new BufferedOutputStream(System.out, 1 << 16);
        System.setOut(new PrintStream(System.err, true));
        DataInputStream input = new DataInputStream(new BufferedInputStream(System.in, 1 << 16));
        try {
            for (Map<String, byte[]> message = read(input); message != null; message = read(input)) {
                write(output, answered(verbs, message));
            }
        } catch (IOException error) {
            throw new RuntimeException(error);
        }
    }

    private static Map<String, byte[]> answered(Verbs verbs, Map<String, byte[]> message) {
        Map<String, byte[]> answer = new LinkedHashMap<>();
        try {
            verbs.answer(text(message, "do"), message, answer);
        } catch (RuntimeException | OutOfMemoryError error) {
            answer.clear();
            StackTraceElement[] trace = error.getStackTrace();
            answer.put("error", (error + (trace.length > 0 ? " at " + trace[0] : "")).getBytes());
        }
        return answer;
    }

    private void answerOne(String verb, Map<String, byte[]> message, Map<String, byte[]> answer) {
        switch (verb) {
            case "version":
                answer.put("protocol", "1".getBytes());
                answer.put("version", VERSION.getBytes());
                break;
            case "load":
                load(message);
                break;
            case "reset":
                reset(message);
                break;
            case "run":
                run(message, answer);
                break;
            case "result":
                result(message, answer);
                break;
            default:
                throw new IllegalArgumentException("unknown verb " + verb);
        }
    }

    private void load(Map<String, byte[]> message) {
        kernel = text(message, "dtype").equals("float32") ? float32 : float64;
        if (kernel == null) {
            throw new IllegalArgumentException("it does not have the dtype " + text(message, "dtype"));
        }
        String[] given = text(message, "sizes").split(" ");
        sizes = new int[given.length];
        for (int i = 0; i < given.length; i++) {
            sizes[i] = Integer.parseInt(given[i].split("=")[1]);
        }
        names.clear();
        kinds.clear();
        for (String line : text(message, "arrays").split("\n")) {
            names.add(line.split(" ")[0]);
            kinds.add(line.split(" ")[2]);
        }
        setup.setup(sizes);
    }

    private void reset(Map<String, byte[]> message) {
        int n = Integer.parseInt(text(message, "slots"));
        slots = new Object[n][names.size()];
        for (int k = 0; k < names.size(); k++) {
            byte[] all = message.get(names.get(k));
            int width = all.length / n;
            for (int i = 0; i < n; i++) {
                slots[i][k] = array(kinds.get(k), ByteBuffer.wrap(all, i * width, width));
            }
        }
        noted.clear();
    }

    private void run(Map<String, byte[]> message, Map<String, byte[]> answer) {
        int[] order = order(message.get("order"), Integer.parseInt(text(message, "calls")));
        long began = System.nanoTime();
        calls(kernel, sizes, slots, order);
        long ended = System.nanoTime();
        note(order);
        answer.put("began_ns", Long.toString(began).getBytes());
        answer.put("ended_ns", Long.toString(ended).getBytes());
    }

    /** Keeps numbers at random places of slots that were called, as they are when the clock stops. */
    private void note(int[] order) {
        noted.clear();
        for (int i = 0; i < NOTED && order.length > 0; i++) {
            int slot = order[random.nextInt(order.length)], k = random.nextInt(names.size());
            int place = random.nextInt(Array.getLength(slots[slot][k]));
            noted.add(new Object[] {slots[slot][k], place, Array.get(slots[slot][k], place)});
        }
    }

    /** A byte for each call, or an int. */
    private static int[] order(byte[] bytes, int n) {
        if (bytes.length != n) {
            return (int[]) array("int32", ByteBuffer.wrap(bytes));
        }
        int[] order = new int[n];
        for (int i = 0; i < n; i++) {
            order[i] = bytes[i] & 0xff;
        }
        return order;
    }

    private static void calls(Kernel kernel, int[] sizes, Object[][] slots, int[] order) {
        for (int i = 0; i < order.length; i++) {
            kernel.run(sizes, slots[order[i]]);
        }
    }

    private void result(Map<String, byte[]> message, Map<String, byte[]> answer) {
        for (Object[] each : noted) {
            if (!Array.get(each[0], (int) each[1]).equals(each[2])) {
                throw new IllegalStateException("its results change after the last call has returned: a thread is "
                    + "still at work; wait for it in the call");
            }
        }
        int[] wanted = (int[]) array("int32", ByteBuffer.wrap(message.get("slots")));
        for (int k = 0; k < names.size(); k++) {
            int width = wanted.length == 0 ? 0 : Array.getLength(slots[wanted[0]][k]) * size(kinds.get(k));
            ByteBuffer all = ByteBuffer.allocate(width * wanted.length).order(ByteOrder.LITTLE_ENDIAN);
            for (int slot : wanted) {
                put(all, slots[slot][k]);
            }
            answer.put(names.get(k), all.array());
        }
    }

    private static int size(String kind) {
        return kind.equals("uint8") ? 1 : kind.endsWith("64") ? 8 : 4;
    }

    /** The array of a field: double[], float[], long[], int[] or byte[]. */
    public static Object array(String kind, byte[] bytes) {
        return array(kind, ByteBuffer.wrap(bytes));
    }

    /** The field of an array. */
    public static byte[] bytes(double[] array) {
        ByteBuffer all = ByteBuffer.allocate(8 * array.length).order(ByteOrder.LITTLE_ENDIAN);
        all.asDoubleBuffer().put(array);
        return all.array();
    }

    private static Object array(String kind, ByteBuffer bytes) {
        bytes.order(ByteOrder.LITTLE_ENDIAN);
        int n = bytes.remaining() / size(kind);
        switch (kind) {
            case "float64": { double[] a = new double[n]; bytes.asDoubleBuffer().get(a); return a; }
            case "float32": { float[] a = new float[n]; bytes.asFloatBuffer().get(a); return a; }
            case "int64": { long[] a = new long[n]; bytes.asLongBuffer().get(a); return a; }
            case "int32": { int[] a = new int[n]; bytes.asIntBuffer().get(a); return a; }
            default: { byte[] a = new byte[n]; bytes.get(a); return a; }
        }
    }

    private static void put(ByteBuffer all, Object array) {
        if (array instanceof double[]) for (double x : (double[]) array) all.putDouble(x);
        else if (array instanceof float[]) for (float x : (float[]) array) all.putFloat(x);
        else if (array instanceof long[]) for (long x : (long[]) array) all.putLong(x);
        else if (array instanceof int[]) for (int x : (int[]) array) all.putInt(x);
        else all.put((byte[]) array);
    }

    /** A field that is text. */
    public static String text(Map<String, byte[]> message, String key) {
        return new String(message.get(key));
    }

    private static Map<String, byte[]> read(DataInputStream input) throws IOException {
        Map<String, byte[]> fields = new LinkedHashMap<>();
        while (true) {
            String key = until(input);
            if (key == null) {
                return null;
            }
            byte[] value = new byte[Integer.parseInt(until(input))];
            input.readFully(value);
            input.readByte(); // the line feed
            if (key.equals("end")) {
                return fields;
            }
            fields.put(key, value);
        }
    }

    private static String until(DataInputStream input) throws IOException {
        StringBuilder read = new StringBuilder();
        for (int next = input.read(); next != ':'; next = input.read()) {
            if (next < 0) {
                return null;
            }
            read.append((char) next);
        }
        return read.toString();
    }

    private static void write(OutputStream output, Map<String, byte[]> fields) throws IOException {
        fields.put("end", new byte[0]);
        for (Map.Entry<String, byte[]> field : fields.entrySet()) {
            output.write((field.getKey() + ":" + field.getValue().length + ":").getBytes());
            output.write(field.getValue());
            output.write('\n');
        }
        output.flush();
    }
}
