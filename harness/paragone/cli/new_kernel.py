"""paragone new-kernel."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from paragone.cli.app import out
from paragone.cli.options import PluginsOption
from paragone.files.paths import expand_home
from paragone.implementation.new_kernel import write_kernel


def new_kernel(
    name: Annotated[str, typer.Argument(help="Small letters, digits and underscores, such as my_kernel.")],
    into: Annotated[Path | None, typer.Option(help="Folder in which NAME/ is made; else the current one.")] = None,
    plugins: PluginsOption = None,
) -> None:
    """Write a new kernel that works: what is computed, a reference and a baseline, to be changed."""
    folder = expand_home(into or Path(), "--into")
    for path in write_kernel(name, folder, plugins or ()):
        out.print(f"Wrote {escape(str(path))}", soft_wrap=True, highlight=False)
    plugins_option = f"--plugins {shlex.quote(str(folder))}"
    out.print("\nNext:", highlight=False)
    for command, shows in (
        (f"verify -k {name} {plugins_option}", "it passes; change kernel.toml and reference.py, and ask again"),
        (f"new c_loops --kernel {name} --language c --into {shlex.quote(str(folder))}", "the same in another language"),
        (f"bench -k {name} --quick {plugins_option}", "a first look at all of them"),
    ):
        out.print(f"    paragone {escape(command)}    # {shows}", soft_wrap=True, highlight=False)
