"""The process that hosts one variant and answers orders over a pipe; it loads no pandas and no matplotlib.

Started as `python -m paragone.worker.process INCOMING OUTGOING` with two open file descriptors; `worker/commands.py` says what it
can be asked. What raises becomes an answer with "error"; what the hosted code prints goes to the worker's log.
"""

from __future__ import annotations

import ctypes
import functools
import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from paragone.errors import HarnessError, error_text
from paragone.machine.memory import be_first_oom_victim
from paragone.machine.process_tree import adopt_orphans
from paragone.worker.commands import VERBS, Worker
from paragone.worker.pipe import Message, Pipe
from paragone.worker.sample import cpu_time_ns

PR_SET_PDEATHSIG = 1
MOST_REASON_CHARACTERS = 1000


def serve(pipe: Pipe) -> None:
    """Answer orders until told to stop or the harness is gone."""
    worker = Worker()
    verbs: dict[str, Callable[[dict[str, Any], dict[str, NDArray[Any]]], Message]] = {
        name: getattr(worker, name) for name in VERBS
    }
    cpu_at_answer_ns = cpu_time_ns()
    while True:
        try:
            order, arrays = pipe.receive()
        except EOFError:
            return
        about = {"to": order["to"], "waiting_cpu_ns": cpu_time_ns() - cpu_at_answer_ns}
        try:
            answer, results = verbs[order["do"]](order, arrays)
            pipe.send({**answer, **about}, results)
        except Exception as error:
            pipe.send({"error": describe_error(error, worker.folder), **about})
        cpu_at_answer_ns = cpu_time_ns()


def describe_error(error: Exception, folder: Path | None) -> str:
    """Return the error in a sentence, with the last place in `folder`, the implementation's, that led to it.

    What an adapter says in words of its own stands for itself: the class and the line would be the harness's.
    """
    notes = [f". {note}" for note in getattr(error, "__notes__", []) if note]
    if isinstance(error, HarnessError):
        return str(error)[:MOST_REASON_CHARACTERS] + "".join(notes)
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if folder is not None and Path(frame.filename).is_relative_to(folder)]
    places = [f" ({Path(frame.filename).name}, line {frame.lineno})" for frame in (own or frames)[-1:]]
    return error_text(error)[:MOST_REASON_CHARACTERS] + "".join([*places, *notes])


def die_with_the_harness() -> None:
    """Ask Linux to kill this process when the harness ends, even while it is stopped; elsewhere do nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def keep_from_children(descriptors: list[int]) -> None:
    """Close them in whatever the hosted code forks or starts: held there, they would hide the worker's end."""
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)
        os.register_at_fork(after_in_child=functools.partial(os.close, descriptor))


def main() -> None:
    """Serve on the two file descriptors of the command line."""
    die_with_the_harness()
    adopt_orphans()
    be_first_oom_victim()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the harness's to answer
    incoming, outgoing = map(int, sys.argv[1:3])
    keep_from_children([incoming, outgoing])
    serve(Pipe(incoming, outgoing))


if __name__ == "__main__":
    main()
