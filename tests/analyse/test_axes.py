"""What an axis does: variants of one implementation that differ in one value, and in nothing else."""

import pytest
from made_up_run import BASE, CONTROL, OTHER, made_up_run

from paragone.analyse.axes import axis_effects
from paragone.analyse.results import Results

IN_F = BASE.replace("order=C", "order=F")
WIDE = BASE.replace("float32", "float64")
WIDE_F = IN_F.replace("float32", "float64")
SECONDS = {BASE: 1e-5, CONTROL: 1e-5, IN_F: 2e-5, WIDE: 3e-5, WIDE_F: 4e-5, OTHER: 1e-6}


def effects(names=tuple(SECONDS)):
    times = {(name, 10): [[SECONDS[name] * luck] * 3 for luck in (1, 1.001, 0.999)] for name in names}
    run = made_up_run(None, times)
    return axis_effects(Results(run))


def test_pairs_differ_in_one_axis_and_belong_to_one_implementation():
    found = {(row.variant, row.other, row.axis) for row in effects().itertuples()}

    assert {
        (BASE, IN_F, "order"),
        (WIDE, WIDE_F, "order"),
        (BASE, WIDE, "dtype"),
        (IN_F, WIDE_F, "dtype"),
    } == found


def test_the_ratio_is_that_of_the_first_to_the_other_also_across_dtypes():
    found = effects().set_index(["variant", "other"])

    assert [2, 3] == pytest.approx([found.loc[(BASE, other), "ratio"] for other in (IN_F, WIDE)])
    assert ("C", "F") == tuple(found.loc[(BASE, IN_F)][["value", "other_value"]])
    assert "faster" == found.loc[(BASE, WIDE), "verdict"]


def test_without_an_axis_there_is_nothing_to_tell():
    assert effects((BASE, CONTROL, OTHER)).empty
