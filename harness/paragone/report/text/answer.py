"""The answer: what failed, what was compared, on what, how many differences are sure, how much of them is noise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from paragone.analyse.crossovers import GRID
from paragone.analyse.noise import noises_of_one_launch
from paragone.analyse.statuses import FAILED
from paragone.analyse.summary import baseline_variants
from paragone.report.text import formatting, markdown
from paragone.report.text.noise import noise_sentence, too_busy
from paragone.report.text.repro import sure_commands
from paragone.report.text.rows import first_row, short_names

if TYPE_CHECKING:
    from paragone.analyse.results import Results
    from paragone.store.reader import Run
    from paragone.task.problem import Words

MOST_NAMED = 3  # variants in one place of a sentence
ONE_LAUNCH = "These are single observations from one launch: no intervals, and no verdict faster or slower."


def answer(results: Results) -> str:
    """Return the paragraphs, what failed first.

    Of one launch, which has no verdicts, they name the fastest, if the machine was not too busy to tell, and the next
    command.
    """
    first, *rest = said(results)
    return "\n\n".join([*alarms(results), " ".join(filter(None, [compared(results), first])), *rest])


def alarms(results: Results) -> list[str]:
    """Return what a reader must know before any number: what failed, and whether the machine was too busy to tell."""
    busy = [f"**{markdown.escaped(sentence)}**" for sentence in too_busy(results)] if len(_verified(results)) else []
    return [*_failed(results.summary), *busy]


def compared(results: Results) -> str:
    """Return a sentence on what was compared; "" where nothing was verified."""
    run, verified = results.run, _verified(results)
    return "" if verified.empty else _compared(run, verified, run.plan.words_of())


def said(results: Results) -> list[str]:
    """Return the paragraphs on the comparison: how much is sure, how much is noise; or why there is none."""
    run, verified = results.run, _verified(results)
    if _measured(results).empty:
        return ["Nothing was measured, so there is no answer; the reasons are below."]
    if verified.empty:
        return ["Nothing that was measured could be verified, so there is no answer; the reasons are below."]
    noise = _noise(results, verified)
    if run.plan.launches > 1:
        return [" ".join([_counted(verified), *noise])]
    fastest = [] if is_busy(results) else _fastest_of_one_launch(run, verified)
    return [" ".join(fastest), " ".join([*noise, ONE_LAUNCH, *_next(run)])]


def _measured(results: Results) -> pd.DataFrame:
    frame = results.summary
    return frame[~frame["control"] & frame["work_per_second"].notna()]


def _verified(results: Results) -> pd.DataFrame:
    measured = _measured(results)
    return measured[measured["status"] == "passed"]


def is_busy(results: Results) -> bool:
    """Return whether this is a run of one launch in which the machine was too busy to name a fastest."""
    if results.run.plan.launches > 1:
        return False
    problems = results.summary["problem"].unique()
    return any(noise.is_busy for problem in problems for noise in noises_of_one_launch(results, str(problem)))


def _failed(frame: pd.DataFrame) -> list[str]:
    """Return a sentence that names the implementations of which a cell failed, if there are any."""
    failed = frame[~frame["control"] & frame["status"].isin(FAILED)]
    if failed.empty:
        return []
    names = [markdown.code(name) for name in failed["implementation"].unique()]
    named = formatting.listed(names[:MOST_NAMED] + [f"{len(names) - MOST_NAMED} others"] * (len(names) > MOST_NAMED))
    return [f"**Failed: {named}, {formatting.plural(len(failed), 'cell')}.** The reasons are below."]


def _counted(verified: pd.DataFrame) -> str:
    words = verified["verdict"].str.partition(" within")[0].value_counts()
    counts = [f"{words.get(word, 0)} {word}" for word in ("faster", "slower", "same") if words.get(word, 0)]
    compared = int(words.drop("baseline", errors="ignore").sum())
    counts.append(f"for {words.get('not enough data', 0)} the data are not enough")
    return f"Of {formatting.plural(compared, 'cell')} compared with the baseline: {', '.join(counts)}."


def _noise(results: Results, verified: pd.DataFrame) -> list[str]:
    """Return what A/A shows, a sentence for each problem, named where there are several."""
    problems = [str(problem) for problem in verified["problem"].unique()]
    names = [f"{markdown.code(problem)}: " if len(problems) > 1 else "" for problem in problems]
    sentences = (markdown.escaped(noise_sentence(results, problem)) for problem in problems)
    return [f"{name}{sentence}" for name, sentence in zip(names, sentences, strict=True)]


def _next(run: Run) -> list[str]:
    commands = [f"{markdown.code(command)}{words and f' ({words})'}" for command, words in sure_commands(run.plan)]
    return [f"For sure numbers: {' or '.join(commands)}."] if commands else []


def _compared(run: Run, verified: pd.DataFrame, spoken: Words) -> str:
    variants = verified.drop_duplicates(["implementation", "variant"])
    names = short_names(variants)
    languages = variants["language"].nunique()
    problems = formatting.listed([markdown.code(problem) for problem in verified["problem"].unique()])
    data = "" if run.plan.data.is_drawn else f" ({markdown.escaped(run.plan.data.name)})"
    dtypes = formatting.listed(sorted(verified["dtype"].unique()))
    threads = formatting.listed([str(count) for count in sorted(verified["threads"].unique())])
    sizes = sorted(verified["size"].unique())
    at = f"{spoken.at_size} {formatting.size(sizes[0])}"
    if len(sizes) > 1:
        at = f"{len(sizes)} {spoken.sizes} from {formatting.size(sizes[0])} to {formatting.size(sizes[-1])}"
    bases = [str(names[variants["variant"] == base].iloc[0]) for base in baseline_variants(run).values()
             if (variants["variant"] == base).any()]  # fmt: skip
    against = f", against {markdown.code(bases[0])}" if bases else ""
    implementations, ways = variants["implementation"].nunique(), variants["variant"].nunique()
    counts = [f"{ways} variants"] if ways > implementations else []
    counts += [f"{languages} languages and libraries"] if languages > 1 else []
    written = f"{formatting.plural(implementations, 'implementation')} of one {spoken.step}"
    written += f", in {' and '.join(counts)}" if counts else ""
    return (
        f"Compared{against}: {written}, on {problems}{data}, {dtypes}, "
        f"{threads} {'thread' if threads == '1' else 'threads'}, at {at}."
    )


def _fastest_of_one_launch(run: Run, verified: pd.DataFrame) -> list[str]:
    several = verified["threads"].nunique() > 1
    bases = set(baseline_variants(run).values())
    grids = [cells for _, cells in verified.groupby(GRID, sort=False) if not bases.issuperset(cells["variant"])]
    return [_fastest(cells, several, run.plan.words_of(first_row(cells).problem)) for cells in grids]


def _fastest(cells: pd.DataFrame, several_thread_counts: bool, spoken: Words) -> str:
    """Return the variants with the highest throughput at each size of one grid.

    What lies within A/A of the highest is named beside it, fastest first.
    """
    first = first_row(cells)
    threads = f", {formatting.plural(first.threads, 'thread')}" if several_thread_counts else ""
    named = cells.assign(name=short_names(cells)).sort_values("work_per_second", ascending=False, kind="stable")
    sizes_of: dict[tuple[str, ...], list[int]] = {}
    for size in sorted(named["size"].unique()):
        rows = named[named["size"] == size]
        best = first_row(rows)
        is_ahead = rows["work_per_second"] * (1 + np.nan_to_num(best.margin)) >= best.work_per_second
        sizes_of.setdefault(tuple(rows.loc[is_ahead, "name"]), []).append(int(size))
    fastest = "; ".join(f"{_leaders(names)} at {formatting.sizes_in_words(sizes)}" for names, sizes in sizes_of.items())
    most = f"most {spoken.per_second} by {spoken.size}"
    return f"{markdown.code(first.problem)}, {first.dtype}{threads}: {most}: {fastest}."


def _leaders(names: Sequence[str]) -> str:
    named = [markdown.code(name) for name in names[:MOST_NAMED]]
    if len(names) > MOST_NAMED:
        named[MOST_NAMED - 1 :] = [f"{len(names) - MOST_NAMED + 1} others"]
    return named[0] if len(names) == 1 else f"{formatting.listed(named)}, not told apart,"
