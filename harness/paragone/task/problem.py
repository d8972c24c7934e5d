"""What the core asks of a problem, whatever its family: sizes, work, starts, steps, and the words for them.

A **family** is a kind of computation: training a network (`mlp`), or a kernel such as pairwise distances. A problem is
one member of a family, as data. A **size** is one point of its grid, a **step** what is repeated within a sample: an
SGD step, one call of a kernel, one step in time. A step does `work(size)` units of work; rates count them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:  # a command that only names problems does not wait for NumPy
    import numpy as np
    from numpy.typing import NDArray

Arrays: TypeAlias = "Mapping[str, NDArray[Any]]"


class NamedArrays(Protocol):
    """What `reset` takes and what a sample ends with: arrays by name, and the number of steps taken so far."""

    @property
    def step(self) -> int: ...

    def tensors(self) -> dict[str, NDArray[Any]]:
        """The arrays by name."""
        ...

    def digest(self) -> str:
        """A hash of every bit of them."""
        ...


class Declares(Protocol):
    """What an implementation declares that it can do beside the first problems of its family."""

    @property
    def hidden_activations(self) -> Sequence[str]: ...


class Data(Protocol):
    """The data set that the problems of a run are about."""

    @property
    def name(self) -> str: ...
    @property
    def origin(self) -> str: ...
    @property
    def sha256(self) -> str: ...
    @property
    def folder(self) -> Path: ...

    def facts(self) -> dict[str, Any]:
        """What a plan says of it beside its name, its origin and its hash."""
        ...


@dataclass(frozen=True)
class Words:
    """How a family speaks of the core's terms to a reader. What has a value here holds for most of them."""

    size: str = "size"  # "batch size", "n"
    sizes: str = "sizes"  # "batch sizes", "values of n"
    one_size: str = "size"  # after "a": "batch size", "value of n"
    column: str = "size"  # the head of a narrow column: "batch"
    at_size: str = "size"  # before a number: "batch", "n ="
    symbol: str = "N"  # before a number, where no space may be: "B"
    unit: str = "units of work"  # in the plural: "images"
    rate: str = "work/s"  # "images/s"
    per_second: str = "work/s"  # in a sentence or a heading: "images per second"
    moved: str = "what a step moves"
    step: str = "step"  # what is written: "training step", "call"
    one_step: str = "one step"  # "one update on one mini-batch"
    throughput: str = "throughput"
    timed: str = "run"  # what an author calls the timed call
    result: str = "result"  # and the one that gives what it computed
    does: str = "computes"  # an implementation
    done: str = "computed"
    doing: str = "computing"
    held: str = "what the implementation prepares"  # once it is loaded, beside the interpreter and libraries
    stored: str = "arrays"  # whose order in memory may be an axis
    drawn: str = "inputs"  # from the seed
    all_data: str = ""  # one use of all data: "epoch"; empty where that means nothing
    beside_speed: str = "error"  # of a result that passed; empty where all that matters of it is that it passed
    # What a check compares, and which stages there are beside the head and a whole sample.
    error: str = "the distance of an output from the float64 reference, relative to its length; of the worst output"
    stages: str = "compared at every input of it"
    # What the limit of a cell is, in three parts of sentences; what the products alone leave out.
    limit: str = "the time of a step's operations at the first speed, or of moving its arrays once at the second"
    may_pass: str = "code with faster kernels may pass it"
    at_most: str = "arithmetic"
    products_without: str = "all else"
    numbers: str = "numbers"  # what the data consist of: "pixels"
    # Why a rate above the machine's limit may still be right, and what to look at where it is not.
    beyond_limit: str = "by code that does no more than the operations which are counted"
    step_is_whole: str = "whether every step computes all of its results"


def shared_words(problems: Iterable[Problem]) -> Words:
    """The words for a sentence about several problems: those of all where they agree, else those of no family."""
    spoken = [asdict(problem.words) for problem in problems]
    agreed = {
        name: word for name, word in (spoken[0] if spoken else {}).items() if all(of[name] == word for of in spoken)
    }
    return Words(**agreed)


class Problem(ABC):
    """One computation with its coefficients, as data."""

    name: str
    description: str
    source: str

    @property
    @abstractmethod
    def words(self) -> Words:
        """How its family speaks to a reader."""

    @property
    @abstractmethod
    def family(self) -> str:
        """The name of its family."""

    @property
    @abstractmethod
    def sizes(self) -> tuple[int, ...]:
        """The default grid of a run."""

    @property
    @abstractmethod
    def quick_sizes(self) -> tuple[int, ...]:
        """The sizes of a first look."""

    @property
    @abstractmethod
    def baseline(self) -> str:
        """The implementation that ratios refer to where a run names no other."""

    @property
    def results_differ(self) -> bool:
        """Whether two samples from other starts never end in the same bits."""
        return True

    @property
    def named_sizes(self) -> Mapping[str, int]:
        """Sizes that have a name."""
        return {}

    @abstractmethod
    def size_fault(self, size: int) -> str | None:
        """Why the problem cannot have that size, or None."""

    @abstractmethod
    def work(self, size: int) -> float:
        """The units of work of one step."""

    def undeclared_by(self, implementation: Declares) -> str | None:
        """What it asks for that the implementation does not say it can do, in a sentence; None where there is none."""
        return None

    @abstractmethod
    def flops_per_step(self, size: int, nonzero: float = 1.0) -> float:
        """The floating-point operations of one step; `nonzero` is the share of the data that is not 0."""

    @abstractmethod
    def bytes_per_step(self, size: int, dtype: str, cache_bytes: int = 0) -> float:
        """The bytes that one step must move from or to memory; what a cache of so many bytes holds is not moved."""

    @abstractmethod
    def touched_bytes(self, size: int, dtype: str) -> float:
        """The bytes that one step must read and write, in memory or in a cache."""

    def flops_by_phase(self, size: int) -> dict[str, float]:
        """The floating-point operations of each phase of a step, where it has phases."""
        return {}

    def exponentials_per_step(self, size: int) -> float:
        """The exponentials of one step."""
        return 0.0

    def steps_on_new_inputs(self, size: int) -> int | None:
        """The steps of a sample before an input comes again; None where none does, or a state evolves."""
        return None

    def new_inputs(self, size: int, most: int) -> int:
        """How many inputs to draw at once, about `most`, so that a near cache holds them; where inputs come again."""
        raise NotImplementedError(f"{self.name}: no input comes again")

    def bytes_of_a_call(self, size: int) -> int:
        """The bytes of all arrays of one step; where inputs come again."""
        raise NotImplementedError(f"{self.name}: no input comes again")

    def draw_inputs(self, seed: int, size: int, n_inputs: int) -> NamedArrays:
        """A start with so many inputs; where inputs come again."""
        raise NotImplementedError(f"{self.name}: no input comes again")

    def copied_bytes(self, size: int, n_steps: int) -> int:
        """The bytes that `reset` must copy beside the state itself, for a sample of so many steps."""
        return 0

    def held_bytes(self, size: int) -> int:
        """About how many bytes harness and worker hold together for one sample; 0 where that never matters."""
        return 0

    @abstractmethod
    def draw_start(self, seed: int, size: int) -> NamedArrays:
        """What a sample starts from, drawn from `seed`."""

    @abstractmethod
    def order(self, seed: int, n_steps: int, size: int) -> NDArray[np.int64]:
        """What each step works on, one row a step, drawn from `seed`. Its first rows do not depend on `n_steps`."""

    @abstractmethod
    def state_of(self, arrays: Arrays, step: int) -> NamedArrays:
        """The inverse of `tensors()`. Raises KeyError where an array is missing."""

    @abstractmethod
    def most_steps(self, size: int) -> int:
        """The most steps of a sample."""

    @property
    def call_sizes(self) -> tuple[int, ...]:
        """The sizes at which the cost of a call into another language is shown."""
        return ()

    @property
    def calls_in_a_loop(self) -> bool:
        """Whether each step is a call of a function, made by a loop on the other side of the bridge."""
        return False

    def steps_per_pass(self, size: int) -> int | None:
        """The steps in which all data are used once; None where that means nothing."""
        return None

    @abstractmethod
    def fault(self) -> str | None:
        """What is impossible about its values, with the name of the key, or None."""

    @abstractmethod
    def definition(self) -> dict[str, Any]:
        """Key → value of everything that decides numbers and times."""

    @abstractmethod
    def fingerprint(self) -> str:
        """A hash of everything that decides the numbers."""
