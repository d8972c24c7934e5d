"""The task of a child process: which variant it examines, by which checks, on which problems."""

from __future__ import annotations

import msgspec

from paragone.task.mlp.problem import NetworkProblem


class Task(msgspec.Struct, frozen=True):
    """One variant of an implementation, and the promises to be tried; without problems on those that ship."""

    folder: str
    name: str
    axis: dict[str, str]
    checks: list[str]
    problems: tuple[NetworkProblem, ...] = ()
