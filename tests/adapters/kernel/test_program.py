"""Kernels in programs: JavaScript and Java with our files, others by messages alone, and what they do wrong."""

import shutil
import sys
import time

import numpy as np
import pytest
from small_kernels import distances, kernel_folder, opened, order, results, ring

from paragone.adapters.kernel import program
from paragone.errors import MeasurementFailed, VerificationFailed
from paragone.implementation.importing import implementation_class

NODE = """
    require("paragone").serve({
        run(n, d, X, D) {
            for (let i = 0; i < n; i++)
                for (let j = 0; j < n; j++) {
                    let sum = 0;
                    for (let k = 0; k < d; k++) sum += (X[i * d + k] - X[j * d + k]) ** 2;
                    D[i * n + j] = sum;
                }
        },
    });
"""
NODE_TOML = 'language = "JavaScript"\nidea = "loops"\nprogram = "node mine.js"\n'
JAVA = """
    final class Mine {
        public static void main(String[] arguments) {
            Paragone.serve(
                (s, a) -> {
                    System.out.println("this goes to standard error");
                    run(s[0], s[1], (double[]) a[0], (double[]) a[1]);
                },
                (s, a) -> run(s[0], s[1], (float[]) a[0], (float[]) a[1]));
        }
        static void run(int n, int d, double[] X, double[] D) {
            for (int i = 0; i < n; i++)
                for (int j = 0; j < n; j++) {
                    D[i * n + j] = 0;
                    for (int k = 0; k < d; k++) {
                        double z = X[i * d + k] - X[j * d + k];
                        D[i * n + j] += z * z;
                    }
                }
        }
        static void run(int n, int d, float[] X, float[] D) {
            for (int i = 0; i < n; i++)
                for (int j = 0; j < n; j++) {
                    D[i * n + j] = 0;
                    for (int k = 0; k < d; k++) {
                        float z = X[i * d + k] - X[j * d + k];
                        D[i * n + j] += z * z;
                    }
                }
        }
    }
"""
JAVA_TOML = """
    language = "Java"
    idea = "loops"
    build = "javac -d {build} {include}/Paragone.java mine.java"
    program = "java -cp {build} Mine"
"""
# By the messages alone: what docs/kernel-implementations.md says, in Python.
BY_HAND = """
    import sys, time
    import numpy as np

    def read_message(stream):
        fields = {}
        while True:
            key = read_until_colon(stream)
            if not key:
                return None
            value = stream.read(int(read_until_colon(stream)))
            stream.read(1)
            if key == "end":
                return fields
            fields[key] = value

    def read_until_colon(stream):
        read = b""
        while (byte := stream.read(1)) not in (b":", b""):
            read += byte
        return read.decode()

    def write_message(stream, fields):
        for key, value in {**fields, "end": b""}.items():
            raw = value if isinstance(value, bytes) else str(value).encode()
            stream.write(b"%s:%d:%s\\n" % (key.encode(), len(raw), raw))
        stream.flush()

    def answer(message):
        global arrays, slots
        verb = message["do"].decode()
        if verb == "version":
            return {"protocol": 1, "version": "by hand"}
        if verb == "load":
            print(message["kernel"], message["sizes"], message["arrays"], file=sys.stderr)
            lines = [line.split() for line in message["arrays"].decode().splitlines()]
            arrays = {name: (dtype, tuple(map(int, lengths))) for name, role, dtype, *lengths in lines}
            return {}
        if verb == "reset":
            n = int(message["slots"])
            slots = {
                name: np.frombuffer(message[name], dtype).reshape(n, *shape).copy()
                for name, (dtype, shape) in arrays.items()
            }
            return {}
        if verb == "run":
            began_ns = time.monotonic_ns()
            kind = np.uint8 if len(message["order"]) == int(message["calls"]) else np.int32
            for slot in np.frombuffer(message["order"], kind):
                call(*(array[slot] for array in slots.values()))
            return {"began_ns": began_ns, "ended_ns": time.monotonic_ns()}
        if verb == "result":
            wanted = np.frombuffer(message["slots"], np.int32)
            return {name: array[wanted].tobytes() for name, array in slots.items()}
        return {"error": "unknown verb"}

    def call(X, D):
        D[:] = ((X[:, None] - X) ** 2).sum(axis=2)

    while (message := read_message(sys.stdin.buffer)) is not None:
        write_message(sys.stdout.buffer, answer(message))
"""
BY_HAND_TOML = f'language = "Python"\nidea = "messages"\nprogram = "{sys.executable} mine.py"\n'
KINDS = {
    "node": {"mine.js": NODE, "mine.toml": NODE_TOML},
    "java": {"mine.java": JAVA, "mine.toml": JAVA_TOML},
    "by hand": {"mine.py": BY_HAND, "mine.toml": BY_HAND_TOML},
}
NODE_IS_HERE = pytest.mark.skipif(not shutil.which("node"), reason="node is not here")
# Each test that changes a Java program compiles it.
JAVA_IS_HERE = [pytest.mark.skipif(not shutil.which("javac"), reason="javac is not here"), pytest.mark.slow]
here = [
    pytest.param("node", marks=NODE_IS_HERE),
    pytest.param("java", marks=JAVA_IS_HERE),
    "by hand",
]


@pytest.fixture(autouse=True, scope="module")
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PARAGONE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def mine(tmp_path):
    """Return a function that opens a program of one kind, changed; all of them are closed in the end."""
    started = []

    def start(kind="by hand", old="", new="", kernel="pairwise", dtype="float64"):
        files = {name: text.replace(old, new) if old else text for name, text in KINDS[kind].items()}
        folder = kernel_folder(tmp_path, kernel, files=files)
        started.append(opened(folder, "mine", dtype))
        return started[-1]

    yield start
    for implementation in started:
        implementation.close()


def ring_of(implementation, size=4):
    return ring(implementation.declared.path.parent, size)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("kind", here)
def test_a_program_gets_and_gives_arrays_by_name_at_sizes_in_turn(mine, kind, dtype):
    implementation = mine(kind, dtype=dtype)
    for size in (4, 9, 4):
        state = ring_of(implementation, size)
        assert np.allclose(results(implementation, state, 7)["D"], distances(state), rtol=1e-5)


@pytest.mark.parametrize("kind", here)
def test_its_own_clock_is_read_around_the_calls(mine, kind):
    implementation = mine(kind)
    results(implementation, ring_of(implementation), 300)

    assert implementation.runner_ns > 0


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        pytest.param("node", "Node.js v", marks=NODE_IS_HERE),
        pytest.param("java", "Java ", marks=JAVA_IS_HERE),
        ("by hand", "by hand"),
    ],
)
def test_it_says_what_it_is(mine, kind, words):
    info = mine(kind).build_info()

    assert info["version"].startswith(words)
    assert "mine" in info["command"].lower()


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("by hand", "    D[:] =", "    X[0] += 1; D[:] ="),
        pytest.param("node", "let sum = 0;", "let sum = 0; X[0] = 3;", marks=NODE_IS_HERE),
        pytest.param("java", "D[i * n + j] = 0;", "D[i * n + j] = 0; X[0] = 3;", marks=JAVA_IS_HERE),
    ],
)
def test_an_input_that_comes_back_changed_is_refused(mine, kind, old, new):
    implementation = mine(kind, old, new)

    with pytest.raises(VerificationFailed, match="it changes its input X"):
        results(implementation, ring_of(implementation))


@pytest.mark.parametrize("kind", here[:2])
def test_results_that_are_not_written_are_none(mine, kind):
    implementation = mine(kind, "i < n", "i < n - 1")
    state = ring_of(implementation)
    found, right = results(implementation, state)["D"], distances(state)

    assert np.allclose(found[:, :3], right[:, :3])
    assert not np.isclose(found[:, 3], right[:, 3]).any()


def test_a_state_that_evolves_and_arrays_that_change_go_back_and_forth(mine):
    implementation = mine(
        old="def call(X, D):\n        D[:] = ((X[:, None] - X) ** 2).sum(axis=2)",
        new=(
            "def call(a, places, total):\n        places[:] = a.argsort()\n        a.sort()\n        total[:] = a.sum()"
        ),
        kernel="sort",
    )
    state = ring_of(implementation, 8)
    found = results(implementation, state, 20)

    assert (found["a"] == np.sort(state.arrays["a"], axis=1)).all()
    assert (found["places"] == state.arrays["a"].argsort(axis=1)).all()


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        pytest.param(
            "node",
            "run(n, d, X, D) {",
            "setup(n, d) { globalThis.seen = (globalThis.seen || 0) + 100 * n + d; }, "
            "run(n, d, X, D) { D[0] = seen; return;",
            marks=NODE_IS_HERE,
        ),
        pytest.param(
            "java",
            """(s, a) -> run(s[0], s[1], (float[]) a[0], (float[]) a[1]));
        }
        static void run(int n, int d, double[] X, double[] D) {""",
            """null, s -> { seen += 100 * s[0] + s[1]; });
        }
        static int seen;
        static void run(int n, int d, double[] X, double[] D) { D[0] = seen; if (n > 0) return;""",
            marks=JAVA_IS_HERE,
        ),
    ],
)
def test_setting_up_comes_once_for_each_size(mine, kind, old, new):
    implementation = mine(kind, old, new)
    seen = [
        results(implementation, ring_of(implementation, size), n_steps)["D"][:, 0, 0].tolist()
        for size, n_steps in ((4, 3), (4, 7), (9, 3))
    ]

    assert [[403.0] * 3, [403.0] * 3, [403.0 + 903.0] * 3] == seen


@JAVA_IS_HERE[0]
@JAVA_IS_HERE[1]
def test_a_thread_of_java_that_goes_on_after_the_call_is_refused(mine):
    body = "run(s[0], s[1], (double[]) a[0], (double[]) a[1]);"
    late = "try { Thread.sleep(20); } catch (InterruptedException e) { } " + body
    implementation = mine("java", body, "new Thread(() -> { " + late + " }).start();")
    implementation.reset(ring_of(implementation))
    implementation.train(order(3))
    time.sleep(0.2)

    with pytest.raises(MeasurementFailed, match="its results change after the last call has returned: a thread"):
        implementation.params()


@pytest.mark.parametrize(
    ("kind", "old", "new", "reason"),
    [
        ("by hand", '"version": "by hand"', '"error": "not today"', "version: .* says: not today"),
        (
            "by hand",
            '"ended_ns": time.monotonic_ns()',
            '"ended_ns": 0',
            "run: the answer of .*: the clock goes backwards",
        ),
        ("by hand", "array[wanted].tobytes()", "b''", "result: .*X: expected 3 times 96 bytes, got 0 bytes"),
        ("by hand", "for name, array in slots.items()}", "for name, array in [*slots.items()][1:]}", "'X' is missing"),
        ("by hand", 'return {"began_ns": began_ns,', "return {\"began_ns\": began_ns, 'more': 1,", "expected no field"),
        pytest.param(
            "node",
            "let sum = 0;",
            "no_such_name;",
            "run: node says: ReferenceError: no_such_name is not defined at",
            marks=NODE_IS_HERE,
        ),
        pytest.param(
            "java",
            "D[i * n + j] = 0;",
            "D[-1] = 0;",
            "run: java says: .*Index -1 out of bounds.* at Mine.run",
            marks=JAVA_IS_HERE,
        ),
    ],
)
def test_a_fault_is_told_with_the_message_in_which_it_came(mine, kind, old, new, reason):
    def sample():
        implementation = mine(kind, old, new)
        results(implementation, ring_of(implementation))

    with pytest.raises(MeasurementFailed, match=reason):
        sample()


def test_a_program_is_ended_when_it_is_closed(mine):
    implementation = mine()
    process = implementation.running.process
    implementation.close()

    assert process.poll() is not None
    with pytest.raises(MeasurementFailed, match="load comes first"):
        implementation.reset(ring_of(implementation))


def test_a_name_that_messages_use_is_refused_for_an_array(tmp_path):
    folder = kernel_folder(tmp_path, files=KINDS["by hand"], **{"X = {": "order = {"})

    with pytest.raises(MeasurementFailed, match="no program can take an array called 'order': messages use that name"):
        opened(folder, "mine")


@pytest.mark.parametrize(("kind", "first"), [("node", "node"), ("java", "javac")])
def test_what_is_not_here_is_told_with_the_command_that_installs_it(tmp_path, monkeypatch, kind, first):
    folder = kernel_folder(tmp_path, files=KINDS[kind])
    monkeypatch.setenv("PATH", "")

    assert implementation_class(folder, "mine").missing().startswith(f"{first} was not found on PATH. Install: apt ")


@pytest.mark.parametrize("kind", here)
def test_the_order_crosses_in_bytes_and_where_there_are_many_slots_in_whole_numbers(mine, kind, monkeypatch):
    sent = []
    implementation = mine(kind)
    write = program.Program.send
    monkeypatch.setattr(
        program.Program, "send", lambda self, verb, fields: sent.append((verb, fields)) or write(self, verb, fields)
    )
    for n_sets in (3, 256, 300):
        state = ring(implementation.declared.path.parent, 4, n_sets)
        assert np.allclose(results(implementation, state, 600)["D"], distances(state), rtol=1e-5)

    orders = [fields["order"].nbytes for verb, fields in sent if verb == "run"]
    assert orders == [600, 600, 2400]
