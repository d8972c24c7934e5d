"""The command line: paragone list · verify · bench · report · train · export · doctor."""

from __future__ import annotations

import json
import shlex
import signal
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from harness import __version__
from harness.display import TerminalDisplay, checks_table, status_line, verdicts_table
from harness.errors import HarnessError, Misuse, UnknownName
from harness.interface import FLOATS
from harness.pilot import reason_against
from harness.plan import check
from harness.problem import Problem
from harness.registry import discover, find_variant, refuse_broken, select
from harness.request import BASELINE, QUICK_ROUNDS, ROUNDS, Request
from harness.resolution import FEWEST_LAUNCHES
from harness.workloads import find_problem, shipped_names

EXIT_FAILED_CHECK = 1
EXIT_INTERRUPTED = 130

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Settles quarrels about numerical code by measurement.",
    epilog=(
        "Exit codes: 0 done · 1 an implementation failed its check or cannot run (verify, train) · 2 misuse · "
        "3 a workload file is wrong · "
        "4 a data set is missing or damaged · 5 a results folder cannot be read or written · 130 interrupted."
    ),
)
out = Console()
err = Console(stderr=True)

ProblemOption = Annotated[
    list[str] | None, typer.Option("--problem", "-p", help="Workload: a name, a TOML file, or all. May be repeated.")
]
ImplementationsOption = Annotated[
    list[str] | None, typer.Option("--implementations", "-i", help="Name or glob, such as 'numpy_*'. May be repeated.")
]
DtypeOption = Annotated[list[str] | None, typer.Option("--dtype", help="float32 or float64. May be repeated.")]
SizesOption = Annotated[
    str | None, typer.Option("--batch-sizes", "-b", help="Such as 1,10,100 or full; else the workload's own grid.")
]
DataOption = Annotated[
    str | None,
    typer.Option("--data", help="Folder or file with MNIST, or 'digits' for the embedded set; else PARAGONE_DATA."),
]
ResultsOption = Annotated[
    Path | None, typer.Option("--results", help="Folder of the runs; else PARAGONE_RESULTS or the project's own.")
]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Seed of start parameters, orders and rounds.")]
LimitOption = Annotated[
    float, typer.Option("--time-limit", min=1, help="Seconds that one order to a worker may take before it is killed.")
]


def main() -> NoReturn:
    """Run the command line; a user's mistake ends in a sentence and an exit code, never in a traceback."""
    signal.signal(signal.SIGTERM, _as_interrupt)
    try:
        # Outside standalone mode an Exit comes back as its code, and a command that just ends as None.
        code = app(standalone_mode=False)
    except HarnessError as error:
        err.print(f"[bold red]error:[/] {escape(str(error))}", soft_wrap=True, highlight=False)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        err.print("Interrupted.")
        sys.exit(EXIT_INTERRUPTED)
    except Exception as error:
        if hasattr(error, "exit_code") and hasattr(error, "show"):
            error.show()
            sys.exit(error.exit_code)
        raise
    sys.exit(code or 0)


def _as_interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


@app.callback(invoke_without_command=True)
def root(version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False) -> None:
    """Settle quarrels about numerical code by measurement."""
    if version:
        out.print(f"paragone {__version__}", highlight=False)
        raise typer.Exit


@app.command("list", epilog="Example: paragone list")
def list_implementations() -> None:
    """Show every implementation: language, axes, source, idea, whether it can run here."""
    found, broken = discover()
    for entry in found:
        declared = entry.implementation
        axes = [f"{axis} {'/'.join(values)}" for axis, values in declared.axes.items()]
        facts = [declared.language, declared.layout, *axes, f"{entry.maths_lines()} lines of maths", declared.source]
        out.print(f"[bold]{escape(declared.name)}[/]  {escape(' · '.join(facts))}", soft_wrap=True, highlight=False)
        out.print(f"    {escape(declared.idea)}", soft_wrap=True, highlight=False)
        if reason := reason_against(declared):
            out.print(f"    [yellow]unavailable:[/] {escape(reason)}", soft_wrap=True, highlight=False)
    for failed in broken:
        out.print(f"[red]{escape(failed.name)}[/]: {escape(failed.reason)}", soft_wrap=True)
    out.print("\nWorkloads: " + ", ".join(shipped_names()), highlight=False)


@app.command(epilog="Example: paragone verify numpy_tuned --problem mlp4 --batch-sizes 1,7,500")
def verify(
    implementations: Annotated[list[str] | None, typer.Argument(help="Names or globs; all if left out.")] = None,
    problem: ProblemOption = None,
    dtype: DtypeOption = None,
    batch_sizes: SizesOption = None,
    threads: Annotated[int, typer.Option(min=1)] = 1,
    data: DataOption = None,
    seed: SeedOption = 1,
    slow: Annotated[bool, typer.Option("--slow", help="Check steps longer than 2 s too.")] = False,
    time_limit: LimitOption = 120,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Show every check with its error and bound.")
    ] = False,
) -> None:
    """Check implementations against the float64 reference; nothing is timed."""
    from harness.pilot import verify_only

    request = Request(
        problems=_problems(problem or ["all"]),
        implementations=tuple(implementations or ()),
        dtypes=_dtypes(dtype),
        batch_sizes=_batch_sizes(batch_sizes),
        threads=(threads,),
        seed=seed,
        slow=slow,
        time_limit_s=time_limit,
    )
    found, broken = discover()
    refuse_broken(request.implementations, found, broken)
    check(request, found)
    chosen = select(found, implementations or ["*"])
    display = TerminalDisplay(err)
    rows: list[dict[str, Any]] = []
    checks = verify_only(request, chosen, found, _data(data, display), display)
    try:
        for more in checks:
            rows += more
    finally:
        if rows:
            _print_checks(rows, verbose)
    for failed in broken:
        err.print(f"[red]{escape(failed.name)}[/]: {escape(failed.reason)}", soft_wrap=True)
    if (broken and not implementations) or any(row["status"] == "failed" for row in rows):
        raise typer.Exit(EXIT_FAILED_CHECK)


@app.command(epilog="Example: paragone bench --problem mlp4 -i 'numpy_*' --dtype float32 --batch-sizes 500,20000")
def bench(
    problem: ProblemOption = None,
    implementations: ImplementationsOption = None,
    dtype: DtypeOption = None,
    batch_sizes: SizesOption = None,
    threads: Annotated[
        str, typer.Option("--threads", "-t", help="Such as 1,2: a launch of everything for each.")
    ] = "1",
    launches: Annotated[int, typer.Option(min=FEWEST_LAUNCHES, help="Fresh processes per variant.")] = FEWEST_LAUNCHES,
    rounds: Annotated[
        int | None, typer.Option(min=3, help="Samples of every cell in each launch; else 10, for --quick 6.")
    ] = None,
    resolve: Annotated[
        str | None, typer.Option(help="Such as 5%: as many launches as it takes to find that difference.")
    ] = None,
    baseline: Annotated[str, typer.Option(help="The implementation that ratios refer to.")] = BASELINE,
    quick: Annotated[
        bool, typer.Option("--quick", help="One launch, batches 10 and 1000, one dtype each: no intervals.")
    ] = False,
    slow: Annotated[bool, typer.Option("--slow", help="Measure steps longer than 2 s too.")] = False,
    new: Annotated[bool, typer.Option("--new", help="Begin a new run even where one is unfinished.")] = False,
    resume: Annotated[str | None, typer.Option(help="Go on with this run; its plan is used as it is.")] = None,
    data: DataOption = None,
    results: ResultsOption = None,
    seed: SeedOption = 1,
    time_limit: LimitOption = 120,
) -> None:
    """Verify, measure and report; goes on where an interrupted run of the same plan stopped."""
    if quick and resolve is not None:
        raise Misuse("--quick has one launch and resolves nothing: leave out --quick or --resolve")
    request = Request(
        problems=_problems(problem or ["nielsen"]),
        implementations=tuple(implementations or ()),
        dtypes=_dtypes(dtype),
        batch_sizes=_batch_sizes(batch_sizes) or ((10, 1000) if quick else ()),
        threads=_threads(threads),
        launches=launches,
        rounds=rounds or (QUICK_ROUNDS if quick else ROUNDS),
        resolve=_percentage(resolve),
        baseline=baseline,
        seed=seed,
        slow=slow,
        quick=quick,
        time_limit_s=time_limit,
    )
    given = {find_problem(name).name: name for name in _names(problem or ["nielsen"])}
    _bench(request, given, data, results, new, resume)


def _bench(
    request: Request, given: dict[str, str], data: str | None, results: Path | None, new: bool, resume: str | None
) -> None:
    from harness.bench import Bench
    from harness.request import request_of
    from harness.runs import find_run, results_folder
    from harness.store import read_json

    runs = results_folder(results)
    folder = None if resume is None else find_run(runs, resume)
    if folder is not None:
        request = request_of(read_json(folder / "plan.json"))
    found, broken = discover()
    refuse_broken(request.implementations, found, broken)
    check(request, found)
    display = TerminalDisplay(err)
    command = shlex.join(["paragone", *sys.argv[1:]])
    bench = Bench(request, found, broken, _data(data, display), runs, command, display, given)
    try:
        folder, finished = bench.run(fresh=new, resume=folder)
    except KeyboardInterrupt:
        display.say("Interrupted before the plan was fixed: nothing was measured, nothing is left behind.")
        raise typer.Exit(EXIT_INTERRUPTED) from None
    _report(folder)
    if not finished:
        raise typer.Exit(EXIT_INTERRUPTED)


@app.command(epilog="Example: paragone report latest")
def report(
    run: Annotated[str, typer.Argument(help="Name or folder of a run; latest if left out.")] = "latest",
    results: ResultsOption = None,
) -> None:
    """Rebuild the summary, the figures and the report of a run from its folder alone."""
    from harness.runs import find_run, results_folder

    _report(find_run(results_folder(results), run))


def _report(folder: Path) -> None:
    from harness.report import write_report
    from harness.report.console import print_summary
    from harness.store import read_run

    run = read_run(folder)
    path = write_report(run)
    print_summary(run, out)
    out.print(f"\nReport: {path}", soft_wrap=True, highlight=False)


@app.command(epilog="Example: paragone train numpy_tuned --epochs 30 --dtype float64")
def train(
    implementation: Annotated[str, typer.Argument(help="A name, or a variant: 'numpy_rows[dtype=float32,order=F]'.")],
    problem: Annotated[str, typer.Option("--problem", "-p")] = "nielsen",
    epochs: Annotated[int, typer.Option(min=1)] = 10,
    batch_size: Annotated[int, typer.Option(min=1)] = 10,
    dtype: Annotated[str | None, typer.Option(help="float32 or float64.")] = None,
    threads: Annotated[int, typer.Option(min=1)] = 1,
    data: DataOption = None,
    seed: SeedOption = 1,
    time_limit: LimitOption = 3600,
) -> None:
    """Train one variant and print its test accuracy after every epoch; elapsed time includes evaluating."""
    from harness.learning import learn

    found, broken = discover()
    refuse_broken([implementation.partition("[")[0]], found, broken)
    name = implementation
    if dtype is not None:
        name = f"{implementation.removesuffix(']')}{',' if '[' in implementation else '['}dtype={_dtypes([dtype])[0]}]"
    variant = find_variant(found, name)
    display = TerminalDisplay(err)
    loaded = _data(data, display)
    (workload,) = _problems([problem])
    request = Request((workload,), batch_sizes=(batch_size,), threads=(threads,), seed=seed, time_limit_s=time_limit)
    out.print(f"{variant.name} on {workload.name}, batch size {batch_size}, data: {loaded.name}", highlight=False)
    for at in learn(request, found, variant, loaded, epochs):
        out.print(
            f"Epoch {at.epoch}: {at.correct} / {at.n_test}, elapsed time: {at.elapsed_seconds:.2f} s "
            f"(training {at.training_seconds:.2f} s)",
            highlight=False,
        )


@app.command(epilog="Example: paragone export latest --format pytest-benchmark > run.json")
def export(
    run: Annotated[str, typer.Argument(help="Name or folder of a run; latest if left out.")] = "latest",
    format_: Annotated[str, typer.Option("--format", help="pytest-benchmark")] = "pytest-benchmark",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write; else standard output.")] = None,
    results: ResultsOption = None,
) -> None:
    """Write a run in another tool's form."""
    from harness.export import pytest_benchmark_json
    from harness.runs import find_run, results_folder
    from harness.store import read_run

    if format_ != "pytest-benchmark":
        raise UnknownName("format", format_, ["pytest-benchmark"])
    text = json.dumps(pytest_benchmark_json(read_run(find_run(results_folder(results), run))), indent=1)
    if output is None:
        sys.stdout.write(text + "\n")
        return
    try:
        output.write_text(text + "\n")
    except OSError as error:
        raise Misuse(f"--output {output}: cannot be written: {error.strerror}") from None


@app.command(epilog="Example: paragone doctor")
def doctor() -> None:
    """Show what is here, what is missing, and what would disturb a measurement, with the command that mends each."""
    from harness.doctor import examine

    colours = {"ok": "green", "note": "yellow", "problem": "red"}
    for finding in examine():
        colour = colours[finding.severity]
        out.print(
            f"[{colour}]{finding.severity:<8}[/] [bold]{escape(finding.what)}[/]: {escape(finding.found)}",
            highlight=False,
            soft_wrap=True,
        )
        if finding.mend and finding.severity != "ok":
            out.print(f"         → {escape(finding.mend)}", highlight=False, soft_wrap=True)


def _data(path: str | None, display: TerminalDisplay) -> Any:
    from harness.data import find_data

    return find_data(path, display.say)


def _names(asked: Sequence[str]) -> list[str]:
    """Return the workloads asked for, once each, "all" written out."""
    return list(dict.fromkeys(name for one in asked for name in (shipped_names() if one == "all" else [one])))


def _problems(names: Sequence[str]) -> tuple[Problem, ...]:
    problems = [find_problem(name) for name in _names(names)]
    twice = [problem.name for problem in problems if sum(other.name == problem.name for other in problems) > 1]
    if twice:
        raise Misuse(f"--problem: two workloads are called {twice[0]!r}; rename one of the files")
    return tuple(problems)


def _dtypes(names: Sequence[str] | None) -> tuple[str, ...]:
    for name in names or ():
        if name not in FLOATS:
            raise UnknownName("dtype", name, FLOATS)
    return tuple(dict.fromkeys(names or ()))


def _batch_sizes(text: str | None) -> tuple[int | str, ...]:
    sizes: list[int | str] = []
    for part in (text or "").replace(",", " ").split():
        if part != "full" and not (part.isascii() and part.isdigit() and int(part[:18]) > 0):
            raise Misuse(f"--batch-sizes: expected whole numbers above 0 or full, separated by commas; got {part!r}")
        sizes.append(part if part == "full" else int(part))
    return tuple(dict.fromkeys(sizes))


def _threads(text: str) -> tuple[int, ...]:
    parts = text.replace(",", " ").split()
    if not parts or not all(part.isascii() and part.isdigit() and int(part) > 0 for part in parts):
        raise Misuse(f"--threads: expected whole numbers above 0, separated by commas; got {text!r}")
    return tuple(dict.fromkeys(map(int, parts)))


def _percentage(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        value = float(text.removesuffix("%")) / 100
    except ValueError:
        value = 0.0
    if not (text.endswith("%") and 0 < value < 1):
        raise Misuse(f"--resolve: expected a percentage such as 5%, got {text!r}")
    return value


def _print_checks(rows: Sequence[dict[str, Any]], verbose: bool) -> None:
    if verbose:
        out.print(checks_table(rows))
    else:
        for problem in dict.fromkeys(row["problem"] for row in rows):
            out.print(verdicts_table(problem, [row for row in rows if row["problem"] == problem]))
    for row in rows:
        if verbose and row.get("note"):
            out.print(f"{status_line(row)}: {row['note']}", soft_wrap=True, highlight=False, markup=False)
        if row["reason"]:
            out.print(f"{status_line(row)}: {row['reason']}", soft_wrap=True, highlight=False, markup=False)
    counts = Counter(row["status"] for row in rows)
    out.print(", ".join(f"{n} {status}" for status, n in counts.items()), highlight=False)
