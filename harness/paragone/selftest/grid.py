"""What a self-test does: the sizes of its trials, in full and in a version of a minute."""

from __future__ import annotations

from dataclasses import dataclass

PARTS = ("coverage", "load", "quiet", "rivals", "resolve")


@dataclass(frozen=True)
class Plan:
    """The sizes of the trials: copies, cells, launches, and made-up pairs for the coverage."""

    n_identical: int = 16
    slowdowns: tuple[float, ...] = (0.02, 0.05, 0.10)
    n_slowed: int = 2
    batch_sizes: tuple[int, ...] = (10, 100, 1000)
    dtype: str = "float32"
    launches: int = 20
    rounds: int = 5
    numbers_of_launches: tuple[int, ...] = (5, 10, 20)
    n_made_up: int = 8_000
    n_resolved: int = 6  # runs with --resolve
    rival_batch_sizes: tuple[int, ...] = (10, 1000)
    n_identical_for_rivals: int = 8


FULL = Plan()
SMALL = Plan(
    n_identical=2,
    slowdowns=(0.10,),
    n_slowed=1,
    batch_sizes=(100,),
    launches=5,
    numbers_of_launches=(5,),
    n_made_up=1_000,
    n_resolved=1,
    rival_batch_sizes=(100,),
    n_identical_for_rivals=2,
)
