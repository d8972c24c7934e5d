"""One comparison at a time."""

import pytest

from paragone.calls.under_way import ScriptReached, comparison_under_way, importing_script
from paragone.errors import Misuse


def test_a_comparison_inside_another_is_refused():
    told = "another comparison is under way"
    with comparison_under_way(), pytest.raises(Misuse, match=told), comparison_under_way():
        pass
    with comparison_under_way():
        pass  # the first has ended


def test_a_comparison_in_a_script_that_a_launch_imports_ends_the_script():
    with importing_script(), pytest.raises(ScriptReached), comparison_under_way():
        pass

    assert not issubclass(ScriptReached, Exception), "a script that catches Exception would go on"
