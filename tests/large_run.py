"""A run as large as the report must carry: 40 variants at 8 batch sizes, 34 of them of one dtype, made from a seed."""

import numpy as np
from made_up_run import BASE, CONTROL, cell, change_plan, made_up_run, outcome, variant

SIZES = (1, 4, 16, 64, 256, 1024, 4096, 16384)
LANGUAGES = ("NumPy", "Julia", "C", "PyTorch", "JAX", "Numba", "Fortran", "TensorFlow")
LAYOUTS = ("samples in rows", "samples in columns", "one sample at a time", "samples in rows, in blocks")
N_LAUNCHES, N_ROUNDS = 5, 10
NASTY = "<script>alert(1)</script>"
FAILED = "jax_way12[dtype=float32]"


def names():
    """Return the names of 40 variants, the control not counted; one of them is an attack on whoever shows it."""
    others = [f"{LANGUAGES[n % 8].lower()}_way{n}[dtype=float32]" for n in range(33)]
    others += [name.replace("float32", "float64") for name in others[1:6]]
    others[0] = f"{NASTY}[dtype=float32]"
    return [BASE, BASE.replace("float32", "float64"), *others]


def large_run(folder, **others):
    """Return the run: each variant has a speed of its own, each launch its luck, each sample its noise."""
    random = np.random.Generator(np.random.PCG64(5))
    variants = [*names(), CONTROL, CONTROL.replace("float32", "float64")]
    times = {}
    for name in variants:
        per_call, per_image = np.exp(random.normal([-10.5, -14], 0.6))
        if "numpy_rows" in name:
            per_call, per_image = 2e-5, 1e-6
        for size in SIZES:
            luck = np.exp(random.normal(0, 0.01, N_LAUNCHES))
            noise = np.exp(random.normal(0, 0.01, (N_LAUNCHES, N_ROUNDS)))
            times[name, size] = ((per_call + size * per_image) * luck[:, None] * noise).tolist()
    outcomes = [outcome(name, "failed" if name == FAILED else "passed") for name in variants]
    cells = [cell(*key) for key in times]
    run = made_up_run(folder, times, cells=cells, limits=_limits(), outcomes=outcomes, **others)
    change_plan(run, variants=[_variant(name, number) for number, name in enumerate(variants)])
    return run


def _variant(name, number):
    about = variant(name)
    if "way" in name or NASTY in name:
        spelled = {language.lower(): language for language in LANGUAGES}
        about |= {"language": spelled.get(name.partition("_")[0], "?"), "layout": LAYOUTS[number % 4]}
    return about


def _limits():
    rows = []
    for launch in range(N_LAUNCHES):
        for dtype, gemm in (("float32", 2.4e11), ("float64", 1.2e11)):
            place = {"problem": "nielsen", "dtype": dtype, "threads": 1, "launch": launch}
            rows += [{**place, "size": None, "what": "gemm", "per_second": gemm * (1 + launch / 100)}]
            rows += [{**place, "size": None, "what": "read", "per_second": 4e10}]
            rows += [{**place, "size": size, "what": "products", "per_second": 5e5} for size in SIZES]
    return rows
