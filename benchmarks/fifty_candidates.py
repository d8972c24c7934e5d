"""Fifty candidates for one kernel, as a generator of code might leave them, judged without anybody looking on.

    python benchmarks/fifty_candidates.py FOLDER            write them, verify them, measure those that passed
    python benchmarks/fifty_candidates.py FOLDER --write    write them only

The kernel is `pairwise` at n = 320 in float64. Of the fifty, some are right in one of many ways, some are wrong, some
cheat, some break. What each is stands in its docstring and is told to nobody: the table at the end sets it beside the
verdict. This is the example of docs/machine-written.md.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

SIZE, DTYPE = "320", "float64"
LIMITS = ("--time-limit", "20", "--memory-limit", "2GB")
KERNEL = ("-k", "pairwise", "--sizes", SIZE, "--dtype", DTYPE)

BLOCKS = """
def run(X, D):
    for begin in range(0, len(X), {rows}):
        rows = slice(begin, begin + {rows})
        D[rows] = np.sqrt(((X[rows, None] - X) ** 2).sum(axis=2))
"""
ONE_BY_ONE = """
def run(n, d, X, D):
    D[:] = 0
    for k in range(d):
        D += (X[:, k, None] - X[:, k]) ** 2
    {root}
"""
PRODUCT = """
def run(X, D):
    squares = {squares}
    np.matmul(X, X.T, out=D)
    D *= -2
    D += squares
    D += squares[:, None]
    np.maximum(D, 0, out=D)
    np.sqrt(D, out=D)
"""
SUM_OF = "def run(X, D):\n    D[:] = {}\n"
DIFFERENCES = "(X[:, None] - X)"
RIGHT_SUM = f"np.sqrt(({DIFFERENCES} ** 2).sum(axis=2))"

RIGHT = {
    **{f"blocks_of_{rows}": BLOCKS.format(rows=rows) for rows in (1, 2, 4, 8, 16, 32, 64, 128, 320)},
    "one_by_one": ONE_BY_ONE.format(root="np.sqrt(D, out=D)"),
    "one_by_one_again": ONE_BY_ONE.format(root="D[:] = np.sqrt(D)"),
    "product": PRODUCT.format(squares="(X * X).sum(axis=1)"),
    "product_einsum": PRODUCT.format(squares='np.einsum("ij,ij->i", X, X)'),
    "norm": SUM_OF.format(f"np.linalg.norm({DIFFERENCES}, axis=2)"),
    "hypot": "def run(X, D):\n    d = X[:, None] - X\n    D[:] = np.hypot(np.hypot(d[..., 0], d[..., 1]), d[..., 2])\n",
    "einsum": SUM_OF.format(f'np.sqrt(np.einsum("ijk,ijk->ij", {DIFFERENCES}, {DIFFERENCES}))'),
    "tensordot": SUM_OF.format(f"np.sqrt(np.square({DIFFERENCES}) @ np.ones(X.shape[1]))"),
    "power": SUM_OF.format(f"(({DIFFERENCES} ** 2).sum(axis=2)) ** 0.5"),
    "scipy_cdist": "from scipy.spatial.distance import cdist\n\n\ndef run(X, D):\n    cdist(X, X, out=D)\n",
    "scipy_pdist": (
        "from scipy.spatial.distance import pdist, squareform\n\n\ndef run(X, D):\n    D[:] = squareform(pdist(X))\n"
    ),
}
WRONG = {
    "no_root": SUM_OF.format(f"({DIFFERENCES} ** 2).sum(axis=2)"),
    "manhattan": SUM_OF.format(f"np.abs({DIFFERENCES}).sum(axis=2)"),
    "maximum": SUM_OF.format(f"np.abs({DIFFERENCES}).max(axis=2)"),
    "upper_triangle": SUM_OF.format(f"np.triu({RIGHT_SUM})"),
    "last_row_missing": f"def run(X, D):\n    D[:-1] = {RIGHT_SUM}[:-1]\n",
    "two_coordinates": SUM_OF.format("np.sqrt(((X[:, None, :2] - X[:, :2]) ** 2).sum(axis=2))"),
    "half_precision": SUM_OF.format("np.sqrt((((X[:, None] - X).astype(np.float16)) ** 2).sum(axis=2))"),
    "single_precision": SUM_OF.format(RIGHT_SUM.replace("X", "X.astype(np.float32)")),
    "one_wrong_number": f"def run(X, D):\n    D[:] = {RIGHT_SUM}\n    D[7, 3] *= 1.001\n",
    "diagonal": f"def run(X, D):\n    D[:] = {RIGHT_SUM}\n    np.fill_diagonal(D, 1e-3)\n",
    "input_changed": "def run(X, D):\n    X -= X.mean(axis=0)\n    D[:] = " + RIGHT_SUM + "\n",
    "rebinds": f"def run(X, D):\n    D = {RIGHT_SUM}\n",
    "constant_term": SUM_OF.format(f"{RIGHT_SUM} + 1e-6"),
}
CHEATS = {
    "remembers": (
        "SEEN = {}\n\n\ndef run(X, D):\n    key = X.tobytes()\n    if key not in SEEN:\n"
        f"        SEEN[key] = {RIGHT_SUM}\n    D[:] = SEEN[key]\n"
    ),
    "remembers_by_address": (
        "SEEN = {}\n\n\ndef run(X, D):\n    key = X.ctypes.data\n    if key not in SEEN:\n"
        f"        SEEN[key] = {RIGHT_SUM}\n    D[:] = SEEN[key]\n"
    ),
    "skips_what_is_there": (f"LAST = []\n\n\ndef run(X, D):\n    if D[0, 1] != D[1, 0]:\n        D[:] = {RIGHT_SUM}\n"),
    "prepares": "def prepare(X):\n    return " + RIGHT_SUM + "\n\n\ndef run(X, D):\n    D[:] = X\n",
    "thread": (
        "import threading\n\n\ndef work(X, D):\n    D[:] = " + RIGHT_SUM + "\n\n\ndef run(X, D):\n"
        "    threading.Thread(target=work, args=(X, D)).start()\n"
    ),
    "turns_the_clock": (
        "import time\n\nREAL = time.perf_counter_ns\nBEGAN = REAL()\n"
        "time.perf_counter_ns = lambda: BEGAN + (REAL() - BEGAN) // 2\n\n\ndef run(X, D):\n    D[:] = "
        + RIGHT_SUM
        + "\n"
    ),
    "every_third_call": (
        "CALLS = [0]\n\n\ndef run(X, D):\n    CALLS[0] += 1\n    if CALLS[0] % 3:\n        D[:] = " + RIGHT_SUM + "\n"
    ),
    "reads_the_reference": (
        "import gc\n\n\ndef run(X, D):\n    for found in gc.get_objects():\n"
        "        if isinstance(found, np.ndarray) and found.shape == D.shape and found is not D:\n"
        "            D[:] = found\n            return\n"
    ),
}
BROKEN = {
    "no_syntax": "def run(X, D)\n    D[:] = 0\n",
    "raises": "def run(X, D):\n    raise ValueError('to do')\n",
    "never_ends": "def run(X, D):\n    while True:\n        pass\n",
    "takes_all_memory": "KEPT = []\n\n\ndef run(X, D):\n    KEPT.append(np.ones(10**8))\n    D[:] = "
    + RIGHT_SUM
    + "\n",
    "kills_its_parent": "import os\n\n\ndef run(X, D):\n    os.kill(os.getppid(), 9)\n",
    "crashes": "import ctypes\n\n\ndef run(X, D):\n    ctypes.string_at(0)\n",
    "unknown_package": "import no_such_package\n\n\ndef run(X, D):\n    D[:] = 0\n",
    "nothing": "",
    "stops_the_process": "import sys\n\n\ndef run(X, D):\n    sys.exit(0)\n",
}
KINDS = {"right": RIGHT, "wrong": WRONG, "cheat": CHEATS, "broken": BROKEN}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true", help="write the candidates and stop")
    options = parser.parse_args()
    kinds = write(options.folder)
    if options.write:
        return
    statuses, seconds = verified(options.folder)
    passed = [name for name in kinds if statuses.get(name) == "passed"]
    print_statuses(kinds, statuses)
    print(f"{len(passed)} of {len(kinds)} passed, {seconds:.0f} s\n")
    for row in measured(options.folder, passed):
        ratio = "" if row["ratio_to_baseline"] is None else f"{row['ratio_to_baseline']:.3g}x"
        print(f"{row['implementation']:<24} {ratio:>7}  {row['verdict'] or row['status']}")


def write(folder: Path) -> dict[str, str]:
    """Write the candidates beside a copy of kernel.toml; return the kind of each by its name."""
    paragone("new", "nothing", "--kernel", "pairwise", "--into", str(folder))
    kinds = {}
    for kind, texts in KINDS.items():
        for name, text in texts.items():
            kinds[name] = kind
            (folder / "pairwise" / f"{name}.py").write_text(
                f'"""A candidate: {kind}."""\n\nimport numpy as np\n\n{text}'
            )
    return kinds


def paragone(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "paragone", *words], capture_output=True, text=True, check=False)


def verified(folder: Path) -> tuple[dict[str, str], float]:
    """The worst status of each candidate, by name, and the seconds that this took."""
    began = time.monotonic()
    found = paragone("verify", f"{folder / 'pairwise'}/", *KERNEL, *LIMITS, "--json")
    rows = [json.loads(line) for line in found.stdout.splitlines()]
    statuses: dict[str, str] = {}
    for row in rows:
        name = row.get("implementation") or row["variant"].partition("[")[0]
        if statuses.get(name, "passed") == "passed":
            statuses[name] = row["status"]
    return statuses, time.monotonic() - began


def measured(folder: Path, names: list[str]) -> list[dict[str, Any]]:
    """The cells of a run of these and the baseline, the fastest first."""
    chosen = ",".join([*names, "numpy_broadcast"])
    found = paragone("bench", *KERNEL, *LIMITS, "--plugins", str(folder), "-i", chosen, "--no-memory", "--json")
    rows = [json.loads(line) for line in found.stdout.splitlines()]
    return sorted((row for row in rows if not row["control"]), key=lambda row: -(row["ratio_to_baseline"] or 0))


def print_statuses(kinds: dict[str, str], statuses: dict[str, str]) -> None:
    """Print how many of each kind have which status, and by name what was not rejected though it should be, or was."""
    for kind in KINDS:
        found = {name: statuses.get(name, "no answer") for name in kinds if kinds[name] == kind}
        counts = Counter(found.values())
        odd = [name for name, status in found.items() if (status == "passed") != (kind == "right")]
        told = ", ".join(f"{count} {status}" for status, count in counts.items())
        print(f"{kind:<7} {told}" + f"; to look at: {', '.join(odd)}" * bool(odd))


if __name__ == "__main__":
    main()
