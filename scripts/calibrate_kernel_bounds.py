"""Print how close honest variants of small kernels come to the bounds of harness/paragone/task/kernel/tolerance.py, and
how far beyond them mistakes lie.

The first table: every kernel of kernel_bounds/calibrated.py is computed by all of its variants, each with every way to
add up, in both dtypes, at several sizes, cases and seeds. An entry is the worst error in units of its bound: 0.3 means
that the bound has a margin of 3.3. The last column judges each number by itself, at n = 100 or less.

The second table: every mistake of task/kernel/mistakes.py, and those of precision, in every kernel. An entry is the
smallest error in units of its bound, so above 1 the mistake is always rejected. Below the table stands where it is not.

    python scripts/calibrate_kernel_bounds.py --most 1000 --seeds 2 --kernel dot matmul
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import numpy as np
from kernel_bounds.calibrated import KERNELS
from kernel_bounds.held_out import HELD_OUT
from kernel_bounds.small_kernel import SmallKernel
from kernel_bounds.sums import BLAS, PAIRWISE, Sums
from kernel_bounds.unstable import UNSTABLE

from paragone.errors import Misuse
from paragone.task.kernel.judge import judge
from paragone.task.kernel.mistakes import Computation, mistakes_of
from paragone.task.kernel.perturbation import expect, norm
from paragone.task.kernel.spec import COMPONENTWISE
from paragone.task.kernel.tolerance import distance_of

DTYPES = ("float32", "float64")
STEPS = (1, 10, 40)  # of a state
CONSTANT = "constant"  # the case of equal numbers, where an index may be wrong
MOST_COMPONENTWISE = 100
NO_EFFECT = 1e-12  # relative: so small a change is rounding of the reference


def cells(kernel: SmallKernel, most: int, seeds: int, steps=STEPS, but=""):
    """Every size, case (but for one) and seed of a kernel with its inputs and expected results."""
    for size in (size for size in kernel.spec.grid if size <= most):
        for case in (case for case in kernel.spec.cases if case != but):
            for seed in range(seeds):
                inputs = kernel.reference.inputs(seed, case, kernel.spec, size)
                for n_steps in steps if kernel.spec.form == "steps" else (1,):
                    expected = expect(kernel.reference, kernel.spec, inputs, size, n_steps, case)
                    yield size, case, Computation(kernel.spec, kernel.reference, inputs, size, expected)


def ratio(computation: Computation, got, dtype: str) -> float:
    """The largest error of the results in units of its bound; infinite where their form or precision is wrong."""
    result = judge(computation.spec, computation.expected, got, dtype)
    if result.status == "failed" and not result.tensor:
        return np.inf
    reals = [array.name for array in computation.spec.outputs_of() if array.is_real]
    found = (distance_of(computation.spec, computation.expected, name, got[name], dtype) for name in reals)
    return max((distance.ratio for distance in found), default=0.0)


def worst_of(kernel: SmallKernel, most: int, seeds: int) -> dict[str, tuple[float, str]]:
    """The worst ratio of the honest variants by dtype, and where; "unequal" leaves sums of equal terms out."""
    worst: dict[str, tuple[float, str]] = {}
    for size, case, computation in cells(kernel, most, seeds):
        n_steps = computation.expected.n_steps
        for dtype in DTYPES:
            for variant, sums in kernel.ways(size):
                got = kernel.compute(variant, sums, computation.inputs, size, np.dtype(dtype), n_steps)
                steps = f", {n_steps} steps" if n_steps > 1 else ""
                found = ratio(computation, got, dtype), f"{variant}, {sums.name}, {case}, n = {size}{steps}"
                for key in (dtype, "all", *(["unequal"] if case != CONSTANT else [])):
                    worst[key] = max(worst.get(key, (0.0, "")), found)
    return worst


def honest(kernels, most: int, seeds: int) -> None:
    """Print the table of honest variants."""
    print("| kernel | ways | float32 | float64 | the worst of both | unequal terms | componentwise |")
    print("|---|---|---|---|---|---|---|")
    for kernel in kernels:
        worst = worst_of(kernel, most, seeds)
        each = replace(kernel, spec=replace(kernel.spec, tolerance=COMPONENTWISE))
        componentwise = worst_of(each, min(most, MOST_COMPONENTWISE), seeds).get("all", (np.nan,))[0]
        single, double, unequal = (worst[key][0] for key in (*DTYPES, "unequal"))
        print(
            f"| `{kernel.name}` | {len(list(kernel.ways(0)))} | {single:.2f} | {double:.2f} | {worst['all'][1]} "
            f"| {unequal:.2f} | {componentwise:.2f} |",
            flush=True,
        )


def in_half(terms):
    """Added up term by term in half precision, which ends at 65504."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.add.accumulate(terms.astype(np.float16), axis=-1)[..., -1].astype(terms.dtype)


def in_float32(terms):
    """Added up in float32."""
    return np.add.accumulate(terms.astype(np.float32), axis=-1)[..., -1].astype(terms.dtype)


def imprecise(kernel: SmallKernel, size: int, dtype: str):
    """Mistakes of precision: (kind, the variant, the way to add up, the dtype of the arithmetic)."""
    first = next(iter(kernel.variants))
    if dtype == "float64":
        yield "computed in float32", first, BLAS if BLAS in kernel.sums else PAIRWISE, "float32"
    if kernel.summing == "none":
        return
    if dtype == "float64":
        yield "sums in float32", kernel.summing or first, Sums("float32", in_float32), "float64"
    else:
        yield "sums in half precision", kernel.summing or first, Sums("half", in_half), "float32"


def has_effect(computation: Computation, got) -> bool:
    """Whether a mistake changes anything: a dot product is the same where its arrays are swapped."""
    pairs = [(got[name], right) for name, right in computation.expected.outputs.items()]
    return not all(norm(mine - right) <= NO_EFFECT * norm(right) for mine, right in pairs)


class Zoo:
    """The smallest ratio of every mistake in every kernel, and where it is not above 1."""

    def __init__(self) -> None:
        self.smallest: dict[str, dict[str, float]] = defaultdict(dict)
        self.passed: list[str] = []
        self.tried = 0

    def add(self, kernel: SmallKernel, kind: str, where: str, computation: Computation, got, dtype: str) -> None:
        found = ratio(computation, got, dtype)
        self.tried += 1
        row = self.smallest[kind]
        row[kernel.name] = min(row.get(kernel.name, np.inf), found)
        if found <= 1:
            self.passed.append(f"{kernel.name}: {kind}: {where}, {dtype}: {found:.2g}")

    def fill(self, kernel: SmallKernel, most: int, seeds: int) -> None:
        for size, case, computation in cells(kernel, most, seeds, STEPS[:2], but=CONSTANT):
            where = f"{case}, n = {size}"
            if computation.expected.n_steps > 1:
                where += f", {computation.expected.n_steps} steps"
            for mistake in mistakes_of(computation):
                try:
                    with np.errstate(all="ignore"):
                        got = mistake.results()
                except Misuse:  # such as a matrix that is singular without its last row
                    continue
                if not has_effect(computation, got):
                    continue
                for dtype in DTYPES:
                    with np.errstate(over="ignore"):
                        held = {name: array.astype(dtype).astype(np.float64) for name, array in got.items()}
                    if "inside" not in mistake.kind or dtype == "float32":
                        self.add(kernel, mistake.kind, f"{mistake.sentence}, {where}", computation, held, dtype)
            for dtype in DTYPES:
                for kind, variant, sums, inside in imprecise(kernel, size, dtype):
                    got = kernel.compute(
                        variant, sums, computation.inputs, size, np.dtype(inside), computation.expected.n_steps
                    )
                    self.add(kernel, kind, where, computation, got, dtype)

    def show(self, kernels) -> None:
        names = [kernel.name for kernel in kernels]
        print(f"| mistake | {' | '.join(f'`{name}`' for name in names)} |\n|---|{'---|' * len(names)}")
        for kind, row in self.smallest.items():
            print(f"| {kind} | {' | '.join(_shown(row.get(name)) for name in names)} |")
        print(f"\n{self.tried} tried, {len(self.passed)} not rejected:")
        for line in self.passed:
            print(f"- {line}")


def _shown(ratio: float | None) -> str:
    if ratio is None:
        return ""
    return "form" if np.isinf(ratio) else f"{ratio:.2g}" if ratio < 100 else f"{ratio:.0e}".replace("e+0", "e")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kernel", nargs="+", choices=[kernel.name for kernel in KERNELS])
    parser.add_argument("--most", type=int, default=1000000, help="the largest size")
    parser.add_argument("--most-mistakes", type=int, default=1000, help="the largest size at which mistakes are tried")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--held-out", action="store_true", help="the kernels with which nothing was calibrated, alone")
    arguments = parser.parse_args()
    kernels = [kernel for kernel in KERNELS if kernel.name in (arguments.kernel or kernel.name)]
    if arguments.held_out:
        honest([*HELD_OUT, *UNSTABLE], arguments.most, arguments.seeds)
        return
    honest(kernels, arguments.most, arguments.seeds)
    print()
    zoo = Zoo()
    for kernel in kernels:
        zoo.fill(kernel, arguments.most_mistakes, 1)
        print(f"mistakes in {kernel.name} done", file=sys.stderr)
    zoo.show(kernels)


if __name__ == "__main__":
    main()
