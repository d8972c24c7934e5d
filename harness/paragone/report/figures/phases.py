"""The phases of a step: stacked bars for each implementation, in microseconds and as shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter, MaxNLocator

from paragone.analyse.breakdown import Breakdown, Key
from paragone.analyse.step_parts import StepParts
from paragone.report.figures import palette
from paragone.report.figures.drawing import Drawing
from paragone.report.figures.figure import Sheet, text_width
from paragone.report.text import formatting

Arithmetic = Mapping[Key, tuple[float, float]]  # of forward, and of backward and update

ROW, BAR = 0.235, 0.68  # inches per row; the part of it that the bar fills
LABEL_SIZE, NUMBER_SIZE = 8.5, 8.0
TIMES_WIDTH, SHARES_WIDTH = 3.6, 3.3
HEADING, AXIS, GAP = 0.34, 0.52, 0.3  # inches above a block, below it, and between the panels
# Bars longer than this many median bars are cut, with a mark; otherwise the other bars would be too short to compare.
LONGEST_OVER_MEDIAN = 4.0
HATCHED = (
    " Hatched: the arithmetic of forward, and of backward and update together, at the speed of a large matrix product."
)
LEAST_WRITTEN_SHARE = 0.09  # a smaller share has no room for its number


def draw(
    cells: Sequence[Breakdown],
    labels: Mapping[str, str],
    name: str,
    title: str,
    heading: str,
    parts: Sequence[StepParts] = (),
) -> Drawing | None:
    """Draw the bars of one problem, a block for each size; None where there are no cells.

    `labels` are the names to print, by variant; `heading` is what the problem calls its sizes. The arithmetic of the
    cells in `parts` is hatched.
    """
    if not cells:
        return None
    sizes = sorted({cell.size for cell in cells})
    blocks = [_from_short_to_long([cell for cell in cells if cell.size == size]) for size in sizes]
    left = 0.3 + max(text_width(labels[cell.variant], LABEL_SIZE) for cell in cells)
    number_room = 0.16 + max(text_width(_significant(cell.clocked.median), NUMBER_SIZE) for cell in cells)
    width = left + TIMES_WIDTH + number_room + GAP + SHARES_WIDTH + 0.25
    height = sum(HEADING + len(block) * ROW + AXIS for block in blocks) + 0.28
    arithmetic = {step.cell.key: (step.of_forward, step.of_behind) for step in parts}
    sheet = Sheet(width, height, title, [_subtitle(cells) + HATCHED * bool(parts)])
    _legend(sheet, [phase for phase in palette.PHASES if any(phase in cell.phases for cell in cells)])
    y = 0.28
    for size, block in zip(sizes, blocks, strict=True):
        y += HEADING
        rows = len(block) * ROW
        sheet.text(0.15, sheet.top + y - 0.16, f"{heading} {formatting.size(size)}", size=10, weight="bold")
        times = sheet.axes(left, y, TIMES_WIDTH, rows)
        _draw_times(times, block, arithmetic)
        times.set_yticks(range(len(block)), [labels[cell.variant] for cell in block], size=LABEL_SIZE)
        times.tick_params(axis="y", labelcolor=palette.INK, length=0)
        _draw_shares(sheet.axes(left + TIMES_WIDTH + number_room + GAP, y, SHARES_WIDTH, rows), block, arithmetic)
        y += rows + AXIS
    return sheet.drawing(name, title)


def _from_short_to_long(cells: Sequence[Breakdown]) -> list[Breakdown]:
    return sorted(cells, key=lambda cell: cell.clocked.median)


def _subtitle(cells: Sequence[Breakdown]) -> str:
    rounds = formatting.plural(max(cell.rounds for cell in cells), "round")
    return (
        f"Medians over {rounds}, each phase by itself, with a clock around every phase. The number, the tick and the "
        "line through it: the whole step with its clocks, and its quartiles. ○ the same step without clocks. Grey: "
        "time outside all phases."
    )


def _legend(sheet: Sheet, phases: Sequence[str]) -> None:
    x, y = 0.15, sheet.top + 0.12
    for phase in phases:
        sheet.text(x, y, "■", size=11, color=palette.PHASES[phase])
        sheet.text(x + 0.16, y, phase, size=8.5, color=palette.INK)
        x += 0.16 + text_width(phase, 8.5) + 0.24


def axis_end(cells: Sequence[Breakdown]) -> float:
    """Return the end of the time axis: the longest bar of at most LONGEST_OVER_MEDIAN times the median."""
    totals = sorted(cell.clocked.median for cell in cells)
    middle = totals[(len(totals) - 1) // 2]
    return max(total for total in totals if total <= LONGEST_OVER_MEDIAN * middle) * 1.04


def _draw_times(axes: Axes, block: Sequence[Breakdown], arithmetic: Arithmetic) -> None:
    end = axis_end(block)
    times = [{phase: max(0.0, spread.median) for phase, spread in cell.phases.items()} for cell in block]
    _bars(axes, times, end)
    _hatch(axes, times, [arithmetic.get(cell.key, (0.0, 0.0)) for cell in block], end)
    for row, cell in enumerate(block):
        is_cut = cell.clocked.median > end
        if is_cut:
            axes.text(end * 0.985, row, "❯❯", size=7.5, color="white", va="center", ha="right", weight="bold")
        else:
            axes.hlines(row, cell.clocked.low, min(cell.clocked.high, end), color=palette.INK, linewidth=0.8)
            axes.plot([cell.clocked.median], [row], marker="|", markersize=7, color=palette.INK, markeredgewidth=1.1)
            if cell.plain.median < end:
                axes.scatter([cell.plain.median], [row], s=13, color="white", edgecolor=palette.INK, lw=0.8, zorder=4)
        place = end if is_cut else max(cell.clocked.median, min(cell.clocked.high, end), cell.plain.median)
        axes.text(
            min(place, end) + end * 0.02,
            row,
            _significant(cell.clocked.median),
            size=NUMBER_SIZE,
            va="center",
            color=palette.INK,
        )
    axes.set_xlim(0, end)
    axes.set_xlabel("microseconds per step")
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _significant(value)))


def _significant(microseconds: float) -> str:
    """Return the number with three significant digits, and narrow spaces between thousands."""
    if microseconds < 1000:
        return f"{microseconds:.3g}"
    return formatting.size(int(formatting.significant(microseconds)))


def _draw_shares(axes: Axes, block: Sequence[Breakdown], arithmetic: Arithmetic) -> None:
    shares = [{phase: 100 * cell.share(phase) for phase in cell.phases} for cell in block]
    _bars(axes, shares, 100.0)
    wholes = [sum(max(0.0, spread.median) for spread in cell.phases.values()) for cell in block]
    lengths = [arithmetic.get(cell.key, (0.0, 0.0)) for cell in block]
    percents = [tuple(100 * length / whole for length in pair) for pair, whole in zip(lengths, wholes, strict=True)]
    _hatch(axes, shares, percents, 100.0)
    for row, of_row in enumerate(shares):
        begin = 0.0
        for phase, share in of_row.items():
            if share >= 100 * LEAST_WRITTEN_SHARE:
                colour = "white" if phase in ("forward", "backward") else palette.INK
                around = [withStroke(linewidth=2.2, foreground=palette.PHASES[phase])]  # no hatch goes through it
                style: dict[str, Any] = {"size": 7.5, "color": colour, "path_effects": around}
                axes.text(begin + share / 2, row, f"{share:.0f}", va="center", ha="center", **style)
            begin += share
    axes.set_xlim(0, 100)
    axes.set_xlabel("% of the step")
    axes.set_yticks([])


def _bars(axes: Axes, values: Sequence[Mapping[str, float]], end: float) -> None:
    """Draw a stacked bar for each row, from the top down, clipped at `end`."""
    axes.set_ylim(len(values) - 0.5, -0.5)
    axes.grid(axis="x", color=palette.GRID, linewidth=0.7)
    axes.set_axisbelow(True)
    begins = [0.0] * len(values)
    for phase in palette.PHASES:
        style: dict[str, Any] = {"color": palette.PHASES[phase], "edgecolor": "white", "linewidth": 0.5}
        rows = [row for row, value in enumerate(values) if value.get(phase, 0.0) > 0]
        rows = [row for row in rows if begins[row] < end]
        lengths = [min(values[row][phase], end - begins[row]) for row in rows]
        axes.barh(rows, lengths, height=BAR, left=[begins[row] for row in rows], **style)
        for row in rows:
            begins[row] += values[row][phase]


def _hatch(axes: Axes, values: Sequence[Mapping[str, float]], lengths: Sequence[Sequence[float]], end: float) -> None:
    """Hatch the arithmetic in the bars: that of forward where it begins, that behind it where backward begins."""
    for row, (value, of_row) in enumerate(zip(values, lengths, strict=True)):
        forward = value.get("gather", 0.0)
        behind = forward + value.get("forward", 0.0) + value.get("loss", 0.0)
        for begin, length in zip((forward, behind), of_row, strict=True):
            if length > 0 and begin < end:
                style: dict[str, Any] = {"color": "none", "hatch": "/////", "edgecolor": "white", "linewidth": 0}
                axes.barh([row], [min(length, end - begin)], height=BAR, left=[begin], **style)
