"""What `--kernel` may name: the family of networks, or a kernel."""

from __future__ import annotations

from collections.abc import Iterable

from paragone.errors import UnknownName

NETWORKS = "mlp"  # as a kernel: the family of networks


def unknown_kernel(name: str, known: Iterable[str]) -> UnknownName:
    return UnknownName("kernel", name, known, " Where one of your own lies: --plugins PATH")
