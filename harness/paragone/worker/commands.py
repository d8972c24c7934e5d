"""The commands of a worker. Each names the type of its reply; arrays travel beside both."""

from __future__ import annotations

import signal
from typing import Any, Generic, TypeVar, get_args

import msgspec

from paragone.task.problem import Problem
from paragone.worker import replies
from paragone.worker.budgets import STANDARD, Budgets

STACK_SIGNAL = signal.SIGUSR1  # no command: at any time a worker prints its stack into its log

R = TypeVar("R", bound=msgspec.Struct)


class Command(msgspec.Struct, Generic[R], frozen=True, kw_only=True):
    """A command whose reply is an R. Its tag is its name in messages."""


class Load(Command[replies.Loaded], frozen=True, kw_only=True, tag="load"):
    """Load a variant with a problem and its data; the variant before it is closed first.

    Where it is the same one and has a program of its own, that goes on and is loaded again.
    """

    implementation: str
    axis: dict[str, str]
    folder: str
    problem: Problem
    data: str
    seed: int
    environment: str


class EstimateStep(Command[replies.StepCost], frozen=True, kw_only=True, tag="first steps"):
    """Estimate the time of one step."""

    size: int
    budgets: Budgets = STANDARD


class Train(Command[replies.Trained], frozen=True, kw_only=True, tag="train"):
    """Take, untimed, the first `n_steps` of the order, or all, from a state; order and state come as arrays."""

    step: int
    n_steps: int | None = None


class Prepare(Command[replies.Ready], frozen=True, kw_only=True, tag="prepare"):
    """Take untimed steps from a start and over an order that the sample does not have; both come as arrays."""

    step: int


class Reset(Command[replies.Ready], frozen=True, kw_only=True, tag="reset"):
    """Reset to a state, which comes as arrays: before it, nobody knows it, so what is done with it takes its time.

    `n_steps` are those of the sample that follows.
    """

    step: int
    n_steps: int = 0


class TakeSample(Command[replies.Timing], frozen=True, tag="sample"):
    """Time one call from the state of `Reset`. The order comes as an array: before it, nobody knows it."""


class CallParams(Command[replies.Ready], frozen=True, tag="params"):
    """Call `params()` and keep copies of what it gives for `GetResult`: so its time is known without the pipe's."""


class CountCpus(Command[replies.CpusUsed], frozen=True, kw_only=True, tag="threads"):
    """Take untimed steps, free to use all CPUs, and count the CPUs that stay busy."""

    size: int
    n_steps: int
    budgets: Budgets = STANDARD


class GetResult(Command[replies.Trained], frozen=True, tag="result"):
    """Give the parameters now, those that `CallParams` has kept where it came last, and the losses of the sample."""


class GetPeakMemory(Command[replies.PeakMemory], frozen=True, tag="peak"):
    """Give the peak memory of the process so far, loading included."""


class ListModules(Command[replies.Modules], frozen=True, kw_only=True, tag="modules"):
    """Name the code that was loaded from elsewhere than the implementation's folder.

    Without temporary files that were made since `since_s`, in seconds of the wall clock.
    """

    since_s: float


class MeasureMemory(Command[replies.MemoryUse], frozen=True, kw_only=True, tag="memory"):
    """Take steps from the start state and measure memory before and at the peak."""

    size: int
    n_steps: int


class Evaluate(Command[replies.Evaluated], frozen=True, tag="evaluate"):
    """Classify the whole test set once with each of several states, which come stacked.

    W1 is (n_calls, fan_out, fan_in). The classes, (n_calls, n_test), come as an array.
    """


class LoadClocked(Command[replies.ClockCost], frozen=True, tag="clock"):
    """Load the variant a second time, with a clock around each phase."""


class TakePair(Command[replies.PairTiming], frozen=True, kw_only=True, tag="pair"):
    """Time the same steps without and with clocks around the phases."""

    size: int
    n_steps: int
    prefix_steps: int
    plain_first: bool


AnyCommand = (
    Load
    | EstimateStep
    | Train
    | Prepare
    | Reset
    | TakeSample
    | CallParams
    | CountCpus
    | GetResult
    | GetPeakMemory
    | ListModules
    | MeasureMemory
    | Evaluate
    | LoadClocked
    | TakePair
)


class Request(msgspec.Struct, frozen=True):
    """A command as it travels; the response repeats its `id`."""

    id: str
    command: AnyCommand


def verb(command: Command[Any]) -> str:
    """The command's name, in messages and in error texts."""
    return str(command.__struct_config__.tag)


def reply_type(command_type: type[Command[R]]) -> type[R]:
    """R, read from the class statement of the command."""
    (reply,) = get_args(command_type.__orig_bases__[0])  # type: ignore[attr-defined]  # Python sets it for generic bases
    return reply  # type: ignore[no-any-return]
