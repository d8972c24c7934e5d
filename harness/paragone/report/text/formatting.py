"""Numbers for readers: three significant digits, with a unit prefix where it helps.

Numbers are rounded, halves away from zero, from the six digits that summary.csv and report.html hold, so that all
reports agree. page/scripts/format.js does the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from paragone.files.printable import printable

MISSING = "–"
STATUS_WORDS = {
    "failed": "failed",
    "rejected": "rejected",
    "too fast": "too fast",
    "not measured": "not run",
    "unavailable": "absent",
}
PREFIXES = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


def significant(value: float, digits: int = 3) -> str:
    """Return the number with that many significant digits and no exponent: 0.0312, 1.35, 311, 12300."""
    if not math.isfinite(value):
        return MISSING
    if value == 0:
        return "0"
    stored = Decimal(f"{value:.6g}")
    found = _rounded(stored, stored.adjusted() - digits + 1)
    return f"{_rounded(found, found.adjusted() - digits + 1):f}"  # 9.996 rounds to 10.00, which is 10.0


def _as_stored(value: float) -> float:
    return float(f"{value:.6g}")


def _rounded(value: Decimal, exponent: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(exponent), ROUND_HALF_UP)


def rate(value: float, digits: int = 3) -> str:
    """Return a rate with its prefix: "311 k", "1.71 M", "412"."""
    size, prefix = _prefix(_as_stored(value), digits)
    return f"{significant(value / size, digits)} {prefix}".strip()


def rate_of(value: float, unit: str, digits: int = 3) -> str:
    """Return a rate below a heading that says the unit: "311 k". FLOP/s read as is usual: "1.71 GFLOP/s"."""
    written = rate(value, digits)
    if unit != "FLOP/s" or written == MISSING:
        return written
    return f"{written}{'' if written[-1].isalpha() else ' '}{unit}"


def capitalised(words: str) -> str:
    """Return the words with a capital, as they begin a sentence: "Distances/s"."""
    return words[:1].upper() + words[1:]


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
    """Return "[302–320]" in the unit of `value`, which stands beside it; "" without an interval."""
    if math.isnan(low) or math.isnan(high):
        return ""
    size, _ = _prefix(_as_stored(value))
    return f"[{significant(low / size)}–{significant(high / size)}]"


def ratio(value: float) -> str:
    """Return a speed-up: "1.35×", "12.4×", "0.021×"."""
    return f"{_ratio_number(value)}×" if math.isfinite(value) else MISSING


def ratio_interval(low: float, high: float) -> str:
    """Return "[1.29, 1.41]"; "" without an interval."""
    if math.isnan(low) or math.isnan(high):
        return ""
    return f"[{_ratio_number(low)}, {_ratio_number(high)}]"


def ratio_with_interval(value: float, low: float, high: float) -> str:
    """Return "1.35× [1.29, 1.41]", or the speed-up alone without an interval."""
    return f"{ratio(value)} {ratio_interval(low, high)}".strip()


def short_ratio(value: float) -> str:
    """Return a speed-up in at most five characters if possible: "1.35", "12.4", "1/20"."""
    if not math.isfinite(value):
        return MISSING
    return _ratio_number(value) if value >= 0.1 else f"1/{significant(1 / value, 2)}"


def _ratio_number(value: float) -> str:
    """Return two decimals near 1, where margins of one per cent matter, else significant digits."""
    value = _as_stored(value)
    if 0.1 <= value < 10:
        return f"{_rounded(Decimal(str(value)), -2):f}"
    return significant(value, 3 if value >= 10 else 2)


def seconds(value: float) -> str:
    """Return "2.1 ns", "3.2 µs", "45 ms", "12 s" or "4.1 min"."""
    if not math.isfinite(value):
        return MISSING
    value = _as_stored(value)
    for size, unit in ((1e-9, "ns"), (1e-6, "µs"), (1e-3, "ms"), (1.0, "s")):
        if value < 1000 * size and not (unit == "s" and value >= 120):
            return f"{significant(value / size)} {unit}"
    return f"{significant(value / 60)} min"


def error(value: float) -> str:
    """Return a relative error with two significant digits: "2.9e-05", "0.44", "not finite" where it is infinite."""
    if math.isinf(value):
        return "not finite"
    if math.isnan(value):
        return MISSING
    found = _rounded(stored := Decimal(f"{value:.6g}"), stored.adjusted() - 1)
    return f"{float(found):.2g}"


def percent(value: float) -> str:
    """Return a fraction in per cent with two significant digits: "1.2 %"."""
    return f"{significant(100 * value, 2)} %" if math.isfinite(value) else MISSING


def n_bytes(value: float) -> str:
    """Return "0.79 GB", "27 MB"."""
    return f"{significant(value / 1e9, 2)} GB" if value >= 1e8 else f"{significant(value / 1e6, 2)} MB"


def size(number: int) -> str:
    """Return a size, or another whole number, with narrow spaces between thousands."""
    return f"{number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def listed(words: Sequence[str]) -> str:
    """Return "a, b and c"."""
    return " and ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)


def plural(count: int, noun: str) -> str:
    """Return "1 launch", "5 launches", "3 cells"."""
    ending = "" if count == 1 else "es" if noun.endswith(("ch", "sh", "s")) and not noun.endswith("och") else "s"
    return f"{count} {noun}{ending}"


def one_line(text: object) -> str:
    """Return text from outside on one line; unprintable characters (ESC, lone surrogates) are shown by their codes."""
    return printable(" ".join(str(text).split()))


def shortened(text: object, most: int) -> str:
    """Return text from outside on one line, cut to that many characters."""
    line = one_line(text)
    return line if len(line) <= most else f"{line[: most - 1]}…"


def sizes_in_words(sizes: Sequence[int]) -> str:
    """Return "1, 10 and 1 000"."""
    return listed([size(int(number)) for number in sizes])


def letters(count: int) -> list[str]:
    """Return the letters A, B, C … of the runs of a comparison."""
    return [chr(ord("A") + number) for number in range(count)]
