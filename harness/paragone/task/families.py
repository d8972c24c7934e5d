"""The families by name: to which one a problem belongs, and how a stored problem is read.

A family is imported when it is first asked for: a worker computes for one, and every worker's start would pay for all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from paragone.task.family import Family
from paragone.task.problem import Problem

if TYPE_CHECKING:
    from paragone.task.mlp.family import Networks

NETWORKS = "mlp"  # every other name is a kernel's


def family_of(problem: Problem) -> Family:
    return networks() if problem.family == NETWORKS else _kernels()


def networks() -> Networks:
    from paragone.task.mlp.family import Networks

    return Networks()


def _kernels() -> Family:
    from paragone.task.kernel.family import Kernels

    return Kernels()


def decode(type_: type[Any], content: Any) -> Any:
    """The hook by which msgspec reads a field that is a `Problem`. Raises as msgspec does for what is none."""
    if type_ is not Problem:
        raise NotImplementedError(f"no field of a record is a {type_.__name__}")
    return msgspec.convert(content, _kind_of(content))


def _kind_of(content: Any) -> type[Problem]:
    if isinstance(content, dict) and "spec" in content:
        from paragone.task.kernel.problem import KernelProblem

        return KernelProblem
    from paragone.task.mlp.problem import NetworkProblem

    return NetworkProblem
