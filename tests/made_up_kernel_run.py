"""A run of the kernel `pairwise` made by hand, for the tests of what readers are told: with gaps, limits and memory."""

from dataclasses import fields, replace

import msgspec
import pandas as pd
from made_up_run import launch_row, made_up_run, memory_row, outcome, rejection, with_plan

from paragone.files.paths import PROJECT
from paragone.implementation.kernel_declaration import LAYOUT
from paragone.task.kernel.problem import KernelProblem

PAIRWISE = KernelProblem.of(PROJECT / "impls" / "pairwise")
DTYPES, SIZES = ("float32", "float64"), (32, 320, 3200)
BASES = [f"numpy_broadcast[dtype={dtype}]" for dtype in DTYPES]
PRODUCTS = [f"numpy_product[dtype={dtype}]" for dtype in DTYPES]
LOOPS, WRONG = "c_loops[dtype=float32]", "c_wrong[dtype=float32]"
NS_PER_DISTANCE = {BASES[0]: (8, 8, 8), BASES[1]: (8, 9, 12), PRODUCTS[0]: (12, 9, 1), PRODUCTS[1]: (14, 10, 2)}
IMPOSSIBLE_NS = 1e-4
DATA = {"name": "none", "origin": "inputs are drawn, anew for each round", "sha256": ""}


def kernel_run(folder, unit="", **tables):
    """Return a run of two contenders in two dtypes; a third is too fast, and a fourth failed.

    `unit` is that of the work, where it is not that of the kernel.
    """
    ns = {**NS_PER_DISTANCE, **{f"{name} (A/A)": NS_PER_DISTANCE[name] for name in BASES}, LOOPS: (5, 5, IMPOSSIBLE_NS)}
    times = {
        (name, size): [[each * 1e-9 * size**2 * luck for luck in (1, 1.01, 1.02)] for _ in range(3)]
        for name, of_sizes in ns.items()
        for size, each in zip(SIZES, of_sizes, strict=True)
    }
    times |= {(WRONG, size): [[], [], []] for size in SIZES}
    names = list(dict.fromkeys(name for name, _ in times))
    tables = {
        "outcomes": [
            *(outcome(name) for name in names if name != WRONG),
            outcome(WRONG, "failed", reason="D is wrong"),
            rejection(PRODUCTS[0], 32, 1),
        ],
        "launches": [launch_row(name, launch) for name in names for launch in range(3)],
        "memory": [*(memory_row(*key) for key in times), memory_row(BASES[0], 32, status="failed", reason="killed")],
        "limits": list(limits()),
        **tables,
    }
    spec = replace(PAIRWISE.spec, unit=unit or PAIRWISE.spec.unit)
    return of_kernel(made_up_run(folder, times, **tables), replace(PAIRWISE, spec=spec))


def limits():
    for dtype in DTYPES:
        for launch in range(3):
            where = {"problem": "nielsen", "dtype": dtype, "threads": 1, "launch": launch}
            yield {**where, "what": "gemm", "per_second": 5e10}
            yield {**where, "what": "read", "per_second": 1e10}


def of_kernel(run, kernel):
    """Return a run that was made of the network `nielsen` as one of a kernel."""
    stored = msgspec.to_builtins(run.plan)
    cells = [{**cell, "problem": kernel.name} for cell in stored["cells"]]
    variants = [{**variant, "layout": LAYOUT} for variant in stored["variants"]]
    problems = {kernel.name: msgspec.to_builtins(kernel)}
    run = with_plan(run, cells=cells, problems=problems, variants=variants, data=DATA, baseline=kernel.baseline)
    frames = {field.name: getattr(run, field.name) for field in fields(run)}
    tables = {name: frame for name, frame in frames.items() if isinstance(frame, pd.DataFrame) and "problem" in frame}
    return replace(run, **{name: frame.assign(problem=kernel.name) for name, frame in tables.items()})
