"""paragone header."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from paragone.adapters.kernel.c_text import declarations
from paragone.cli.kernel_names import NETWORKS, unknown_kernel
from paragone.cli.options import PluginsOption
from paragone.cli.values import write_output
from paragone.errors import HarnessError
from paragone.files.paths import PACKAGE
from paragone.implementation.plugins import kernel_folders, refuse_taken
from paragone.task.kernel.kernel_file import read_kernel

OF_NETWORKS = PACKAGE / "adapters" / "paragone.h"  # fixed: what is built by it today can be opened tomorrow


def header(
    kernel: Annotated[str, typer.Argument(help="Name of a kernel, such as pairwise; mlp for the networks.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write; else standard output.")] = None,
    plugins: PluginsOption = None,
) -> None:
    """Print the C header of a kernel: what a shared library exports to be measured."""
    text = OF_NETWORKS.read_text(encoding="utf-8") if kernel == NETWORKS else _of_kernel(kernel, plugins or ())
    if output is None:
        sys.stdout.write(text)
        return
    write_output(output, text)


def _of_kernel(kernel: str, plugins: Sequence[str]) -> str:
    found, bad = kernel_folders(plugins)
    refuse_taken(kernel, bad)
    if kernel not in found:
        reason = next((entry.reason for entry in bad if entry.name == kernel), None)
        raise HarnessError(reason) if reason else unknown_kernel(kernel, [NETWORKS, *found])
    return declarations(read_kernel(found[kernel]))
