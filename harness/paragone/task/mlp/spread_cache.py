"""Typical spreads on disk: each belongs to a problem and a batch size, whatever is checked, and is slow to measure."""

from __future__ import annotations

import contextlib
import hashlib
import zipfile
import zlib
from pathlib import Path

import numpy as np

from paragone.files.atomic import replacing
from paragone.task.mlp.perturbation import PerturbedTraining
from paragone.task.mlp.trajectory_cache import DEFINING_SOURCES
from paragone.task.mlp.whole_sample import TypicalSpread, typical_spread

LOSSES, BY_TENSOR = "of_losses", "of@"
SOURCES = [*DEFINING_SOURCES, *(Path(__file__).with_name(name) for name in ("whole_sample.py", "tolerance.py"))]


def cached_spread(training: PerturbedTraining, data_sha256: str, folder: Path) -> TypicalSpread:
    """`typical_spread(training)`, kept in `folder` in a file that is named by everything that decides its numbers.

    A damaged file is computed again.
    """
    path = folder / f"{_cache_key(training, data_sha256)}.npz"
    known = _read(path)
    if known is not None:
        return known
    computed = typical_spread(training)
    with contextlib.suppress(OSError):  # without the cache the next run is slower, nothing else
        _write(path, computed)
    return computed


def _cache_key(training: PerturbedTraining, data_sha256: str) -> str:
    content = hashlib.sha256(b"typical spread")
    for source in SOURCES:
        content.update(source.read_bytes())
    words = (training.problem.fingerprint(), data_sha256, training.state.digest(), str(training.order.shape))
    content.update("\0".join(words).encode())
    content.update(np.ascontiguousarray(training.order, dtype=np.int64).data)
    return content.hexdigest()[:32]


def _write(path: Path, found: TypicalSpread) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    by_tensor = {f"{BY_TENSOR}{name}": values for name, values in found.by_tensor.items()}
    with replacing(path) as file:
        np.savez(file, allow_pickle=False, **{LOSSES: found.of_losses}, **by_tensor)


def _read(path: Path) -> TypicalSpread | None:
    """The spread in this file, or None where the file is missing or damaged."""
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            by_tensor = {name.removeprefix(BY_TENSOR): file[name] for name in file.files if name != LOSSES}
            return TypicalSpread(by_tensor, file[LOSSES])
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error):
        return None
