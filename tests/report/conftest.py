"""What tests of the report share: files of figures without contents, where no test looks into them."""

import pytest

from paragone.report.figures.drawing import Drawing


@pytest.fixture
def without_pixels(monkeypatch):
    """Files of figures in PNG are empty: those in SVG hold the same."""
    monkeypatch.setattr(Drawing, "png", b"")


@pytest.fixture
def without_contents(monkeypatch, without_pixels):
    """All files of figures are empty."""
    monkeypatch.setattr(Drawing, "svg", b"")
