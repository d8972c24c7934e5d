"""What a command shows while it works: sentences, the plan, progress. All of it goes to standard error."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from paragone.cli.verification import status_line
from paragone.plan.power import MOST_LAUNCHES
from paragone.report.text.provenance import members
from paragone.report.text.repro import sure_commands
from paragone.store.plan_records import DataRecord, Plan
from paragone.store.records import Outcome

SECONDS_BETWEEN_LINES = 60
LATE_SECONDS = 30  # so long after its foreseen end a run may be nearly done


class TerminalDisplay:
    """Sentences, and on a terminal progress bars; in a file or a pipe, where those would be noise, a line a minute."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._ends_at: float | None = None  # by time.monotonic()

    def say(self, sentence: str) -> None:
        """Print a line that stays when a progress bar below it is gone."""
        self.console.print(Text(sentence), soft_wrap=True)

    def expect(self, seconds: float) -> None:
        """Say at first how long the whole run takes; progress bars show what is left of it."""
        if self._ends_at is None:
            self.say(f"The whole run takes about {minutes(seconds)}, verification and report included.")
        self._ends_at = time.monotonic() + seconds

    def _left(self) -> str:
        if self._ends_at is None:
            return ""
        seconds = self._ends_at - time.monotonic()
        if seconds >= 1:
            return f"about {minutes(seconds)} left in all"
        return "nearly done" if seconds > -LATE_SECONDS else "longer than expected"

    @contextmanager
    def progress(self, title: str, total_seconds: float) -> Iterator[Callable[[str, float], None]]:
        """Yield `advance(what, seconds)`: so much more is done, and `what` comes next."""
        columns = (
            TextColumn("{task.description:<16}"),
            BarColumn(bar_width=12),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}"),
            TextColumn("{task.fields[what]}"),
        )
        if not self.console.is_terminal:
            self.say(f"{title} …")
            yield self._lines_of(title, total_seconds)
            return
        # One refresh a second: the display must not compete with what is being measured.
        with Progress(*columns, console=self.console, transient=True, refresh_per_second=1) as progress:
            task = progress.add_task(title, total=max(total_seconds, 1e-9), what="", left=self._left())

            def advance(what: str, seconds: float) -> None:
                progress.update(task, advance=seconds, what=escape(what), left=self._left())

            yield advance

    def _lines_of(self, title: str, total_seconds: float) -> Callable[[str, float], None]:
        """The `advance` of a progress that is told in lines, one a minute at most."""
        done, told_at = 0.0, time.monotonic()

        def advance(what: str, seconds: float) -> None:
            nonlocal done, told_at
            done += seconds
            if time.monotonic() - told_at >= SECONDS_BETWEEN_LINES:
                told_at = time.monotonic()
                share = min(done / max(total_seconds, 1e-9), 1.0)
                self.say(", ".join(filter(None, [f"{title}: {share:.0%}", self._left(), what])))

        return advance

    def show_plan(self, plan: Plan, outcomes: Sequence[Outcome]) -> None:
        """Show what will be measured, what will not and why, and how long it takes."""
        self.console.print(plan_table(plan))
        for sentence in plan_sentences(plan, outcomes):
            self.say(sentence)


def plan_table(plan: Plan) -> Table:
    """A row for each problem, dtype and number of threads."""
    table = Table(title=f"Plan of run {plan.run}", title_justify="left", show_edge=False)
    for heading in ("problem", "dtype", "threads", "variants", plan.words_of().sizes, "cells"):
        table.add_column(heading, justify="right" if heading == "cells" else "left", overflow="fold")
    dtype_of = {variant.variant: variant.dtype for variant in plan.variants}
    groups: dict[tuple[str, str, int], dict[tuple[str, int], None]] = {}
    for cell in plan.cells:
        key = (cell.problem, dtype_of[cell.variant], cell.threads)
        groups.setdefault(key, {})[cell.variant, cell.size] = None
    for (problem, dtype, threads), cells in groups.items():
        variants = len({variant for variant, _ in cells})
        sizes = ", ".join(map(str, sorted({size for _, size in cells})))
        table.add_row(escape(problem), dtype, str(threads), str(variants), sizes, str(len(cells)))
    return table


def _members(data: DataRecord) -> str:
    return f" ({members(data)})" if data.each else ""


def plan_sentences(plan: Plan, outcomes: Sequence[Outcome]) -> list[str]:
    """Size and cost, the smallest difference that it finds, and what is left out and why."""
    launches, rounds = plan.launches, plan.rounds
    samples = sum(launches * (1 if cell.once_per_launch else rounds) for cell in plan.cells)
    memory = f", {minutes(plan.memory_seconds)} of it for peak memory" if plan.memory_seconds else ""
    data = "" if plan.data.is_drawn else f"; data: {plan.data.name}{_members(plan.data)}"
    sentences = [
        f"{launches} {'launch' if launches == 1 else 'launches'} × {rounds} rounds, {samples} samples, "
        f"about {minutes(plan.eta_seconds)}{memory}; seed {plan.seed}{data}."
    ]
    sentences.append(limits_sentence(plan))
    if plan.quick:
        sure = [f"{command}{of and f' ({of})'}" for command, of in sure_commands(plan)]
        for_those = f"; for those: {' or '.join(sure)}" if sure else "."
        sentences.append(f"Quick: one launch gives no intervals and no verdicts{for_those}")
    if plan.minimum_detectable_difference is not None:
        difference = f"{plan.minimum_detectable_difference:.1%}"
        sentences.append(f"In a typical cell it finds differences of {difference} and more in 95 of 100 cases.")
        resolve = plan.request.resolve if plan.request is not None else None
        if resolve is not None and plan.minimum_detectable_difference > resolve:
            sentences.append(
                f"{resolve:.1%} is not found here, even by {MOST_LAUNCHES} launches: the machine is too noisy now. So "
                f"{launches} are made; for more: --launches {2 * launches}"
            )
    controls = {variant.variant for variant in plan.variants if variant.control}
    told = [row for row in outcomes if row.variant not in controls]  # a control has the outcomes of its baseline
    left_out = [row for row in told if row.status not in ("passed", "not checked")]
    sentences += [f"{status_line(row, plan.words_of(row.problem).at_size)}: {row.reason}" for row in left_out]
    sentences += [f"{entry.name} unavailable: {entry.reason}" for entry in plan.unusable]
    counts = Counter(row.status for row in told)
    unchecked = f", {counts['not checked']} not possible" if counts["not checked"] else ""
    sentences.append(f"Verified before timing: {counts['passed']} checks passed, {counts['failed']} failed{unchecked}.")
    return sentences


def limits_sentence(plan: Plan) -> str:
    memory, time_s = f"{(plan.memory_limit_bytes or 0) / 1e9:.3g} GB", f"{plan.time_limit_s:g} s"
    return f"A worker is killed where it holds more than {memory} of memory, or takes more than {time_s} for an answer."


def minutes(seconds: float) -> str:
    """ "40 s", "7 min", "1 h 20 min"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    whole = round(seconds / 60)
    return f"{whole} min" if whole < 90 else f"{whole // 60} h {whole % 60} min"
