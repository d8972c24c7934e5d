"""What a user sees while a command works: sentences, the plan, progress; all on standard error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from paragone.store.plan_records import Plan
from paragone.store.records import Outcome


class TerminalDisplay:
    """Sentences and progress bars on a terminal; sentences alone where the output is a file or a pipe."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def say(self, sentence: str) -> None:
        """Show a sentence that stays."""
        self.console.print(Text(sentence), soft_wrap=True)

    @contextmanager
    def progress(self, title: str, total_seconds: float) -> Iterator[Callable[[str, float], None]]:
        """Yield `advance(what, seconds)`, which moves the bar on and names what is being done."""
        columns = (
            TextColumn("{task.description:<16}"),
            BarColumn(bar_width=12),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[what]}"),
        )
        if not self.console.is_terminal:
            self.say(f"{title} …")
            yield lambda what, seconds: None
            return
        # One refresh a second: the display must not compete with what is being measured.
        with Progress(*columns, console=self.console, transient=True, refresh_per_second=1) as progress:
            task = progress.add_task(title, total=max(total_seconds, 1e-9), what="")

            def advance(what: str, seconds: float) -> None:
                progress.update(task, advance=seconds, what=escape(what))

            yield advance

    def show_plan(self, plan: Plan, outcomes: Sequence[Outcome]) -> None:
        """Show what is about to be measured, what is not and why, and how long it takes."""
        self.console.print(plan_table(plan))
        for sentence in plan_sentences(plan, outcomes):
            self.say(sentence)


def plan_table(plan: Plan) -> Table:
    """Return the plan as a table: one row a problem and dtype."""
    table = Table(title=f"Plan of run {plan.run}", title_justify="left", show_edge=False)
    for heading in ("problem", "dtype", "threads", "variants", "batch sizes", "cells"):
        table.add_column(heading, justify="right" if heading == "cells" else "left", overflow="fold")
    dtype_of = {variant.variant: variant.dtype for variant in plan.variants}
    groups: dict[tuple[str, str, int], dict[tuple[str, int], None]] = {}
    for cell in plan.cells:
        key = (cell.problem, dtype_of[cell.variant], cell.threads)
        groups.setdefault(key, {})[cell.variant, cell.batch_size] = None
    for (problem, dtype, threads), cells in groups.items():
        variants = len({variant for variant, _ in cells})
        sizes = ", ".join(map(str, sorted({size for _, size in cells})))
        table.add_row(escape(problem), dtype, str(threads), str(variants), sizes, str(len(cells)))
    return table


def plan_sentences(plan: Plan, outcomes: Sequence[Outcome]) -> list[str]:
    """Return what the table does not say: size and cost, what it can resolve, what is left out and why."""
    launches, rounds = plan.launches, plan.rounds
    samples = sum(launches * (1 if cell.once_per_launch else rounds) for cell in plan.cells)
    memory = f", {minutes(plan.memory_seconds)} of it for peak memory" if plan.memory_seconds else ""
    sentences = [
        f"{launches} {'launch' if launches == 1 else 'launches'} × {rounds} rounds, {samples} samples, "
        f"about {minutes(plan.eta_seconds)}{memory}; seed {plan.seed}; data: {plan.data.name}."
    ]
    sentences.append(limits_sentence(plan))
    if plan.quick:
        sentences.append("Quick: one launch gives no intervals and no verdicts; for those: make bench")
    if plan.minimum_detectable_difference is not None:
        difference = f"{plan.minimum_detectable_difference:.1%}"
        sentences.append(f"In a typical cell it finds differences of {difference} and more in 95 of 100 cases.")
        resolve = plan.request.resolve if plan.request is not None else None
        if resolve is not None and plan.minimum_detectable_difference > resolve:
            sentences.append(f"{launches} launches, the most that --resolve takes, do not find {resolve:.1%} here.")
    kept_out = [row for row in outcomes if row.status not in ("passed", "not checked")]
    sentences += [f"{status_line(row)}: {row.reason}" for row in kept_out if not is_control(row)]
    sentences += [f"{entry.name} unavailable: {entry.reason}" for entry in plan.unusable]
    counts = Counter(row.status for row in outcomes if not is_control(row))
    unchecked = f", {counts['not checked']} not possible" if counts["not checked"] else ""
    sentences.append(f"Verified before timing: {counts['passed']} checks passed, {counts['failed']} failed{unchecked}.")
    return sentences


def limits_sentence(plan: Plan) -> str:
    """Return what a worker may use before it is killed."""
    memory, time_s = f"{(plan.memory_limit_bytes or 0) / 1e9:.3g} GB", f"{plan.time_limit_s:g} s"
    return f"A worker is killed where it holds more than {memory} of memory, or takes more than {time_s} for an answer."


def verdicts_table(problem: str, rows: Sequence[Outcome]) -> Table:
    """Return the checks of one problem, a row a variant and a column a batch size."""
    sizes = sorted({row.batch_size for row in rows if row.batch_size is not None})
    table = Table(title=f"{escape(problem)}: worst error in units of its bound", title_justify="left", show_edge=False)
    table.add_column("variant", overflow="fold", min_width=24)
    for size in sizes:
        table.add_column(str(size), justify="right")
    for variant in dict.fromkeys(row.variant for row in rows):
        own = [row for row in rows if row.variant == variant]
        marks = [_mark([row for row in own if row.batch_size in (size, None)]) for size in sizes]
        table.add_row(escape(variant), *marks)
    return table


def _mark(rows: Sequence[Outcome]) -> str:
    """Return the worst status of the checks of a cell; where all passed, their worst error over bound.

    A stress problem that was not checked takes nothing from a cell that passed at both ends of its own problem.
    """
    passed = {row.stage for row in rows if row.status == "passed"}
    if {"head", "tail"} <= passed:
        rows = [row for row in rows if row.stage != "stress" or row.status != "not checked"]
    for status in ("failed", "not measured", "unavailable", "not checked"):
        if any(row.status == status for row in rows):
            return f"[red]{status}[/]" if status == "failed" else f"[yellow]{status}[/]"
    shares = [row.error / row.bound for row in rows if row.error is not None and row.bound]
    return f"[green]{max(shares):.2f}[/]" if shares else ""


def checks_table(rows: Sequence[Outcome]) -> Table:
    """Return every check with its error and its bound."""
    table = Table(show_edge=False)
    for heading in ("problem", "variant", "batch", "check", "steps", "error", "bound", "status"):
        table.add_column(heading, overflow="fold", justify="right" if heading in ("batch", "steps") else "left")
    for row in rows:
        numbers = [
            str(getattr(row, key)) if getattr(row, key) is not None else ""
            for key in ("batch_size", "stage", "n_steps")
        ]
        errors = [f"{getattr(row, key):.1e}" if getattr(row, key) is not None else "" for key in ("error", "bound")]
        table.add_row(escape(row.problem), escape(row.variant), *numbers, *errors, row.status)
    return table


def reasons(rows: Sequence[Outcome]) -> list[str]:
    """Return a sentence for each thing that was said of a variant; batch sizes of which the same is true share it."""
    sizes: dict[tuple[str, str], dict[str, None]] = {}
    for row in rows:
        if row.reason:
            before, _, after = status_line(row, "{}").partition(" batch {}")
            of_twin = " (stress problem)" if row.stage == "stress" else ""
            said = sizes.setdefault((f"{before}{of_twin}", f"{after}: {row.reason}"), {})
            said |= {} if row.batch_size is None else {str(row.batch_size): None}
    return [f"{who}{' batch ' * bool(at)}{', '.join(at)}{said}" for (who, said), at in sizes.items()]


def status_line(row: Outcome, batch_size: str = "") -> str:
    """Return "nielsen python_lists[dtype=float64] batch 10000 not measured"."""
    batch = "" if row.batch_size is None and not batch_size else f" batch {batch_size or row.batch_size}"
    return f"{row.problem} {row.variant}{batch} {row.status}"


def is_control(row: Outcome) -> bool:
    """Return whether a row belongs to the A/A control, of which the user need not hear twice."""
    return str(row.variant).endswith(" (A/A)")


def minutes(seconds: float) -> str:
    """Return a duration as people say it: "40 s", "7 min", "1 h 20 min"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    whole = round(seconds / 60)
    return f"{whole} min" if whole < 90 else f"{whole // 60} h {whole % 60} min"
