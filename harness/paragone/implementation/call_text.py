"""The text of a kernel's call in one language: names, lengths, indices, and loops over what it writes."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from itertools import count

from paragone.implementation.dialects import COLUMNS, ROWS, Dialect
from paragone.task.kernel.spec import ArraySpec, KernelSpec

INDICES = "ijklpqrs"
LONGEST = 70  # characters of a line with a list of parameters

Statement = Callable[[ArraySpec, str], Sequence[str]]  # array, one number of it → lines


class CallText:
    """What the text of a call consists of."""

    def __init__(self, dialect: Dialect, spec: KernelSpec) -> None:
        self.dialect, self.spec = dialect, spec
        self.names: dict[str, str] = {}  # every size and array → what it is called
        for name in [*spec.size_names, *(array.name for array in spec.arrays)]:
            self.names[name] = self._free(name)

    def length(self, expression: str) -> str:
        """An expression of kernel.toml, such as "max(n // 2, 1)"."""
        return ast.unparse(_Translation(self).visit(ast.parse(expression.strip(), mode="eval").body))

    def lengths(self, array: ArraySpec) -> list[str]:
        """The lengths of an array's axes, in the language's own order."""
        lengths = [self.length(each) for each in array.shape]
        return lengths[::-1] if self.dialect.order == COLUMNS else lengths

    def n_numbers(self, array: ArraySpec) -> str:
        return " * ".join(map(bracketed, self.lengths(array)))

    def indices(self, n: int) -> list[str]:
        """Names for `n` indices that no size and no array has, in any case."""
        taken = {name.lower() for name in self.names}
        endless = (f"{INDICES[k % len(INDICES)]}{k // len(INDICES) or ''}" for k in count())
        free = (index for index in endless if index not in taken)
        return [next(free) for _ in range(n)]

    def number_of(self, array: ArraySpec, index: Sequence[str]) -> str:
        """The number of an array at these indices, one for each axis in the order of kernel.toml."""
        if self.dialect.order in (ROWS, COLUMNS):
            place = ", ".join(index if self.dialect.order == ROWS else reversed(index))
        else:
            place = index[0]
            for length, one in zip(self.lengths(array)[1:], index[1:], strict=True):
                place = f"{bracketed(place)} * {bracketed(length)} + {one}"
        return self.dialect.number.format(name=self.names[array.name], index=place)

    def arrays(self) -> list[str]:
        """A comment for each array: its name, role and lengths, and one of its numbers."""
        rows = []
        for array in self.spec.arrays:
            kind = "" if array.is_real else f"{array.dtype}, "
            one = self.number_of(array, self.indices(len(array.shape)))
            rows.append((self.names[array.name], array.role, f"({', '.join(self.lengths(array))})", f"{kind}{one}"))
        widths = [max(len(row[k]) for row in rows) for k in range(4)]
        padded = ["  ".join(f"{word:{width}}" for word, width in zip(row, widths, strict=True)) for row in rows]
        return [f"{self.dialect.comment}   {text}".rstrip() for text in padded]

    def body(self, statement: Statement) -> list[str]:
        """Loops over every array that a call writes, around the lines of `statement`."""
        lines: list[str] = []
        for array in self.spec.outputs_of():
            lines += self._loops(array, statement) if self.dialect.loop else statement(array, f"{array.name}[:]")
        return lines

    def _loops(self, array: ArraySpec, statement: Statement) -> list[str]:
        index = self.indices(len(array.shape))
        within = statement(array, self.number_of(array, index))
        opened = [
            "    " * level + self.dialect.loop.format(i=one, n=self.length(expression))
            for level, (one, expression) in enumerate(zip(index, array.shape, strict=True))
        ]
        closed = (
            ["    " * level + self.dialect.end for level in reversed(range(len(index)))] if self.dialect.end else []
        )
        if self.dialect.stop and not self.dialect.end and len(within) > 1:  # the languages where braces can be left out
            opened[-1] += " {"
            closed = ["    " * (len(index) - 1) + "}"]
        return [*opened, *("    " * len(index) + line for line in within), *closed]

    def _free(self, name: str) -> str:
        """The name; where capitals do not count, D_ for a D beside d."""
        while not self.dialect.tells_case and name.lower() in {other.lower() for other in self.names.values()}:
            name += "_"
        return name


class _Translation(ast.NodeTransformer):
    """Puts a language's own text in the place of names, divisions, min and max."""

    def __init__(self, call: CallText) -> None:
        self.call = call

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self.call.names[node.id])

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        if isinstance(node.op, ast.FloorDiv):
            return self._filled(self.call.dialect.division, node.left, node.right)
        return ast.BinOp(self.visit(node.left), node.op, self.visit(node.right))

    def visit_Call(self, node: ast.Call) -> ast.expr:
        is_least = isinstance(node.func, ast.Name) and node.func.id == "min"
        return self._filled(self.call.dialect.least if is_least else self.call.dialect.most, *node.args)

    def _filled(self, template: str, *operands: ast.expr) -> ast.expr:
        a, b = (bracketed(ast.unparse(self.visit(operand))) for operand in operands)
        text = template.format(a=a, b=b)
        return ast.Name(text if template.endswith(")") else f"({text})")


def bracketed(text: str) -> str:
    """In brackets, unless it is a name, a number, or one whole in brackets."""
    inside = text[1:-1].replace("()", "")
    has_own = text[0] == "(" and text[-1] == ")" and "(" not in inside and ")" not in inside
    return text if has_own or text.replace("_", "").isalnum() else f"({text})"


def listed(words: Iterable[str], indent: str, broken: str = "") -> str:
    """Words with commas between them, in lines that are not long; `broken` stands at the end of all but the last."""
    lines = [""]
    for word in words:
        joined = f"{lines[-1]}, {word}" if lines[-1] else word
        if len(joined) > LONGEST:
            lines[-1] += ","
            lines.append(word)
        else:
            lines[-1] = joined
    return f"{broken}\n{indent}".join(lines)
