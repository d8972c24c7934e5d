"""reference.py of a kernel: imported when its kernel is chosen, called for inputs and for right results.

It is anybody's code. Whatever is wrong with it (a missing function, another signature, a wrong shape, an exception)
is said in a sentence with the file and the line.
"""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paragone.errors import Misuse, did_you_mean, error_text
from paragone.task.kernel.spec import ArraySpec, KernelSpec

FILE = "reference.py"
Arrays = dict[str, NDArray[Any]]  # float64, or the integer dtype of the array
Function = Callable[..., Any]


@dataclass(frozen=True)
class Reference:
    """The two functions of a reference, and the mistakes that it names."""

    inputs_function: Function
    reference_function: Function
    mistakes: Mapping[str, Function] = field(default_factory=dict)
    path: Path = Path(FILE)

    def inputs(self, seed: int | tuple[int, ...], case: str, spec: KernelSpec, size: int) -> Arrays:
        """New arrays for one call, in and inout by name. The reals are rounded to float32.

        Raises Misuse.
        """
        entropy = [*(seed if isinstance(seed, tuple) else (seed,)), size, spec.cases.index(case)]
        rng = np.random.Generator(np.random.PCG64(entropy))
        given = self._call("inputs", self.inputs_function, (rng, case), spec, size)
        wanted = spec.inputs_of()
        if not isinstance(given, dict):
            raise self._fault("inputs", f"expected a dict of arrays by name, got {type(given).__name__}")
        for name in given:
            if name not in (names := [array.name for array in wanted]):
                raise self._fault("inputs", f"unknown array {name!r}. {did_you_mean(str(name), names)}")
        arrays = {}
        for array in wanted:
            if array.name not in given:
                raise self._fault("inputs", f"the array {array.name!r} is missing")
            checked = self._array("inputs", given[array.name], array, case, spec, size)
            with np.errstate(over="ignore"):  # beyond float32 it becomes infinite, and is refused as such
                rounded = checked.astype(np.float32).astype(np.float64) if array.is_real else checked.copy()
            arrays[array.name] = rounded
            self._check_finite("inputs, rounded to float32,", arrays[array.name], array, case, spec, size)
        return arrays

    def outputs(self, inputs: Arrays, spec: KernelSpec, size: int, case: str = "") -> Arrays:
        """The right results of one call, out and inout by name. `inputs` stay as they are. Raises Misuse."""
        return self.outputs_by(self.reference_function, "reference", inputs, spec, size, case)

    def outputs_by(
        self, function: Function, name: str, inputs: Arrays, spec: KernelSpec, size: int, case: str = ""
    ) -> Arrays:
        """What a function like `reference` makes of inputs, such as one of the mistakes."""
        own = [inputs[array.name].copy() for array in spec.inputs_of()]
        with np.errstate(all="ignore"):
            given = self._call(name, function, tuple(own), spec, size)
        wanted = spec.outputs_of()
        results = given if isinstance(given, tuple) else (given,)
        if len(results) != len(wanted):
            names = ", ".join(array.name for array in wanted)
            raise self._fault(name, f"expected {len(wanted)} arrays in this order: {names}; got {len(results)}")
        arrays = {}
        for array, result in zip(wanted, results, strict=True):
            arrays[array.name] = self._array(name, result, array, case, spec, size)
            self._check_finite(name, arrays[array.name], array, case, spec, size)
        return arrays

    def _array(self, where: str, value: Any, array: ArraySpec, case: str, spec: KernelSpec, size: int) -> NDArray[Any]:
        try:
            found = np.asarray(value)
        except (ValueError, TypeError) as error:
            raise self._fault(where, f"{array.name} is no array: {error}") from None
        shape = spec.shape(array, size)
        at = _at(spec, size)
        if found.ndim == 0 and set(shape) == {1}:
            found = found.reshape(shape)  # a number is as good as an array of one
        if found.shape != shape:
            raise self._fault(where, f"{array.name} has the shape {found.shape}, {shape} is expected where {at}")
        if array.is_real:
            if found.dtype.kind not in "fiu":
                raise self._fault(where, f"{array.name} is {found.dtype}, float64 is expected")
            return found.astype(np.float64)
        if found.dtype.kind not in "iub":
            raise self._fault(where, f"{array.name} is {found.dtype}, {array.dtype} is expected")
        whole = found.astype(array.dtype)
        if not np.array_equal(whole, found):
            raise self._fault(where, f"{array.name} holds numbers that {array.dtype} cannot, where {at}")
        return whole

    def _check_finite(
        self, where: str, found: NDArray[Any], array: ArraySpec, case: str, spec: KernelSpec, size: int
    ) -> None:
        """NaN and infinity are for cases that ask for them, and for results of which no case is known."""
        if array.is_real and case and case not in spec.not_finite and not np.isfinite(found).all():
            bad = np.count_nonzero(~np.isfinite(found))
            raise self._fault(
                where,
                f"{bad} of the {found.size} values of {array.name} are NaN or infinite in the case {case!r} where "
                f"{_at(spec, size)}; if they are wanted, name the case under inputs.not_finite in kernel.toml",
            )

    def _call(self, name: str, function: Function, arguments: tuple[Any, ...], spec: KernelSpec, size: int) -> Any:
        try:
            return function(*arguments, **_wanted(function, spec.dimensions(size)))
        except (Exception, SystemExit) as error:
            what = f"{name} raised {error_text(error)} where {_at(spec, size)}"
            raise Misuse(f"{self._place(error, function)}: {what}") from error

    def _place(self, error: BaseException, function: Function) -> str:
        """The file and the line where an exception left the author's file."""
        lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if Path(f.filename) == self.path]
        return f"{self.path}:{lines[-1]}" if lines else self._line_of(function)

    def _line_of(self, function: Function) -> str:
        code = getattr(inspect.unwrap(function), "__code__", None)
        return f"{self.path}:{code.co_firstlineno}" if code else str(self.path)

    def _fault(self, where: str, what: str) -> Misuse:
        function = self.inputs_function if where.startswith("inputs") else self.reference_function
        return Misuse(f"{self._line_of(self.mistakes.get(where, function))}: {where}: {what}")


def load_reference(folder: Path, spec: KernelSpec) -> Reference:
    """Import `folder/reference.py` and look at its functions; none is called yet.

    Raises Misuse.
    """
    path = (folder / FILE).resolve()
    module = _import(path)
    inputs, reference = (_function(module, name, path) for name in ("inputs", "reference"))
    mistakes = getattr(module, "MISTAKES", {})
    if not isinstance(mistakes, dict) or not all(isinstance(k, str) and callable(v) for k, v in mistakes.items()):
        raise Misuse(f"{path}: MISTAKES: expected a dict of functions by sentence, got {mistakes!r:.60}")
    arrays = [array.name for array in spec.inputs_of()]
    _check_signature(path, "inputs", inputs, ["rng", "case"], spec)
    for name, function in {"reference": reference, **mistakes}.items():
        _check_signature(path, name, function, arrays, spec)
    return Reference(inputs, reference, mistakes, path)


def _import(path: Path) -> ModuleType:
    """Import the file under a name that no other has. It is read anew each time."""
    name = f"paragone_kernel_{path.parent.name}_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(name, path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise Misuse(f"{path}: there is no such file. It holds inputs(rng, case, …) and reference(…)")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        raise Misuse(f"{error.filename or path}:{error.lineno}: {error.msg}") from None
    except (Exception, SystemExit) as error:
        lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if Path(f.filename) == path]
        raise Misuse(f"{path}:{lines[-1] if lines else 1}: cannot be imported: {error_text(error)}") from error
    return module


def _function(module: ModuleType, name: str, path: Path) -> Function:
    function = getattr(module, name, None)
    if not callable(function):
        known = [key for key, value in vars(module).items() if inspect.isfunction(value)]
        raise Misuse(f"{path}: the function {name!r} is missing. {did_you_mean(name, known)}")
    return function  # type: ignore[no-any-return]


def _check_signature(path: Path, name: str, function: Function, arrays: list[str], spec: KernelSpec) -> None:
    """Arrays in the order of kernel.toml by their names, then those sizes that it wants, by keyword."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # a function written in C tells no signature
        return
    expected = f"{name}({', '.join(arrays)}, *, {', '.join(spec.size_names)})"
    try:
        bound = signature.bind(*arrays, **_wanted(function, dict.fromkeys(spec.size_names, 0)))
    except TypeError as error:
        raise Misuse(f"{_line(path, function)}: {name}{signature}: expected {expected}: {error}") from None
    taken = {value: key for key, value in bound.arguments.items() if value in arrays}
    if any(key != value for value, key in taken.items()) and name in ("inputs", "reference"):
        raise Misuse(f"{_line(path, function)}: {name}{signature}: expected {expected}, the arrays in this order")


def _wanted(function: Function, sizes: dict[str, int]) -> dict[str, int]:
    """The sizes that are parameters of a function; a reference that needs none may leave them out."""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return sizes
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        return sizes
    return {name: size for name, size in sizes.items() if name in parameters}


def _line(path: Path, function: Function) -> str:
    code = getattr(inspect.unwrap(function), "__code__", None)
    return f"{path}:{code.co_firstlineno}" if code else str(path)


def _at(spec: KernelSpec, size: int) -> str:
    return ", ".join(f"{name} = {value}" for name, value in spec.dimensions(size).items())
