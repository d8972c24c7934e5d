"""Run the Julia files of a kernel in this process and print what happened as JSON: name → errors, or what it says.

Usage: drive_kernel.py FOLDER, the folder of the kernel "pairwise"
"""

import json
import sys
from pathlib import Path

import numpy as np
from small_kernels import distances, opened, order, results, ring

from paragone.errors import HarnessError
from paragone.implementation.kernel_folder import implementation_files

SIZES = (4, 9, 4)


def errors(folder, name):
    """Of each dtype and size; and what a second instance beside it gives."""
    for dtype in ("float64", "float32"):
        first, second = (opened(folder, name, dtype) for _ in range(2))
        for size in SIZES:
            state, other = ring(folder, size), ring(folder, size, seed=7)
            first.reset(state)
            results(second, other)
            first.train(order(7))
            yield float(np.abs(first.params().arrays["D"] - distances(state)).max())
        first.close()
        yield float(np.abs(second.params().arrays["D"] - distances(other)).max())


def said(folder, name):
    try:
        return list(errors(folder, name))
    except HarnessError as error:
        return str(error)


def main():
    folder = Path(sys.argv[1])
    print(json.dumps({path.stem: said(folder, path.stem) for path in implementation_files(folder)}))


if __name__ == "__main__":
    main()
