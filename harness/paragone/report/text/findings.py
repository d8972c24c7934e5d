"""The answer in sentences, each computed from the run and true of it by its interval, not by its point.

`answer` says what was compared, `findings` the three to five things that a reader most wants to know.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pandas as pd

from paragone.analyse.crossovers import GRID
from paragone.analyse.summary import baseline_variants
from paragone.report.text import formatting, questions

if TYPE_CHECKING:
    from paragone.analyse.results import Results
    from paragone.store.reader import Run

MOST_FINDINGS = 5


def answer(results: Results) -> str:
    """Return in one paragraph what was compared, on what, and how many differences are sure.

    Of a run of one launch, which has no findings, it says who was fastest in it.
    """
    run, frame = results.run, results.summary
    measured = frame[~frame["control"] & frame["images_per_second"].notna()]
    if measured.empty:
        return "Nothing was measured, so there is no answer; below is why."
    verified = measured[measured["status"] == "passed"]
    if verified.empty:
        return "Nothing that was measured could be verified, so there is no answer; below is why."
    sentences = [_compared(run, verified)]
    if run.plan.launches == 1:
        several = frame["threads"].nunique() > 1
        sentences += [_fastest(cells, several) for _, cells in verified.groupby(GRID, sort=False)]
        sentences.append("These are single observations from one launch: no intervals, no verdicts.")
    else:
        words = verified["verdict"].str.partition(" within")[0].value_counts()
        counts = [f"{words.get(word, 0)} {word}" for word in ("faster", "slower", "same") if words.get(word, 0)]
        compared = int(words.drop("baseline", errors="ignore").sum())
        counts.append(f"for {words.get('not enough data', 0)} the data are not enough")
        sentences.append(f"Of {formatting.plural(compared, 'cell')} compared with the baseline: {', '.join(counts)}.")
    return " ".join(sentences)


def _compared(run: Run, verified: pd.DataFrame) -> str:
    """Return how many variants were compared, of how many languages, on which problems, data and machine."""
    variants = verified.drop_duplicates(["implementation", "variant"])
    names = formatting.short_names(variants)
    languages = variants["language"].nunique()
    problems = formatting.listed([formatting.code(problem) for problem in verified["problem"].unique()])
    dtypes = formatting.listed(sorted(verified["dtype"].unique()))
    threads = formatting.listed([str(count) for count in sorted(verified["threads"].unique())])
    sizes = sorted(verified["batch_size"].unique())
    at = f"batch size {formatting.batch(sizes[0])}"
    if len(sizes) > 1:
        at = f"{len(sizes)} batch sizes from {formatting.batch(sizes[0])} to {formatting.batch(sizes[-1])}"
    bases = [str(names[variants["variant"] == base].iloc[0]) for base in baseline_variants(run).values()
             if (variants["variant"] == base).any()]  # fmt: skip
    against = f", against {formatting.code(bases[0])}" if bases else ""
    written = f"{formatting.plural(names.nunique(), 'way')} to write one training step"
    written += f", in {languages} languages and libraries" if languages > 1 else ""
    return (
        f"Compared{against}: {written}, on {problems} ({formatting.escaped(run.plan.data.name)}), {dtypes}, "
        f"{threads} {'thread' if threads == '1' else 'threads'}, at {at}."
    )


def _fastest(cells: pd.DataFrame, several_thread_counts: bool) -> str:
    """Return who has the highest throughput of one grid at each batch size; ties by the order of the plan."""
    first = next(formatting.rows(cells))
    threads = f", {formatting.plural(first.threads, 'thread')}" if several_thread_counts else ""
    by_size = cells.loc[cells.groupby("batch_size")["images_per_second"].idxmax()]
    heads = by_size.assign(name=formatting.short_names(cells)).groupby("name", sort=False)["batch_size"].apply(list)
    shares = "; ".join(f"{formatting.code(name)} at {questions.sizes_in_words(sizes)}" for name, sizes in heads.items())
    return f"{formatting.code(first.problem)}, {first.dtype}{threads}: most images per second by batch size: {shares}."


def findings(results: Results) -> list[str]:
    """Return the three to five findings that hold, most wanted first; fewer where the data hold fewer.

    Five questions are asked, in this order, and each is answered where an interval decides it:

    1. Who is fastest, at which batch sizes, and who cannot be told apart from it? (in the order of the plan)
    2. Where does the fastest change along batch size? (`paragone.analyse.crossovers`)
    3. Who is both surely faster and surely slower than the baseline? (first where the weaker of the two is strongest)
    4. What costs most within one implementation: memory order, flags, dtype? (the largest sure ratio of an axis)
    5. How near does anything come to the machine's limit? (by the upper end of every interval)

    First the best answer to each question is taken, then the second best, and so on, up to five sentences. Of one
    launch there are none: it has no intervals.
    """
    frame = results.summary
    if results.run.plan.launches == 1 or frame.empty:
        return []
    told = frame.assign(name=formatting.short_names(frame))
    answers = (
        questions.which_is_fastest(told, results.fastest),
        questions.where_the_fastest_changes(told, results.crossovers),
        questions.which_is_both(told, results.crossovers),
        questions.what_an_axis_costs(results),
        questions.how_near_the_limit(told),
    )
    in_turn = itertools.chain.from_iterable(itertools.zip_longest(*answers))
    return list(itertools.islice(filter(None, in_turn), MOST_FINDINGS))
