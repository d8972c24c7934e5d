"""history.html: runs over time, a chart for each cell, what changed and with what, as one file without scripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from jinja2 import Environment, StrictUndefined

from paragone.comparison.comparable import name_of
from paragone.comparison.history import Event
from paragone.report.figures import palette
from paragone.report.page.build import inline_text, packaged_text
from paragone.report.page.history_chart import chart
from paragone.report.page.markdown_html import slug
from paragone.report.page.payload import BACKGROUNDS, visible
from paragone.report.text import formatting
from paragone.report.text.history import (
    HEADINGS,
    HOW_TO_READ,
    cell_names,
    change_rows,
    event_facts,
    event_title,
    lead,
    left_out_sentences,
    place_of,
    revision,
)

if TYPE_CHECKING:
    from paragone.comparison.history import History, PastRun, Track

PAGE = "report.html"  # of a run
STYLES = ("styles/style.css", "styles/history.css")


def history_page(history: History) -> str:
    """Return the page. The report of a run lies in the folder of its name, beside that of the history."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    names = cell_names(history)
    events = [_event(event, names) for event in history.events]
    return environment.from_string(packaged_text("history.html.j2")).render(
        title="paragone: the runs of one machine over time",
        lead=lead(history),
        left_out=left_out_sentences(history),
        events=events,
        headings=HEADINGS,
        groups=_groups(history, names, events),
        runs=[_run(history, number) for number in reversed(range(len(history.runs)))],
        how_to_read=HOW_TO_READ,
        days=[past.run.plan.created[:10] for past in (history.runs[0], history.runs[-1])],
        styles=[inline_text(name) for name in STYLES],
    )


def _event(event: Event, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "place": f"change-{_place(event.before)}-{_place(event.after)}",
        "title": event_title(event),
        "facts": event_facts(event),
        "rows": change_rows(event, names),
    }


def _groups(history: History, names: Mapping[str, str], events: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The charts of each problem and implementation, those with a change first."""
    titles = _titles_of_changes(events)
    found: dict[tuple[str, str], list[Track]] = {}
    for track in history.tracks:
        found.setdefault((track.problem, track.implementation), []).append(track)
    ordered = sorted(found.items(), key=lambda entry: not any(track.changes for track in entry[1]))
    return [
        {
            "place": slug(f"cells {problem} {implementation}"),
            "problem": formatting.one_line(problem),
            "implementation": formatting.one_line(implementation),
            "colours": _colours(tracks[0].language),
            "n_changed": sum(bool(track.changes) for track in tracks),
            "charts": [_chart(track, len(history.runs), names, titles) for track in tracks],
        }
        for (problem, implementation), tracks in ordered
    ]


def _titles_of_changes(events: Sequence[Mapping[str, Any]]) -> dict[str, list[tuple[str, str, str]]]:
    """Place of a cell → for each of its changes, oldest first: the place of the event, its words, its title."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    for event in reversed(events):
        for row in event["rows"]:
            found.setdefault(row.place, []).append((event["place"], f"{row.step} {row.word}", event["title"]))
    return found


def _chart(
    track: Track, n_runs: int, names: Mapping[str, str], titles: Mapping[str, list[tuple[str, str, str]]]
) -> dict[str, Any]:
    last = track.numbers.iloc[-1]
    now = formatting.ratio_with_interval(last["ratio_to_baseline"], last["ratio_low"], last["ratio_high"])
    return {
        **chart(track, n_runs),
        "place": place_of(track),
        "name": names[place_of(track)],
        "now": f"{now} in the newest of {formatting.plural(len(track.places), 'run')}",
        "changes": titles.get(place_of(track), []),
    }


def _colours(language: str) -> dict[str, str]:
    colour = palette.language_colour(language)
    return {theme: visible(colour, background) for theme, background in BACKGROUNDS.items()}


def _run(history: History, number: int) -> dict[str, Any]:
    past = history.runs[number]
    folder = past.run.folder
    before = history.runs[number - 1 : number] if number else []
    return {
        "place": f"run-{_place(past)}",
        "name": formatting.one_line(name_of(past.run)),
        "link": f"../{quote(folder.name)}/{PAGE}" if (folder / PAGE).is_file() else "",
        "created": past.run.plan.created[:16].replace("T", " "),
        "commit": revision(past),
        "noise": formatting.percent(float(past.cells["margin"].median())),
        "n_cells": len(past.cells),
        "differences": event_facts(Event(before[0], past, [])) if before else [],
    }


def _place(past: PastRun) -> str:
    return slug(past.run.folder.name)
