"""Where wrong results lie: how many numbers are off, the block that holds them all, and the worst of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from paragone.task.distance import Distance
from paragone.task.kernel.perturbation import FloatArray


def place_of(right: FloatArray, got: FloatArray, distance: Distance) -> str:
    """Such as "9 of its 81 numbers are off, all within [8, 0:9], most at [8, 3]: 0.5, 0.25 is expected".

    A number is off where it adds more than its share to the distance. "" where none is, or an array is one number.
    """
    off = np.abs(got - right)
    off[~np.isfinite(off)] = 0.0
    is_off = off > distance.allowed / right.size**0.5
    n_off = np.count_nonzero(is_off)
    if not n_off or right.size < 2:
        return ""
    worst = np.unravel_index(np.argmax(off), off.shape)
    count = f"all of its {right.size}" if n_off == right.size else f"{n_off} of its {right.size}"
    block = block_around(is_off)
    within = f", all within {block}" if block and n_off > 1 else ""
    most = f"{'most ' if n_off > 1 else ''}at {[int(i) for i in worst]}"
    return (
        f"{count} numbers {'are' if n_off > 1 else 'is'} off{within}, {most}: "
        f"{got[worst]:.6g}, {right[worst]:.6g} is expected"
    )


def block_around(where: NDArray[np.bool_]) -> str:
    """The smallest block that holds every True, such as "[8, 0:9]"; "" where that is the whole array."""
    ranges = [(int(places.min()), int(places.max()) + 1) for places in np.nonzero(where)]
    if all(end - begin == length for (begin, end), length in zip(ranges, where.shape, strict=True)):
        return ""
    parts = (str(begin) if end == begin + 1 else f"{begin}:{end}" for begin, end in ranges)
    return f"[{', '.join(parts)}]"
