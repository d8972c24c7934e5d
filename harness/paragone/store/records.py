"""The rows of a run's tables. Each field is declared here once; the columns on disk follow from it.

A table is a file `<table>.jsonl` with one row per line. A field without a default must be in every row; a field with a
default may be missing in an older run.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from paragone.files.schema import Amount, Count, Dtype, Name, Number, Positive, RoundNumber, Size
from paragone.machine.threads import ThreadsFound
from paragone.store.record import CellRow as CellRow
from paragone.store.record import Record as Record
from paragone.store.record import columns as columns
from paragone.worker.replies import Timing

Kind = Literal["cold", "warmup", "timed"]


class Sample(Timing, frozen=True, kw_only=True):
    """One timed call: the worker's `Timing`, what the harness saw, and the place of the sample in the run.

    `outside_ns` is the time from the order sent to the reply, `reset_ns` that of `reset()` before it, `params_ns` that
    of `params()` after it, all by the harness's clock. `input_seed` gives the start and the order again; None in runs
    before method 3, where all samples had those of the plan's seed.
    """

    digest: str  # of the result
    input_seed: Count | None = None
    outside_ns: Count | None = None
    reset_ns: Count | None = None
    params_ns: Count | None = None
    problem: Name
    variant: Name
    size: Size
    threads: Size
    wave: Count
    launch: Count
    attempt: Count
    round: RoundNumber
    position: Count | None = None  # in the random order of its round
    kind: Kind
    started_s: Number | None = None  # since the run was created, by the wall clock


class Launch(Record, frozen=True, kw_only=True):
    """One fresh process of a contender: where its time went, its CPUs, the libraries it found."""

    problem: Name
    variant: Name
    threads: Size
    wave: Count
    launch: Count
    attempt: Count
    start_seconds: Number | None = None
    load_seconds: Number | None = None
    setup_seconds: Number | None = None
    verify_seconds: Number | None = None
    samples_checked: Count | None = None  # compared with the reference, whole or in a window
    warmup_seconds: Number | None = None
    cpus: tuple[Count, ...] | None = None
    threads_found: ThreadsFound | None = None
    build_info: dict[str, Any] | None = None  # as the implementation returns it
    loaded_memory_bytes: Count | None = None
    waiting_cpu_seconds: Number | None = None  # CPU time used between samples
    cpu_over_wall: Number | None = None
    status: str
    reason: str | None = None


class Round(Record, frozen=True, kw_only=True):
    """One round of a launch: all its live cells, sampled once each in random order."""

    problem: Name | None = None
    threads: Size | None = None
    wave: Count | None = None
    launch: Count | None = None
    attempt: Count | None = None
    round: RoundNumber
    elapsed_s: Number | None = None


class Outcome(Record, frozen=True, kw_only=True):
    """A check, a failure, or the reason for a gap. Without size or threads it is about all of them."""

    problem: Name
    variant: Name
    size: Size | None = None
    threads: Size | None = None
    launch: Count | None = None
    attempt: Count | None = None
    stage: str
    status: str
    reason: str | None = None
    note: str | None = None  # what a passed check could not decide, or found besides
    error: float | None = None
    bound: float | None = None
    shown_errors: dict[Name, float | None] | None = None  # by case, of those not judged; null where not finite
    n_steps: Size | None = None
    verified: str | None = None  # when, ISO 8601, where an earlier run did it in the same state; None: this run

    def __post_init__(self) -> None:
        """Raise ValueError for a rejection that does not name its cell and launch."""
        if self.status == "rejected":
            named = {name: getattr(self, name) for name in ("size", "threads", "launch", "attempt")}
            if missing := [name for name, value in named.items() if value is None]:
                raise ValueError(f"expected {missing[0]} in a row that rejects a launch, got null")


class Limit(Record, frozen=True, kw_only=True):
    """A limit of the machine, by the kind of `what`. Old runs have no "cache"; "exp" and "gather" are of profiles."""

    problem: Name
    dtype: Dtype
    threads: Size
    size: Size | None = None  # of "products" alone
    launch: Count
    what: str  # "gemm" (FLOP), "read" and "cache" (bytes), "products" (units of work), "exp" and "gather" (numbers)
    per_second: Positive


class MemoryRow(CellRow, frozen=True, kw_only=True):
    """Memory of a process that computed one cell: after loading and at its peak."""

    n_steps: Size | None = None
    loaded_memory_bytes: Count | None = None
    peak_memory_bytes: Count | None = None
    since_load: bool | None = None  # the peak was reset after loading
    elapsed_s: Number | None = None
    status: str
    reason: str | None = None


class Evaluation(CellRow, frozen=True, kw_only=True):
    """One timed evaluation of the test set, right after the sample of the same round."""

    wave: Count
    launch: Count
    attempt: Count
    round: RoundNumber | None = None
    n_calls: Size
    n_images: Size
    elapsed_ns: Size


class Accuracy(Record, frozen=True, kw_only=True):
    """One epoch of an untimed training pass."""

    problem: Name
    variant: Name
    size: Size
    epoch: Count
    correct: Count
    n_test: Count
    elapsed_s: Number | None = None


class Pair(CellRow, frozen=True, kw_only=True):
    """Two samples of a profile: the same steps without clocks and with them."""

    wave: Count | None = None
    launch: Count | None = None
    round: RoundNumber
    position: Count | None = None
    plain_first: bool | None = None
    n_steps: Size
    plain_ns: Size
    clocked_ns: Size
    phases: dict[str, Amount]
    parts: dict[str, tuple[Count, ...]]
    is_same: bool


class ClockReading(Record, frozen=True, kw_only=True):
    """The cost of one reading of a worker's clock."""

    problem: Name | None = None
    variant: Name | None = None
    threads: Size | None = None
    reading_ns: Amount


class Stage(Record, frozen=True, kw_only=True):
    """A stage of a run, or of one of its launches, by the wall clock; together they are what happens in workers."""

    stage: str
    launch: Count | None = None
    elapsed_s: Number


class HostedLaunch(Record, frozen=True, kw_only=True):
    """An attempt at a wave of a launch on a host of a pool; `reason` says why it did not begin."""

    launch: Count
    wave: Count
    attempt: Count
    host: Name
    busy_cpus: Number | None = None  # that others kept busy before it
    started_s: Number | None = None  # since the run was created
    reason: str | None = None


class Finished(Record, frozen=True, kw_only=True):
    """How a run ended; written last."""

    finished: bool = False
    elapsed_s: Number | None = None


class Source(Record, frozen=True, kw_only=True):
    """The source files of one implementation at the time of the run; `left_out` maps file → reason."""

    hash: str
    files: dict[str, str]
    left_out: dict[str, str]
    maths: tuple[str, ...] = ()


TABLES: dict[str, type[msgspec.Struct]] = {
    "samples": Sample,
    "launches": Launch,
    "rounds": Round,
    "outcomes": Outcome,
    "memory": MemoryRow,
    "evaluations": Evaluation,
    "accuracy": Accuracy,
    "limits": Limit,
    "stages": Stage,
    "hosts": HostedLaunch,
}
PROFILE_TABLES = {"pairs": Pair, "clocks": ClockReading, "outcomes": Outcome, "limits": Limit}
TABLE_OF = {record: table for table, record in (TABLES | PROFILE_TABLES).items()}

# The key of a table: a second row with the same values would count twice.
CELL = ("problem", "variant", "size", "threads")
KEYS: dict[type[msgspec.Struct], tuple[str, ...]] = {
    Sample: (*CELL, "wave", "launch", "attempt", "kind", "round"),
    Evaluation: (*CELL, "wave", "launch", "attempt", "round"),
    MemoryRow: CELL,
    HostedLaunch: ("launch", "wave", "attempt"),
    Accuracy: ("problem", "variant", "size", "epoch"),
    Pair: (*CELL, "wave", "launch", "round"),
}
