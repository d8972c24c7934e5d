"""The replies of a worker, declared once. Decoding checks every field: hosted code can write into the pipe too."""

from __future__ import annotations

from typing import Literal, TypeVar

import msgspec

from paragone.errors import MeasurementFailed
from paragone.files.schema import Amount, Count, Size, Whole, Words
from paragone.machine.threads import ThreadsFound

# Worker and harness read the same clock, at moments up to this far apart.
CLOCK_SLACK_NS = 1_000_000

R = TypeVar("R", bound=msgspec.Struct)
Verb = Literal["reset", "train", "params"]


class Ready(msgspec.Struct, frozen=True):
    """The command is carried out; there is nothing to tell."""


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """One timed sample: wall time, and CPU time of the worker and its children.

    `runner_ns` is the same wall time by the clock of the program that computed, where this is another process.
    `waiting_cpu_ns` is the CPU time that the worker used between its last reply and this command.
    """

    n_steps: Size
    elapsed_ns: Size
    runner_ns: Count | None = None
    cpu_ns: Whole
    waiting_cpu_ns: Whole = 0


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """Time and memory of loading, the thread pools found after it, and the versions the variant was built with."""

    load_seconds: Amount
    loaded_memory_bytes: Count
    threads_found: ThreadsFound
    build_info: dict[Words, Words]


class StepCost(msgspec.Struct, frozen=True):
    """The estimated time of one step."""

    step_seconds: Amount


class Trained(msgspec.Struct, frozen=True):
    """The step counter of the state; its tensors and the losses come as arrays."""

    step: Whole


class CpusUsed(msgspec.Struct, frozen=True):
    """CPU time / wall time of steps that are free to use every CPU."""

    cpus_used: Amount


class PeakMemory(msgspec.Struct, frozen=True):
    """The peak memory of the process so far; None where the system does not report it."""

    peak_memory_bytes: Count | None


class Modules(msgspec.Struct, frozen=True):
    """Path → stamp of files of code, and of the folders in which packages are installed."""

    stamps: dict[str, str]


class MemoryUse(msgspec.Struct, frozen=True, kw_only=True):
    """Memory held before the steps and at its peak.

    `since_load` is false where the system cannot reset the peak, which then includes loading.
    """

    loaded_memory_bytes: Count
    peak_memory_bytes: Count | None
    since_load: bool


class Evaluated(msgspec.Struct, frozen=True, kw_only=True):
    """The time of all calls of `predict` in an evaluation, and of the calls of `reset` before each of them."""

    elapsed_ns: Count
    reset_ns: Count


class ClockCost(msgspec.Struct, frozen=True):
    """The time of one reading of Python's clock."""

    reading_ns: Amount


class PairTiming(msgspec.Struct, frozen=True, kw_only=True):
    """The same steps timed twice: without clocks, and with one around each phase.

    `phases` holds nanoseconds by phase, `parts` a list of nanoseconds by part of backward, one for each call. `is_same`
    is true where both gave the same bits.
    """

    plain_ns: Count
    clocked_ns: Count
    phases: dict[str, Amount]
    parts: dict[str, list[Count]]
    is_same: bool


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a request: its `id`, and either a reply or the error that prevented one.

    `raised_by` is the verb of the contract that raised it, where a command calls several.
    """

    id: str
    waiting_cpu_ns: Whole
    reply: msgspec.Raw = msgspec.Raw(b"null")
    error: str | None = None
    raised_by: Verb | None = None


def decode(body: msgspec.Raw, type_: type[R]) -> R:
    """Raises MeasurementFailed, naming the field, where `body` is not a reply of this type."""
    try:
        return msgspec.json.decode(body, type=type_)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise MeasurementFailed(f"the worker's reply is malformed: {error}") from None


def check_times(reply: msgspec.Struct, waited_ns: int) -> None:
    """Raises MeasurementFailed where the reply claims more time than the harness waited for it."""
    for name in ("elapsed_ns", "runner_ns"):
        claimed_ns = getattr(reply, name, None) or 0
        if claimed_ns > waited_ns + CLOCK_SLACK_NS:
            claimed, waited = f"{claimed_ns / 1e6:.1f} ms", f"{waited_ns / 1e6:.1f} ms"
            raise MeasurementFailed(f"says that it took {claimed}, but the reply came after {waited}")
