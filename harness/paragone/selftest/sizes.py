"""How large the trials of a self-test are: in full, and small enough for a few minutes."""

from __future__ import annotations

from dataclasses import dataclass

PARTS = ("coverage", "load", "quiet", "rivals", "resolve")


@dataclass(frozen=True)
class TrialSizes:
    """Numbers of copies, launches and rounds of real runs, and of simulated pairs for the coverage."""

    n_identical: int = 16
    slowdowns: tuple[float, ...] = (0.02, 0.05, 0.10)
    n_slowed: int = 2  # copies of each slowdown
    sizes: tuple[int, ...] = (10, 100, 1000)
    dtype: str = "float32"
    launches: int = 20
    rounds: int = 5
    numbers_of_launches: tuple[int, ...] = (5, 10, 20)  # a run of 20 launches is also judged as four of 5, two of 10
    n_simulated: int = 8_000
    n_resolved: int = 6  # runs with --resolve
    sizes_elsewhere: tuple[int, ...] = (10, 1000)  # by other tools
    n_identical_elsewhere: int = 8


FULL = TrialSizes()
SMALL = TrialSizes(
    n_identical=2,
    slowdowns=(0.10,),
    n_slowed=1,
    sizes=(100,),
    launches=5,
    numbers_of_launches=(5,),
    n_simulated=1_000,
    n_resolved=1,
    sizes_elsewhere=(100,),
    n_identical_elsewhere=2,
)
