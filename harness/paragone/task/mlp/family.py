"""Networks as a family: what the core is given for their problems. What only the harness needs is imported there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from paragone.task.mlp.mnist.cache import DataSet, open_cached
from paragone.task.mlp.problem import NetworkProblem

if TYPE_CHECKING:
    from paragone.task.checks import Checks


class Networks:
    """The family `mlp`."""

    products = "step_products"
    empty_calls = "networks"

    def inputs(self, problem: NetworkProblem, folder: Path, dtype: str) -> tuple[NDArray[Any], ...]:
        """Images (n_train, D), p/255 in `dtype`, and labels (n_train,) uint8, of the cached data set in `folder`."""
        return open_cached(folder).inputs(problem, dtype)

    def test_inputs(self, folder: Path, dtype: str) -> NDArray[Any]:
        """The test images, (n_test, D), as those for training."""
        return open_cached(folder).test_pixels(dtype)

    def refuse_other_data(self, problem: NetworkProblem, data: DataSet) -> None:
        from paragone.task.mlp.data import check_fits

        check_fits(problem, data)

    def check_steps(self, problem: NetworkProblem, size: int) -> int:
        from paragone.task.mlp.stress import check_steps

        return check_steps(size)

    def stress(self, problem: NetworkProblem) -> NetworkProblem:
        from paragone.task.mlp.stress import stress_problem

        return stress_problem(problem)

    def checks(self, data: DataSet, seed: int, cache: Path) -> Checks:
        from paragone.task.mlp.checks import NetworkChecks

        return NetworkChecks(data, seed, cache)
