"""The families by name: to which one a problem belongs, and how a stored problem is read."""

from __future__ import annotations

from typing import Any

import msgspec

from paragone.task.family import Family
from paragone.task.kernel.family import Kernels
from paragone.task.kernel.problem import KernelProblem
from paragone.task.mlp.family import Networks
from paragone.task.mlp.problem import NetworkProblem
from paragone.task.problem import Problem

NETWORKS, KERNELS = Networks(), Kernels()


def family_of(problem: Problem) -> Family:
    return KERNELS if isinstance(problem, KernelProblem) else NETWORKS


def decode(type_: type[Any], content: Any) -> Any:
    """The hook by which msgspec reads a field that is a `Problem`. Raises as msgspec does for what is none."""
    if type_ is not Problem:
        raise NotImplementedError(f"no field of a record is a {type_.__name__}")
    kind = KernelProblem if isinstance(content, dict) and "spec" in content else NetworkProblem
    return msgspec.convert(content, kind)
