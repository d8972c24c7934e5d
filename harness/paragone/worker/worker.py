"""A worker as the rest of the harness uses it: a process, or in tests an implementation in the same process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from paragone.errors import MeasurementFailed
from paragone.implementation.variant import Variant
from paragone.machine.cpu_wait import SchedulingTimes
from paragone.task.problem import NamedArrays, Problem
from paragone.worker.commands import CallParams, Command, GetResult, Load, Prepare, R, Reset, TakeSample, Train
from paragone.worker.pipe import Arrays
from paragone.worker.replies import Loaded, Timing, Trained


class Worker(Protocol):
    """Carries out commands for one variant. Whoever derives from it writes `call_with_arrays`, and has the rest."""

    cpus: Sequence[int]
    waiting_cpu_ns: int  # CPU time used between a reply and the next command, all together
    waited_ns: int  # from the last command, sent whole, to its reply
    problem: Problem  # that it has loaded
    implementation: str  # the name of it
    bridge: str | None = None  # of it

    @property
    def alive(self) -> bool: ...

    def call_with_arrays(self, command: Command[R], arrays: Arrays | None = None) -> tuple[R, dict[str, NDArray[Any]]]:
        """The reply to one command, with arrays beside the command and beside the reply.

        Raises TimedOut or MeasurementFailed with a reason. After an exception of the hosted code the worker is still
        alive; a crash, a hang or a malformed reply ends it.
        """
        ...

    def scheduling_times(self) -> SchedulingTimes:
        """CPU time so far of the worker and its children, and the time they waited for their CPUs."""
        ...

    def holds_accelerator(self) -> bool:
        """True where the worker or a child has the file of a device open that computes beside the CPUs."""
        ...

    def move_to(self, cpus: Sequence[int]) -> None:
        """Go on on these CPUs, with everything that it started."""
        ...

    def abandon(self) -> None:
        """End what the worker is at, so that a thread that waits for its reply waits no longer. `kill` comes later."""
        ...

    def kill(self) -> None:
        """Kill the worker and everything that it started; the worker is gone when this returns."""
        ...

    def spoken(self, verb: str) -> str:
        """A verb as authors of the family call it whose problem is loaded: `run` for `train` where nothing learns."""
        if not hasattr(self, "problem"):
            return verb
        words = self.problem.words
        return {"train": words.timed, "params": words.result}.get(verb, verb)

    def call(self, command: Command[R]) -> R:
        """The reply to a command without arrays. Raises as `call_with_arrays` does."""
        return self.call_with_arrays(command)[0]

    def call_from(self, start: NamedArrays, command: Command[R]) -> R:
        """The reply to a command that goes on from a start. Raises as `call_with_arrays` does."""
        return self.call_with_arrays(command, start.tensors())[0]

    def load(self, variant: Variant, folder: str, problem: Problem, data: str, seed: int) -> Loaded:
        self.problem, self.implementation = problem, variant.declared_name
        self.bridge = variant.implementation.bridge
        return self.call(
            Load(
                implementation=variant.declared_name,
                axis=dict(variant.axis),
                folder=folder,
                problem=problem,
                data=data,
                seed=seed,
                environment=variant.implementation.environment_name,
            )
        )

    def train(
        self, state: NamedArrays, order: NDArray[np.int64], n_steps: int | None = None
    ) -> tuple[Any, NDArray[Any] | None]:
        """Train untimed from `state` over the first `n_steps` of `order`, or all; the parameters and the losses."""
        command = Train(step=state.step, n_steps=n_steps)
        return self._trained(command, {**state.tensors(), "order": order})

    def prepare(self, start: NamedArrays, prefix: NDArray[np.int64]) -> None:
        """Train untimed from a start that no sample has, over the order `prefix`, which may be empty."""
        self.call_with_arrays(Prepare(step=start.step), {**start.tensors(), "order": prefix})

    def reset(self, state: NamedArrays, n_steps: int = 0) -> None:
        """Reset to the state from which the next sample starts, which has `n_steps` steps."""
        self.call_with_arrays(Reset(step=state.step, n_steps=n_steps), state.tensors())

    def take_sample(self, order: NDArray[np.int64]) -> Timing:
        """Time one `train(order)` from the state that `reset` has set."""
        return self.call_with_arrays(TakeSample(), {"order": order})[0]

    def call_params(self) -> None:
        """Have the worker call `params()`, and keep what it gives for `result`."""
        self.call(CallParams())

    def result(self) -> tuple[Any, NDArray[Any] | None]:
        """The parameters after the last sample, and its losses."""
        return self._trained(GetResult())

    def _trained(self, command: Command[Trained], arrays: Arrays | None = None) -> tuple[Any, NDArray[Any] | None]:
        reply, results = self.call_with_arrays(command, arrays)
        losses = results.pop("losses", None)
        try:
            return self.problem.state_of(results, reply.step), losses
        except KeyError as missing:
            raise MeasurementFailed(f"{self.spoken('params')}: {missing.args[0]} is missing") from None
