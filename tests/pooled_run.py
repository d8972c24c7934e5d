"""A short run on a pool: `python pooled_run.py FOLDER PLACE LAUNCHES`; FOLDER holds plugins/ and gets results/.

With "here" as PLACE it is made by this process alone.
"""

import sys
from pathlib import Path

from in_process import SHORT
from own_kernel import write_kernel
from quiet_display import QuietDisplay

from paragone.comparison.versions import all_implementations
from paragone.measure.bench import Bench
from paragone.measure.resume import remaining_samples
from paragone.plan.request import Request
from paragone.pool.address import place_of
from paragone.pool.hosts import refuse_unlike
from paragone.pool.pool import pool_at
from paragone.pool.pooled_bench import PooledBench
from paragone.store.reader import read_plan
from paragone.task.kernel.family import DrawnData
from paragone.task.kernel.problem import KernelProblem

ROUNDS = 4


class TellingDisplay(QuietDisplay):
    def say(self, sentence):
        print(sentence, flush=True)


def request_in(folder, launches, kernel="twice"):
    return Request(
        (KernelProblem.of(folder / "plugins" / kernel),),
        SHORT,
        implementations=("whole", "loops"),
        baseline="whole",
        dtypes=("float64",),
        sizes=(10, 20),
        launches=launches,
        rounds=ROUNDS,
        memory=False,
        curves=False,
        plugins=(str(folder / "plugins"),),
    )


def write_plugins(folder):
    """Write a kernel with a baseline, and an implementation that is surely slower."""
    write_kernel(folder / "plugins", "twice")
    body = "    for i in 100 * [*range(len(x))]:\n        y[i] = 2 * x[i]\n"
    (folder / "plugins" / "twice" / "loops.py").write_text(f'"""Number by number."""\n\n\ndef run(x, y):\n{body}')


def main():
    folder, launches = Path(sys.argv[1]), int(sys.argv[3])
    request, display = request_in(folder, launches), TellingDisplay()
    registered, unusable = all_implementations(request)
    given = request, registered, unusable, DrawnData(), folder / "results", "paragone bench", display
    if sys.argv[2] == "here":
        run, finished = Bench(*given).run()
    else:
        with pool_at(place_of(sys.argv[2]), request, DrawnData(), False, display.say) as pool:
            refuse_unlike(pool.hosts)
            run, finished = PooledBench(*given, pool=pool).run()
    print("finished" if finished else "not finished", run.name, flush=True)


def lacking(run):
    """Return the cells and launches that lack a sample."""
    plan = read_plan(run)
    remaining, _ = remaining_samples(run, plan.rounds)
    return [(cell, n) for cell in plan.cells for n in range(plan.launches) if remaining.wants_any(cell, n)]


if __name__ == "__main__":
    main()
