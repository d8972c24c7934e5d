"""The pages about the method say what the code does: their figures are its constants, their examples run."""

import math
import re
import textwrap
from pathlib import Path

import pandas as pd
import pytest

from paragone import METHOD_VERSION
from paragone.adapters.runner_clock import CHECKED_WAIT_NS, LEAST_SHARE, MOST_SHORT_IN_A_ROW
from paragone.analyse import attained, breakdown, verdicts
from paragone.analyse.intervals import CONFIDENCE, LEAST_ROUNDS
from paragone.claims import judge_claims
from paragone.comparison import across_time
from paragone.files.hashing import LARGEST_FILE_BYTES, MOST_BYTES
from paragone.files.paths import PROJECT
from paragone.machine.threads import JUDGED_SECONDS, MOST_CPU_OVER_WALL
from paragone.measure import aa_pilot, evaluation, memory_pass, rounds
from paragone.measure.yardstick import problem_of
from paragone.plan import cells, power, request
from paragone.report.text.memory import RESOLVED_MB
from paragone.selftest import coverage, parts
from paragone.store.plan_records import FEWEST_LAUNCHES, READABLE_METHODS
from paragone.store.records import PROFILE_TABLES, TABLES, Sample, columns
from paragone.task.kernel import diagnose, perturbation, ring
from paragone.task.kernel import judge as kernel_judge
from paragone.task.kernel import tolerance as kernel_tolerance
from paragone.task.mlp import checks, judge, stress, tolerance, whole_sample
from paragone.task.mlp.problem_files import find_problem, shipped_names
from paragone.verify import inputs, pilot, time_account
from paragone.worker import estimate
from paragone.worker.budgets import STANDARD

NUMBERS_OF_NIELSEN = len(find_problem("nielsen").start_state(0).flat())
LONGEST_PARAMS_OF_NIELSEN_NS = time_account.MOST_STATE_NS + time_account.MOST_STATE_NS_PER_NUMBER * NUMBERS_OF_NIELSEN
PARAMS = f"{time_account.MOST_STATE_NS / 1e6:g} ms + {time_account.MOST_STATE_NS_PER_NUMBER} ns for each number of the"
SIZES = {0.5: "half", 2.0: "twice"}
(SQUARE,) = problem_of("product").sizes
OLD_RUN = PROJECT / "tests" / "store" / "old_run"


def words_of(page):
    return " ".join((PROJECT / "docs" / f"{page}.md").read_text(encoding="utf-8").split())


def in_words(number):
    words = "zero one two three four five six seven eight nine ten".split()
    return words[int(number)] if number == int(number) else f"no whole number: {number}"


def percent(fraction):
    return f"{fraction * 100:g} %"


# What each page says, with the constants of the code in it.
FIGURES = {
    "method": [
        f"The method version is **{METHOD_VERSION}**",
        f"one `train` of about {STANDARD.sample_seconds * 1000:g} ms",
        f"A step above {cells.ONCE_PER_LAUNCH_SECONDS} s is sampled once per launch",
        f"A step above {request.TOO_SLOW_SECONDS:g} s is not measured",
        f"A launch has {in_words(request.ROUNDS)} rounds",
        f"as many as fit into {in_words(STANDARD.rounds_seconds / 60)} minute, and at least "
        f"{in_words(request.FEWEST_ROUNDS)}",
        f"one {in_words(estimate.PREFIX_SHARE)}h of the sample",
        f"{in_words(aa_pilot.FEWEST_LAUNCHES)} to {in_words(aa_pilot.MOST_LAUNCHES)} short launches",
        f"by more than {percent(round(MOST_CPU_OVER_WALL - 1, 9))}",
        f"at least {JUDGED_SECONDS} s of samples",
        f"for {STANDARD.spreading_seconds} s until its threads have spread",
        f"more than {estimate.MOST_CPUS} CPUs busy",
    ],
    "verification": [
        f"= {tolerance.FACTOR:g}·eps·(spread + {tolerance.SUMMATION}·B·‖displacement‖)",
        f"its bound is above {judge.LOOSEST_BOUND}",
        f"more than {judge.MOST_AMPLIFIED:,.0f} times",
        f"the threshold is {judge.ROUNDED_ONCE}",
        f"needs {judge.STEPS_TO_TELL_ROUNDING} steps and an L2 penalty",
        f"at most {stress.MAX_STEPS} steps and {stress.MAX_IMAGES:,} images",
        f"{in_words(pilot.PILOT_SAMPLES).capitalize()} samples are taken as the rounds take them",
        f"a seed of {inputs.SEED_BITS} bits",
        f"the samples of {in_words(rounds.CHECKED_ROUNDS)} of its rounds",
        f"in the cold sample, one of up to {checks.MOST_WHOLE_STEPS} steps",
        f"along a typical training, times {whole_sample.MARGIN:g};",
        f"at most {stress.MAX_STEPS} steps and {checks.WINDOW_IMAGES:,} images, at least one step",
        f"between {SIZES[whole_sample.LEAST_SIZE]} and {SIZES[whole_sample.LARGEST_SIZE]} as far",
        f"more than {time_account.MOST_UNSEEN_NS / 1e6:g} ms and more than {percent(time_account.MOST_UNSEEN_SHARE)}",
        f"`params()` takes more than {PARAMS}",
        f"`reset()` may take {time_account.MOST_COPY_NS_PER_BYTE} ns more for each byte of a ring",
        f"That is {LONGEST_PARAMS_OF_NIELSEN_NS / 1e6:.0f} ms for `nielsen`",
        f"less than {time_account.LEAST_CPU_SHARE} s of CPU time per second",
        f"Samples under {time_account.SHORTEST_JUDGED_NS / 1e6:g} ms are not judged",
        f"{time_account.CLOSE_LOOKS} more samples are taken under a closer look",
        f"where one step takes more than {cells.ONCE_PER_LAUNCH_SECONDS} s",
        f"as many steps as take about {in_words(STANDARD.check_seconds)} second",
        f"within {evaluation.UNCERTAIN:.4f} of the largest",
        f"longer than {evaluation.RESET_SECONDS * 1000:g} ms a call and a quarter",
        f"after {in_words(evaluation.TRIES)} such tries",
    ],
    "kernel-judge": [
        f"eps·(({kernel_tolerance.FACTOR:g} + {kernel_tolerance.ROOT:g}·√terms)·(spread + ‖ref‖) + "
        f"{kernel_tolerance.SUMMATION}·terms·steps·‖ref‖)",
        f"It ends at {percent(kernel_tolerance.LARGEST_SUMMATION)}",
        f"{perturbation.N_RUNS_OF_FEW} times where an array has fewer than {perturbation.FEW:,} numbers, "
        f"{perturbation.N_RUNS} times else",
        f"more than {percent(kernel_judge.LOOSEST_BOUND)} of its size",
        f"amplified more than {kernel_judge.MOST_AMPLIFIED:,.0f} times",
        f"`terms` is given and is {kernel_judge.TERMS_TO_TELL} or more",
        f"at least {percent(kernel_judge.ROUNDED_ONCE)} of {kernel_judge.RESULTS_TO_TELL} results or more",
        f"*{kernel_judge.AS_EXACT_AS_FLOAT64}*",
        f"a round has {ring.MOST_SETS} sets of inputs, fewer where they would take more than "
        f"{ring.MOST_BYTES / 1e6:g} MB, but at least {ring.LEAST_SETS}",
        f"within {in_words(diagnose.FIT)} bounds of the result, or within {percent(diagnose.UNEXPLAINED)} of its error",
        f"more than {diagnose.MOST_NUMBERS:,} numbers",
    ],
    "statistics": [
        f"at {percent(CONFIDENCE)}",
        f"max({percent(power.SMALLEST_MARGIN)}, farther end",
        f"wholly within {percent(round(math.expm1(verdicts.SAME), 9))}",
        f"fewer than {in_words(LEAST_ROUNDS)} rounds",
        f"the number of launches, {FEWEST_LAUNCHES} to {power.MOST_LAUNCHES}.",
        f"found in {power.POWER * 100:g} of 100 cases",
        f"one-sided {percent(1 - aa_pilot.UPPER_TAIL)}",
        f"from {across_time.ENOUGH} anchors on",
        f"is below {percent(across_time.FALSE_DISCOVERY_RATE)}",
    ],
    "limit": [
        f"({SQUARE} × {SQUARE}, in FLOP/s)",
        f"({attained.FASTER_THAN_BLAS:g} · FLOP per second)",
        f"{attained.ASSUMED_NONZERO} is assumed",
        f"medians of {in_words(STANDARD.limit_groups)} samples of {STANDARD.limit_group_seconds * 1000:g} ms",
    ],
    "besides-time": [
        f"and at least {in_words(memory_pass.FEWEST_STEPS)}",
        f"more than {cells.ONCE_PER_LAUNCH_SECONDS} s, one step is trained",
        f"below {RESOLVED_MB} MB are not told apart",
        f"by more than {percent(breakdown.NOISE)}",
    ],
    "claims": [
        *(f"*{verdict}*" for verdict in (judge_claims.REPRODUCED, judge_claims.NOT_REPRODUCED)),
        *(f"*{verdict}*" for verdict in (judge_claims.CANNOT_TELL, judge_claims.CONTEXT, judge_claims.CANNOT_RUN)),
        f"*{judge_claims.OTHER_DATA}*",
    ],
    "selftest-results": [
        f"The goal is {coverage.GOAL[0] * 100:g} to {coverage.GOAL[1] * 100:g} %",
        f"`--resolve {parts.RESOLVED:.0%}`",
    ],
    "run-folder": [
        f"up to {LARGEST_FILE_BYTES // 1000} kB a file and {MOST_BYTES // 10**6} MB an implementation",
        f"are read: {', '.join(map(str, READABLE_METHODS[:-1]))} and {READABLE_METHODS[-1]}.",
    ],
    "process": [
        f"`params` may take {PARAMS}",
        f"less than 1/{1 / LEAST_SHARE:g} of the wait for {in_words(MOST_SHORT_IN_A_ROW + 1)} trains in a row",
        f"each longer than {CHECKED_WAIT_NS / 1e6:g} ms",
    ],
}


@pytest.mark.parametrize("page", FIGURES)
def test_the_figures_of_a_page_are_those_of_the_code(page):
    words = words_of(page)

    assert [figure for figure in FIGURES[page] if figure not in words] == []


def test_the_page_of_problems_has_every_problem_that_ships_with_its_network():
    words = words_of("problems")
    rows = [f"| `{name}` | {'-'.join(map(str, find_problem(name).layers))} |" for name in shipped_names()]

    assert [row for row in rows if row not in words] == []


def test_the_operations_of_a_step_are_those_of_the_code():
    words = words_of("limit")
    for name in shipped_names():
        problem = find_problem(name)
        per_image = problem.flops_per_step(2) - problem.flops_per_step(1)
        assert re.search(rf"{per_image:,}( operations)? for `{name}`", words)


def test_every_file_of_a_run_and_every_column_of_a_sample_is_on_its_page():
    words = words_of("run-folder")

    assert [table for table in {**TABLES, **PROFILE_TABLES} if f"`{table}.jsonl`" not in words] == []
    assert [column for column in columns(Sample) if f"`{column}`" not in words] == []


def test_the_notebook_on_the_page_runs(monkeypatch):
    monkeypatch.setenv("PARAGONE_RESULTS", str(OLD_RUN.parent))
    (code,) = re.findall(r"```python\n(.*?)```", (PROJECT / "docs" / "run-folder.md").read_text(), re.DOTALL)
    names = {}
    exec(textwrap.dedent(code), names)

    assert Path(names["results"].run.folder) == OLD_RUN
    assert isinstance(names["faster"], pd.DataFrame)


def test_the_page_of_the_method_stays_short():
    assert len((PROJECT / "docs" / "method.md").read_text().splitlines()) <= 150
