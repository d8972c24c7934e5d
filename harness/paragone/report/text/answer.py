"""The answer: one paragraph that says what was compared, on what, and how many differences are sure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from paragone.analyse.crossovers import GRID
from paragone.analyse.summary import baseline_variants
from paragone.report.text import formatting, markdown
from paragone.report.text.rows import first_row, short_names

if TYPE_CHECKING:
    from paragone.analyse.results import Results
    from paragone.store.reader import Run
    from paragone.task.problem import Words


def answer(results: Results) -> str:
    """Return the paragraph. For a run of one launch, which has no verdicts, it names the fastest variants instead."""
    run, frame = results.run, results.summary
    measured = frame[~frame["control"] & frame["work_per_second"].notna()]
    if measured.empty:
        return "Nothing was measured, so there is no answer; the reasons are below."
    verified = measured[measured["status"] == "passed"]
    if verified.empty:
        return "Nothing that was measured could be verified, so there is no answer; the reasons are below."
    spoken = run.plan.words_of()
    sentences = [_compared(run, verified, spoken)]
    if run.plan.launches == 1:
        several = frame["threads"].nunique() > 1
        bases = set(baseline_variants(run).values())
        grids = [cells for _, cells in verified.groupby(GRID, sort=False) if not bases.issuperset(cells["variant"])]
        sentences += [_fastest(cells, several, spoken) for cells in grids]
        sentences.append("These are single observations from one launch: no intervals, no verdicts.")
    else:
        words = verified["verdict"].str.partition(" within")[0].value_counts()
        counts = [f"{words.get(word, 0)} {word}" for word in ("faster", "slower", "same") if words.get(word, 0)]
        compared = int(words.drop("baseline", errors="ignore").sum())
        counts.append(f"for {words.get('not enough data', 0)} the data are not enough")
        sentences.append(f"Of {formatting.plural(compared, 'cell')} compared with the baseline: {', '.join(counts)}.")
    return " ".join(sentences)


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


def _fastest(cells: pd.DataFrame, several_thread_counts: bool, spoken: Words) -> str:
    """Return the variants with the highest throughput at each size of one grid."""
    first = first_row(cells)
    threads = f", {formatting.plural(first.threads, 'thread')}" if several_thread_counts else ""
    by_size = cells.loc[cells.groupby("size")["work_per_second"].idxmax()]
    heads = by_size.assign(name=short_names(cells)).groupby("name", sort=False)["size"].apply(list)
    fastest = "; ".join(f"{markdown.code(name)} at {formatting.sizes_in_words(sizes)}" for name, sizes in heads.items())
    most = f"most {spoken.per_second} by {spoken.size}"
    return f"{markdown.code(first.problem)}, {first.dtype}{threads}: {most}: {fastest}."
