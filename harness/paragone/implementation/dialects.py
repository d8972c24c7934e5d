"""How each language writes a call of a kernel: types, loops, one number of an array, and y = A x as an example."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

FLAT, ROWS, COLUMNS = "flat", "rows", "columns"  # one index; several, of which the last, or the first, is the fastest


@dataclass(frozen=True)
class Dialect:
    """Templates have {i} and {n} of a loop, {name} and {index} of a number, {a} and {b} of an operation.

    Without a loop, whole arrays are written at once. `example` are the lines for one number of y = A x.
    """

    comment: str
    example: tuple[str, ...]
    number: str = "{name}[{index}]"
    order: str = FLAT  # of indices
    loop: str = ""
    end: str = ""  # of a loop; "" where one statement needs none
    indent: str = "    "  # of the body
    stop: str = ""  # of a statement
    zero: Mapping[str, str] = field(default_factory=dict)  # dtype → literal, where it is not 0
    first: int = 0  # of indices
    division: str = "{a} // {b}"
    least: str = "min({a}, {b})"
    most: str = "max({a}, {b})"
    tells_case: bool = True
    types: Mapping[str, str] = field(default_factory=dict)

    def remark(self, text: str) -> str:
        return f"/* {text} */" if self.comment == " *" else f"{self.comment} {text}"


_C = Dialect(
    " *",
    (
        "real total = 0;",
        "for (int64_t j = 0; j < n; j++)",
        "    total += A[i * n + j] * x[j];",
        "y[i] = total;",
    ),
    loop="for (int64_t {i} = 0; {i} < {n}; {i}++)",
    stop=";",
    division="{a} / {b}",
    least="({a} < {b} ? {a} : {b})",
    most="({a} > {b} ? {a} : {b})",
    types={"real": "real", "int32": "int32_t", "int64": "int64_t", "uint8": "uint8_t"},
)
_JAVASCRIPT = Dialect(
    "//",
    (
        "let total = 0;",
        "for (let j = 0; j < n; j++) total += A[i * n + j] * x[j];",
        "y[i] = total;",
    ),
    loop="for (let {i} = 0; {i} < {n}; {i}++)",
    indent=" " * 8,
    stop=";",
    zero={"int64": "0n"},
    division="Math.floor({a} / {b})",
    least="Math.min({a}, {b})",
    most="Math.max({a}, {b})",
)
DIALECTS = {
    "python": Dialect("#", ("y[:] = (A * x).sum(axis=1)",), order=ROWS),
    "numba": Dialect(
        "#",
        (
            "total = y.dtype.type(0)",
            "for j in range(n):",
            "    total += A[i, j] * x[j]",
            "y[i] = total",
        ),
        order=ROWS,
        loop="for {i} in range({n}):",
    ),
    "c": _C,
    "cpp": replace(_C, comment="//", least="std::min<int64_t>({a}, {b})", most="std::max<int64_t>({a}, {b})"),
    "fortran": Dialect(
        "!",
        ("y(i) = sum(A(:, i) * x)",),
        number="{name}({index})",
        order=COLUMNS,
        loop="do {i} = 1, {n}",
        end="end do",
        indent="  ",
        first=1,
        division="{a} / {b}",
        tells_case=False,
        types={
            "real": "real(real_kind)",
            "int32": "integer(c_int32_t)",
            "int64": "integer(c_int64_t)",
            "uint8": "integer(c_int8_t)",
        },
    ),
    "rust": Dialect(
        "//",
        ("let row = &A[i * n..(i + 1) * n];", "y[i] = row.iter().zip(x).map(|(a, b)| a * b).sum();"),
        loop="for {i} in 0..{n} {{",
        end="}",
        indent=" " * 12,
        stop=";",
        zero={"real": "0.0"},
        division="{a} / {b}",
        least="std::cmp::min({a}, {b})",
        most="std::cmp::max({a}, {b})",
        types={"real": "$real", "int32": "i32", "int64": "i64", "uint8": "u8"},
    ),
    "julia": Dialect(
        "#",
        (
            "total = zero(eltype(y))",
            "for j in 1:n",
            "    total += A[j, i] * x[j]",
            "end",
            "y[i] = total",
        ),
        order=COLUMNS,
        loop="for {i} in 1:{n}",
        end="end",
        first=1,
        division="div({a}, {b})",
    ),
    "javascript": _JAVASCRIPT,
    "java": replace(
        _JAVASCRIPT,
        example=(
            "{real} total = 0;",
            "for (int j = 0; j < n; j++) total += A[i * n + j] * x[j];",
            "y[i] = total;",
        ),
        loop="for (int {i} = 0; {i} < {n}; {i}++)",
        zero={},
        division="{a} / {b}",
        types={"real": "{real}", "int32": "int", "int64": "long", "uint8": "byte"},
    ),
    "process": Dialect("#", ("y[i] = sum(A[i * n + j] * x[j] for j in range(n))",), loop="for {i} in range({n}):"),
}
