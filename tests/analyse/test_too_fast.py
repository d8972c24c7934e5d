"""A cell that is faster than the machine can be has a status that says so, and is a winner nowhere."""

import re
from io import StringIO

import pytest
from made_up_run import (
    BASE,
    CONTROL,
    OTHER,
    change_plan,
    frame,
    launch_row,
    made_up_run,
    outcome,
    row_of,
    with_plan,
)
from msgspec import to_builtins
from pair_of_runs import noisy_run
from rich.console import Console

from paragone.analyse.attained import ASSUMED_NONZERO, FASTER_THAN_BLAS, shortest_step_seconds
from paragone.analyse.axes import axis_effects
from paragone.analyse.results import Results
from paragone.analyse.too_fast import with_too_fast
from paragone.claims.claim import Claim
from paragone.claims.judge_claims import CANNOT_TELL, RunEvidence
from paragone.comparison.across_time import compare
from paragone.comparison.side_by_side import newly_failed, side_by_side
from paragone.report.export.pytest_benchmark import pytest_benchmark_json
from paragone.report.figures import catalogue
from paragone.report.page.payload import payload
from paragone.report.terminal.run import print_summary
from paragone.report.text.machines import joined_summaries, machines_report
from paragone.report.text.run_report import run_report
from paragone.report.text.safe_csv import safe_csv
from paragone.task.mlp.problem_files import find_problem

NIELSEN = find_problem("nielsen")
GEMM = 1e11
NONZERO = 0.2
SIZES = (10, 100)
LEAST = {size: shortest_step_seconds(NIELSEN, size, GEMM, NONZERO) for size in SIZES}
STEADY = (1.0, 1.01, 0.99, 1.0, 1.0)  # launches


def limit_rows(gemm=(GEMM,) * 5, sizes=SIZES, **others):
    where = {"problem": "nielsen", "dtype": "float32", "threads": 1, **others}
    for launch, flops in enumerate(gemm):
        yield {**where, "launch": launch, "what": "gemm", "per_second": flops}
        yield {**where, "launch": launch, "what": "read", "per_second": 1e10}
        for size in sizes:
            yield {**where, "launch": launch, "what": "products", "size": size, "per_second": 1e6}


def times(**by_cell):
    """Return launches of samples; each cell takes so many times what the machine needs at least."""
    of = {"base": BASE, "control": CONTROL, "other": OTHER}
    return {
        (of[name], size): [[by * LEAST[size] * launch] * 3 for launch in STEADY]
        for name, sizes in by_cell.items()
        for size, by in zip(SIZES, sizes, strict=True)
    }


def run_of(other=(0.01, 40), base=(20, 20), control=None, nonzero=NONZERO, gemm=(GEMM,) * 5, **tables):
    """Return a run in which `other` is a hundred times too fast at the first size, and honest at the second."""
    limits = tables.pop("limits", None)
    limits = list(limit_rows(gemm)) if limits is None else limits
    run = made_up_run(None, times(base=base, control=control or base, other=other), limits=limits, **tables)
    return with_plan(run, data={**to_builtins(run.plan.data), "nonzero_share": nonzero})


def statuses_of(run):
    return {(row.variant, row.size): row.status for row in Results(run).summary.itertuples()}


# --- when ---


@pytest.mark.parametrize(("by", "status"), [(1.05, "passed"), (0.95, "too fast")])
def test_a_cell_is_too_fast_where_its_rate_exceeds_what_code_can_reach_that_leaves_out_every_0(by, status):
    assert statuses_of(run_of(other=(by, 40)))[OTHER, 10] == status


def test_the_shortest_step_leaves_out_the_share_of_the_first_layer_that_meets_pixels_that_are_0():
    first, second = 784 * 30, 30 * 10
    needed = 10 * (0.2 * 4 * first + 6 * second) + 2 * (0.2 * first + second + 40)

    assert shortest_step_seconds(NIELSEN, 10, 1e9, 0.2) == pytest.approx(needed / (FASTER_THAN_BLAS * 1e9))


def test_memory_sets_no_bound_because_pixels_may_be_bytes_in_a_cache():
    limits = [row if row["what"] != "read" else {**row, "per_second": 1.0} for row in limit_rows()]

    assert set(statuses_of(run_of(other=(1.05, 40), limits=limits)).values()) == {"passed"}


def test_the_fastest_launch_of_the_limit_counts_because_the_machine_was_busy_in_the_others():
    assert statuses_of(run_of(other=(1.05, 40), gemm=(GEMM / 9,) * 4 + (GEMM,)))[OTHER, 10] == "passed"


def test_a_run_that_does_not_say_how_many_pixels_are_0_is_judged_as_if_hardly_any_were_not():
    run = run_of(nonzero=None)
    row = row_of(Results(run).summary, OTHER)

    assert ASSUMED_NONZERO < 0.19  # of MNIST
    assert row.status == "too fast"
    assert "90 % are assumed, because this run does not say" in row.reason


def test_the_median_over_launches_decides_so_that_one_strange_launch_does_not():
    strange = {**times(base=(20, 20), control=(20, 20), other=(40, 40))}
    strange[OTHER, 10] = [[0.01 * LEAST[10]] * 3, *strange[OTHER, 10][1:]]
    run = made_up_run(None, strange, limits=list(limit_rows()))

    assert statuses_of(run)[OTHER, 10] == "passed"


def test_a_cell_that_was_not_checked_is_too_fast_too_and_one_that_failed_stays_failed():
    for said, status in (("not checked", "too fast"), ("failed", "failed"), ("unavailable", "unavailable")):
        outcomes = [outcome(BASE), outcome(CONTROL), outcome(OTHER, said, reason="of the check")]
        assert statuses_of(run_of(outcomes=outcomes))[OTHER, 10] == status


def test_a_variant_with_more_threads_has_the_limit_of_so_many():
    run = run_of(limits=[*limit_rows(gemm=(GEMM / 1000,) * 5, threads=2), *limit_rows()], other=(1.05, 40))

    assert set(statuses_of(run).values()) == {"passed"}


@pytest.mark.parametrize(
    ("limits", "status"),
    [([], "passed"), ([row for row in limit_rows() if row["what"] != "gemm"], "passed"), (None, "too fast")],
)
def test_where_no_limit_was_measured_nothing_is_too_fast(limits, status):
    assert statuses_of(run_of(limits=limits))[OTHER, 10] == status


@pytest.mark.parametrize(
    ("device", "status"), [("NVIDIA H200", "passed"), ("TFRT_CPU_0 (cpu)", "too fast"), (None, "too fast")]
)
def test_what_computes_on_another_device_has_no_limit_of_the_cpu(device, status):
    build_info = None if device is None else {"device": device}
    launches = [launch_row(name, i, build_info=build_info) for name in (BASE, CONTROL, OTHER) for i in range(5)]
    results = Results(run_of(launches=launches))

    assert row_of(results.summary, OTHER).status == status
    if status == "passed":
        assert row_of(results.summary, OTHER)[["limit_work_per_second", "share_of_limit"]].isna().all()
        assert "No limit is known for" in (text := run_report(results, [], []))
        assert f"`{OTHER}` (computes on NVIDIA H200)" in text


def test_the_report_says_where_nothing_could_be_refused():
    assert "no cell was refused for being faster than this machine can be" in run_report(
        Results(run_of(limits=[])), [], []
    )


def test_the_reason_gives_the_numbers_and_what_to_look_at():
    row = row_of(Results(run_of()).summary, OTHER)
    rate, share, most = re.search(
        r"^([\d.]+) million images per second are (\d+) times the machine's limit; at most ([\d.]+) times",
        row.reason,
    ).groups()

    assert float(rate) == pytest.approx(10 / (0.01 * LEAST[10]) / 1e6, rel=0.01)
    assert float(share) == pytest.approx(100 * float(most), rel=0.01)
    assert "leaves out every pixel that is 0 (80 %)" in row.reason
    assert "see whether train takes every step" in row.reason
    assert row.found_in == "rounds"


# --- everywhere ---

# What a rate of a cell that is too fast would look like, were it shown: about 580 million images per second, 2,000×.
WINS = re.compile(r"\b\d{3}(\.\d+)? ?M\b|2\d{3}×|20\d\d(\.\d+)?×|\b[5-9]\d{8}\b|e\+0[89]")


@pytest.fixture(scope="module")
def results():
    tables = {
        "accuracy": [
            {"problem": "nielsen", "variant": name, "size": 10, "epoch": epoch, "correct": 90, "n_test": 100}
            | {"elapsed_s": 1e-3 if name == OTHER else 1.0}
            for name in (BASE, OTHER)
            for epoch in (0, 1, 2)
        ]
    }
    return Results(run_of(**tables))


def test_it_has_its_row_without_any_number(results):
    row = row_of(results.summary, OTHER)

    assert (row.status, row.verdict) == ("too fast", "")
    assert row[["work_per_second", "work_per_second_best", "seconds_per_step", "ratio_to_baseline"]].isna().all()
    assert row_of(results.summary, OTHER, 100).verdict == "slower"


def test_it_is_not_the_fastest_and_overtakes_nobody(results):
    assert OTHER not in set(results.fastest.loc[results.fastest["size"] == 10, "variant"])
    assert results.crossovers.empty
    honest = Results(run_of(other=(10, 40)))
    assert set(honest.crossovers["than"]) == {OTHER}  # the same, had it been possible


def test_the_terminal_says_so(results):
    out = StringIO()
    print_summary(results, Console(width=80, file=out))

    assert re.search(r"numpy_tuned +too fast +", out.getvalue())
    assert not WINS.search(out.getvalue())


def test_the_report_says_so_with_the_reason_and_a_command(results):
    text = run_report(results, [], [])
    gap = next(line for line in text.splitlines() if line.startswith(f"| `{OTHER}`"))

    assert "| `numpy_tuned` | *too fast* |" in text
    assert "| too fast |" in gap
    assert "times the machine's limit" in gap
    assert f"paragone bench --new --quick --implementations '{OTHER}'" in gap
    assert not WINS.search(text.replace(gap, ""))
    assert "faster" not in text[: text.index("## Warnings")].replace("faster than this machine can be", "")


def test_a_warning_names_it_and_doubts_its_other_cells(results):
    (warning,) = [text for text in results.warnings if "faster than this machine can be" in text]

    assert warning.startswith(f"{OTHER} at batch 10: ")
    assert "Doubt the other cells" in warning


def test_no_rate_stands_in_the_table_the_page_or_the_export(results):
    frame_text = safe_csv(results.summary)
    row = next(line for line in frame_text.splitlines() if OTHER in line and ",10,1," in line)
    data = payload(results)
    place = next(i for i, values in enumerate(data["values"]) if OTHER in values and 10 in values)
    values = dict(zip(data["columns"], data["values"][place], strict=True))
    exported = pytest_benchmark_json(results)["benchmarks"]

    assert not WINS.search(row.replace(row_of(results.summary, OTHER).reason, ""))
    assert (values["status"], values["work_per_second"], values["ratio_to_baseline"]) == ("too fast", None, None)
    assert data["launches"][place] == []
    assert (OTHER, 10) not in {(one["params"]["variant"], one["params"]["size"]) for one in exported}


def test_the_figures_draw_no_point_of_it(results):
    figures, _ = catalogue.run_figures(results)
    texts = {figure.name: figure.svg.decode() for figure in figures}

    assert {name.partition("-")[0] for name in texts} >= {"throughput", "speedup", "cold", "memory", "accuracy"}
    assert "too fast" in texts["speedup-nielsen"]
    assert "numpy_tuned" not in texts["accuracy-nielsen"]
    assert not any(WINS.search(text) for text in texts.values())


def test_a_comparison_of_runs_does_not_compare_it():
    first = Results(noisy_run("a", 1))
    too_fast = noisy_run("b", 2)
    cells = first.cells
    fastest = too_fast.samples["elapsed_ns"].min() / 1e9 / too_fast.samples["n_steps"].iloc[0]
    flops = NIELSEN.flops_per_step(10, ASSUMED_NONZERO)
    limits = list(limit_rows(gemm=(flops / fastest / 3,) * 5, sizes=(10,)))
    object.__setattr__(too_fast, "limits", frame("limits", limits))
    found = compare(first, Results(too_fast))
    left_out = found.not_compared

    assert len(cells)
    assert left_out["why"].str.startswith("too fast in B: ").any()
    pairs = set(zip(found.cells["variant"], found.cells["size"], strict=True))
    gone = set(zip(left_out["variant"], left_out["size"], strict=True))
    assert not pairs & gone


A, B = "mine@old[dtype=float32]", "mine@new[dtype=float32]"


def test_a_live_comparison_gives_it_no_ratio_and_fails():
    every = times(base=(20, 20), control=(20, 20), other=(10, 10))
    both = {(A, 10): every.pop((OTHER, 10)), (B, 10): [[0.01 * LEAST[10]] * 3] * 5}
    run = made_up_run(None, {(BASE, 10): every[BASE, 10], (CONTROL, 10): every[CONTROL, 10], **both},
                      limits=list(limit_rows(sizes=(10,))))  # fmt: skip
    versions = {side: {"label": label, "words": label} for side, label in (("a", "old"), ("b", "new"))}
    change_plan(run, live={**versions, "left_out": {}, "fail_slower": 0.05})
    cells = side_by_side(Results(run))

    assert cells["ratio"].isna().all()
    assert cells["verdict"].eq("").all()
    assert len(newly_failed(cells)) == 1


def test_a_claim_cannot_be_told_by_it(results):
    claim = Claim("mine", "me", "Tuned is faster", NIELSEN, "train", (OTHER,), (BASE,), 10, 10, low=1.5)
    judged = RunEvidence(results).judge(claim)

    assert judged.verdict == CANNOT_TELL
    assert judged.why.startswith(f"{OTHER}: too fast: ")


def test_machines_side_by_side_show_the_status(results):
    runs = [results.run, run_of(other=(30, 40))]
    frame = joined_summaries(runs)
    text = machines_report(runs, frame, [], [])

    assert "*too fast*" in text
    assert not WINS.search(text)
    assert catalogue.machine_figures(runs, frame)


def test_no_axis_is_compared_by_it():
    slow = OTHER.replace("float32", "float64")
    every = times(base=(20, 20), control=(20, 20), other=(0.01, 10))
    run = made_up_run(None, {**every, (slow, 10): every[BASE, 10]}, limits=list(limit_rows()))

    assert axis_effects(Results(run)).empty


# --- the baseline ---


def test_where_the_baseline_is_too_fast_nothing_has_a_ratio_and_a_warning_says_why():
    results = Results(run_of(base=(0.01, 20), control=(0.01, 20), other=(30, 40)))
    summary = results.summary
    (warning,) = [text for text in results.warnings if text.startswith("the baseline itself")]

    assert row_of(summary, BASE).status == row_of(summary, CONTROL).status == "too fast"
    assert row_of(summary, OTHER).verdict == "not enough data"
    assert row_of(summary, OTHER, 100).verdict == "slower"
    assert f"{BASE} at batch 10" in warning


def test_a_control_that_is_too_fast_sets_no_margin():
    results = Results(run_of(control=(0.01, 20), other=(30, 40)))
    row = row_of(results.summary, OTHER)

    assert row_of(results.summary, CONTROL).status == "too fast"
    assert row.margin == row_of(results.summary, OTHER, 100).margin


def test_the_cells_themselves_are_not_changed_in_place(results):
    before = results.cells.copy()
    with_too_fast(results.cells, results.samples, results.run)

    assert before.equals(results.cells)
