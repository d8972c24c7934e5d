"""Where the data set comes from, in this order:

    a path (--data)  →  PARAGONE_DATA  →  the cache  →  a download  →  the embedded digits

A path given by the user must be right: a wrong one is an error and does not fall through to the next place.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from paragone.errors import DataUnusable, InvalidProblem
from paragone.files.printable import printable
from paragone.task.mlp.mnist import digits
from paragone.task.mlp.mnist.cache import DataSet, find_entry, open_cached, recall, remember, store
from paragone.task.mlp.mnist.parts import MNIST, MNIST_SHA256, Arrays
from paragone.task.mlp.problem import NetworkProblem

__all__ = ["DataSet", "check_fits", "find_data", "open_cached"]

LONGEST_NAME = 60  # characters
DIGITS = "digits"  # as a path: the embedded digits
ADVICE = "For MNIST: --data PATH, or PARAGONE_DATA=PATH."

Say = Callable[[str], None]


def find_data(path: str | None, say: Say) -> DataSet:
    """Find the data set, which is named by its content.

    `path` is a file, a folder or "digits"; `say` gets sentences of one line for the user. Raises DataUnusable.
    """
    if path is not None:
        return _from_choice(path, "--data", say)
    if chosen := os.environ.get("PARAGONE_DATA"):
        return _from_choice(chosen, "PARAGONE_DATA", say)
    if cached := find_entry(MNIST_SHA256, say):
        return replace(cached, origin=f"the cache {cached.folder}; first found as: {cached.origin}")
    if os.environ.get("PARAGONE_OFFLINE", "0") not in ("", "0"):
        return _fall_back("PARAGONE_OFFLINE is set: MNIST is not downloaded", say)
    return _from_download(say)


def check_fits(problem: NetworkProblem, data: DataSet) -> None:
    """Raise InvalidProblem, naming the key of the problem file, where the problem does not fit this data."""
    n_train, n_pixels = data.train_images.shape
    if problem.layers[0] != n_pixels:
        raise InvalidProblem(
            f"{problem.name}: layers: expected {n_pixels} neurons in the first layer, one per pixel of {data.name}; "
            f"got {problem.layers[0]}"
        )
    if problem.layers[-1] < data.n_classes:
        raise InvalidProblem(
            f"{problem.name}: layers: expected {data.n_classes} neurons in the last layer, one per class of "
            f"{data.name}; got {problem.layers[-1]}"
        )
    if problem.n_train > n_train:
        raise InvalidProblem(
            f"{problem.name}: n_train: expected at most {n_train}, the training images of {data.name}; "
            f"got {problem.n_train}"
        )


def _from_choice(choice: str, chosen_by: str, say: Say) -> DataSet:
    if choice == DIGITS:
        return _digits(f"chosen by {chosen_by}", say)
    from paragone.task.mlp.forms.content import checked_set  # workers read no form of data but the cache
    from paragone.task.mlp.forms.locate import locate

    if not choice:
        raise DataUnusable(f"{chosen_by}: expected the path of a data set or {DIGITS!r}, got an empty text.")
    try:
        path = Path(choice).expanduser()
        source = locate(path)
        origin = f"{source.form}, found by {chosen_by} in {path.absolute()}"
        data, remarks = _cached_or_made(
            source.fingerprint(), source.name, origin, lambda: checked_set(source.read()), say
        )
    except OSError as error:
        raise DataUnusable(f"{chosen_by}: {choice}: cannot be read: {error.strerror}.") from None
    except (RuntimeError, ValueError) as error:  # no such home folder; a null byte
        raise DataUnusable(f"{chosen_by}: {choice!r}: not a path: {error}.") from None
    except DataUnusable as error:
        raise DataUnusable(f"{chosen_by}: {error}") from None
    data = replace(data, name=_name_of(data), origin="; ".join((data.origin, *remarks)))
    if remarks:
        say(f"{data.name}: {'; '.join(remarks)}.")
    return data


def _name_of(data: DataSet) -> str:
    """That of MNIST for MNIST alone; any other content has the name of its files."""
    if data.sha256 == MNIST_SHA256:
        return "MNIST"
    name = printable(data.name)[:LONGEST_NAME]
    return f"{name} (other than MNIST)" if name.lower().partition(".")[0] == "mnist" else name


def _from_download(say: Say) -> DataSet:
    # Workers import this module, and never the network and progress-bar libraries of a download.
    from paragone.task.mlp.mnist.download import DownloadFailed, download

    say("MNIST is downloaded once, about 12 MB.")
    try:
        arrays, host = download(MNIST, say)
    except DownloadFailed as error:
        return _fall_back(str(error), say)
    return store(arrays, "MNIST", f"downloaded from {host}")


def _fall_back(reason: str, say: Say) -> DataSet:
    say(f"{reason}. Instead: scikit-learn's real 8×8 digits, enlarged to 28×28. {ADVICE}")
    return _digits(reason, say)


def _digits(reason: str, say: Say) -> DataSet:
    origin = f"embedded: real 8×8 digits enlarged to 28×28 and shifted; {reason}"
    data, _ = _cached_or_made(digits.fingerprint(), digits.NAME, origin, lambda: (digits.make_digits(), ()), say)
    return data


def _cached_or_made(
    fingerprint: str, name: str, origin: str, make: Callable[[], tuple[Arrays, tuple[str, ...]]], say: Say
) -> tuple[DataSet, tuple[str, ...]]:
    """The cache entry that is noted for this fingerprint, or a new one of what `make` returns; and what was done."""
    sha256, remarks = recall(fingerprint)
    if sha256 and (cached := find_entry(sha256, say)):
        return replace(cached, name=name, origin=origin), remarks
    arrays, remarks = make()
    data = store(arrays, name, origin)
    remember(fingerprint, data.sha256, remarks)
    return data, remarks
