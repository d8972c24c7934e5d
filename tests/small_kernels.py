"""Three small kernels, in folders of their own, and what a worker does with an implementation of one."""

from textwrap import dedent

import numpy as np

from paragone.implementation.importing import implementation_class
from paragone.task.kernel.kernel_file import read_kernel
from paragone.task.kernel.problem import KernelProblem, KernelState

PAIRWISE = """
    name = "pairwise"
    description = "squared distances of all pairs of points"
    source = "none"
    [sizes]
    n = [4, 9]
    d = 3
    [arrays]
    X = { role = "in", shape = ["n", "d"] }
    D = { role = "out", shape = ["n", "n"] }
    [counts]
    work = "n*n"
    unit = "distances"
    [inputs]
    cases = ["uniform"]
    [run]
    dtypes = ["float64", "float32"]
    baseline = "rows"
"""
# A state that evolves, with an array that stays.
HEAT = """
    name = "heat"
    description = "one step of the heat equation on a line"
    source = "none"
    form = "steps"
    [sizes]
    n = [6, 20]
    [arrays]
    u = { role = "inout", shape = ["n"] }
    k = { role = "in", shape = ["n"] }
    [counts]
    work = "n"
    unit = "points"
    [run]
    baseline = "rows"
"""
# Each call changes its input; two results, one of whole numbers, one a single number.
SORT = """
    name = "sort"
    description = "a row sorted in place, the places where its numbers were, and their sum"
    source = "none"
    [sizes]
    n = [5, 8]
    [arrays]
    a = { role = "inout", shape = ["n"] }
    places = { role = "out", shape = ["n"], dtype = "int64" }
    total = { role = "out", shape = [1] }
    [counts]
    work = "n"
    unit = "numbers"
    [run]
    baseline = "rows"
"""
KERNELS = {"pairwise": PAIRWISE, "heat": HEAT, "sort": SORT}


def kernel_folder(parent, name="pairwise", files=(), **changes):
    """Write the folder of a kernel below `parent`, and files, name → text; `changes` replace words of its file."""
    folder = parent / name
    folder.mkdir(parents=True, exist_ok=True)
    text = dedent(KERNELS[name])
    for old, new in changes.items():
        text = text.replace(old, new)
    (folder / "kernel.toml").write_text(text)
    (folder / "reference.py").write_text("")
    for file, content in dict(files).items():
        (folder / file).write_text(dedent(content))
    return folder


def ring(folder, size, n_sets=3, seed=1):
    """Random inputs, as the harness draws them: float64, rounded to float32."""
    spec = read_kernel(folder)
    random = np.random.Generator(np.random.PCG64(seed))
    n_sets = 1 if spec.form == "steps" else n_sets
    shapes = {array.name: (n_sets, *spec.shape(array, size)) for array in spec.inputs_of()}
    return KernelState({name: np.float64(np.float32(random.random(shape))) for name, shape in shapes.items()}, size)


def order(n_steps, n_sets=3, seed=2):
    """Successive permutations of the sets."""
    random = np.random.Generator(np.random.PCG64(seed))
    rounds = [random.permutation(n_sets) for _ in range(-(-n_steps // n_sets))]
    return np.concatenate(rounds)[:n_steps, None].astype(np.int64)


def opened(folder, name, dtype="float64", **axis):
    """The implementation, loaded."""
    kind = implementation_class(folder, name)
    axis = {**{key: values[0] for key, values in kind.axes.items()}, **axis, "dtype": dtype}
    implementation = kind(**axis)
    implementation.load(KernelProblem.of(folder))
    return implementation


def results(implementation, state, n_steps=None):
    """The arrays that it gives after one sample from this state, of one call on each set unless told otherwise."""
    n_sets = len(next(iter(state.arrays.values())))
    implementation.reset(state)
    implementation.train(order(n_steps or n_sets, n_sets))
    return implementation.params().arrays


def distances(state):
    X = state.arrays["X"]
    return ((X[:, :, None] - X[:, None]) ** 2).sum(axis=-1)
