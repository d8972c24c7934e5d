"""What other tools' times say of pairs of copies."""

import pytest

from paragone.selftest.other_tools import compared_pairs


def test_another_tool_s_pairs_are_those_of_neighbouring_copies():
    times = {"copy_1-B10": [1.0, 1.0, 1.1], "copy_2-B10": [1.1, 1.1, 1.2], "copy_3-B10": [1.0], "copy_1-B100": [2.0]}
    result = compared_pairs("tool", times, 3.0, has_test=True)

    assert (result.noticeable.found, result.noticeable.n) == (1, 1)
    assert result.largest == pytest.approx(0.1)
    assert result.significant.found == 0
