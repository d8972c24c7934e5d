"""Whole runs of the kernels that ship, among cheats: each is refused for what it does, its honest twin passes."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest
from kernel_cheats import (
    HEAT,
    HISTOGRAM,
    HONEST_C,
    HONEST_HEAT,
    HONEST_HISTOGRAM,
    HONEST_MATMUL,
    HONEST_PAIRWISE,
    HONEST_SOFTMAX,
    IN_C,
    MATMUL,
    PAIRWISE,
    SOFTMAX,
    write_members,
)

from paragone.files.paths import PROJECT

pytestmark = pytest.mark.slow
NEEDS_GCC = pytest.mark.skipif(not shutil.which("gcc"), reason="gcc is not found")


@pytest.fixture
def outcomes_of(tmp_path):
    """Return a function that runs a bench of members at one size, and gives the outcomes by implementation."""

    def bench(kernel, size, members):
        environment = {name: value for name, value in os.environ.items() if name != "PARAGONE_RESULTS"}
        folder = tmp_path / kernel
        folder.mkdir()
        for file in ("kernel.toml", "reference.py"):
            shutil.copy(PROJECT / "impls" / kernel / file, folder)
        write_members(folder, members)
        chosen = [word for name in members for word in ("-i", name)]
        command = [sys.executable, "-m", "paragone", "bench", "-k", kernel, "--plugins", str(tmp_path), *chosen]
        command += ["--sizes", str(size), "--dtype", "float64", "--quick", "--rounds", "3"]
        ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert ended.returncode == 1, ended.stderr  # what was named has failed
        (table,) = (tmp_path / "results").rglob("outcomes.jsonl")
        rows = map(json.loads, table.read_text().splitlines())
        found = {name: [] for name in members}
        for row in rows:
            if (name := row["variant"].partition("[")[0]) in found:
                found[name].append(row)
        return found

    return bench


def reasons(rows):
    """What was said of a member that failed; None of one that passed all."""
    failed = [row["reason"] for row in rows if row["status"] not in ("passed", "not checked")]
    return "; ".join(failed) if failed or not rows else None


@pytest.mark.parametrize(
    ("kernel", "size", "cheats", "honest"),
    [
        ("pairwise", 100, PAIRWISE, HONEST_PAIRWISE),
        ("heat", 32, HEAT, HONEST_HEAT),
        ("matmul", 320, MATMUL, HONEST_MATMUL),
        ("softmax_rows", 100, SOFTMAX, HONEST_SOFTMAX),
        ("histogram", 100_000, HISTOGRAM, HONEST_HISTOGRAM),
        pytest.param("pairwise", 32, IN_C, HONEST_C, marks=NEEDS_GCC),
    ],
    ids=["pairwise", "heat", "matmul", "softmax_rows", "histogram", "pairwise in C"],
)
def test_cheats_are_refused_for_what_they_do_and_their_honest_twins_pass(outcomes_of, kernel, size, cheats, honest):
    found = {name: reasons(rows) for name, rows in outcomes_of(kernel, size, cheats | honest).items()}

    assert {} == {name: found[name] for name, cheat in cheats.items() if not re.search(cheat.reason, found[name] or "")}
    assert dict.fromkeys(honest) == {name: found[name] for name in honest}
