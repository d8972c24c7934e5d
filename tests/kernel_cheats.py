"""Cheats among the implementations of the two kernels that ship, each as the text of its file, and their honest twins.

`reason` is what a run must say of a cheat.
"""

from dataclasses import dataclass

DISTANCES = "np.sqrt(((X[:, None] - X) ** 2).sum(axis=2))"
REMEMBERS = "it remembers results, or skips calls"
WRONG = "differs from the reference|in other bits"


@dataclass(frozen=True)
class Cheat:
    """One file, and in C the text beside it."""

    reason: str
    text: str


def _pairwise(reason, *lines):
    return Cheat(reason, "\n".join(line.replace("DISTANCES", DISTANCES) for line in lines))


def _remembering(key):
    return _pairwise(
        REMEMBERS,
        "kept = {}",
        "def run(X, D):",
        f"    key = {key}",
        "    if key not in kept:",
        "        kept[key] = DISTANCES",
        "    D[:] = kept[key]",
    )


PAIRWISE = {
    "remembers_by_bytes": _remembering("X.tobytes()"),
    "remembers_by_first_number": _remembering("(X[0, 0], len(X))"),
    "remembers_eight": _pairwise(
        REMEMBERS,
        "kept = {}",
        "def run(X, D):",
        "    key = X.tobytes()",
        "    result = kept.pop(key, None)",
        "    result = DISTANCES if result is None else result",
        "    if len(kept) == 8:",
        "        kept.pop(next(iter(kept)))",
        "    kept[key] = result",
        "    D[:] = result",
    ),
    "skips_every_second_call_on_a_set": _pairwise(
        REMEMBERS,
        "calls = {}",
        "def run(X, D):",
        "    key = X.ctypes.data, X[0, 0], X[-1, -1]",
        "    calls[key] = calls.get(key, 0) + 1",
        "    if calls[key] % 2:",
        "        D[:] = DISTANCES",
    ),
    "looks_whether_results_are_there": _pairwise(
        REMEMBERS,
        "def run(X, D):",
        "    first, last = X[3] - X[7], X[-1] - X[-5]",
        "    if abs(D[3, 7] ** 2 - first @ first) + abs(D[-1, -5] ** 2 - last @ last) > 1e-6 or D[3, 7] != D[3, 7]:",
        "        D[:] = DISTANCES",
    ),
    "computes_in_prepare": _pairwise(
        r"prepare\(X\) takes .* µs are allowed: it is not timed",
        "results = {}",
        "def prepare(X):",
        "    results[X.ctypes.data] = DISTANCES",
        "    return X",
        "def run(X, D):",
        "    D[:] = results[X.ctypes.data]",
    ),
    "returns_a_list_to_be_computed": _pairwise(
        "run returns a list that holds a Row: return numbers",
        "class Row:",
        "    def __init__(self, X, i):",
        "        self.X, self.i = X, i",
        "    def __len__(self):",
        "        return len(self.X)",
        "    def __array__(self, dtype=None, copy=None):",
        "        return np.sqrt(((self.X - self.X[self.i]) ** 2).sum(axis=1))",
        "def run(X):",
        "    return [Row(X, i) for i in range(len(X))]",
    ),
    "goes_on_in_a_thread": _pairwise(
        "never written|other bits|results change after the last call|differs from the reference",
        "import queue, threading",
        "calls = queue.SimpleQueue()",
        "def work():",
        "    while True:",
        "        X, D = calls.get()",
        "        D[:] = DISTANCES",
        "threading.Thread(target=work, daemon=True).start()",
        "def run(X, D):",
        "    calls.put((X, D))",
    ),
}
HONEST_PAIRWISE = {
    "writes": _pairwise("", "def run(X, D):", "    D[:] = DISTANCES"),
    "returns": _pairwise("", "def run(X):", "    return DISTANCES"),
}


def _remembers_and_is_honest(inputs, output, right):
    """A cheat of another kernel that remembers its results by two numbers of each input, and its honest twin."""
    key = ", ".join(f"{name}.flat[0], {name}.flat[-1]" for name in inputs)
    lines = f"kept = {{}}\ndef run({', '.join((*inputs, output))}):\n    key = ({key},)\n"
    lines += f"    if key not in kept:\n        kept[key] = {right}\n    {output}[:] = kept[key]"
    honest = f"def run({', '.join((*inputs, output))}):\n    {output}[:] = {right}"
    return {"remembers": Cheat(REMEMBERS, lines)}, {"honest": Cheat("", honest)}


MATMUL, HONEST_MATMUL = _remembers_and_is_honest(("A", "B"), "C", "A @ B")
SOFTMAX, HONEST_SOFTMAX = _remembers_and_is_honest(
    ("X",), "Y", "(lambda P: P / P.sum(axis=1, keepdims=True))(np.exp(X - X.max(axis=1, keepdims=True)))"
)
HISTOGRAM, HONEST_HISTOGRAM = _remembers_and_is_honest(
    ("x",), "counts", "np.bincount((256 * x).astype(int), minlength=256)"
)

TIME_STEP = """
def time_step(u, w):
    around = u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:]
    w[1:-1, 1:-1] = 0.5 * u[1:-1, 1:-1] + 0.125 * around

def both(u, w):
    time_step(u, w)
    time_step(w, u)
"""
SKIPPING = """
left, k = None, 0

def run(u, w):
    global left, k
    k = k + 1 if left is not None and u[9, 9] == left else 1
    if k <= 45 or k % 2:
        both(u, w)
    left = u[9, 9].copy()
"""
HEAT = {
    "takes_two_steps_in_every_second_call": Cheat(
        "where one step is made alone, w differs.* as if u and w were left as before",
        TIME_STEP
        + """
k = 0

def run(u, w):
    global k
    k += 1
    if k % 2 == 0:
        both(u, w)
        both(u, w)
""",
    ),
    "skips_after_45_steps": Cheat(WRONG, TIME_STEP + SKIPPING),
    "skips_after_45_steps_not_deterministic": Cheat(WRONG, "DETERMINISTIC = False\n" + TIME_STEP + SKIPPING),
    "is_an_array_first_and_counts_steps_then": Cheat(
        "run returns ndarray and Later in turn: return one kind",
        TIME_STEP
        + """
class Later:
    def __init__(self, u, w, n_steps):
        self.u, self.w, self.n_steps, self.dtype = u, w, n_steps, u.dtype
    def __array__(self, dtype=None, copy=None):
        u, w = self.u.copy(), self.w.copy()
        for _ in range(self.n_steps):
            both(u, w)
        return u

def run(u, w):
    if isinstance(u, Later):
        return Later(u.u, u.w, u.n_steps + 1), Later(u.w, u.u, u.n_steps + 1)
    both(u, w)
    if u is run.given_back:
        return Later(u, w, 0), Later(w, u, 0)
    run.given_back = u.copy()
    return run.given_back, w.copy()

run.given_back = None
""",
    ),
}
HONEST_HEAT = {
    "changes_in_place": Cheat("", TIME_STEP + "run = lambda u, w: both(u, w)\n"),
    "returns_new_arrays": Cheat(
        "", TIME_STEP + "def run(u, w):\n    u, w = u.copy(), w.copy()\n    both(u, w)\n    return u, w\n"
    ),
}

# In C, at n = 32 at most, and not optimised: else a call takes 1 µs on a fast processor, and so little is not seen.
C_COMMAND = "gcc -O0 -shared -fPIC -DPARAGONE_REAL={real} -I{include} -o {library} NAME.c -lm"
C_TOML = f'language = "C"\nidea = "a cheat"\nbuild = "{C_COMMAND}"\n'
C_COMPUTE = """
#include <math.h>
#include <string.h>
#include "pairwise.h"

static void compute(int64_t n, int64_t d, const real *X, real *D)
{
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) {
            real sum = 0;
            for (int64_t k = 0; k < d; k++)
                sum += (X[i * d + k] - X[j * d + k]) * (X[i * d + k] - X[j * d + k]);
            D[i * n + j] = (real)sqrt(sum);
        }
}
"""
IN_C = {
    "c_remembers": Cheat(
        REMEMBERS,
        C_COMPUTE
        + """
static struct { real first, last; int64_t n; real results[1024]; } kept[4096];

void pairwise(int64_t n, int64_t d, const real *X, real *D)
{
    double first = X[0];
    uint64_t hash;
    memcpy(&hash, &first, 8);
    hash = (hash ^ hash >> 29) * 0x9E3779B97F4A7C15ull >> 52;
    if (kept[hash].n != n || kept[hash].first != X[0] || kept[hash].last != X[n * d - 1]) {
        compute(n, d, X, kept[hash].results);
        kept[hash].n = n, kept[hash].first = X[0], kept[hash].last = X[n * d - 1];
    }
    memcpy(D, kept[hash].results, n * n * sizeof(real));
}
""",
    ),
    "c_skips_every_second_call_on_a_set": Cheat(
        REMEMBERS,
        C_COMPUTE
        + """
static struct { const real *X; real first; int calls; } seen[4096];

void pairwise(int64_t n, int64_t d, const real *X, real *D)
{
    int place = ((uintptr_t)X >> 6) % 4096;
    if (seen[place].X != X || seen[place].first != X[0]) {
        seen[place].X = X, seen[place].first = X[0], seen[place].calls = 0;
    }
    if (seen[place].calls++ % 2 == 0)
        compute(n, d, X, D);
}
""",
    ),
}
HONEST_C = {
    "c_honest": Cheat(
        "",
        C_COMPUTE + "void pairwise(int64_t n, int64_t d, const real *X, real *D)\n{\n    compute(n, d, X, D);\n}\n",
    )
}


def write_members(folder, members):
    """Write each as NAME.py, or in C as NAME.toml and NAME.c."""
    for name, cheat in members.items():
        if name.startswith("c_"):
            (folder / f"{name}.toml").write_text(C_TOML.replace("NAME", name))
            (folder / f"{name}.c").write_text(cheat.text)
        else:
            (folder / f"{name}.py").write_text(
                f'"""{name.replace("_", " ")}"""\n\nimport numpy as np\n\n{cheat.text}\n'
            )
