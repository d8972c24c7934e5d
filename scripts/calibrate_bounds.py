"""Print how close honest implementations come to the bounds of harness/paragone/task/mlp/tolerance.py.

Every implementation trains the head of every problem and of its stress problem, in both dtypes, at many batch sizes and
seeds. So does one more, which adds every sum up term by term: the least exact honest way. A table entry is the worst
error in units of its bound: 0.3 means that the bound has a margin of 3.3. The last column is the smallest
`rounding_ratio` of honest float32 arithmetic, which must stay well above that of float64 rounded at the end, 1.

    python scripts/calibrate_bounds.py --seeds 3 --impl 'numpy_*'
"""

# ruff: noqa: N803, N806 (the maths keeps its own names)
from __future__ import annotations

import argparse
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np

from paragone.adapters.phase_clock import rebound
from paragone.errors import HarnessError
from paragone.implementation.contract import Variant, variants
from paragone.implementation.described import Answer, Described
from paragone.implementation.importing import instance_of, read_folder
from paragone.implementation.registry import IMPLEMENTATIONS, discover, select
from paragone.task.mlp.data import DataSet, find_data
from paragone.task.mlp.judge import STEPS_TO_TELL_ROUNDING
from paragone.task.mlp.problem import NetworkProblem
from paragone.task.mlp.problem_files import find_problem, shipped_names
from paragone.task.mlp.reference import Trajectory
from paragone.task.mlp.state import State
from paragone.task.mlp.stress import check_steps, stress_problem, stress_state
from paragone.task.mlp.tolerance import LOSSES, loss_distance, rounding_ratio, tensor_distances
from paragone.task.mlp.trajectory_cache import cached_trajectory

(NumpyRows,) = read_folder(IMPLEMENTATIONS / "numpy_rows")
KINDS = ("W", "b", "dW", "db", LOSSES)
SLOW = {"sequential": 2000, "python_lists": 2000}  # these skip head checks of more images


class Sequential(NumpyRows):
    """The baseline with every sum taken term by term, in the variant's dtype."""

    name = "sequential"
    axes = {"dtype": ("float32", "float64")}  # noqa: RUF012

    def formulas(self):
        """The baseline's formulas but for the products."""
        return rebound(super().formulas(), forward=forward, backward=backward)


def forward(X, W, b, hidden, output):
    """Z = A W + b, A = the hidden activation of Z"""
    A = [X]
    for W_l, b_l in zip(W, b, strict=True):
        Z = np.stack([in_sequence(a[:, None] * W_l) for a in A[-1]]) + b_l
        A.append(hidden.activation(Z))
    A[-1] = output.activation(Z, 1)
    return Z, A


def backward(A, Y, W, R, hidden, output):
    """dW = R Aᵀ delta, db = R Σ_batch delta, delta ← delta Wᵀ ∘ the slope of A"""
    delta = output.delta(A[-1], Y)
    dW, db = [], []
    for layer in reversed(range(len(W))):
        total = np.zeros_like(W[layer])
        for a, d in zip(A[layer], delta, strict=True):
            total += np.outer(a, d)
        dW.insert(0, R * total)
        db.insert(0, R * in_sequence(delta))
        if layer > 0:
            products = np.stack([in_sequence((W[layer] * d).T) for d in delta])
            delta = products * hidden.slope(A[layer])
    return dW, db


def in_sequence(terms):
    """The sum over the first axis, added up term by term; np.sum would sum pairwise."""
    return np.add.accumulate(terms, axis=0)[-1]


class Table:
    """The worst of everything seen, by problem, dtype and batch size."""

    def __init__(self) -> None:
        self.worst: dict[tuple[str, str, int], dict[str, tuple[float, str]]] = defaultdict(dict)
        self.rounding: dict[tuple[str, str, int], float] = {}

    def add(self, problem: NetworkProblem, expected: Trajectory, got: State, losses, variant: Variant) -> None:
        key = (problem.name, variant.dtype, expected.batch_size)
        found = tensor_distances(problem, expected, got, variant.dtype)
        if problem.records_loss:
            found.append(loss_distance(expected, np.asarray(losses, dtype=np.float64), variant.dtype))
        for deviation in found:
            kind = deviation.tensor.rstrip("0123456789")
            seen = (deviation.ratio, variant.implementation.name)
            self.worst[key][kind] = max(self.worst[key].get(kind, (0.0, "")), seen)
        if variant.dtype == "float32" and problem.l2 > 0 and expected.n_steps >= STEPS_TO_TELL_ROUNDING:
            self.rounding[key] = min(self.rounding.get(key, np.inf), rounding_ratio(expected, got))

    def show(self) -> None:
        """Print the table in Markdown."""
        print(f"| problem | dtype | batch size | {' | '.join(KINDS)} | worst | rounding |")
        print("|---|---|---|" + "---|" * (len(KINDS) + 2))
        for key, kinds in sorted(self.worst.items()):
            cells = [f"{kinds[kind][0]:.2f}" if kind in kinds else "" for kind in KINDS]
            rounding = f"{self.rounding[key]:.2f}" if key in self.rounding else ""
            print(f"| {key[0]} | {key[1]} | {key[2]} | {' | '.join(cells)} | {max(kinds.values())[1]} | {rounding} |")
        ratios = [ratio for kinds in self.worst.values() for ratio, _ in kinds.values()]
        print(f"\nworst {max(ratios):.2f}; smallest rounding ratio {min(self.rounding.values(), default=np.nan):.2f}")


def calibrate(problem: NetworkProblem, implementations, data: DataSet, arguments, table: Table, folder: Path) -> None:
    """Train this problem with every implementation at every batch size and seed."""
    images, labels = data.inputs(problem)
    is_stress_problem = problem == stress_problem(problem)
    for variant in chosen_variants(implementations, problem):
        trained = instance_of(variant)
        trained.load(problem, (images / 255.0).astype(variant.dtype), labels)
        for batch_size in (size for size in arguments.batch_sizes if size <= problem.n_train):
            n_steps = check_steps(batch_size)
            if n_steps * batch_size > SLOW.get(variant.implementation.name, np.inf):
                continue
            for seed in range(arguments.seeds if batch_size > 2 else arguments.small_batch_seeds):
                start = stress_state(problem, seed, batch_size) if is_stress_problem else problem.start_state(seed)
                order = problem.order(seed, n_steps, batch_size)
                expected = cached_trajectory(problem, data.sha256, images, labels, start, order, folder)
                trained.reset(start)
                losses = trained.train(order)
                table.add(problem, expected, trained.params(), losses, variant)


def chosen_variants(implementations: list[Described], problem: NetworkProblem) -> list[Variant]:
    """One variant per implementation and dtype. The memory order alone changes no number."""
    chosen = {}
    for implementation in implementations:
        is_here = not implementation.missing and not implementation.environment_name  # trained in this process
        if is_here and implementation.answer(problem) == Answer():
            for variant in variants(implementation):
                chosen.setdefault((implementation.name, variant.dtype), variant)
    return list(chosen.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problem", nargs="+", default=shipped_names())
    parser.add_argument("--impl", nargs="+", default=["*"])
    parser.add_argument("--batch-sizes", nargs="+", type=int, default=[1, 2, 10, 100, 1000, 10000, 20000])
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--small-batch-seeds", type=int, default=20, help="at batch sizes 1 and 2, where chaos lives")
    parser.add_argument("--data", default=None)
    arguments = parser.parse_args()
    try:
        data = find_data(arguments.data, print)
        implementations = [found.implementation for found in select(discover()[0], arguments.impl)]
    except HarnessError as error:
        sys.exit(str(error))
    table = Table()
    for name in arguments.problem:
        for problem in (find_problem(name), stress_problem(find_problem(name))):
            with tempfile.TemporaryDirectory() as folder:
                calibrate(problem, [*implementations, Sequential], data, arguments, table, Path(folder))
    table.show()


if __name__ == "__main__":
    main()
