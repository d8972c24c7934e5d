"""What tests of several files share and is dear to start: one browser."""

import os

import pytest
from chromium import Browser, chromium


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """Return the session's Chromium; skipped without one, unless the machine promises it."""
    if chromium() is None:
        assert "chromium" not in os.environ.get("PARAGONE_TESTS_EXPECT", "").split(), "Chromium was promised"
        pytest.skip("Chromium is not installed: apt install chromium")
    made = Browser(tmp_path_factory.mktemp("browser"))
    yield made
    made.close()
