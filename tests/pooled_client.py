"""The client of a run on a pool as a process that a test may kill, and what must hold of the run in the end."""

import subprocess
import sys
from collections import Counter

from cluster_here import wait_for
from pooled_run import ROUNDS, lacking

from paragone.analyse.results import Results
from paragone.files.json_lines import read_rows
from paragone.files.paths import PROJECT
from paragone.store.reader import read_plan, read_run


class Client:
    """The run as a process that can be killed; `run` is its folder once there is one."""

    def __init__(self, folder, place, launches=4):
        command = [sys.executable, str(PROJECT / "tests" / "pooled_run.py"), str(folder), place, str(launches)]
        self.folder = folder
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    @property
    def run(self):
        return next(iter((self.folder / "results").glob("*/plan.json")), None)

    def wait_for_samples(self, n):
        def enough():
            assert self.process.poll() is None, self.process.stdout.read()
            return self.run and len(read_rows(self.run.parent / "samples.jsonl")) >= n

        wait_for(enough)

    def end(self):
        said = self.process.communicate(timeout=240)[0]
        assert self.process.returncode == 0, said
        return said


def checked(folder):
    """Return the run in the folder once it is clear that it is whole, and that each launch is of one host."""
    results, timed = _whole(folder)
    hosts = {(row["launch"], row["wave"], row["attempt"]): row["host"] for row in rows_of(results, "hosts")}
    assert {(row["launch"], row["wave"], row["attempt"]) for row in timed} <= hosts.keys()
    return results


def checked_alone(folder):
    """Return the run in the folder, which one machine has made, once it is clear that it is whole."""
    results, _ = _whole(folder)
    assert results.run.hosts.empty
    return results


def rows_of(results, table):
    return read_rows(results.run.folder / f"{table}.jsonl")


def _whole(folder):
    (plan,) = (folder / "results").glob("*/plan.json")
    run = plan.parent
    assert lacking(run) == []
    timed = [row for row in read_rows(run / "samples.jsonl") if row["kind"] == "timed"]
    names = ("variant", "size", "threads", "launch", "round")
    counts = Counter(tuple(row[name] for name in names) for row in timed)
    assert {*counts.values()} == {1}, "a sample is there twice"
    assert len(counts) == len(read_plan(run).cells) * read_plan(run).launches * ROUNDS
    results = Results(read_run(run))
    assert {*results.summary["status"]} == {"passed"}
    return results, timed
