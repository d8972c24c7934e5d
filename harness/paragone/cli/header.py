"""paragone header."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from paragone.adapters.kernel.c_text import declarations
from paragone.cli.options import PluginsOption
from paragone.cli.values import unknown_kernel, write_output
from paragone.errors import HarnessError
from paragone.implementation.plugins import kernel_folders
from paragone.task.kernel.kernel_file import read_kernel


def header(
    kernel: Annotated[str, typer.Argument(help="Name of a kernel, such as pairwise.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write; else standard output.")] = None,
    plugins: PluginsOption = None,
) -> None:
    """Print the C header of a kernel: what a shared library exports to be measured."""
    found, bad = kernel_folders(plugins or ())
    if kernel not in found:
        reason = next((entry.reason for entry in bad if entry.name == kernel), None)
        raise HarnessError(reason) if reason else unknown_kernel(kernel, found)
    text = declarations(read_kernel(found[kernel]))
    if output is None:
        sys.stdout.write(text)
        return
    write_output(output, text)
