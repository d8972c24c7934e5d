"""An implementation whose work a program of its own does: started, asked what it is, and ended, for every family."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Generic, TypeVar

from paragone.adapters.program import Program
from paragone.errors import MeasurementFailed
from paragone.implementation.contract import Implementation

P = TypeVar("P", bound=Program)
PROGRAMS = Path(__file__).parent / "programs"  # paragone.js and Paragone.java, which speak the protocol


class HostedProgram(Implementation, Generic[P]):
    """An implementation behind the process protocol; whoever derives from it says what is asked of a P."""

    bridge = "process"

    running: P | None = None

    @abstractmethod
    def command(self) -> Sequence[str]:
        """The program and its arguments; it runs in the implementation's own folder."""

    def environment(self) -> Mapping[str, str]:
        """Variables that the program gets beside the worker's."""
        return {}

    def start(self, kind: type[P], folder: Path) -> P:
        """The program, started unless it runs, which has said its version; where that fails it is ended."""
        if self.running is None:
            self.started = list(self.command())
            self.running = kind(self.started, folder, {**_for_node(), **self.environment()})
        try:
            self.version = self.running.version()
        except BaseException:
            self.close()
            raise
        return self.running

    def threads(self) -> Mapping[str, int]:
        return {self.name: int(self.version["threads"])} if "threads" in self.version else {}

    def close(self) -> None:
        if self.running is not None:
            self.running.end()
            self.running = None

    def __del__(self) -> None:
        self.close()

    @property
    def _program(self) -> P:
        if self.running is None:
            raise MeasurementFailed("the program was not started: load comes first")
        return self.running


def protocol_texts() -> dict[str, str]:
    """The files that speak the protocol, name → text: those that a build command finds in {include}."""
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(PROGRAMS.iterdir())}


def _for_node() -> dict[str, str]:
    """Where Node.js finds paragone.js, before the folders that the user names."""
    return {"NODE_PATH": os.pathsep.join(filter(None, [str(PROGRAMS), os.environ.get("NODE_PATH")]))}
