"""NAME.py: a function `run` of the arrays by name, which writes those with the role out or returns them.

    '''One expression, with a temporary of n x n x d numbers.'''
    def run(X, D):
        D[:] = ((X[:, None] - X) ** 2).sum(axis=2)

A parameter list without the out arrays means that `run` returns them, in the order of kernel.toml, inout arrays too.
Sizes may be parameters as well. Optional, and not timed: `setup(**sizes)`, whose result is the last argument
`workspace` (it gets the dtype too where it has a parameter `dtype`), and `prepare(array)`, which makes of an input what
`run` takes.
"""

from __future__ import annotations

import importlib.util
import inspect
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from time import perf_counter_ns
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paragone.adapters.kernel.host import KernelImplementation, folder_of
from paragone.adapters.kernel.returned import Returned, is_of_jax, is_plain, refuse_another_kind, settled
from paragone.adapters.kernel.slots import Numbers
from paragone.adapters.packages import install_extra
from paragone.errors import MeasurementFailed
from paragone.implementation.importing import import_folder
from paragone.implementation.kernel_python import WORKSPACE, fault_of_parameters
from paragone.machine.lacking import Lacking
from paragone.machine.python_environments import environment_unavailable, exists

# Preparing an array, which is not timed, may take so long, and what `reset` may take for each of its numbers.
MOST_PREPARE_NS, MOST_STATE_NS_PER_NUMBER = 100_000, 150
PREPARED_AGAIN = 20  # on a busy machine too, one of them is not disturbed


class PythonKernelImplementation(KernelImplementation):
    """A function in Python, called once for each step."""

    @classmethod
    def environment_name(cls) -> str:
        """The environment of the first package that it requires and that has one."""
        return next(filter(exists, cls.declared.requires), "")

    @classmethod
    def missing(cls) -> str | None:
        """Which package is not there, and how to install it. None is imported."""
        modules = tuple(package.partition(".")[0] for package in cls.declared.requires)
        if name := cls.environment_name():
            return environment_unavailable(name, modules)
        lacking = [module for module in modules if module not in sys.modules and not importlib.util.find_spec(module)]
        if lacking:
            reason = f"{lacking[0]} is not installed. Install: {install_extra(lacking[0])}"
            return Lacking(reason, f"package {lacking[0]}")
        return None

    def open(self) -> None:
        """Import the file, and see whether `run` writes its results or returns them."""
        self.module = import_folder(folder_of(self.declared), self.name)
        self.run = getattr(self.module, "run", None)
        if not callable(self.run):
            raise MeasurementFailed(f"{self.declared.file}: run is no function")
        self.names = self.declared.parameters or tuple(inspect.signature(self.run).parameters)
        self.setup = getattr(self.module, "setup", None)
        if fault := fault_of_parameters(self.names, self.setup is not None, self.spec):
            raise MeasurementFailed(f"{self.declared.file}: {fault}")
        written = {array.name for array in self.spec.arrays if array.role == "out"}
        # Where all arrays are inout, what the first call gives back tells.
        self.returns = None if not written else not written & {*self.names}

    def arm(self, resized: bool) -> None:
        """The arguments of the call on each slot; they are the same again where memory is and nothing is prepared."""
        self.returned = Returned(self.spec, self._slots, self.names)
        if not resized and not hasattr(self.module, "prepare") and self.spec.form == "calls":
            return
        dimensions = self._slots.dimensions
        if resized:
            self.workspace = self._set_up(dimensions) if self.setup else None
        given: dict[str, Any] = {**dimensions, WORKSPACE: self.workspace}
        by_slot = {name: self._prepared(name) for name in self.names if name in self._slots.memory}
        self.arguments = [
            tuple(by_slot[name][slot] if name in by_slot else given[name] for name in self.names)
            for slot in range(self._slots.n_slots)
        ]

    def call(self, slots: NDArray[np.int64]) -> None:
        """One call after the other; what a call returns is computed before the next."""
        run, arguments, kept = self.run, self.arguments, self.returned.by_slot
        assert run is not None
        places = slots.tolist()
        if not places:
            return
        first, *rest = places
        result = run(*arguments[first])
        if self.returns is None:
            self.returns = result is not None and not any(result is each for each in arguments[first])
        if not self.returns:
            for place in rest:
                run(*arguments[place])
        elif self.spec.form == "steps":
            self._evolve(result, len(rest))
        elif is_plain(result):
            self.returned.takes_plain = True
            kept[first] = result
            for place in rest:
                kept[place] = run(*arguments[place])
        else:
            kept[first] = settled(result)
            for place in rest:
                kept[place] = settled(run(*arguments[place]))

    def params(self) -> Any:
        """As the base has it; what `run` returned must be whole arrays with memory of their own."""
        self._slots.refuse_damage()
        self.returned.refuse_changed_arguments(self.arguments)
        self.refuse_late_results()
        arrays = self.returned.results(self.arguments) if self.returns else self._slots.results()
        return self.state_of(arrays)

    def some_numbers(self) -> list[Numbers]:
        return self.returned.some_numbers() if self.returns else self._slots.some_numbers()

    def build_info(self) -> Mapping[str, str]:
        """The versions of the packages that it requires."""
        packages = {name.partition(".")[0] for name in self.declared.requires}
        versions = {name: getattr(sys.modules.get(name), "__version__", None) for name in sorted(packages)}
        return {name: str(version) for name, version in versions.items() if version is not None}

    def _evolve(self, result: Any, n_steps: int) -> None:
        """Steps that take the state which the step before returned.

        Of an array of JAX the last one is waited for; of a kind that nobody knows, each step makes one of NumPy.
        """
        run, given, state_in = self.run, list(self.arguments[0]), self.returned.state_in
        assert run is not None
        places = [self.names.index(array.name) for array in self.spec.outputs_of() if array.role == "inout"]
        is_known = is_plain(result) or is_of_jax(result)
        result = result if is_known else settled(result)
        kinds = [type(value) for value in state_in(result)]
        for _ in range(n_steps):
            for place, kind, value in zip(places, kinds, state_in(result), strict=True):
                refuse_another_kind(kind, value)
                given[place] = value
            result = run(*given) if is_known else settled(run(*given))
        result = settled(result)
        for place, value in zip(places, state_in(result), strict=True):
            given[place] = value
        self.arguments[0] = tuple(given)
        self.returned.by_slot[0] = result

    def _set_up(self, dimensions: Mapping[str, int]) -> Any:
        assert self.setup is not None
        given: dict[str, Any] = dict(dimensions)
        if "dtype" in inspect.signature(self.setup).parameters:
            given["dtype"] = self.dtype
        return self.setup(**given)

    def _prepared(self, name: str) -> list[Any]:
        """An array in each slot, as `run` takes it. Raises MeasurementFailed where preparing makes another dtype."""
        memory = self._slots.memory[name]
        arrays: list[Any] = list(memory.slots)
        prepare = getattr(self.module, "prepare", None)
        if prepare is None or memory.array.role == "out":
            return arrays
        prepared, nanoseconds = _timed(prepare, arrays)
        most_ns = MOST_PREPARE_NS + MOST_STATE_NS_PER_NUMBER * math.prod(memory.shape)
        for _ in range(PREPARED_AGAIN):  # what is called first may have to start something
            if nanoseconds > most_ns:
                prepared, again_ns = _timed(prepare, arrays)
                nanoseconds = min(nanoseconds, again_ns)
        if nanoseconds > most_ns:
            raise MeasurementFailed(
                f"prepare({name}) takes {nanoseconds / 1e3:.3g} µs, {most_ns / 1e3:.3g} µs are allowed: it is not "
                "timed, so it may only make another kind of array; compute in run"
            )
        dtype = getattr(prepared[0], "dtype", memory.dtype)
        if isinstance(dtype, np.dtype) and dtype != memory.dtype:
            raise MeasurementFailed(f"prepare({name}): expected {memory.dtype}, as it is given; got {dtype}")
        return prepared


def _timed(prepare: Callable[[Any], Any], arrays: Sequence[Any]) -> tuple[list[Any], float]:
    """What `prepare` makes of each, and the median time of a call in ns."""
    prepared, nanoseconds = [], []
    for array in arrays:
        begin = perf_counter_ns()
        prepared.append(prepare(array))
        nanoseconds.append(perf_counter_ns() - begin)
    return prepared, median(nanoseconds)
