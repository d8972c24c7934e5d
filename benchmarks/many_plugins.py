"""Writes a folder of many plugins, as it grows with the years: ten kernels, and 120 implementations of networks.

    python benchmarks/many_plugins.py FOLDER
    paragone list --plugins FOLDER

The rows `list` and `doctor` of commands.py use it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from paragone.implementation.new_files import write_new_folder
from paragone.implementation.new_kernel import write_kernel
from paragone.implementation.template import LANGUAGES, filled_in

N_KERNELS, N_PLUGINS = 10, 120


def write_many(folder: Path) -> None:
    """Fill a folder that is empty, or not there yet, from the starters of every language in turn."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(N_KERNELS):
        write_kernel(f"kernel_{number}", folder)
    for number in range(N_PLUGINS):
        language = LANGUAGES[number % len(LANGUAGES)]
        name = f"step_{language}_{number}"
        write_new_folder(folder / name, filled_in(name, language))


if __name__ == "__main__":
    write_many(Path(sys.argv[1]))
