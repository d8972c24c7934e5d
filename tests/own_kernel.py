"""A kernel of a user, in a folder of its own: twice each number."""

KERNEL = """
name = "twice"
description = "Twice each of n numbers."
source = "a test"
[sizes]
n = [10, 20, 30]
[arrays]
x = { role = "in", shape = ["n"] }
y = { role = "out", shape = ["n"] }
[counts]
work = "n"
unit = "numbers"
[inputs]
cases = ["random"]
[judge]
tolerance = "auto"
[run]
dtypes = ["float64", "float32"]
baseline = "whole"
"""
REFERENCE = """
def inputs(rng, case, *, n):
    return {"x": rng.uniform(1, 2, n)}


def reference(x, *, n):
    return FACTOR * x
"""


def write_kernel(folder, name, factor=2):
    """Write a kernel whose baseline is right where the factor is 2."""
    (folder / name).mkdir(parents=True)
    (folder / name / "kernel.toml").write_text(KERNEL.replace("twice", name))
    (folder / name / "reference.py").write_text(REFERENCE.replace("FACTOR", str(factor)))
    (folder / name / "whole.py").write_text('"""One expression."""\n\n\ndef run(x, y):\n    y[:] = 2 * x\n')
    return folder
