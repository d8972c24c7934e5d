"""What tests of several files share: the command line, a small data set, one browser."""

import os
import signal
import sys

import numpy as np
import pytest
from chromium import Browser, chromium
from hypothesis import HealthCheck, settings
from small_problem import SMALL

from paragone.cli import main
from paragone.task.mlp.mnist.cache import store
from paragone.task.mlp.mnist.parts import Arrays

# How many examples a property is tried on: 20, or 200 where HYPOTHESIS_PROFILE=nightly says so (`make test-slow` does).
# An example has no deadline: a busy machine is no fault of the code.
for profile, examples in (("ci", 20), ("nightly", 200)):
    settings.register_profile(
        profile, max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

# The files that take longest, begun first: at the end no process waits for another that still has one of them.
LONGEST_FILES = ("test_faults.py", "test_build.py", "test_nothing_lost.py", "test_main.py", "test_benchmarks.py")


def pytest_ignore_collect(collection_path, config):
    """Leave a file out that loads PyTorch where its tests are not asked for: gigabytes in every process of pytest."""
    return True if collection_path.name == "test_tensors.py" and "not slow" in config.option.markexpr else None


def pytest_collection_modifyitems(items):
    """The longest files first; the order is otherwise that of the collection."""
    items.sort(key=lambda item: item.path.name not in LONGEST_FILES)


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """Return the session's Chromium; skipped without one, unless the machine promises it."""
    if chromium() is None:
        assert "chromium" not in os.environ.get("PARAGONE_TESTS_EXPECT", "").split(), "Chromium was promised"
        pytest.skip("Chromium is not installed: apt install chromium")
    made = Browser(tmp_path_factory.mktemp("browser"))
    yield made
    made.close()


@pytest.fixture
def paragone(monkeypatch, capsys):
    """Run the command line in this process; return its exit code and what it wrote to both streams."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["paragone", *map(str, arguments)])
        monkeypatch.setattr(main.out, "_width", 120)
        with pytest.raises(SystemExit) as ending:
            main.main()
        captured = capsys.readouterr()
        return ending.value.code, captured.out, captured.err

    before = signal.getsignal(signal.SIGTERM)
    yield run
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def no_processes(monkeypatch):
    """Fails the test where a worker is opened by another way than the one that it hands in."""
    monkeypatch.setattr("paragone.verify.pilot.WorkerHandle", lambda *_: pytest.fail("a worker has a process"))


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A small data set, found wherever the command line looks for data, and a problem that fits it."""
    monkeypatch.setenv("PARAGONE_CACHE", str(tmp_path / "cache"))
    random = np.random.Generator(np.random.PCG64(5))
    images = random.integers(0, 256, (350, 784), np.uint8)
    images[random.random(images.shape) > 0.19] = 0
    labels = random.integers(0, 10, 350, np.uint8)
    data = store(Arrays(images[:300], labels[:300], images[300:], labels[300:]), "small", "a test")
    monkeypatch.setattr("paragone.task.mlp.data.find_data", lambda path, say: data)
    problem = tmp_path / "small.toml"
    problem.write_text(SMALL)
    return problem
