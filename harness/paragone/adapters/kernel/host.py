"""A kernel's implementation, in any language: the four verbs of the contract, on slots.

A host in one language has `open`, `arm` and `call`: what it does once, after each change of the slots, and timed.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from paragone.adapters.kernel.slots import Numbers, Slots
from paragone.errors import MeasurementFailed, VerificationFailed
from paragone.implementation.contract import Implementation
from paragone.implementation.kernel_declaration import KernelDeclaration
from paragone.machine.hardware import last_cache_bytes
from paragone.task.kernel.problem import COLD_CACHES, KernelProblem, KernelState
from paragone.task.kernel.spec import KernelSpec


class KernelImplementation(Implementation):
    """A file beside kernel.toml. The importing module makes a subclass for each, with its declaration."""

    declared: ClassVar[KernelDeclaration]
    slots: Slots | None = None
    noted: list[Numbers] | None = None  # some numbers of the results, as they were when the clock stopped

    @abstractmethod
    def open(self) -> None:
        """Import, compile or start what the file declares. Untimed."""

    @abstractmethod
    def arm(self, resized: bool) -> None:
        """Take the freshly filled slots; `resized` says that size or memory are others than before. Untimed."""

    @abstractmethod
    def call(self, slots: NDArray[np.int64]) -> None:
        """One call on each of these slots, in their order. TIMED."""

    def load(self, problem: Any, *_: Any) -> None:
        """Open the file for the problem's kernel; the sizes come with each state."""
        self.close()
        self.problem: KernelProblem = problem
        self.spec: KernelSpec = self.problem.spec
        self.expected = 0
        self.most_calls: dict[int, int] = {}  # by size, so that memory is kept for the longest
        self.slots = None
        self.open()

    def expect(self, n_steps: int) -> None:
        """Be ready for a train of so many calls from the next reset on.

        Without it, a train in which a call changes its input makes the copies that it lacks itself, in its own time.
        """
        self.expected = n_steps

    def reset(self, state: Any) -> None:
        """Copy the inputs of every set into its slots, and poison the rest."""
        given: KernelState = state
        self.step = given.step
        self._fill(given.size, given.arrays)

    def train(self, order: NDArray[np.int64]) -> None:
        """One call for each entry of `order`, (n_steps, 1), on the set that it names; in "steps", one time step."""
        self.noted = None
        slots = self._slots
        if self._needs_slots_of_its_own and slots.n_unused < len(order):
            self._enlarge(len(order))
            slots = self._slots
        self.call(slots.of_calls(order))

    def note_results(self) -> None:
        self.noted = self.some_numbers()

    def params(self) -> Any:
        """The out and inout arrays, (n_sets, *shape), after the last call on each set; NaN where there was none.

        Raises VerificationFailed where a call has changed its input or written beside its arrays, and where results
        have changed since the clock stopped.
        """
        self._slots.refuse_damage()
        self.refuse_late_results()
        return self.state_of(self._slots.results())

    def some_numbers(self) -> list[Numbers]:
        """Some numbers of the results as they are now, in copies."""
        return self._slots.some_numbers()

    def refuse_late_results(self) -> None:
        if self.noted is not None:
            now = self.some_numbers()
            if any(before.tobytes() != after.tobytes() for before, after in zip(self.noted, now, strict=True)):
                raise VerificationFailed(
                    "its results change after the last call has returned: a thread or a task is still at work; wait "
                    "for it in the call"
                )

    def state_of(self, arrays: dict[str, Numbers]) -> KernelState:
        """What `params` gives: these arrays, with the steps that led to them where a state evolves."""
        slots = self._slots
        n_steps = slots.n_calls if self.spec.form == "steps" else 0
        return KernelState(arrays, slots.size, self.step + n_steps)

    @property
    def order_in_memory(self) -> str:
        return self.axis.get("order", "C")

    @property
    def _slots(self) -> Slots:
        if self.slots is None:
            raise MeasurementFailed("there are no inputs: reset comes before train")
        return self.slots

    @property
    def _needs_slots_of_its_own(self) -> bool:
        """Whether a call would find its input changed by the one before it."""
        return self.spec.form == "calls" and any(array.role == "inout" for array in self.spec.arrays)

    def _enlarge(self, n_calls: int) -> None:
        slots = self._slots
        if slots.n_calls:
            raise MeasurementFailed("each call changes its input, and there are no inputs left: reset comes first")
        self.expect(n_calls)
        self._fill(slots.size, slots.given)

    def _fill(self, size: int, given: Mapping[str, Numbers]) -> None:
        self.most_calls[size] = max(1, self.expected, self.most_calls.get(size, 0))
        self.expected = 0
        # A kernel may have no input: each of its calls does the same.
        n_sets = len(next(iter(given.values()))) if given else self.problem.n_sets(size)
        wanted = size, n_sets, self._copies(size, n_sets)
        resized = self.slots is None or (self.slots.size, self.slots.n_sets, self.slots.copies) != wanted
        if resized:
            self.slots = None  # its memory goes before there is more
            self.slots = Slots(self.spec, *wanted, self.dtype.name, self.order_in_memory)
        self._slots.fill(given)
        self.arm(resized)

    def _copies(self, size: int, n_sets: int) -> int:
        """How many slots each set has."""
        copies = 1
        if self.spec.form == "calls" and self.spec.cache == "cold":
            copies = -(-COLD_CACHES * last_cache_bytes() // (n_sets * self.spec.set_bytes(size, self.dtype.name)))
        if self._needs_slots_of_its_own:
            copies = max(copies, -(-self.most_calls[size] // n_sets))
        return copies


def folder_of(declared: KernelDeclaration) -> Path:
    return Path(declared.folder)
