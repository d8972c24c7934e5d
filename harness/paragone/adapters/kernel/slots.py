"""The memory that the calls of a kernel work on. A slot holds the arrays of one call; each set of inputs has a slot.

Before a sample the out arrays are poisoned, and so is what lies between the arrays, the guards: a result that was never
written is NaN, and a write beyond an array is seen. After it the inputs must have the bits that they were given.

A set has further slots, copies of its inputs at other addresses, where a call changes its input (each call needs one of
its own), or where inputs must not be found in the cache.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from paragone.errors import MeasurementFailed, VerificationFailed
from paragone.task.kernel.problem import MOST_COPIES_BYTES
from paragone.task.kernel.spec import ArraySpec, KernelSpec

ALIGNMENT = 64  # bytes: a line of the cache, and the widest vector
NAN_BYTE = 0xFF  # a real of these bytes is NaN
ODD_BYTE = 0xA5  # a whole number of these bytes is large, odd, and no result

Bytes = NDArray[np.uint8]
# Any dtype that a kernel has; which one, a variant decides when it runs.
Numbers = NDArray[np.generic]


class ArrayMemory:
    """The memory of one array in all slots, a guard before the first and behind each."""

    def __init__(self, array: ArraySpec, shape: tuple[int, ...], dtype: np.dtype[np.generic], n_slots: int, order: str):
        self.array, self.shape, self.dtype = array, shape, dtype
        self.n_bytes = math.prod(shape) * dtype.itemsize
        self.stride = -(-self.n_bytes // ALIGNMENT) * ALIGNMENT + ALIGNMENT
        self.poison = NAN_BYTE if dtype.kind == "f" else ODD_BYTE
        raw = np.empty(n_slots * self.stride + 2 * ALIGNMENT, np.uint8)
        start = -raw.ctypes.data % ALIGNMENT
        self.bytes: Bytes = raw[start : start + ALIGNMENT + n_slots * self.stride]
        self.bytes.fill(self.poison)
        strides = np.empty(shape, dtype, order="F" if order == "F" else "C").strides
        self.slots: Numbers = np.ndarray((n_slots, *shape), dtype, self.bytes, ALIGNMENT, (self.stride, *strides))

    @property
    def addresses(self) -> NDArray[np.int64]:
        """Where the array begins in each slot."""
        first = self.bytes.ctypes.data + ALIGNMENT
        return first + self.stride * np.arange(len(self.slots), dtype=np.int64)

    def fill(self, values: Numbers | None) -> None:
        """Store the values of every set, (n_sets, *shape), in all its slots; poison where there are none."""
        if values is None:
            self.bytes.fill(self.poison)
            return
        n_sets = len(values)
        for first in range(0, len(self.slots), n_sets):
            self.slots[first : first + n_sets] = values

    def contents(self) -> Bytes:
        """The bytes of the array in each slot, (n_slots, n_bytes)."""
        return self.bytes[ALIGNMENT:].reshape(-1, self.stride)[:, : self.n_bytes]

    def take_back(self, slots: NDArray[np.int64], contents: Bytes) -> None:
        """Store bytes, (slots, n_bytes), that came back from another process."""
        self.bytes[ALIGNMENT:].reshape(-1, self.stride)[slots, : self.n_bytes] = contents

    def has_whole_guards(self, slot: int) -> bool:
        begin = ALIGNMENT + slot * self.stride
        before, behind = self.bytes[begin - ALIGNMENT : begin], self.bytes[begin + self.n_bytes : begin + self.stride]
        return bool((before == self.poison).all() and (behind == self.poison).all())

    def given_out(self, last_used: NDArray[np.int64]) -> Numbers:
        """A copy of these slots, one for each set; poison for a set without one."""
        values = self.slots[last_used]
        nothing = np.full(self.dtype.itemsize, self.poison, np.uint8).view(self.dtype)[0]
        values[last_used < 0] = nothing
        return values


class Slots:
    """The slots of one size. Call i of a train, on set s, has slot s + n_sets · (⌊i / n_sets⌋ mod copies)."""

    def __init__(self, spec: KernelSpec, size: int, n_sets: int, copies: int, dtype: str, order: str = "C") -> None:
        n_bytes = spec.set_bytes(size, dtype) * n_sets * (copies - 1)
        if n_bytes > MOST_COPIES_BYTES:
            raise MeasurementFailed(
                f"{n_sets * copies} calls with inputs of their own need {n_bytes / 1e9:.1f} GB, and "
                f"{MOST_COPIES_BYTES / 1e9:.1f} GB are allowed: take shorter samples"
            )
        self.size, self.n_sets, self.copies = size, n_sets, copies
        self.memory = {
            array.name: ArrayMemory(
                array,
                spec.shape(array, size),
                np.dtype(dtype if array.is_real else array.dtype),
                n_sets * copies,
                order,
            )
            for array in spec.arrays
        }
        self.used: list[NDArray[np.int64]] = []  # the slots of each train since they were filled

    @property
    def n_slots(self) -> int:
        return self.n_sets * self.copies

    def fill(self, given: Mapping[str, Numbers]) -> None:
        """Store the in and inout arrays, each (n_sets, *shape), and poison the others."""
        self.given = given
        for name, memory in self.memory.items():
            memory.fill(given.get(name))
        self.used = []

    def of_calls(self, order: NDArray[np.int64]) -> NDArray[np.int64]:
        """The slot of each call of a train; `order`, (n_steps, 1), has the set of each."""
        slots = order.reshape(-1)
        if self.copies > 1:
            first = sum(-(-len(used) // self.n_sets) for used in self.used)
            copy = np.arange(first, first + self.copies, dtype=np.int64) % self.copies
            slots = slots + np.resize(np.repeat(copy * self.n_sets, self.n_sets), len(slots))
        self.used.append(slots)
        return slots

    def last_used(self) -> NDArray[np.int64]:
        """The slot of the last call on each set, (n_sets,); -1 where there was none."""
        last = np.full(self.n_sets, -1, np.int64)
        for slots in self.used:
            last[slots % self.n_sets] = slots
        return last

    def refuse_damage(self) -> None:
        """Raise VerificationFailed where a call has changed an input, or what lies beside an array."""
        for set_number, slot in enumerate(self.last_used()):
            if slot >= 0:
                for name, memory in self.memory.items():
                    if memory.array.role == "in":
                        self.refuse_change(name, set_number, memory.slots[slot])
                    if not memory.has_whole_guards(slot):
                        raise VerificationFailed(f"it writes outside of {name}, before its begin or behind its end")

    def refuse_change(self, name: str, set_number: int, found: Numbers) -> None:
        """Raise VerificationFailed where the input of a set no longer has the bits that were given."""
        given = np.asarray(self.given[name][set_number], self.memory[name].dtype)
        if found.dtype != given.dtype or found.shape != given.shape or found.tobytes() != given.tobytes():
            raise VerificationFailed(f"it changes its input {name}")

    def results(self) -> dict[str, Numbers]:
        """The out and inout arrays of each set after its last call, (n_sets, *shape), in copies: reals as float64."""
        last = self.last_used()
        return {
            name: canonical(memory.given_out(last)) for name, memory in self.memory.items() if memory.array.role != "in"
        }


def canonical(values: Numbers) -> Numbers:
    """Reals as float64, whole numbers as they are; C order."""
    return np.ascontiguousarray(values, np.float64 if values.dtype.kind == "f" else values.dtype)
