"""The contract of an implementation: four verbs, of which one is timed.

    load(problem, images, labels)   once: convert to a layout and dtype of its own, allocate, compile; again, with
                                    another problem, where the work is done by a program (docs/process.md)
    reset(state)                    before every train: start from exactly this state
    train(order)                    TIMED: one SGD step per row of `order`, gathering included
    params()                        the state now, in canonical form

Besides, where an implementation says that it `predicts`, load_test(images) takes the test set, and predict() gives the
class of every test image: TIMED, for claims about epochs that include evaluation.

Letters used in the maths of every implementation, once and for all:

    N  training images     B  batch size     D  pixels (784)     C  classes (10)     L  layers of weights
    X  a mini-batch of images        Y  its labels, one-hot
    W, b  weights and biases         Z = W·A + b  logits         A  activations, A[0] = X
    delta  ∂(Σ_batch ℓ)/∂Z           dW, db  gradients, scaled by R         eta  learning rate

Where a step can be told apart into its phases, a profile loads a second instance by `load_clocked`; the instance whose
time is the headline never holds a clock.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from paragone.implementation.declared import FLOATS as FLOATS
from paragone.implementation.variant import CONTROL as CONTROL
from paragone.implementation.variant import VERSION as VERSION
from paragone.implementation.variant import Variant as Variant
from paragone.implementation.variant import axes_of as axes_of
from paragone.implementation.variant import variants as variants
from paragone.implementation.variant import without_version as without_version
from paragone.task.problem import Problem

PHASES = ("gather", "forward", "loss", "backward", "update")


@dataclass(frozen=True)
class PhaseTimes:
    """Nanoseconds of one `train` by phase; a phase that the problem does not have is left out.

    `parts` are named pieces of backward: per name the times of its first, second, … call within every backward, summed
    over the train. The first call is that of the output layer.
    """

    phases: Mapping[str, int]
    parts: Mapping[str, Sequence[int]] = field(default_factory=dict)


class Implementation(ABC):
    """One way to write the training step. Subclass it in `impls/<name>/impl.py`.

    An axis is something that changes only the data: its dtype ("dtype", always there), the memory
    order of the stored images ("order"). What changes a formula is another implementation.
    The values of the axes are attributes: `self.dtype`, `self.axis["order"]`.

    Heavy imports belong in `load`, so that listing implementations works where a library is missing. The class methods
    are asked in a process of their own, which then ends with all that it has started. Of every text that an
    implementation declares or answers, 1000 characters are shown at most, on one line.
    """

    name: ClassVar[str]
    language: ClassVar[str]
    layout: ClassVar[str]  # how a mini-batch lies in memory: "samples in rows", "one sample at a time" …
    source: ClassVar[str]  # S0 … S4, a paper, a library
    idea: ClassVar[str]  # the one idea it shows, in a sentence
    maths: ClassVar[tuple[str, ...]]  # the files beside impl.py that hold its formulas
    # Files inside the package `paragone` whose formulas it uses too: "adapters/numpy_outputs.py". A run keeps them.
    shared_maths: ClassVar[tuple[str, ...]] = ()
    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {"dtype": ("float64",)}
    deterministic: ClassVar[bool] = True  # same state and order, same bits, also in parts with a reset between them
    # The name of a virtual environment that its worker starts in (machine/python_environments.py); "": the harness's.
    own_environment: ClassVar[str] = ""
    call_seconds: ClassVar[float] = 0.0  # what a call of train takes by itself, where samples must be longer for it
    predicts: ClassVar[bool] = False  # it has the verbs load_test and predict
    # Every product is a loop that it writes itself: a line in the report's table of what a plain loop costs.
    plain_loops: ClassVar[bool] = False
    # It leaves out the pixels that are 0: less arithmetic than a dense step, and so it may pass the machine's limit.
    skips_zeros: ClassVar[bool] = False
    # What the hidden layers may compute, of "sigmoid", "tanh", "relu". It is not asked to do others.
    hidden_activations: ClassVar[tuple[str, ...]] = ("sigmoid",)
    bridge: ClassVar[str | None] = None  # what it is reached through: "c", "julia", "process"; None: Python itself
    # After a train: its nanoseconds by the clock of the program that did it, where that is another process.
    runner_ns: int | None = None

    def __init__(self, **axis: str) -> None:
        self.axis = axis
        self.dtype = np.dtype(axis["dtype"])

    @classmethod
    def missing(cls) -> str | None:
        """Why it cannot run here and the command that mends it, or None."""
        return None

    @classmethod
    def environment_name(cls) -> str:
        """The name of the environment that its worker starts in; "" is the harness's own."""
        return cls.own_environment

    @classmethod
    def supports(cls, problem: Problem) -> str | None:
        """Why it does not do this problem, or None where it does."""
        return None

    @classmethod
    def unsupported(cls, problem: Problem) -> str | None:
        """Why it does not do this problem: what it does not declare, else what it says by `supports`."""
        return problem.undeclared_by(cls) or cls.supports(problem)

    @classmethod
    def nearest(cls, problem: Problem) -> str | None:
        """How its step differs from this problem's, where it can only approximate it; None where it is exact.

        Asked for supported problems only. An approximation is timed and shown as not checked; it never passes.
        """
        return None

    @classmethod
    def hides_phases(cls) -> str | None:
        """Why the phases of its step cannot be told apart, or None where `load_clocked` does so."""
        if cls.load_clocked is not Implementation.load_clocked:
            return None
        return "its step is one piece, whose phases cannot be told apart from outside"

    def load_clocked(self, problem: Any, images: NDArray[Any], labels: NDArray[np.uint8]) -> None:
        """Do what `load` does, and put a clock around the phases of every later train: for profiles alone.

        The parameters must come out with the same bits as without clocks.
        """
        raise NotImplementedError(self.hides_phases())

    def phase_times(self) -> PhaseTimes:
        """How long the phases of the last train took; no phases where they were not told apart after all."""
        raise NotImplementedError(self.hides_phases())

    def load_test(self, images: NDArray[Any]) -> None:
        """Take the test images as `load` takes those for training; untimed, for evaluation alone."""
        raise NotImplementedError(f"{self.name} does not predict")

    def predict(self) -> NDArray[np.integer[Any]]:
        """The class of every test image by the parameters now, that of the largest logit, (n_test,). TIMED.

        Each call follows a `reset` with parameters that were never there before.
        """
        raise NotImplementedError(f"{self.name} does not predict")

    def build_info(self) -> Mapping[str, str]:
        """What was built or started in `load`, name → words: compiler, flags, version. Kept with every run.

        `device` names what it computes on, where that is not the CPU: then the machine's limit does not hold for it.
        """
        return {}

    def advice(self) -> str:
        """What to try after `load` has failed, a sentence with a command, or ""."""
        return ""

    def threads(self) -> Mapping[str, int]:
        """The threads of each library that this process does not see, name → number, as read back from it."""
        return {}

    def close(self) -> None:  # noqa: B027 -- most have nothing to release
        """Release what Python does not collect: a program, memory of another language."""

    @abstractmethod
    def load(self, problem: Any, images: NDArray[Any], labels: NDArray[np.uint8]) -> None:
        """Take the training set: copy it into memory of its own, allocate, compile. Untimed.

        A process may make and load several objects, for other problems, but it loads once where it is timed.

        `images` is (n_train, D), C order, read-only, in this variant's dtype, pixels p/255;
        `labels` is (n_train,) uint8.
        """

    def expect(self, n_steps: int) -> None:  # noqa: B027 -- most need not know
        """Before `reset`: how many steps the run after it has. Untimed."""

    @abstractmethod
    def reset(self, state: Any) -> None:
        """Start from this state: all of it, the previous updates and the step count included.

        Every sample has a state and an order that were never there before, and the order comes after the state.
        """

    @abstractmethod
    def train(self, order: NDArray[np.int64]) -> NDArray[Any] | None:
        """Take one SGD step per row of `order`, which is (n_steps, B) image indices. TIMED.

        The work is done when this returns, by this process or its children. A training in parts, with `params` and
        `reset` between them, ends in the same bits as one in one piece, unless `deterministic` is False.

        Return the loss of every step, (n_steps,), where `problem.records_loss`, else None. The loss
        is that of the mini-batch before its update, scaled by R, without the penalties.
        """

    def note_results(self) -> None:  # noqa: B027 -- most have their results in no other's reach
        """The clock of a sample has stopped: what the results are now, `params` must give. Untimed."""

    @abstractmethod
    def params(self) -> Any:
        """The state now, as arrays that later training does not change.

        It copies or converts; where it takes much longer than that, the work that `train` put off is refused.
        """
