"""What tests of the command line share: workers without a process, reports without figures."""

import pytest
from in_process import InProcessWorker


@pytest.fixture
def without_processes(monkeypatch):
    """Whatever a command starts, its workers live in this process."""
    monkeypatch.setattr("paragone.verify.pilot.WorkerHandle", lambda *_: InProcessWorker())


@pytest.fixture
def without_figures(monkeypatch):
    """Reports have their text and tables; a figure takes half a second to draw."""
    monkeypatch.setattr("paragone.report.figures.catalogue.run_figures", lambda results: ([], []))
