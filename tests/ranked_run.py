"""A run made by hand for the tests of the ranking: ways of writing with speeds, languages and lines of their own."""

import numpy as np
from made_up_run import BASE, CONTROL, change_plan, launch_row, made_up_run, outcome, variant

SIZES = (10, 1000)
# Name without axes: language, lines of maths, speed in steps of the baseline at each size.
WAYS = {
    "numpy_rows": ("NumPy", 40, (1, 1)),
    "python_lists": ("Python", 20, (0.01, 0.01)),
    "c_loops": ("C", 80, (4, 2)),
    "torch_compile": ("PyTorch", 30, (0.6, 1.5)),
    "jax_jit": ("JAX", 50, (0.24, 1.995)),
    "rust_loops": ("Rust", 90, (3, 1)),
}
LIMITS = (("gemm", 6e11), ("read", 1e12))  # what, and how much per second
FAILED = "rust_loops"


def ranked_run(folder=None, n_launches=5, dtypes=("float32", "float64"), noise=0.004):
    """Return the run. At 1000 `jax_jit` is within the noise of `c_loops`; `rust_loops` has failed."""
    random, times, about = np.random.Generator(np.random.PCG64(1)), {}, {}
    for dtype in dtypes:
        controls = [CONTROL.replace("float32", dtype)]
        for name in [*(_variant_name(way, dtype) for way in WAYS), *controls]:
            language, lines, speeds = WAYS[name.partition("[")[0]]
            about[name] = {**variant(name), "language": language, "maths_lines": lines}
            for size, speed in zip(SIZES, speeds, strict=True):
                seconds = size * 1e-6 / speed
                times[name, size] = (seconds * np.exp(random.normal(0, noise, (n_launches, 6)))).tolist()
    outcomes = [outcome(name, "failed" if name.startswith(FAILED) else "passed") for name in about]
    infos = {_variant_name("torch_compile", dtype): {"compiler": "g++ 12"} for dtype in dtypes}
    launches = [
        launch_row(name, launch, build_info=infos.get(name, {})) for name in about for launch in range(n_launches)
    ]
    limits = [_limit(dtype, launch, *what) for dtype in dtypes for launch in range(n_launches) for what in LIMITS]
    run = made_up_run(folder, times, outcomes=outcomes, launches=launches, limits=limits)
    change_plan(run, variants=list(about.values()))
    return run


def _variant_name(way, dtype):
    return BASE.replace("float32", dtype) if way == "numpy_rows" else f"{way}[dtype={dtype}]"


def _limit(dtype, launch, what, per_second):
    place = {"problem": "nielsen", "dtype": dtype, "threads": 1, "launch": launch, "size": None}
    return {**place, "what": what, "per_second": per_second}
