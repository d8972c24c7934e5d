"""What a family offers for its problems beside the data that each of them is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from numpy.typing import NDArray

if TYPE_CHECKING:
    from paragone.task.checks import Checks  # no worker judges


class Family(Protocol):
    """A kind of computation. Every `problem` is one of its own."""

    # By folder of impls/yardsticks/: the matrix products of a step alone, None where steps are not made of them; and
    # calls that do nothing.
    @property
    def products(self) -> str | None: ...
    @property
    def empty_calls(self) -> str: ...

    def inputs(self, problem: Any, folder: Path, dtype: str) -> tuple[NDArray[Any], ...]:
        """What `load` takes beside the problem, from the data set in `folder`."""
        ...

    def refuse_other_data(self, problem: Any, data: Any) -> None:
        """Raise InvalidProblem, naming the key of the problem, where it does not fit this data set."""
        ...

    def check_steps(self, problem: Any, size: int) -> int:
        """The most steps that the first check of a size compares with the reference."""
        ...

    def stress(self, problem: Any) -> Any | None:
        """The same computation with coefficients that show what this one hides; None where there is none."""
        ...

    def checks(self, data: Any, seed: int, cache: Path) -> Checks:
        """What compares results with the reference; `cache` keeps what the reference gave."""
        ...
