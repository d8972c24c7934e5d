"""Writes a new kernel to begin from: kernel.toml, reference.py and a baseline, which pass as they are."""

from __future__ import annotations

import keyword
import math
from collections.abc import Iterable
from pathlib import Path
from string import Template

from paragone.errors import Misuse
from paragone.implementation.kernel_folder import is_kernel
from paragone.implementation.new_files import write_new_folder
from paragone.implementation.plugins import kernel_folders
from paragone.implementation.template import TEMPLATES
from paragone.task.kernel import kernel_values

NETWORKS = "mlp"
FILES = TEMPLATES / "new_kernel"


def write_kernel(name: str, into: Path, plugins: Iterable[str] = ()) -> list[Path]:
    """The files of a new kernel, written into the folder `into / name`, kernel.toml first.

    Raises Misuse where the name is none or taken, or the folder cannot be written; then nothing is left behind.
    """
    if fault := fault_of_name(name) or fault_of_place(name, into, plugins):
        raise Misuse(fault)
    return write_new_folder(
        into / name,
        {
            path.name.removesuffix(".in"): Template(path.read_text(encoding="utf-8")).substitute(name=name)
            for path in sorted(FILES.glob("*.in"))
        },
    )


def fault_of_name(name: str) -> str | None:
    """Why no kernel can be called that, or None: it is the name of a function in C and of a folder."""
    try:
        kernel_values.kernel_name(name)
    except ValueError:
        return f"{name!r} is no name for a kernel: small letters, digits and underscores, 41 at most, a letter first"
    if name in kernel_values.WORDS_OF_LANGUAGES or keyword.issoftkeyword(name):
        return f"{name!r} is a word of one of the languages. Say more: {name}_first"
    if name in dir(math):
        return f"{name!r} is a name of mathematics in C or Python, which it would hide. Say more: {name}_first"
    return None


def fault_of_place(name: str, into: Path, plugins: Iterable[str] = ()) -> str | None:
    """Why a new kernel of that name cannot lie there, or None."""
    folder = into / name
    if folder.exists() or folder.is_symlink():
        hint = f". An implementation of it: paragone new NAME --kernel {name}" if is_kernel(folder) else ""
        return f"{folder} is there already; nothing was written. Choose another name{hint}"
    found, _ = kernel_folders([*plugins, *([str(into)] if into.is_dir() else [])])
    if name == NETWORKS or name in found:
        place = found.get(name, "the project's networks")
        return (
            f"the name {name!r} is taken by {place}. Choose another; "
            f"an implementation of it: paragone new NAME --kernel {name}"
        )
    return None
