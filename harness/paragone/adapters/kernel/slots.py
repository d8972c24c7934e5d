"""The memory that the calls of a kernel work on. A slot holds the arrays of one call; each set of inputs has a slot.

Before a sample the out arrays hold what is no result: NaN in every other slot, and in the rest the results of other
inputs, or a number that nobody can foresee: so a slot which was computed cannot be told from one that was not. What
lies between the arrays, the guards, must stay as it is, and the inputs must have the bits that they were given.

A set has further slots, copies of its inputs at other addresses, where a call changes its input (each call needs one of
its own), or where inputs must not be found in the cache.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from paragone.errors import MeasurementFailed, VerificationFailed
from paragone.task.kernel.problem import MOST_COPIES_BYTES
from paragone.task.kernel.spec import ArraySpec, KernelSpec

ALIGNMENT = 64  # bytes: a line of the cache, and the widest vector
MOST_TRAINS = 64  # between two looks at which slots they used
NAN_BYTE = 0xFF  # a real of these bytes is NaN
NOTED = 64  # numbers of each array in each slot
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
        self.was_poisoned = False
        self.guard = NAN_BYTE if dtype.kind == "f" else ODD_BYTE
        raw = np.empty(n_slots * self.stride + 2 * ALIGNMENT, np.uint8)
        start = -raw.ctypes.data % ALIGNMENT
        self.bytes: Bytes = raw[start : start + ALIGNMENT + n_slots * self.stride]
        self.bytes.fill(self.guard)
        strides = np.empty(shape, dtype, order="F" if order == "F" else "C").strides
        self.slots: Numbers = np.ndarray((n_slots, *shape), dtype, self.bytes, ALIGNMENT, (self.stride, *strides))

    @property
    def addresses(self) -> NDArray[np.int64]:
        """Where the array begins in each slot."""
        first = self.bytes.ctypes.data + ALIGNMENT
        return first + self.stride * np.arange(len(self.slots), dtype=np.int64)

    @property
    def nothing(self) -> np.generic:
        """What a number is that was never written: NaN, or a large odd one."""
        number: np.generic = np.full(self.dtype.itemsize, self.guard, np.uint8).view(self.dtype)[0]
        return number

    def poison(self) -> None:
        """Fill every other slot with nothing: which ones is drawn each time. The rest keep the results of before."""
        if not self.was_poisoned:  # then they have none: a finite number
            drawn = secrets.randbelow(100)
            self.slots[:] = 1 + drawn / 64 if self.dtype.kind == "f" else 100 + drawn
            self.was_poisoned = True
        self.slots[secrets.randbelow(2) :: 2] = self.nothing

    def fill(self, values: Numbers) -> None:
        """Store the values of every set, (n_sets, *shape), in all its slots."""
        self.slots.reshape(-1, *values.shape)[:] = values

    def contents(self) -> Bytes:
        """The bytes of the array in each slot, (n_slots, n_bytes)."""
        return self.bytes[ALIGNMENT:].reshape(-1, self.stride)[:, : self.n_bytes]

    def take_back(self, slots: NDArray[np.int64], contents: Bytes) -> None:
        """Store bytes, (slots, n_bytes), that came back from another process."""
        self.bytes[ALIGNMENT:].reshape(-1, self.stride)[slots, : self.n_bytes] = contents

    def has_whole_guards(self, slot: int) -> bool:
        begin = ALIGNMENT + slot * self.stride
        before, behind = self.bytes[begin - ALIGNMENT : begin], self.bytes[begin + self.n_bytes : begin + self.stride]
        return bool((before == self.guard).all() and (behind == self.guard).all())

    def given_out(self, last_used: NDArray[np.int64]) -> Numbers:
        """A copy of these slots, one for each set; of a set without one, nothing."""
        values = self.slots[last_used]
        values[last_used < 0] = self.nothing
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
        self.dimensions = spec.dimensions(size)
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
        self._random = np.random.default_rng()
        self._copy_of_place = np.repeat(np.arange(copies, dtype=np.int64) * n_sets, n_sets)
        self._forget_calls()

    @property
    def n_slots(self) -> int:
        return self.n_sets * self.copies

    @property
    def addresses(self) -> NDArray[np.int64]:
        """Where every array begins in each slot, (n_slots, n_arrays)."""
        return np.ascontiguousarray(np.stack([memory.addresses for memory in self.memory.values()], axis=1))

    def sizes_in_words(self) -> str:
        """As another language is told: "n=100 d=3"."""
        return " ".join(f"{name}={value}" for name, value in self.dimensions.items())

    def arrays_in_words(self) -> str:
        """A line for each array: name, role, dtype, lengths."""
        return "\n".join(
            " ".join([name, memory.array.role, memory.dtype.name, *map(str, memory.shape)])
            for name, memory in self.memory.items()
        )

    @property
    def n_unused(self) -> int:
        """How many calls a train may have before a slot is used again."""
        return (self.copies - self._begun) * self.n_sets

    def fill(self, given: Mapping[str, Numbers]) -> None:
        """Store the in and inout arrays, each (n_sets, *shape), and poison the others."""
        self.given = given
        for name, memory in self.memory.items():
            if name in given:
                memory.fill(given[name])
            else:
                memory.poison()
        self.noted_places = {name: self._random_places(memory.shape) for name, memory in self.memory.items()}
        self._forget_calls()

    def of_calls(self, order: NDArray[np.int64]) -> NDArray[np.int64]:
        """The slot of each call of a train; `order`, (n_steps, 1), has the set of each."""
        slots = order.reshape(-1)
        if self.copies > 1:
            first = self._begun % self.copies * self.n_sets
            places = np.roll(self._copy_of_place, -first) if first else self._copy_of_place
            slots = slots + np.resize(places, len(slots))
        self.n_calls += len(slots)
        self._begun += -(-len(slots) // self.n_sets)
        self._used.append(slots)
        if len(self._used) > MOST_TRAINS:
            self.last_used()
        return slots

    def last_used(self) -> NDArray[np.int64]:
        """The slot of the last call on each set, (n_sets,); -1 where there was none."""
        for slots in self._used:
            end = slots[-2 * self.n_sets :]  # a sample visits the sets in permutations, so all of them: it has millions
            if len(np.unique(end % self.n_sets)) < self.n_sets:
                end = slots
            self._last[end % self.n_sets] = end
        self._used.clear()
        return self._last

    def _forget_calls(self) -> None:
        self.n_calls = 0  # since the slots were filled
        self._begun = 0  # copies of all sets; one that was begun by a train is not gone on with by the next
        self._last = np.full(self.n_sets, -1, np.int64)
        self._used: list[NDArray[np.int64]] = []  # the slots of trains that are not in it yet

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

    def some_numbers(self) -> list[Numbers]:
        """Some numbers of the out and inout arrays after the last call on each set: copies, at places nobody knows."""
        last = self.last_used()
        used = last[last >= 0, np.newaxis]
        outputs = {name: memory for name, memory in self.memory.items() if memory.array.role != "in"}
        return [memory.slots[(used, *self.noted_places[name])] for name, memory in outputs.items()]

    def _random_places(self, shape: tuple[int, ...]) -> tuple[NDArray[np.int64], ...]:
        return tuple(self._random.integers(0, length, NOTED) for length in shape)

    def results(self) -> dict[str, Numbers]:
        """The out and inout arrays of each set after its last call, (n_sets, *shape), in copies: reals as float64."""
        last = self.last_used()
        return {
            name: canonical(memory.given_out(last)) for name, memory in self.memory.items() if memory.array.role != "in"
        }


def canonical(values: Numbers) -> Numbers:
    """Reals as float64, whole numbers as they are; C order."""
    return np.ascontiguousarray(values, np.float64 if values.dtype.kind == "f" else values.dtype)
