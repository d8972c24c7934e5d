"""The data of the page: the rows of the summary, and what the charts and the pages of the cells need beside them."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pandas as pd

from paragone.analyse.intervals import t_quantiles
from paragone.analyse.ratios import UNIT
from paragone.analyse.statuses import CELL
from paragone.analyse.summary import baseline_variants, launches_in_point_estimates
from paragone.analyse.work import work_of_a_step
from paragone.files.printable import printable
from paragone.report.figures import palette
from paragone.report.figures.lines import CAPTIONS, Line, lines_of
from paragone.report.page.cell_details import cell_details
from paragone.report.page.launch_samples import LAUNCH_COLUMNS
from paragone.report.page.sources import sources
from paragone.report.text.exactness import allowed_error
from paragone.report.text.noise import noise_sentence
from paragone.report.text.result_tables import WITHIN
from paragone.report.text.rows import each_row, shown_rows

if TYPE_CHECKING:
    from paragone.analyse.results import Results

LEAST_CONTRAST = 3.0  # of a line against the page: WCAG's minimum for graphics
BACKGROUNDS = {"light": "#ffffff", "dark": "#15171a"}  # of style.css
ESCAPES = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&"}


def payload(results: Results) -> dict[str, Any]:
    """Return the data of the page, ready for JSON.

    `values` holds the rows of `frame` in its order, with the six digits of summary.csv; `work` (of a step), `allowed`,
    `launches` and `details` have an entry for each row; `lines` name and style of each variant, in the order of the
    tables. A launch is [wave, launch, attempt, median seconds per step].
    """
    run, frame = results.run, results.summary
    launches = _launches(results)
    shown = shown_rows(frame)
    most_launches = max(map(len, launches), default=0)
    return {
        "run": run.plan.run,
        # How to speak of each problem, and of all of them.
        "words": {name: asdict(problem.words) for name, problem in run.plan.problems.items()},
        "shared_words": asdict(run.plan.words_of()),
        "columns": list(frame.columns),
        "values": [[_plain(value) for value in row] for row in frame.itertuples(index=False)],
        "work": work_of_a_step(frame, run).tolist(),
        "allowed": [allowed_error(row, run.plan.words_of(row.problem)) for row in each_row(frame)],
        "lines": {line.variant: {"name": line.name, "style": _style(line)} for line in lines_of(frame)},
        "captions": CAPTIONS,
        "within": WITHIN,
        "launches": launches,
        "baselines": baseline_variants(run),
        "noise": {problem: noise_sentence(results, problem) for problem in run.plan.problems},
        "keys": {problem: palette.key(shown[shown["problem"] == problem]) for problem in run.plan.problems},
        # The quantiles of Student's t for 1, 2, … degrees of freedom, for intervals over launches.
        "t": [_plain(quantile) for quantile in t_quantiles(range(1, most_launches))],
        "launch_columns": LAUNCH_COLUMNS,
        "details": cell_details(results),
        "sources": sources(run),
    }


def as_json(content: Any) -> str:
    """Return JSON that cannot end a script element: `<`, `>` and `&` are escaped.

    Its texts print: a character that turns text around would do so on the page too, in a source as in a name.
    """
    text = json.dumps(_shown(content), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.translate(ESCAPES)


def _shown(content: Any) -> Any:
    """Return the content with escape codes in its texts for characters that do not print."""
    if isinstance(content, str):
        return printable(content, kept="\n\t")
    if isinstance(content, dict):
        return {_shown(key): _shown(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [value if isinstance(value, int | float) else _shown(value) for value in content]
    return content


def visible(colour: str, background: str) -> str:
    """Move a colour towards black or white until it has LEAST_CONTRAST with the background, and no further."""
    behind = palette.rgb(background)
    shift = 1.0 if palette.luminance(behind) < 0.2 else 0.0
    for amount in range(0, 101, 4):
        moved = [channel + (shift - channel) * amount / 100 for channel in palette.rgb(colour)]
        if _contrast(moved, behind) >= LEAST_CONTRAST:
            break
    return "#" + "".join(f"{round(255 * channel):02x}" for channel in moved)


def in_both_themes(colour: str) -> dict[str, str]:
    """Return the colour as it is visible in each theme."""
    return {theme: visible(colour, background) for theme, background in BACKGROUNDS.items()}


def _contrast(one: Sequence[float], other: Sequence[float]) -> float:
    dark, light = sorted((palette.luminance(one), palette.luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _style(line: Line) -> dict[str, Any]:
    """Return the colour for each theme, marker and dashes, as all figures have them."""
    style = line.style
    dashes = [] if style["linestyle"] == "-" else list(style["linestyle"][1])
    return {**in_both_themes(style["color"]), "marker": style["marker"], "dashes": dashes}


def _launches(results: Results) -> list[list[list[Any]]]:
    """Return for each row of the frame the launch medians that its throughput is the median of."""
    frame = results.summary
    found = {
        key: cells[[*UNIT, "step_seconds"]]
        for key, cells in launches_in_point_estimates(results.launches).groupby(CELL)
    }
    has_time = frame["work_per_second"].notna()
    keys = frame[CELL].itertuples(index=False, name=None)
    return [
        [[_plain(value) for value in row] for row in found[key].itertuples(index=False)] if timed else []
        for key, timed in zip(keys, has_time, strict=True)
    ]


def _plain(value: Any) -> Any:
    """Return a value of a frame for JSON: numbers with six significant digits, None for NaN and infinity."""
    value = getattr(value, "item", lambda: value)()
    if isinstance(value, float):
        rounded = float(f"{value:.6g}")
        return None if not math.isfinite(value) else int(rounded) if rounded.is_integer() else rounded
    return None if value is pd.NA else value
