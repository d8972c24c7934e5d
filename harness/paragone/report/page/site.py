"""index.html of a site: the machines, and for each of them its pages and its runs. All links are relative."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from jinja2 import Environment, StrictUndefined

from paragone.machine.environment_record import Environment as Surroundings
from paragone.report.page.build import inline_text, packaged_text
from paragone.report.page.markdown_html import slug
from paragone.report.text import formatting
from paragone.store.plan_records import Plan

INDEX = "index.html"
GENERATOR = "paragone site"  # so that a folder of something else is not written into


class SiteRun(NamedTuple):
    """A run as the index lists it."""

    folder: Path
    plan: Plan
    environment: Surroundings
    is_finished: bool
    has_report: bool

    @property
    def machine(self) -> str:
        return self.environment.machine.id or ""

    @property
    def may_enter_history(self) -> bool:
        return self.is_finished and self.plan.live is None and self.plan.launches > 1


def site_page(
    runs: Sequence[SiteRun], pages: Mapping[str, Sequence[tuple[str, str]]], pages_of_all: Sequence[tuple[str, str]]
) -> str:
    """Return the index of these runs, newest first; `pages` are link and words of what there is of a machine."""
    by_machine: dict[str, list[SiteRun]] = {}
    for run in runs:
        by_machine.setdefault(run.machine, []).append(run)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(packaged_text("site.html.j2")).render(
        generator=GENERATOR,
        pages_of_all=pages_of_all,
        n_runs=formatting.plural(len(runs), "run"),
        machines=[
            {
                "place": slug(f"machine {machine or 'unknown'}"),
                "name": _machine_name(own[0]),
                "pages": pages.get(machine, ()),
                "runs": [_run(run) for run in own],
            }
            for machine, own in by_machine.items()
        ],
        styles=[inline_text("styles/style.css")],
    )


def _machine_name(run: SiteRun) -> str:
    about = run.environment.machine
    cpus = f", {formatting.plural(about.logical_cpus, 'CPU')}" if about.logical_cpus else ""
    return formatting.one_line(f"{about.cpu or 'unknown CPU'}{cpus} ({about.id or 'unknown'})")


def _run(run: SiteRun) -> dict[str, Any]:
    plan, revision = run.plan, run.environment.revision
    notes = [
        "not finished" * (not run.is_finished),
        "two versions" * (plan.live is not None),
        "no report yet" * (not run.has_report),
    ]
    return {
        "place": f"run-{slug(run.folder.name)}",
        "name": formatting.one_line(run.folder.name),
        "link": f"{quote(run.folder.name)}/report.html" if run.has_report else "",
        "created": plan.created[:16].replace("T", " "),
        "commit": formatting.one_line((revision.commit or "")[:7] + "+" * bool(revision.dirty)),
        "problems": ", ".join(map(formatting.one_line, plan.problems)),
        "n_variants": sum(not variant.control for variant in plan.variants),
        "launches": "1, quick" if plan.launches == 1 else str(plan.launches),
        "note": ", ".join(filter(None, notes)),
    }
