"""What `run` in Python returns instead of writing it: kept while it is timed, looked at afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paragone.adapters.kernel.slots import Numbers, Slots, canonical
from paragone.errors import VerificationFailed, error_text
from paragone.task.kernel.spec import ArraySpec, KernelSpec

WAIT = "block_until_ready"  # of an array of JAX, whose calls return before they are done
NUMBERS = (float, int, np.ndarray, np.generic)
PLAIN = (np.ndarray, np.generic, float, int, list, type(None))


def is_plain(result: Any) -> bool:
    """Whether what a call returned is computed: it is of NumPy or of Python, or a tensor of PyTorch on the CPU."""
    parts = result if isinstance(result, tuple) else (result,)
    return all(isinstance(part, PLAIN) or _is_cpu_tensor(part) for part in parts)


def settled(result: Any) -> Any:
    """What a call returned, computed: an array of JAX is waited for, of any other kind one of NumPy is made."""
    if isinstance(result, tuple):
        return tuple(map(settled, result))
    if hasattr(result, WAIT):
        getattr(result, WAIT)()
    return result if is_plain(result) or is_of_jax(result) else np.asarray(result)


def is_of_jax(result: Any) -> bool:
    """Whether what a call returned consists of arrays of JAX, which are computed in their turn."""
    parts = result if isinstance(result, tuple) else (result,)
    return all(hasattr(part, WAIT) and type(part).__module__.partition(".")[0] in ("jax", "jaxlib") for part in parts)


def refuse_another_kind(kind: type, value: Any) -> None:
    """Raise VerificationFailed where a state is of another kind than the first one: it may wait to be read."""
    if type(value) is not kind:
        raise VerificationFailed(f"run returns {kind.__name__} and {type(value).__name__} in turn: return one kind")


def _is_cpu_tensor(part: Any) -> bool:
    return type(part).__module__.partition(".")[0] == "torch" and not getattr(part, "is_cuda", True)


class Returned:
    """The results of the calls on each slot; `names` are the parameters of `run`."""

    def __init__(self, spec: KernelSpec, slots: Slots, names: Sequence[str]) -> None:
        self.spec, self.slots, self.names = spec, slots, names
        self.wanted = spec.outputs_of()
        self.by_slot: list[Any] = [None] * slots.n_slots
        self.takes_plain = False  # what calls return is kept as it is

    def state_in(self, result: Any) -> list[Any]:
        """The inout arrays of a result, in the order of kernel.toml."""
        parts = self._parts(result)
        return [part for part, array in zip(parts, self.wanted, strict=True) if array.role == "inout"]

    def refuse_changed_arguments(self, arguments: Sequence[tuple[Any, ...]]) -> None:
        """Raise VerificationFailed where `run` changed an input that was prepared: it may lie outside of its slot."""
        for set_number, slot in enumerate(self.slots.last_used()):
            for name, argument in zip(self.names, arguments[slot], strict=True) if slot >= 0 else ():
                memory = self.slots.memory.get(name)
                if memory and memory.array.role == "in" and not isinstance(argument, np.ndarray):
                    self.slots.refuse_change(name, set_number, _array(name, argument, memory.dtype))

    def results(self, arguments: Sequence[tuple[Any, ...]]) -> dict[str, Numbers]:
        """The out and inout arrays of each set, (n_sets, *shape), in copies; nothing for a set that was not called.

        Raises VerificationFailed where they are no whole arrays with memory of their own.
        """
        last = self.slots.last_used()
        self._refuse_unsettled([slot for slot in last.tolist() if slot >= 0])
        taken = {slot: self._taken(slot, arguments[slot]) for slot in last.tolist() if slot >= 0}
        self._refuse_common_memory([array for arrays in taken.values() for array in arrays])
        results = {}
        for place, array in enumerate(self.wanted):
            values = self.slots.memory[array.name].given_out(np.full_like(last, -1))
            for set_number, slot in enumerate(last.tolist()):
                if slot >= 0:
                    values[set_number] = taken[slot][place]
            results[array.name] = canonical(values)
        return results

    def some_numbers(self) -> list[Numbers]:
        """Some numbers of the arrays of NumPy that calls returned, in copies."""
        last = [slot for slot in self.slots.last_used().tolist() if slot >= 0]
        return [
            part[self.slots.noted_places[array.name]]
            for slot in last
            for array, part in zip(self.wanted, self._parts(self.by_slot[slot]), strict=True)
            if isinstance(part, np.ndarray) and part.shape == self.slots.memory[array.name].shape
        ]

    def _refuse_unsettled(self, slots: Sequence[int]) -> None:
        """Raise VerificationFailed where the first call returned a plain array and others something else.

        Only what is known to be plain from the first call on is not looked at while it is timed.
        """
        others = [self.by_slot[slot] for slot in slots if self.takes_plain and not is_plain(self.by_slot[slot])]
        if others:
            raise VerificationFailed(
                f"run returns arrays of NumPy and {type(others[0]).__name__} in turn: return one kind"
            )

    def _parts(self, result: Any) -> Sequence[Any]:
        if len(self.wanted) == 1 and not isinstance(result, tuple):
            return (result,)
        if isinstance(result, tuple | list) and len(result) == len(self.wanted):
            return result
        names = ", ".join(array.name for array in self.wanted)
        got = f"{len(result)} values" if isinstance(result, tuple | list) else type(result).__name__
        raise VerificationFailed(f"run returns {got}; expected {names}")

    def _taken(self, slot: int, arguments: tuple[Any, ...]) -> list[Numbers]:
        taken = []
        for array, value in zip(self.wanted, self._parts(self.by_slot[slot]), strict=True):
            memory = self.slots.memory[array.name]
            self._refuse_list_of_objects(array, value)
            found = _array(array.name, value, memory.dtype)
            if memory.shape == (1,) and found.shape == ():  # one number
                found = found.reshape(1)
            self._refuse_wrong_kind(array, value, found)
            self._refuse_memory_of_arguments(array, found, arguments)
            taken.append(found)
        return taken

    def _refuse_list_of_objects(self, array: ArraySpec, value: Any) -> None:
        """Raise VerificationFailed where a list holds what is no number yet, and would be worked out now."""
        if isinstance(value, list) and (kind := _kind_of_an_object_in(value)):
            raise VerificationFailed(f"{array.name}: run returns a list that holds a {kind}: return numbers")

    def _refuse_wrong_kind(self, array: ArraySpec, value: Any, found: Numbers) -> None:
        memory = self.slots.memory[array.name]
        if found.shape != memory.shape:
            raise VerificationFailed(f"{array.name}: expected the shape {memory.shape}, run returns {found.shape}")
        if found.dtype != memory.dtype:
            raise VerificationFailed(f"{array.name}: expected {memory.dtype}, run returns {found.dtype}")
        if isinstance(value, np.ndarray) and not (value.flags.c_contiguous or value.flags.f_contiguous):
            raise VerificationFailed(
                f"{array.name}: run returns a view with the strides {value.strides}: return a whole array of its own"
            )

    def _refuse_memory_of_arguments(self, array: ArraySpec, found: Numbers, arguments: tuple[Any, ...]) -> None:
        for name, argument in zip(self.names, arguments, strict=True):
            memory = None if isinstance(argument, list) else self.slots.memory.get(name)  # a list has no memory of ours
            is_own_state = name == array.name  # a state may be changed where it lies
            if memory and not is_own_state and np.may_share_memory(found, _array(name, argument, memory.dtype)):
                raise VerificationFailed(f"{array.name}: run returns memory of its argument {name}: return a copy")

    def _refuse_common_memory(self, arrays: list[Numbers]) -> None:
        if any(np.may_share_memory(one, other) for one, other in combinations(arrays, 2)):
            raise VerificationFailed(
                "run returns the same memory in two calls, or in two results: return arrays of their own"
            )


def _kind_of_an_object_in(value: Any) -> str:
    """The kind of something in nested lists that is no number; "" where all are."""
    kinds = set(map(type, value))
    nested = [kind for kind in kinds if issubclass(kind, list | tuple)]
    objects = [kind for kind in kinds.difference(nested) if not issubclass(kind, NUMBERS)]
    if objects:
        return objects[0].__name__
    return next(filter(None, map(_kind_of_an_object_in, value)), "") if nested else ""


def _array(name: str, value: Any, dtype: np.dtype[Any]) -> NDArray[Any]:
    """A value as an array; of plain numbers, one of this dtype. Raises VerificationFailed."""
    if value is None:
        raise VerificationFailed(f"{name}: run returns nothing")
    try:
        return np.asarray(value) if hasattr(value, "dtype") else np.asarray(value, dtype)
    except Exception as error:  # of another library: it may raise anything
        raise VerificationFailed(f"{name}: {type(value).__name__} is no array: {error_text(error)}") from None
