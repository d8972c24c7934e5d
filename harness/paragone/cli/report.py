"""paragone report."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.markup import escape

from paragone.cli.app import EXIT_FAILED_CHECK, err, out
from paragone.cli.json_lines import print_cells
from paragone.cli.options import ResultsOption
from paragone.errors import Misuse
from paragone.implementation.selection import matches_name

if TYPE_CHECKING:
    from paragone.analyse.results import Results
    from paragone.measure.bench import Bench


def report(
    runs: Annotated[
        list[str] | None, typer.Argument(metavar="[RUN …]", help="Names or folders of runs; latest if left out.")
    ] = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Join runs that are not of the same work too; the report says so.")
    ] = False,
    figures: Annotated[
        bool, typer.Option("--figures", help="Draw the figures of a quick run or a live comparison too.")
    ] = False,
    results: ResultsOption = None,
) -> None:
    """Rebuild the summary, the figures and the report of a run from its folder alone; several go side by side."""
    from paragone.store.runs import find_run, results_folder

    folder = results_folder(results)
    if runs is None or len(runs) < 2:
        run = find_run(folder, runs[0] if runs else "latest")
        if figures:
            draw(run)
        write_and_print(run)
        return
    from paragone.report.write import write_machines_report
    from paragone.store.reader import read_run

    folders = different_runs("report", runs, folder)
    path = write_machines_report([read_run(each) for each in folders], folder, anyway)
    out.print(f"Report: {path}", soft_wrap=True, highlight=False)


def different_runs(verb: str, names: list[str], results: Path) -> list[Path]:
    """The folders of runs, each named once. Raises UnknownName, Misuse."""
    from paragone.store.runs import find_run

    folders = [find_run(results, name) for name in names]
    resolved = [folder.resolve() for folder in folders]
    for number, name in enumerate(names):
        if resolved[number] in resolved[:number]:
            raise Misuse(f"{verb}: {name} is {resolved[number]}, which is among the runs already; name another")
    return folders


def measured(measurement: Bench, new: bool, resume: Path | None = None) -> tuple[Path, bool]:
    """Measure; the folder, and True where the run is finished. A complete run that lacks only its report is that run.

    Its report was not written because the disk was full, or the harness was killed. With `new` it is left alone.
    """
    complete = None if new or resume else measurement.without_report()
    if complete is None:
        return measurement.run(fresh=new, resume=resume)
    measurement.display.say(
        f"Run {complete.name} of this command is complete, and only its report is missing: it is written now. "
        "To measure again: --new"
    )
    return complete, True


def refuse_empty(results: Results) -> None:
    """End the command with a sentence and a code where the finished run holds no sample of what it was asked for."""
    patterns = _patterns(results)
    if results.samples.empty:
        _refuse(results, "nothing was measured: no cell has a timed sample")
    if patterns and len(unmeasured := _unmeasured(results)) == len(patterns):
        _refuse(results, f"nothing was measured of {', '.join(unmeasured)}")


def refuse_failures(results: Results, own: Collection[str], strict: bool) -> None:
    """End the command where what the user named failed a check or gave no sample; if strict, where any cell failed.

    Named is what --implementations asks for, the implementations in `own`, and without either what --plugins leads to.
    """
    from paragone.analyse.statuses import FAILED

    refuse_empty(results)
    plan, patterns, cells = results.run.plan, _patterns(results), results.cells[~results.cells["control"]]
    failed = dict.fromkeys(cells.loc[cells["status"].isin(FAILED), "implementation"])
    told = [name for name in failed if strict or name in own or any(matches_name(name, one) for one in patterns)]
    if not patterns and (strict or (plan.request and plan.request.plugins)):
        told += [entry.name for entry in plan.unusable]
    unmeasured = _unmeasured(results)
    sentences = [f"failed: {', '.join(told)}"] * bool(told)
    sentences += [f"nothing was measured of {', '.join(unmeasured)}"] * bool(unmeasured)
    if sentences:
        _refuse(results, "; ".join(sentences))


def _refuse(results: Results, words: str) -> NoReturn:
    """End the command with these words, a reason of a failure, one of what was named at first, and where all are."""
    from paragone.report.text.gaps import HEADING

    run, patterns = results.run, _patterns(results)
    named = {
        variant.variant
        for variant in run.plan.variants
        if any(matches_name(variant.implementation, one) for one in patterns)
    }
    failures = run.outcomes[run.outcomes["status"].eq("failed")].to_dict("records")
    failures.sort(key=lambda row: row["variant"] not in named)
    first = [f"{row['variant']}: {row['reason']}".rstrip(".") for row in failures[:1]]
    sentences = [words, *first, f"All reasons stand in the report, under “{HEADING}”"]
    err.print(f"[bold red]error:[/] {escape('. '.join(sentences))}", soft_wrap=True, highlight=False)
    raise typer.Exit(EXIT_FAILED_CHECK)


def _patterns(results: Results) -> tuple[str, ...]:
    request = results.run.plan.request
    return request.implementations if request else ()


def _unmeasured(results: Results) -> list[str]:
    """The patterns of --implementations that no timed sample is of."""
    timed = {*results.samples["variant"]}
    names = {variant.implementation for variant in results.run.plan.variants if variant.variant in timed}
    return [one for one in _patterns(results) if not any(matches_name(name, one) for name in names)]


def draw(folder: Path) -> None:
    """Draw the figures of a run, whatever it is; its report then shows them."""
    from paragone.analyse.results import Results
    from paragone.report.write import write_figures
    from paragone.store.reader import read_run

    write_figures(Results(read_run(folder)))


def write_and_print(folder: Path, json: bool = False) -> Results:
    """Write the reports of one run into its folder and print the summary, as `json` its rows; return its results."""
    from paragone.analyse.results import Results
    from paragone.comparison.side_by_side import side_by_side
    from paragone.report.terminal.run import print_summary
    from paragone.report.terminal.side_by_side import print_side_by_side
    from paragone.report.write import write_report
    from paragone.store.reader import read_run

    results = Results(read_run(folder))
    run = results.run
    path = write_report(results)
    if json:
        print_cells(results)
        return results
    print_summary(results, out)
    if run.plan.live is not None:
        out.print()
        print_side_by_side(side_by_side(results), run.plan.live.fail_slower, run.plan, out)
    out.print(f"\nReport: {path}, for a browser {path.with_name('report.html')}", soft_wrap=True, highlight=False)
    return results
