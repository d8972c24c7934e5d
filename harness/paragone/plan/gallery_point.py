"""The point of a problem's grid that stands for it beside other kernels."""

from __future__ import annotations

from paragone.task.problem import Problem

DTYPE = "float64"  # the numbers of every language


def gallery_size(problem: Problem) -> int:
    """The size in the middle of the problem's grid, of two the smaller: plain Python takes part there."""
    grid = sorted(problem.sizes)
    return grid[(len(grid) - 1) // 2]
