"""NAME.toml with a program: any that speaks the process protocol, with the arrays of a kernel by name.

    language = "JavaScript"
    idea = "typed arrays and plain loops"
    program = "node javascript_loops.js"

It may have a build command beside it, which writes into {build}; {include} holds paragone.js and Paragone.java, which
speak the protocol. docs/kernel-implementations.md describes the messages:

    version                                              -> protocol, version, and where it knows them, threads
    load     kernel, dtype, sizes "n=100 d=3", arrays    -> nothing; arrays is a line for each: "X in float64 100 3"
    reset    slots, and each array: of all slots         -> nothing
    run      calls, order: the slot of each call         -> began_ns, ended_ns by a monotonic clock
    result   slots: those wanted, int32                  -> each array: of these slots

`order` has a byte for each call where there are 256 slots at most, else an int32: it crosses while the clock runs.
A slot has the arrays of one call. The out arrays come filled with no result, and all arrays go back: an input must
come back as it went.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paragone.adapters.build import build_files, filled_in
from paragone.adapters.hosted_program import PROGRAMS, HostedProgram, protocol_texts
from paragone.adapters.installing import not_found
from paragone.adapters.kernel.host import KernelImplementation, folder_of
from paragone.adapters.kernel.slots import Bytes
from paragone.adapters.klv import Value
from paragone.adapters.program import Answer, Program, field_of, read_nothing
from paragone.errors import MeasurementFailed
from paragone.implementation.kernel_folder import source_filter

MOST_SLOTS_OF_A_BYTE = 256
# What else a message may hold: no array can have these names.
FIELDS = frozenset(("do", "end", "error", "kernel", "dtype", "sizes", "arrays", "slots", "calls", "order"))


class KernelProgram(Program):
    """A running program that makes the calls of a kernel."""

    pipe_bytes = 1 << 20  # so that the order of a sample crosses at once, not in sixteen turns

    def load(self, fields: Mapping[str, Value]) -> None:
        self.ask("load", fields, read_nothing)

    def reset(self, n_slots: int, arrays: Mapping[str, Bytes]) -> None:
        """The arrays by name, (n_slots, bytes) each."""
        fields = {name: np.ascontiguousarray(array).reshape(-1).data for name, array in arrays.items()}
        self.ask_at_length("reset", {"slots": str(n_slots), **fields}, "the arrays")

    def run(self, slots: NDArray[np.int64], n_slots: int) -> int:
        """The nanoseconds by the program's own clock, checked against ours."""
        order = _bytes(slots, np.uint8 if n_slots <= MOST_SLOTS_OF_A_BYTE else np.int32)
        return self.timed("run", {"calls": str(len(slots)), "order": order}, read_nothing_else)[0]

    def result(self, slots: NDArray[np.int64], n_bytes: Mapping[str, int]) -> dict[str, Bytes]:
        """The arrays by name, each (slots, n_bytes)."""

        def read(answer: Answer) -> dict[str, Bytes]:
            return {name: _rows(answer, name, len(slots), width) for name, width in n_bytes.items()}

        return self.ask("result", {"slots": _bytes(slots, np.int32)}, read)


class ProgramKernelImplementation(HostedProgram[KernelProgram], KernelImplementation):
    """A program of its own, started when it is loaded."""

    @classmethod
    def missing(cls) -> str | None:
        folder = folder_of(cls.declared)
        first = [
            words[0] for words in (cls.declared.build, cls.declared.program) if words and "{build}" not in words[0]
        ]
        return next(filter(None, (not_found(name, folder) for name in (*first, *cls.declared.requires))), None)

    def command(self) -> Sequence[str]:
        """The program and its arguments, built first where a command says how; it runs in the kernel's folder."""
        folder, places = folder_of(self.declared), {"include": PROGRAMS}
        if self.declared.build:
            build = self.declared.command(self.declared.build, self.axis, self.dtype.name)
            places["build"], _ = build_files(build, folder, protocol_texts(), source_filter(folder, self.name))
        return filled_in(self.declared.command(self.declared.program, self.axis, self.dtype.name), places)

    def open(self) -> None:
        """Start the program and ask for its version."""
        if taken := FIELDS & {array.name for array in self.spec.arrays}:
            raise MeasurementFailed(f"no program can take an array called {min(taken)!r}: messages use that name")
        self.start(KernelProgram, folder_of(self.declared))

    def arm(self, resized: bool) -> None:
        """Send the sizes where they are others, and the arrays of all slots."""
        slots = self._slots
        if resized:
            described = {"sizes": slots.sizes_in_words(), "arrays": slots.arrays_in_words()}
            self._program.load({"kernel": self.spec.name, "dtype": self.dtype.name, **described})
        self._program.reset(slots.n_slots, {name: memory.contents() for name, memory in slots.memory.items()})

    def call(self, slots: NDArray[np.int64]) -> None:
        """Sets `runner_ns`, the time by the program's own clock."""
        self.runner_ns = self._program.run(slots, self._slots.n_slots)

    def note_results(self) -> None:
        """Nothing: the results are in another process until `params` asks for them."""

    def params(self) -> Any:
        """As the base has it, after the arrays of the last call on each set have come back into their slots."""
        slots = self._slots
        last = slots.last_used()
        wanted = last[last >= 0]
        widths = {name: memory.n_bytes for name, memory in slots.memory.items()}
        for name, rows in self._program.result(wanted, widths).items():
            slots.memory[name].take_back(wanted, rows)
        return super().params()

    def build_info(self) -> Mapping[str, str]:
        return {"command": shlex.join(self.started), "version": self.version["version"]}


def read_nothing_else(answer: Answer) -> None:
    """An answer with the clock's readings alone."""
    read_nothing({key: value for key, value in answer.items() if key not in ("began_ns", "ended_ns")})


def _rows(answer: Answer, name: str, n_slots: int, width: int) -> Bytes:
    raw = field_of(answer, name)
    if len(raw) != n_slots * width:
        raise MeasurementFailed(f"{name}: expected {n_slots} times {width} bytes, got {len(raw)} bytes")
    return np.frombuffer(raw, np.uint8).reshape(n_slots, width)


def _bytes(slots: NDArray[np.int64], kind: type[np.integer[Any]]) -> memoryview:
    """Slots as numbers of this kind, little-endian."""
    return slots.astype(np.dtype(kind).newbyteorder("<")).view(np.uint8).data
