"""paragone list."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from paragone.cli.app import out, print_behind
from paragone.cli.json_lines import JsonOption, print_implementations
from paragone.cli.kernel_names import NETWORKS, unknown_kernel
from paragone.cli.options import KernelOption, PluginsOption
from paragone.implementation.described import unavailable_reason
from paragone.implementation.plugins import kernel_folders, refuse_taken
from paragone.implementation.registry import IMPLEMENTATIONS, Registered, discover, refuse_unusable, select
from paragone.task.mlp.shipped import shipped_names

INDENT = 4


def list_implementations(
    names: Annotated[list[str] | None, typer.Argument(help="Names or globs; all if left out.")] = None,
    kernel: KernelOption = NETWORKS,
    plugins: PluginsOption = None,
    json: JsonOption = False,
) -> None:
    """Show every implementation of a kernel: language, axes, source, idea, whether it can run here."""
    kernels, bad = kernel_folders(plugins or ())
    refuse_taken(kernel, bad)
    if kernel not in (NETWORKS, *kernels):
        raise unknown_kernel(kernel, [NETWORKS, *kernels])
    registered, unusable = discover(kernels.get(kernel, IMPLEMENTATIONS), plugins or ())
    refuse_unusable(names or ("*",), registered, unusable)
    chosen = select(registered, names or ["*"])
    if json:
        print_implementations(chosen, () if names else unusable)
        return
    for entry in chosen:
        _print(entry)
    if not names:
        for folder in unusable:
            out.print(f"[red]{escape(folder.name)} cannot be used:[/] {escape(folder.reason)}\n", soft_wrap=True)
        if kernel == NETWORKS:
            out.print("Problems: " + ", ".join(shipped_names()), highlight=False)
        out.print("Kernels: " + ", ".join([NETWORKS, *kernels]), highlight=False)


def _print(entry: Registered) -> None:
    declared = entry.implementation
    axes = [f"{axis} {'/'.join(values)}" for axis, values in declared.axes.items()]
    lines = f"{entry.maths_lines()} lines of maths of its own"
    facts = [declared.language, declared.layout, *axes, lines, declared.source, *filter(None, [entry.origin])]
    shown = [escape(declared.idea), escape(" · ".join(facts))]
    if reason := unavailable_reason(declared):
        shown.append(f"[yellow]unavailable:[/] {escape(reason)}")
    out.print(f"[bold]{escape(declared.name)}[/]", soft_wrap=True, highlight=False)
    for words in shown:
        print_behind(" " * INDENT, INDENT, words)
    out.print()
