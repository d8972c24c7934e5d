"""Numbers and names as a reader wants them: three significant digits, and safe inside a Markdown table.

What is written is rounded from the six digits that summary.csv and report.html have, halves away from zero: so the
three agree (page/words.js does the same).
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pandas as pd

from paragone.files.printable import printable
from paragone.implementation.contract import axes_of

MISSING = "–"
WORDS = {"failed": "failed", "rejected": "rejected", "not measured": "not run", "unavailable": "absent"}
PREFIXES = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


def significant(value: float, digits: int = 3) -> str:
    """Return the number with that many significant digits and no exponent: 0.0312, 1.35, 311, 12300."""
    if not math.isfinite(value):
        return MISSING
    if value == 0:
        return "0"
    stored = Decimal(f"{value:.6g}")
    found = _rounded(stored, stored.adjusted() - digits + 1)
    return f"{_rounded(found, found.adjusted() - digits + 1):f}"  # 9.996 has become 10.00, which is 10.0


def _as_stored(value: float) -> float:
    return float(f"{value:.6g}")


def _rounded(value: Decimal, exponent: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(exponent), ROUND_HALF_UP)


def rate(value: float, digits: int = 3) -> str:
    """Return a rate with its prefix: "311 k", "1.71 M", "412"."""
    size, prefix = _prefix(_as_stored(value), digits)
    return f"{significant(value / size, digits)} {prefix}".strip()


def _prefix(value: float, digits: int = 3) -> tuple[float, str]:
    found = (entry for entry in PREFIXES if value >= entry[0] * (1 - 0.5 * 10.0**-digits))
    return next(found, (1.0, ""))


def tick(value: float) -> str:
    """Return a number for an axis: "50 k", "1.5 M", "0.2"."""
    for size, prefix in PREFIXES:
        if value >= 0.999 * size:
            return f"{value / size:g} {prefix}"
    return f"{value:.3g}"


def rate_interval(low: float, high: float, value: float) -> str:
    """Return "[302–320]" in the unit of the value that it stands beside, or nothing without an interval."""
    if math.isnan(low) or math.isnan(high):
        return ""
    size, _ = _prefix(_as_stored(value))
    return f"[{significant(low / size)}–{significant(high / size)}]"


def ratio(value: float) -> str:
    """Return a speed-up: "1.35×", "12.4×", "0.021×"."""
    return f"{_ratio_number(value)}×" if math.isfinite(value) else MISSING


def ratio_interval(low: float, high: float) -> str:
    """Return "[1.29, 1.41]", or nothing without an interval."""
    if math.isnan(low) or math.isnan(high):
        return ""
    return f"[{_ratio_number(low)}, {_ratio_number(high)}]"


def ratio_with_interval(value: float, low: float, high: float) -> str:
    """Return "1.35× [1.29, 1.41]", or the speed-up alone without an interval."""
    return f"{ratio(value)} {ratio_interval(low, high)}".strip()


def short_ratio(value: float) -> str:
    """Return a speed-up in at most five characters where it can: "1.35", "12.4", "1/20"."""
    if not math.isfinite(value):
        return MISSING
    return _ratio_number(value) if value >= 0.1 else f"1/{significant(1 / value, 2)}"


def _ratio_number(value: float) -> str:
    """Return two decimals near 1, where they are what margins are made of, else significant digits."""
    value = _as_stored(value)
    if 0.1 <= value < 10:
        return f"{_rounded(Decimal(str(value)), -2):f}"
    return significant(value, 3 if value >= 10 else 2)


def seconds(value: float) -> str:
    """Return a duration in the unit that suits it: "3.2 µs", "45 ms", "12 s", "4.1 min"."""
    if not math.isfinite(value):
        return MISSING
    value = _as_stored(value)
    for size, unit in ((1e-6, "µs"), (1e-3, "ms"), (1.0, "s")):
        if value < 1000 * size and not (unit == "s" and value >= 120):
            return f"{significant(value / size)} {unit}"
    return f"{significant(value / 60)} min"


def percent(value: float) -> str:
    """Return a fraction as per cent with two significant digits: "1.2 %"."""
    return f"{significant(100 * value, 2)} %" if math.isfinite(value) else MISSING


def batch(size: int) -> str:
    """Return a batch size with thin spaces between thousands."""
    return f"{size:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def listed(words: Sequence[str]) -> str:
    """Return "a, b and c"."""
    return " and ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)


def plural(count: int, noun: str) -> str:
    """Return "1 launch", "5 launches", "3 epochs"."""
    ending = "" if count == 1 else "es" if noun.endswith(("ch", "sh", "s")) and noun != "epoch" else "s"
    return f"{count} {noun}{ending}"


def one_line(text: object) -> str:
    """Return text from outside in one line of printable characters; others (ESC, a half character) by their codes."""
    return printable(" ".join(str(text).split()))


def escaped(text: object) -> str:
    """Return text from outside made harmless in Markdown, in a table or out of it: one line, no markup."""
    markup = re.sub(r"([\\`*_\[\]|~])", r"\\\1", html.escape(one_line(text), quote=False))
    return f"\\{markup}" if markup[:1] in tuple("#+-") else markup


def code(text: object) -> str:
    """Return text from outside as inline code, safe in a table: a fence longer than any run of backticks in it."""
    line = one_line(text).replace("|", "\\|")
    fence = "`" * (_longest_run(line) + 1)
    padding = " " if "`" in line else ""
    return f"{fence}{padding}{line}{padding}{fence}" if line else ""


def code_block(lines: Sequence[tuple[object, str]]) -> str:
    """Return commands from outside, each with a remark of ours, as a block that none of them can end."""
    shown = [f"{one_line(command)}    # {remark}" for command, remark in lines]
    fence = "`" * max(3, 1 + max(map(_longest_run, shown)))
    return "\n".join([f"{fence}sh", *shown, fence])


def _longest_run(line: str) -> int:
    return max((len(run) for run in re.findall("`+", line)), default=0)


def short_names(frame: pd.DataFrame) -> pd.Series[str]:
    """Return for each row the name to print: the implementation, with the values of its axes where it has several.

    The dtype is left out: every table and panel is of one dtype.
    """
    values = frame["variant"].map(axis_values)
    several = values.groupby(frame["implementation"]).transform("nunique") > 1
    names = frame["implementation"].where(~several, frame["implementation"] + " " + values)
    return names.where(~frame["control"], names + " (A/A)")


def axis_values(variant: str) -> str:
    """Return the values of the axes of a variant but its dtype: "F" of `numpy_rows[dtype=float32,order=F]`."""
    return " ".join(value for axis, value in axes_of(variant).items() if axis != "dtype")


def presented(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that results are shown of: neither the control nor what is absent; both are told elsewhere."""
    return frame[~frame["control"] & (frame["status"] != "unavailable")]


def rows(frame: pd.DataFrame) -> Iterator[Any]:
    """Yield the rows with their columns as attributes, whose types no checker can know."""
    yield from frame.itertuples(index=False)
