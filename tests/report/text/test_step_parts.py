"""The section of a profile on where the rest goes: sentences, tables, speeds."""

from made_up_profile import ROWS, TUNED, profiled, rows
from msgspec import structs

from paragone.analyse.step_parts import Speeds
from paragone.report.text.profile import profile_report
from paragone.report.text.step_parts import section, sentences

FORWARD = 10 * 2 * 23_820  # operations of ten images
BEHIND = 10 * (2 * 23_820 + 2 * 300) + 2 * 23_860
# In ten microseconds: the products of forward; in one: all exponentials; in five: the mini-batch gathered.
SPEEDS = Speeds(product=FORWARD / 10e-6, read=1e15, exp=400 / 1e-6, gather=31_360 / 5e-6)
PLACE = ("nielsen", "float32", 1)
THOUSAND = "1\N{NARROW NO-BREAK SPACE}000"


def of_speeds(*of_variants, speeds=SPEEDS, **named):
    return profiled(*of_variants, speeds={PLACE: speeds}, **named)


def with_phases(pairs, **phases):
    """The pairs with some phases of so many microseconds, and as much longer as a whole."""
    for row in pairs:
        ns = {**row.phases, **{phase: round(1000 * us) for phase, us in phases.items()}}
        yield structs.replace(row, phases=ns, clocked_ns=sum(ns.values()))


def test_a_sentence_for_each_implementation_names_its_largest_loss_at_each_size():
    said = sentences(of_speeds(rows(ROWS, 100.0), rows(ROWS, 50_000.0, 1000), rows(TUNED, 100.0)))

    assert said[0] == (
        "`numpy_rows`, batch 10: 79 % of a step is none of its arithmetic, and the largest part is the rest of "
        f"backward and update, 44 %; batch {THOUSAND}: 96 %, and the largest part is the rest of backward and update, "
        "53 %."
    )
    assert said[1].startswith("`numpy_tuned`, batch 10: 79 % of a step")


def test_a_gather_that_is_the_largest_loss_is_compared_with_that_of_numpy():
    (slow,) = sentences(of_speeds(with_phases(rows(ROWS, 100.0), gather=80.0)))
    (usual,) = sentences(
        of_speeds(with_phases(rows(ROWS, 100.0), gather=80.0), speeds=speeds_with(gather=31_360 / 70e-6))
    )

    assert slow.endswith("gathering, 48 % (16.0 times what `np.take` would need).")
    assert usual.endswith("gathering, 48 %.")


def speeds_with(**changes):
    return Speeds(**{**vars(SPEEDS), **changes})


def test_a_step_that_is_nearly_all_arithmetic_names_no_loss_and_one_beyond_the_limit_says_by_how_much():
    fast = with_phases(rows(ROWS, 100.0), gather=0.1, forward=6.0, backward=6.0, update=1.0)
    (said,) = sentences(of_speeds(structs.replace(row, plain_ns=14_000) for row in fast))

    times = (10 + 10 * BEHIND / FORWARD) / 14
    assert said == f"`numpy_rows`, batch 10: nearly all of a step is its arithmetic, at {times:.2f} times the limit."


def test_the_table_has_the_share_of_the_limit_and_every_part_in_microseconds_and_as_a_share():
    text = section(of_speeds(rows(ROWS, 100.0)))

    assert "### `nielsen`, batch size 10, float32, 1 thread" in text
    assert "| implementation | of the limit | arithmetic | exp | gather | rest of forward | loss |" in text
    parts = "21.1 (21%) | 1.00 (1%) | 10.0 (10%) | 19.0 (19%) | 0 (0%) | 43.9 (44%) | 5.00 (5%)"
    assert f"| `numpy_rows` | 21 % | {parts} |" in text


def test_the_speeds_stand_below_the_tables():
    product = f"{FORWARD / 10e-6 / 1e9:.1f} GFLOP/s"

    assert f"| `nielsen` | float32 | 1 | {product} | 1000000 GB/s | 400 million/s | 6.27 GB/s |" in section(
        of_speeds(rows(ROWS, 100.0))
    )


def test_the_section_is_part_of_the_page_where_the_speeds_were_measured_and_else_is_not():
    assert "## Where the rest goes" in profile_report(of_speeds(rows(ROWS, 100.0)), [])
    assert "## Where the rest goes" not in profile_report(profiled(rows(ROWS, 100.0)), [])


def test_what_is_of_another_dtype_than_the_speeds_has_no_parts():
    other = of_speeds(rows(ROWS, 100.0), rows("python_lists[dtype=float64]", 100.0))

    assert [step.cell.variant for step in other.parts] == [ROWS]
    assert "python_lists" not in section(other)
