"""The reference's trajectories on disk: the reference is slow, and computes each only once."""

from __future__ import annotations

import contextlib
import hashlib
import zipfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from paragone.files.atomic import replacing
from paragone.task.mlp.kinks import DTYPES, Jumps
from paragone.task.mlp.problem import NetworkProblem
from paragone.task.mlp.reference import Trajectory, trajectory
from paragone.task.mlp.state import State
from paragone.task.mlp.tolerance import LOSSES

# A change in any of these files may change a number, so it invalidates every trajectory.
DEFINING_SOURCES = [
    Path(__file__).with_name(name)
    for name in ("reference.py", "perturbation.py", "hidden.py", "kinks.py", "problem.py", "state.py")
]


def cached_trajectory(
    problem: NetworkProblem,
    data_sha256: str,
    images: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    state: State,
    order: NDArray[np.int64],
    folder: Path,
) -> Trajectory:
    """`trajectory(…)`, kept in `folder` in a file that is named by everything that decides its numbers.

    A damaged file is computed again.
    """
    path = folder / f"{_cache_key(problem, data_sha256, state, order)}.npz"
    known = _read(path)
    if known is not None:
        return known
    computed = trajectory(problem, images, labels, state, order)
    with contextlib.suppress(OSError):  # without the cache the next run is slower, nothing else
        _write(path, computed)
    return computed


def _cache_key(problem: NetworkProblem, data_sha256: str, state: State, order: NDArray[np.int64]) -> str:
    content = hashlib.sha256()
    for source in DEFINING_SOURCES:
        content.update(source.read_bytes())
    words = (problem.fingerprint(), data_sha256, state.digest(), str(order.shape))
    content.update("\0".join(words).encode())
    content.update(np.ascontiguousarray(order, dtype=np.int64).data)
    return content.hexdigest()[:32]


def _write(path: Path, found: Trajectory) -> None:
    arrays: dict[str, NDArray[np.float64] | NDArray[np.int64]] = {
        "losses": found.losses,
        "loss_spread": found.loss_spread,
        "steps": np.array([state.step for state in found.states]),
        "batch_size": np.array(found.batch_size),
    }
    for name, values in found.spread.items():
        arrays[f"spread@{name}"] = values
        arrays[f"states@{name}"] = np.stack([state.tensors()[name] for state in found.states])
    for dtype, of_kinks in found.jumps.items():
        arrays[f"jumps@{dtype}@{LOSSES}"] = of_kinks.of_losses
        arrays.update({f"jumps@{dtype}@{name}": values for name, values in of_kinks.by_tensor.items()})
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        np.savez(file, allow_pickle=False, **arrays)


def _read(path: Path) -> Trajectory | None:
    """The trajectory in this file, or None where the file is missing or damaged."""
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        tensors = {name.partition("@")[2]: stack for name, stack in arrays.items() if name.startswith("states@")}
        states = tuple(
            State.from_tensors({name: stack[i] for name, stack in tensors.items()}, int(step))
            for i, step in enumerate(arrays["steps"])
        )
        rounding = {name: arrays[f"spread@{name}"] for name in tensors}
        batch_size, of_kinks = int(arrays["batch_size"]), _jumps(arrays, list(tensors))
        return Trajectory(states, arrays["losses"], rounding, arrays["loss_spread"], batch_size, of_kinks)
    except (OSError, EOFError, ValueError, KeyError, IndexError, zipfile.BadZipFile, zlib.error):
        return None


def _jumps(arrays: dict[str, NDArray[np.float64]], names: list[str]) -> dict[str, Jumps]:
    """The jumps by dtype; none where the hidden activation has no kink."""
    return {
        dtype: Jumps({name: arrays[f"jumps@{dtype}@{name}"] for name in names}, arrays[f"jumps@{dtype}@{LOSSES}"])
        for dtype in DTYPES
        if f"jumps@{dtype}@{LOSSES}" in arrays
    }
