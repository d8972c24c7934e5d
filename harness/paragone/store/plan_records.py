"""The records of plan.json and profile.json: decided before the first sample, never changed afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, field

from paragone.files.printable import is_printable
from paragone.files.schema import Amount, Count, Dtype, Name, Number, Positive, Repeats, Seed, Size
from paragone.implementation.registry import Unusable
from paragone.store.records import Record
from paragone.task.problem import Problem, Words, shared_words

READABLE_METHODS = (1, 2, 3)  # METHOD_VERSIONs whose numbers this harness can interpret

# The defaults of a request.
BASELINE = "numpy_rows"
FEWEST_LAUNCHES = 5
TIME_LIMIT_S = 120.0

# Problem, variant, threads: the key of a contender in every table.
ContenderKey = tuple[str, str, int]


class RequestOptions(Record, frozen=True, kw_only=True):
    """A request without its problems; an empty selection means everything."""

    implementations: tuple[str, ...] = ()
    dtypes: tuple[Dtype, ...] = ()
    sizes: tuple[int | Annotated[str, Meta(pattern="^full$")], ...] = ()
    threads: tuple[Size, ...] = (1,)
    launches: Repeats = FEWEST_LAUNCHES
    rounds: Repeats | None = None  # None: as many as fit into the time for a launch
    resolve: Positive | None = None
    baseline: str = BASELINE
    seed: Seed = 1
    slow: bool = False
    quick: bool = False
    memory: bool = True  # the memory pass
    curves: bool = True  # the learning curves
    time_limit_s: Positive = TIME_LIMIT_S
    memory_limit_bytes: Size | None = None  # of one worker; None: half of the machine's memory
    plugins: tuple[str, ...] = ()  # absolute paths
    sides: tuple[str, ...] = ()  # of a live comparison, LABEL=FOLDER each
    # Where not empty, only these cells and their baselines: (problem, variant, threads, size).
    only: tuple[tuple[str, str, int, int], ...] = ()
    evaluated: tuple[str, ...] = ()  # problems whose test set is evaluated too, by implementations that predict


class StoredRequest(RequestOptions, frozen=True, kw_only=True):
    """A request as a plan stores it: `problems` maps name → fingerprint."""

    problems: dict[str, str] = field(default_factory=dict)


class Cell(Record, frozen=True, kw_only=False):
    """One point of the grid and how it is sampled."""

    problem: Name
    variant: Name
    size: Size
    threads: Size
    n_steps: Size
    prefix_steps: Count
    step_seconds: Number
    once_per_launch: bool
    wave: Count = 0
    evaluates: bool = False  # the test set is evaluated too, right after every timed sample

    @property
    def contender(self) -> ContenderKey:
        return self.problem, self.variant, self.threads

    @property
    def sample_seconds(self) -> float:
        """About how long one sample takes, its untimed prefix included."""
        return (self.n_steps + self.prefix_steps) * self.step_seconds


class VariantRecord(Record, frozen=True, kw_only=True):
    """A variant as the report describes it."""

    variant: Name
    implementation: Name
    language: str
    layout: str
    order: str  # of the arrays in memory: C, F, or empty
    dtype: Dtype
    control: bool  # the second contender of a baseline, for A/A
    source: str
    idea: str
    maths_lines: Count
    deterministic: bool = True
    plain_loops: bool = False  # in old runs too
    skips_zeros: bool = False  # likewise


class DataRecord(Record, frozen=True, kw_only=True):
    """The data set; in a profile the numbers of its members are 0."""

    name: str
    origin: str
    sha256: str
    n_train: Count = 0
    n_test: Count = 0
    each: str = ""  # what a member is, in the family's words; empty in old runs
    nonzero_share: Amount | None = None  # of the numbers in it, those that are not 0; None in old runs

    @property
    def is_drawn(self) -> bool:
        """True where there is no data set: a family draws its inputs."""
        return not self.sha256


class CallCostRow(Record, frozen=True, kw_only=True):
    """The cost of a timed call that does nothing, across a bridge to another language: by itself, or by step.

    It has `n_steps` steps of that size. In networks `bridge` is that of the contract; in kernels, where each step is a
    call of the kernel's function, the name of the yardstick. `variants` are those that it stands for.
    """

    bridge: str
    size: Size
    n_steps: Count = 1
    call_seconds: Number | None = None  # divided by n_steps
    variants: tuple[Name, ...] = ()
    reason: str = ""


class LiveVersion(Record, frozen=True, kw_only=True):
    """One version of a live comparison."""

    label: str
    words: str


class Live(Record, frozen=True, kw_only=True):
    """A live comparison: B against A."""

    a: LiveVersion
    b: LiveVersion
    left_out: dict[str, str]
    fail_slower: Amount


class ProfilePlan(Record, frozen=True, kw_only=True):
    """The plan of a profile; the plan of a run has these fields too."""

    method_version: int
    run: str  # the name of the folder
    created: str  # ISO 8601, with its time zone
    command: str
    seed: Seed
    launches: Repeats = 1
    rounds: Repeats
    problems: dict[Name, Problem]
    variants: tuple[VariantRecord, ...]
    cells: tuple[Cell, ...]
    data: DataRecord
    # Name → value of everything that must be unchanged for a run to be resumed.
    identity: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raise ValueError for values that no single field can refuse."""
        if self.method_version not in READABLE_METHODS:
            versions = ", ".join(map(str, READABLE_METHODS))
            raise ValueError(
                f"method_version: expected one of {versions}, all that this paragone reads; got {self.method_version}"
            )
        _refuse_untimely(self.created)
        for name, problem in self.problems.items():
            if fault := problem.fault():
                raise ValueError(f"problems.{name[:60]}{fault}")
        for place, name in self._names():
            if not is_printable(name):
                raise ValueError(f"{place}: expected a text of characters that print, got {name[:60]!r}")
        _refuse_repeated("variants", [(entry.variant,) for entry in self.variants])
        _refuse_unknown("problem", self.problems, [entry.problem for entry in self.cells])
        _refuse_unknown("variant", [entry.variant for entry in self.variants], [entry.variant for entry in self.cells])
        _refuse_repeated("cells", [(*entry.contender, entry.size, entry.wave) for entry in self.cells])

    def words_of(self, *problems: str) -> Words:
        """How to speak of these problems to a reader; of all of the plan where none of them is in it."""
        found = [self.problems[name] for name in problems if name in self.problems]
        return shared_words(found or self.problems.values())

    def _names(self) -> list[tuple[str, str]]:
        return [
            *(("problems", name) for name in self.problems),
            *((f"variants[{i}]", name) for i, v in enumerate(self.variants) for name in (v.variant, v.implementation)),
            *((f"cells[{i}]", name) for i, cell in enumerate(self.cells) for name in (cell.problem, cell.variant)),
        ]


class Plan(ProfilePlan, frozen=True, kw_only=True):
    """The plan of a run."""

    quick: bool
    baseline: str
    threads: tuple[Size, ...]
    time_limit_s: Positive = TIME_LIMIT_S
    memory_limit_bytes: Size | None = None
    eta_seconds: Number
    memory_seconds: Number | None = None  # of the memory pass; None in old runs
    pilot_seconds: Number | None = None
    # The standard deviation between launches of an A/A log-ratio: of a typical cell, and its upper limit.
    launch_deviation: Number | None = None
    launch_deviation_upper: Number | None = None
    minimum_detectable_difference: Number | None = None
    request: StoredRequest | None = None
    problem_arguments: dict[str, str] = field(default_factory=dict)  # by problem, as the user gave it: a name or a path
    unusable: tuple[Unusable, ...] = ()
    calls: tuple[CallCostRow, ...] = ()
    live: Live | None = None


PLAN_FILES: dict[type[ProfilePlan], str] = {Plan: "plan.json", ProfilePlan: "profile.json"}


def _refuse_unknown(what: str, known: Iterable[str], named: Iterable[str]) -> None:
    known = set(known)
    for index, name in enumerate(named):
        if name not in known:
            raise ValueError(f"cells[{index}].{what}: expected a {what} of the plan, got {name[:60]!r}")


def _refuse_repeated(place: str, keys: list[tuple[Any, ...]]) -> None:
    seen: set[tuple[Any, ...]] = set()
    for index, key in enumerate(keys):
        if key in seen:
            raise ValueError(f"{place}[{index}]: expected another than those before, got {' '.join(map(str, key))}")
        seen.add(key)


def _refuse_untimely(created: str) -> None:
    try:
        datetime.fromisoformat(created).timestamp()
    except (ValueError, OverflowError):
        raise ValueError(f"created: expected a time such as 2025-03-04T05:06:07+00:00, got {created[:60]!r}") from None
