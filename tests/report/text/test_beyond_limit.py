"""The sentences on cells beyond the machine's limit: those that may, and those that declare nothing."""

from made_up_run import BASE, CONTROL, OTHER, made_up_run, with_plan
from msgspec import to_builtins

from paragone.analyse.results import Results
from paragone.report.text.beyond_limit import UNDECLARED, beyond_the_limit
from paragone.report.text.limit import section
from paragone.task.mlp.problem_files import find_problem

NIELSEN = find_problem("nielsen")
GEMM = 1e10
SIZES = (10, 1000)


def results(shares, skips=False, nonzero=0.2, cache=True):
    """A run in which numpy_tuned attains these shares of the limit at two batch sizes, and the baseline half of it."""
    limits = [
        {"problem": "nielsen", "dtype": "float32", "threads": 1, "launch": launch, "what": what, "per_second": rate}
        for launch in range(2)
        for what, rate in (("gemm", GEMM), ("read", 1e12), ("cache", 4e12))
        if cache or what != "cache"
    ]
    times = {
        (name, size): [[NIELSEN.flops_per_step(size) / GEMM / share] * 3] * 2
        for name, of_sizes in ((BASE, (0.5, 0.5)), (CONTROL, (0.5, 0.5)), (OTHER, shares))
        for size, share in zip(SIZES, of_sizes, strict=True)
    }
    run = made_up_run(None, times, limits=limits)
    variants = [{**to_builtins(each), "skips_zeros": skips and each.variant == OTHER} for each in run.plan.variants]
    return Results(with_plan(run, variants=variants, data={**to_builtins(run.plan.data), "nonzero_share": nonzero}))


def test_what_leaves_out_zeros_may_pass_and_the_share_of_zeros_says_by_how_much():
    said = beyond_the_limit(results((1.2, 1.5), skips=True))

    thousand = "1\N{NARROW NO-BREAK SPACE}000"
    assert f"`numpy_tuned` passes the limit at batch 10 and {thousand}, most at {thousand}: 1.50× as fast." in said
    assert "It may: it declares that it leaves out the pixels that are 0" in said
    assert "80.0 % of this data set's pixels are 0, each counted, so its arithmetic is at best 4.65 times less" in said


def test_what_declares_nothing_and_passes_is_named_with_what_that_means():
    said = beyond_the_limit(results((1.2, 0.9)))

    assert f"`numpy_tuned` passes the limit at batch 10: 1.20× as fast. {UNDECLARED}" in said
    assert "It may" not in said


def test_a_run_that_does_not_say_how_many_pixels_are_0_says_what_is_assumed():
    assert "This run does not say how many are 0; 90 % are assumed" in beyond_the_limit(
        results((1.2, 1.5), skips=True, nonzero=None)
    )


def test_nothing_is_said_where_no_cell_passes():
    assert beyond_the_limit(results((0.9, 0.8), skips=True)) == ""


def test_the_section_on_the_limit_says_it_and_shows_the_speed_of_the_cache_where_it_was_measured():
    new, old = (section(results((1.2, 1.5), skips=True, cache=cache)) for cache in (True, False))

    assert "`numpy_tuned` passes the limit" in new
    assert "| 1000 GB/s | 4000 GB/s | 2 |" in new
    assert "reading what half of the second cache holds" in new
    assert "second cache" not in old
    assert "| 1000 GB/s | 2 |" in old
