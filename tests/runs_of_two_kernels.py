"""A run of a network and one of a kernel, made by hand, as `paragone bench -k all` leaves them."""

from made_up_kernel_run import kernel_run
from made_up_run import made_up_run, outcome, variant, with_plan

ROWS, CONTROL = "numpy_rows[dtype=float64]", "numpy_rows[dtype=float64] (A/A)"
TUNED, LOOPS, LISTS = "numpy_tuned[dtype=float64]", "c_loops[dtype=float64]", "python_lists[dtype=float64]"
SECONDS = {ROWS: 2e-5, CONTROL: 2e-5, TUNED: 1e-5, LOOPS: 4e-5}
LANGUAGES = {LOOPS: "C", LISTS: "Python"}
CALLS = [
    {"bridge": "c_function", "size": 32, "call_seconds": seconds, "reason": "", "variants": [LOOPS], "n_steps": steps}
    for steps, seconds in ((1, 2e-6), (1000, 3e-9))
]


def network_run(folder=None, **changes):
    """Return a run of `nielsen` in which plain Python failed, at two sizes."""
    times = {(name, size): [[each * luck for luck in (1, 1.01, 1.02)] for _ in range(5)]
             for name, each in SECONDS.items() for size in (10, 100)}  # fmt: skip
    times |= {(LISTS, 100): [[None] * 3] * 5}
    outcomes = [*(outcome(name) for name in SECONDS), outcome(LISTS, "failed", reason="wrong")]
    run = made_up_run(folder, times, outcomes=outcomes)
    variants = [{**variant(name), "language": LANGUAGES.get(name, "NumPy")} for name in (*SECONDS, LISTS)]
    return with_plan(run, **{"variants": variants, "run": "network", **changes})


def pairwise_run(folder=None, **changes):
    return with_plan(kernel_run(folder), **{"run": "pairwise", **changes})
