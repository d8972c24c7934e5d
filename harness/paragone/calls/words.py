"""The answer in sentences, as a table for a terminal, and as HTML for a notebook."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

import pandas as pd

from paragone.analyse.statuses import FAILED
from paragone.analyse.verdicts import ONE_LAUNCH
from paragone.report.text import formatting
from paragone.report.text.rows import each_row

SURE = ("faster", "slower")


def verdict(frame: pd.DataFrame, has_sizes: bool) -> str:
    """A sentence for each callable but the first at each size, or on the noise where there is one callable."""
    rows = frame[~frame["control"]]
    first = str(rows["name"].iloc[0])
    others = rows[(rows["name"] != first) | rows["status"].isin(FAILED)]
    if others.empty:
        return _of_one(frame, first)
    return "\n".join(f"{_at(row, has_sizes)}{_sentence(row, first)}" for row in each_row(others))


def _of_one(frame: pd.DataFrame, first: str) -> str:
    reach = frame["margin"].max()
    noise = f"; here, identical code differs by up to {formatting.percent(reach)}" if math.isfinite(reach) else ""
    return f"{first} is alone, so nothing is compared{noise}"


def _at(row: Any, has_sizes: bool) -> str:
    return f"{formatting.size(int(row.size))}: " if has_sizes else ""


def _sentence(row: Any, first: str) -> str:
    if row.status in FAILED:
        return f"{row.name} failed: {row.reason}"
    if row.verdict in SURE:
        return f"{row.name} is {row.verdict} than {first}: {_longer(row)}"
    if math.isnan(row.speed):
        return f"{row.name} and {first}: {row.verdict}"
    if str(row.verdict).startswith("same"):
        return f"{row.name} and {first}: {row.verdict} ({_longer(row)})"
    if row.verdict == ONE_LAUNCH or not math.isfinite(row.speed_low):
        return f"{row.name} against {first}: {_longer(row)}, which nothing makes sure ({row.verdict})"
    return f"{row.name} and {first} cannot be told apart: {row.verdict} ({_longer(row)})"


def _longer(row: Any) -> str:
    """Such as "a call takes 3.1 % longer [2.1, 4.0]", or how many times as long where that is more."""
    ratio, low, high = 1 / row.speed, 1 / row.speed_high, 1 / row.speed_low
    if 0.5 < ratio < 2:
        interval = f" [{100 * (low - 1):+.1f}, {100 * (high - 1):+.1f}]" if math.isfinite(low) else ""
        return f"a call takes {100 * abs(ratio - 1):.1f} % {'longer' if ratio > 1 else 'less'}{interval}"
    interval = f" {formatting.ratio_interval(low, high)}" if math.isfinite(low) else ""
    return f"a call takes {formatting.ratio(ratio)} as long{interval}"


def failures(failed: pd.DataFrame, has_sizes: bool) -> str:
    return "; ".join(f"{_at(row, has_sizes)}{row.name} failed: {row.reason}" for row in each_row(failed))


def too_noisy(unsure: pd.DataFrame, fraction: float, has_sizes: bool) -> str:
    """Why a difference of this fraction cannot be told here, and what to do."""
    row = next(iter(each_row(unsure)))
    noise = f"the noise of A/A is {formatting.percent(row.margin)}" if math.isfinite(row.margin) else "A/A is not known"
    asked = formatting.percent(fraction)
    return (
        f"{_at(row, has_sizes)}this machine is too noisy, or the time too short, to tell {asked}: "
        f"{_longer(row) if math.isfinite(row.speed) else row.verdict}, {noise}. "
        "Give more time (seconds=60), or a quieter machine"
    )


HEADINGS = ("callable", "time of a call", "speed", "", "verdict")


def lines(frame: pd.DataFrame, has_sizes: bool) -> Iterator[list[str]]:
    """The cells of a row for each callable and control."""
    for row in each_row(frame):
        size = [formatting.size(int(row.size))] if has_sizes else []
        is_first = math.isnan(row.speed) and row.status not in FAILED and not row.verdict
        speed = ["1", ""] if is_first else _speed(row)
        word = row.status if row.status in FAILED else row.verdict  # the reason stands below
        yield [*size, row.name, formatting.seconds(row.seconds), *speed, word]


def _speed(row: Any) -> list[str]:
    if math.isnan(row.speed):
        return ["", ""]
    return [formatting.ratio(row.speed), formatting.ratio_interval(row.speed_low, row.speed_high)]


def headings(has_sizes: bool) -> list[str]:
    return [*(["size"] if has_sizes else []), *HEADINGS]


def text(frame: pd.DataFrame, notes: Sequence[str], has_sizes: bool) -> str:
    """A table with the verdict and the notes below."""
    table = [headings(has_sizes), *([formatting.one_line(cell) for cell in line] for line in lines(frame, has_sizes))]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    aligned = [
        "  ".join(cell.ljust(width) for cell, width in zip(line[:-1], widths, strict=False)) + "  " + line[-1]
        for line in table
    ]
    shown = [line.rstrip() for line in aligned]
    return "\n".join([*shown, "", formatting_lines(verdict(frame, has_sizes)), *notes])


def formatting_lines(sentences: str) -> str:
    """Each sentence on a line, with nothing in it that does not print."""
    return "\n".join(formatting.one_line(sentence) for sentence in sentences.splitlines())


def html(frame: pd.DataFrame, notes: Sequence[str], has_sizes: bool, png: bytes) -> str:
    """The same for a notebook, with a picture below."""
    head = "".join(f"<th style='text-align:left'>{escape(cell)}</th>" for cell in headings(has_sizes))
    rows = [
        "".join(f"<td style='text-align:left'>{escape(formatting.one_line(cell))}</td>" for cell in line)
        for line in lines(frame, has_sizes)
    ]
    encoded = base64.b64encode(png).decode()
    picture = f"<img style='max-width:45em' alt='the times' src='data:image/png;base64,{encoded}'>"
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    sentences = [*formatting_lines(verdict(frame, has_sizes)).splitlines(), *notes]
    said = "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{said}{picture}"
