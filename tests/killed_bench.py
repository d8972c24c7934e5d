"""A bench that a test kills: `python killed_bench.py FOLDER [RUN]` says on standard output all that it reaches.

With ROOM=9000 in its environment the kernel lets no table of the run grow beyond that many bytes; with
WITHOUT_PROCESSES=1 the workers have no processes of their own, and no report is written.

FOLDER holds impls/, results/ and data.txt, the folder of a small data set; RUN is a run to take up again.
A line is written for every row, once it is on disk, and for every stage and step of the work before it begins.
"""

import json
import os
import resource
import signal
import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import msgspec
from in_process import SHORT, in_process

from paragone.files import atomic
from paragone.implementation.registry import discover
from paragone.machine import environment
from paragone.measure import bench
from paragone.measure.aa_pilot import Deviation
from paragone.measure.bench import Bench
from paragone.plan.request import Request
from paragone.store.records import TABLE_OF
from paragone.store.run_folder import RunFolder
from paragone.store.runs import find_run
from paragone.task.mlp.data import open_cached
from paragone.task.mlp.problem_files import find_problem
from paragone.verify.pilot import open_worker as open_worker_process

N_TRAIN = 300
PROBLEM = replace(find_problem("nielsen"), n_train=N_TRAIN, layers=(784, 4, 10), batch_sizes=(1, 20))
REQUEST = Request((PROBLEM,), SHORT, implementations=("numpy_rows",), dtypes=("float32",), launches=2, rounds=3)


def tell(what, content=""):
    os.write(1, (json.dumps([what, content]) + "\n").encode())


class TellingDisplay:
    """Tells every stage and step."""

    def say(self, sentence):
        tell("said", sentence)

    def expect(self, seconds):
        pass

    def show_plan(self, plan, outcomes):
        tell("plan", plan.run)

    @contextmanager
    def progress(self, title, total):
        tell("stage", title)
        yield lambda what, seconds: tell("step", what)


def telling(function, before="", after=""):
    """Return the function, with what is told before it begins and once it is done."""

    def wrapped(*arguments, **others):
        if before:
            tell(before, str([arguments[0], *map(type, arguments[1:2])]))
        result = function(*arguments, **others)
        if after and (rows := arguments[1:]):
            tell(after, [TABLE_OF[type(rows[0])], msgspec.to_builtins(rows)])
        return result

    return wrapped


def with_room(write, n_bytes):
    """Return the function that writes rows, for which the kernel refuses files of more bytes."""

    def wrapped(*arguments):
        _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, most))
        try:
            return write(*arguments)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    return wrapped


def main():
    folder = Path(sys.argv[1])
    environment.blas = lambda: ()  # asks a process of its own
    bench.launch_deviation = lambda *_: Deviation(0.02, 0.03)  # the A/A pilot doubles the length of a run
    if "ROOM" in os.environ:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        RunFolder._write = with_room(RunFolder._write, int(os.environ["ROOM"]))
    RunFolder.append = telling(RunFolder.append, "appends", "rows")
    atomic.write_whole = telling(atomic.write_whole, before="writes")
    found, broken = discover(folder / "impls")
    data = open_cached(Path((folder / "data.txt").read_text()))
    results = folder / "results"
    open_worker = in_process if "WITHOUT_PROCESSES" in os.environ else open_worker_process
    given = REQUEST, found, broken, data, results, "paragone bench", TellingDisplay()
    made = Bench(*given, open_worker=open_worker, verify_again=True)
    run, finished = made.run(resume=find_run(results, sys.argv[2]) if sys.argv[2:] else None)
    tell("ended", finished)
    if "WITHOUT_PROCESSES" not in os.environ:
        report(run)
    tell("reported")


def report(run):
    # Imported here: most of these harnesses are killed before they report, and pandas takes as long as the rest.
    from paragone.analyse.results import Results
    from paragone.report.figures import catalogue
    from paragone.report.write import write_report
    from paragone.store.reader import read_run

    catalogue.run_figures = lambda results: ([], [])  # a figure takes a second to draw and a millisecond to write
    write_report(Results(read_run(run)))


if __name__ == "__main__":
    main()
