"""A kernel in a folder, right as it stands: the distances from one point to n others."""

KERNEL = {
    "": ['name = "reach"', 'description = "Distances from a point."'],
    "sizes": ["n = [4, 10]", "d = 3"],
    "arrays": [
        'X = { role = "in", shape = ["n", "d"] }',
        'centre = { role = "in", shape = ["d"] }',
        'D = { role = "out", shape = ["n"] }',
    ],
    "counts": ['work = "n"', 'unit = "distances"', 'flops = "n*(3*d + 1)"'],
    "run": ['baseline = "numpy_rows"'],
}
REFERENCE = '''"""D_i = |X_i - centre|"""

import numpy as np


def inputs(rng, case, *, n, d):
    return {"X": rng.uniform(0, 1, (n, d)), "centre": rng.uniform(0, 1, d)}


def reference(X, centre, *, n, d):
    return np.sqrt(((X - centre) ** 2).sum(axis=1))
'''


def text_of(**changes):
    """The text of kernel.toml; a change replaces the lines of a section, `top` those above every section."""
    sections = KERNEL | {("" if name == "top" else name): lines for name, lines in changes.items()}
    return "\n".join(f"[{name}]\n" * bool(name) + "\n".join(lines) for name, lines in sections.items())


def write_kernel(parent, reference=REFERENCE, **changes):
    """The folder of the kernel, written below `parent`."""
    folder = parent / "reach"
    folder.mkdir(exist_ok=True)
    (folder / "kernel.toml").write_text(text_of(**changes))
    (folder / "reference.py").write_text(reference)
    return folder
