"""Two sides of a live comparison."""

import pytest
from small_project import write

from paragone.comparison.revisions import Side
from paragone.comparison.versions import version_set


@pytest.fixture
def sides(tmp_path):
    """Two sides: `one` differs, `other` is the same, `early` and `late` are in one alone."""
    for side, version in (("old", 1), ("new", 2)):
        write(tmp_path / side / "one", f"VERSION = {version}\n")
        write(tmp_path / side / "other", "VERSION = 0\n")
    write(tmp_path / "old" / "early", "")
    write(tmp_path / "new" / "late", "")
    return lambda: tuple(version_set(Side(label, tmp_path / label, "a test's")) for label in ("old", "new"))
