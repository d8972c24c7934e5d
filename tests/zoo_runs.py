"""Short runs of the baseline among members of the zoo."""

import os
import re
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import faulty_members
import pytest
from easy_data import easy_data
from faulty_members import LARGE, N_STEPS, SMALL
from in_process import SHORT
from quiet_display import QuietDisplay

from paragone.analyse.results import Results
from paragone.files.paths import PROJECT
from paragone.implementation.registry import discover
from paragone.machine.child import TAG
from paragone.measure import bench
from paragone.measure.bench import Bench
from paragone.plan import cells
from paragone.plan.request import Request
from paragone.store.reader import read_run
from paragone.task.mlp.problem_files import find_problem
from paragone.verify.pilot import open_worker
from paragone.worker.handle import WorkerHandle

PROBLEM = replace(find_problem("nielsen"), n_train=200, layers=(784, 4, 10), batch_sizes=(SMALL, LARGE))
MEMORY_LIMIT = 400_000_000
# Long enough for a Python to start on a busy machine; those who hang are given less once they have loaded.
TIME_LIMIT_S, HANGING_S = 30.0, 0.5


def processes_left() -> list[str]:
    """Return the workers of this file's runs and the processes that they started, where they still live."""
    found, ours = [], f"ZOO_NOTES={os.environ['ZOO_NOTES']}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes().split(b"\0")
            if ours in environment and any(entry.startswith(f"{TAG}=".encode()) for entry in environment):
                found.append((folder / "cmdline").read_text())
        except OSError:
            continue
    return found


def verdicts(results):
    """Return (status, reason) by implementation; there is one cell each."""
    rows = results.summary[~results.summary["control"]]
    return {name: (status, reason) for name, status, reason in rows[["implementation", "status", "reason"]].values}


def missed(cheats, found):
    """Return those who were not refused for what they do, with what was said of them."""
    return {
        name: found[name]
        for name, cheat in cheats.items()
        if found[name][0] != "failed" or not re.search(cheat.reason, found[name][1])
    }


def accused(found, names):
    return {name: found[name] for name in names if found[name][0] != "passed"}


@contextmanager
def zoo_runs(tmp_path_factory):
    """Yield a function that makes a short run of the baseline among members of the zoo, and gives its results."""
    data = easy_data(tmp_path_factory.mktemp("cache"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(PROJECT / "tests"))
        patch.setenv("ZOO_NOTES", str(tmp_path_factory.mktemp("notes")))
        patch.setattr(bench, "launch_deviation", lambda *_: None)
        patch.setattr(bench.CallCosts, "rows", lambda *_: [])
        patch.setattr(bench.LimitsOfLaunch, "record", lambda *_: None)
        patch.setattr(bench, "draw_curves", lambda *_: None)
        load = WorkerHandle.load

        def load_impatiently(self, variant, *others):
            answer = load(self, variant, *others)
            self.time_limit_s = HANGING_S if variant.implementation.name.startswith("hangs") else TIME_LIMIT_S
            return answer

        patch.setattr(WorkerHandle, "load", load_impatiently)

        def measure(members, open_worker=open_worker, budgets=SHORT, n_steps=N_STEPS, sizes=(SMALL, LARGE), rounds=3):
            patch.setattr(cells, "sample_steps", lambda *_: n_steps)
            plugins = faulty_members.write(tmp_path_factory.mktemp("plugins"), members)
            request = Request(
                (replace(PROBLEM, batch_sizes=sizes),),
                budgets,
                implementations=("numpy_rows", *members),
                dtypes=("float32",),
                quick=True,
                rounds=rounds,
                slow=True,
                memory=False,
                time_limit_s=TIME_LIMIT_S,
                memory_limit_bytes=MEMORY_LIMIT,
                plugins=tuple(plugins),
            )
            found, broken = discover(plugins=plugins)
            results = tmp_path_factory.mktemp("results")
            display = QuietDisplay()
            given = request, found, broken, data, results, "paragone", display
            made = Bench(*given, open_worker=open_worker, verify_again=True)
            folder, finished = made.run()
            assert finished
            return Results(read_run(folder))

        yield measure
