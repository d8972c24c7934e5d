"""Whole numbers written with the names of sizes, such as "n*(2*d + 1)" or "max(n - 1, 1)".

An expression is walked as a syntax tree and never run: it knows names, whole numbers, + - * //, brackets, min and max.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping

from paragone.errors import did_you_mean
from paragone.files.schema import LARGEST

MOST_CHARACTERS = 200
GRAMMAR = "names of sizes, whole numbers, + - * // ( ), min(a, b) and max(a, b)"
OPERATORS: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
}
FUNCTIONS: dict[str, Callable[[int, int], int]] = {"min": min, "max": max}
INSTEAD = {
    ast.Div: "for division write //",
    ast.Pow: "for a power write n*n",
    ast.BitXor: "for a power write n*n",
}


def evaluate(expression: str, values: Mapping[str, int]) -> int:
    """The value of an expression.

    Raises ValueError, with a sentence, where it is none, names something else than a size, divides by 0 or gives more
    than 2**53.
    """
    if len(expression) > MOST_CHARACTERS:
        raise ValueError(f"expected an expression of at most {MOST_CHARACTERS} characters, got {len(expression)}")
    try:
        tree = ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ValueError(f"expected an expression of {GRAMMAR}; got {expression!r}") from None
    return _value(tree, values, expression)


def _value(node: ast.expr, values: Mapping[str, int], whole: str) -> int:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return _bounded(node.value, whole)
    if isinstance(node, ast.Name):
        if node.id not in values:
            raise ValueError(f"unknown size {node.id!r} in {whole!r}. {did_you_mean(node.id, values)}")
        return values[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand, values, whole)
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        left, right = _value(node.left, values, whole), _value(node.right, values, whole)
        if isinstance(node.op, ast.FloorDiv) and right == 0:
            raise ValueError(f"{whole!r} divides by 0 where {_shown(values)}")
        return _bounded(OPERATORS[type(node.op)](left, right), whole)
    if isinstance(node, ast.Call) and (function := _function(node)):
        first, second = (_value(argument, values, whole) for argument in node.args)
        return function(first, second)
    hint = INSTEAD.get(type(node.op), "") if isinstance(node, ast.BinOp) else ""
    raise ValueError(f"expected {GRAMMAR}; got {ast.unparse(node)!r}" + (f": {hint}" if hint else ""))


def _function(call: ast.Call) -> Callable[[int, int], int] | None:
    """min or max, where it is called with two arguments."""
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    return FUNCTIONS.get(name) if len(call.args) == 2 and not call.keywords else None


def _bounded(value: int, whole: str) -> int:
    if abs(value) > LARGEST:
        raise ValueError(f"{whole!r} is more than {LARGEST:.0e}")
    return value


def _shown(values: Mapping[str, int]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in values.items())
