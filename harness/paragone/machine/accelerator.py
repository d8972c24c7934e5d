"""Whether processes compute on a device beside the CPUs: seen from outside, by the device files that they hold open."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from paragone.machine.process_tree import PROC

DEVICES = ("/dev/nvidia", "/dev/kfd", "/dev/dri/", "/dev/accel")


def hold_accelerator(pids: Iterable[int]) -> bool:
    """True where one of these processes has a device file open; False off Linux."""
    return any(name.startswith(DEVICES) for pid in pids for name in _open_files(pid))


def _open_files(pid: int) -> list[str]:
    names: list[str] = []
    with suppress(OSError):
        for descriptor in (PROC / str(pid) / "fd").iterdir():
            with suppress(OSError):
                names.append(str(descriptor.readlink()))
    return names
