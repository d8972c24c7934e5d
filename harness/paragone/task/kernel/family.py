"""Kernels as a family: they have no data, no stress problem, and no products of their own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from paragone.task.kernel.problem import KernelProblem

if TYPE_CHECKING:
    from paragone.task.checks import Checks

FIRST_STEPS = 20  # of a state that evolves


@dataclass(frozen=True)
class DrawnData:
    """In the place of a data set: inputs are drawn, anew for each round."""

    name: str = "none"
    origin: str = "inputs are drawn by the kernel's reference.py, anew for each round"
    sha256: str = ""
    folder: Path = Path()

    def facts(self) -> dict[str, Any]:
        return {}


class Kernels:
    """Every kernel that a kernel.toml describes."""

    products = None
    empty_calls = "empty"

    def inputs(self, problem: KernelProblem, folder: Path, dtype: str) -> tuple[NDArray[Any], ...]:
        return ()

    def refuse_other_data(self, problem: KernelProblem, data: Any) -> None:
        """Nothing is refused: a kernel uses no data set."""

    def check_steps(self, problem: KernelProblem, size: int) -> int:
        """Two calls on each set of the ring, or FIRST_STEPS steps of a state."""
        return FIRST_STEPS if problem.spec.form == "steps" else 2 * problem.n_sets(size)

    def stress(self, problem: KernelProblem) -> None:
        """None: its cases are checked with it."""

    def checks(self, data: Any, seed: int, cache: Path) -> Checks:
        from paragone.task.kernel.checks import KernelChecks  # the harness alone needs a judge

        return KernelChecks(seed)
