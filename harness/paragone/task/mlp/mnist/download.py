"""MNIST from the mirrors that still serve it: into memory, checked by content, with short timeouts.

Each file is fetched in a thread, and the caller stops waiting after a few seconds: without a network the DNS look-up
alone can take half a minute, and no timeout of urllib or requests covers it. That is why pooch does not do it here.
"""

from __future__ import annotations

import io
import queue
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from paragone.errors import DataUnusable
from paragone.task.mlp.forms.idx import read_idx
from paragone.task.mlp.mnist.parts import Arrays, Part, checked

MIRRORS = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
)
ANSWER_SECONDS = 4.0  # per mirror: DNS, connection, TLS and the status line
STALL_SECONDS = 10.0  # between two pieces of PIECE bytes
PIECE = 65_536
PUBLISHED_BYTES = 11_594_722  # the four .gz files, for the progress bar


class MirrorFailed(Exception):
    """A mirror failed; `no_answer` where it could not be reached at all."""

    def __init__(self, reason: str, no_answer: bool = False) -> None:
        super().__init__(reason)
        self.no_answer = no_answer


class DownloadFailed(Exception):
    """Every mirror failed; the text has the reason for each, or says that there seems to be no network."""


def download(
    parts: Sequence[Part],
    say: Callable[[str], None],
    mirrors: Sequence[str] = MIRRORS,
    answer_seconds: float = ANSWER_SECONDS,
) -> tuple[Arrays, str]:
    """The arrays, and the host of the last file. Raises DownloadFailed.

    A mirror that fails once, by a timeout or by wrong content, is not asked again.
    """
    left, failures, arrays = list(mirrors), [], []
    with _progress() as progress:
        bar = progress.add_task("MNIST", total=PUBLISHED_BYTES)
        for part in parts:
            while True:
                url = f"{left[0]}{part.stem}.gz"
                try:
                    limit = part.n_bytes + 2**20  # gzip adds less than that even to random bytes
                    content = fetch(url, limit, answer_seconds, lambda n_bytes: progress.advance(bar, n_bytes))
                    arrays.append(checked(part, read_idx(io.BytesIO(content), url, part.n_bytes), url))
                    break
                except (MirrorFailed, DataUnusable) as error:
                    failures.append(error)
                    left.pop(0)
                    if not left:
                        raise DownloadFailed(_why(failures)) from None
                    say(f"{error}. Trying {_host(left[0])}.")
    return Arrays(*arrays), _host(left[0])


def _why(failures: Sequence[Exception]) -> str:
    no_network = all(isinstance(failure, MirrorFailed) and failure.no_answer for failure in failures)
    start = "No network: MNIST cannot be downloaded" if no_network else "MNIST cannot be downloaded"
    return f"{start} ({'; '.join(map(str, failures))})"


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty())


def _host(url: str) -> str:
    return urlsplit(url).netloc


def fetch(url: str, limit: int, answer_seconds: float, advance: Callable[[int], object]) -> bytes:
    """Fetch a file of at most `limit` bytes; `advance` gets the size of every piece. Raises MirrorFailed."""
    pieces: queue.SimpleQueue[bytes | Exception | None] = queue.SimpleQueue()
    given_up = threading.Event()
    threading.Thread(target=_read, args=(url, pieces, given_up), daemon=True).start()
    content, answered, patience = bytearray(), False, answer_seconds
    try:
        while (piece := pieces.get(timeout=patience)) is not None:
            if isinstance(piece, Exception):
                answered = answered or isinstance(piece, urllib.error.HTTPError)
                raise MirrorFailed(f"{_host(url)}: {getattr(piece, 'reason', piece)}", no_answer=not answered)
            answered, patience = True, STALL_SECONDS
            content += piece
            advance(len(piece))
            if len(content) > limit:
                raise MirrorFailed(f"{_host(url)}: expected at most {limit:,} bytes, got more")
    except queue.Empty:
        reason = "nothing more" if answered else "no answer"
        raise MirrorFailed(f"{_host(url)}: {reason} within {patience:g} s", no_answer=not answered) from None
    finally:
        given_up.set()
    return bytes(content)


def _read(url: str, pieces: queue.SimpleQueue[bytes | Exception | None], given_up: threading.Event) -> None:
    """Put b"" when the server answers, then the pieces, then None; or the error in their place."""
    try:
        with urllib.request.urlopen(url, timeout=STALL_SECONDS) as response:
            pieces.put(b"")
            while not given_up.is_set() and (piece := response.read(PIECE)):
                pieces.put(piece)
        pieces.put(None)
    except Exception as error:  # one of a dozen classes; `fetch` raises it as MirrorFailed
        if isinstance(error, urllib.error.HTTPError):
            error.close()
        pieces.put(error)
