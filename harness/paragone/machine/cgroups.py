"""CPU quota and memory limit of the control groups (cgroups, versions 1 and 2) that this process is in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

ROOT = Path("/")
UNLIMITED = 2**60  # version 1 writes "no limit" as the largest multiple of a page


def cpu_quota(root: Path = ROOT) -> float | None:
    """The smallest CPU quota of the groups, as a number of CPUs; None where there is none.

    `root` is the folder that holds proc and sys.
    """
    quotas = []
    for folder in _folders("cpu", root):
        text = _text(folder / "cpu.max") or " ".join(
            [_text(folder / "cpu.cfs_quota_us"), _text(folder / "cpu.cfs_period_us")]
        )
        numbers = text.split()
        if len(numbers) == 2 and all(number.isdigit() for number in numbers) and int(numbers[1]):
            quotas.append(int(numbers[0]) / int(numbers[1]))
    return min(quotas, default=None)


def memory_limit(root: Path = ROOT) -> int | None:
    """The smallest memory limit of the groups in bytes; None where there is none."""
    limits = []
    for folder in _folders("memory", root):
        for name in ("memory.max", "memory.high", "memory.limit_in_bytes"):
            text = _text(folder / name)
            if text.isdigit() and int(text) < UNLIMITED:
                limits.append(int(text))
    return min(limits, default=None)


def _folders(controller: str, root: Path) -> Iterator[Path]:
    """Yield the folder of this process's group, then those of the groups above it."""
    for group, mounted_group, mount in _memberships(controller, root):
        below = group.relative_to(mounted_group) if group.is_relative_to(mounted_group) else PurePosixPath()
        for part in (below, *below.parents):
            folder = root / mount.lstrip("/") / part
            if folder.is_dir():
                yield folder


def _memberships(controller: str, root: Path) -> Iterator[tuple[PurePosixPath, PurePosixPath, str]]:
    """Yield (this process's group, the group at the root of the mount, the mount point) for each hierarchy."""
    groups = {}
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, controllers, group = line.split(":", 2)
        groups.update(dict.fromkeys(controllers.split(","), PurePosixPath(group)))
    for line in _text(root / "proc/self/mountinfo").splitlines():
        mount, _, kind = line.partition(" - ")
        fields, (file_system, *_, options) = mount.split(), kind.split(" ")
        if file_system == "cgroup2" and "" in groups:
            yield groups[""], PurePosixPath(fields[3]), fields[4]
        elif file_system == "cgroup" and controller in options.split(",") and controller in groups:
            yield groups[controller], PurePosixPath(fields[3]), fields[4]


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
