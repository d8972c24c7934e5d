"""The process that measures on a host of a pool: one order on standard input, its answer on standard output.

It works in a folder of its own that looks like the run's: the plan, and the rows that matter here. So a launch is
resumed as it is on one machine, and its rows are checked and written as there, and then told.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from paragone.errors import HarnessError
from paragone.files.atomic import write_json
from paragone.machine import environment
from paragone.machine.busy import machine_load
from paragone.machine.cpus import confine_to, harness_cpus, pinned_to
from paragone.measure.bench import Bench
from paragone.plan.request import Request
from paragone.pool.cargo import DATA, with_paths
from paragone.pool.on_host import host_name
from paragone.pool.orders import Line, Order, rows_of, to_text
from paragone.store.plan_records import Plan
from paragone.store.records import TABLE_OF, Outcome
from paragone.store.run_folder import RunFolder
from paragone.task.families import decode
from paragone.task.kernel.family import DrawnData
from paragone.task.mlp.data import open_cached

CPUS = "PARAGONE_HOST_CPUS"  # such as "0,1": of a process that is one of several hosts on a machine
Tell = Callable[[Line], None]


class ToldFolder(RunFolder):
    """A run's folder whose rows are told as soon as they are on disk."""

    def __init__(self, folder: Path, tell: Tell) -> None:
        super().__init__(folder)
        self._tell_line = tell

    def append(self, *rows: msgspec.Struct) -> None:
        super().append(*rows)
        if rows:
            self._tell_line(Line(table=TABLE_OF[type(rows[0])], rows=[msgspec.to_builtins(row) for row in rows]))


class ToldDisplay:
    """Tells what a display would show."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell

    def say(self, sentence: str) -> None:
        self._tell(Line(said=f"{host_name()}: {sentence}"))

    def expect(self, seconds: float) -> None:
        """The host sees a part of the run only."""

    def show_plan(self, plan: Plan, outcomes: Sequence[Outcome]) -> None:
        """Shown where the run is."""

    @contextmanager
    def progress(self, title: str, total: float) -> Iterator[Callable[[str, float], None]]:
        yield lambda what, seconds: self._tell(Line(what=what, seconds=seconds))


def main() -> None:
    """Carry out the order that standard input holds; end where its other end is closed."""
    answers, sys.stdout = sys.stdout, sys.stderr  # what code prints is no answer
    signal.signal(signal.SIGTERM, _interrupt)
    given = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_input, daemon=True).start()

    def tell(line: Line) -> None:
        answers.write(to_text(line) + "\n")
        answers.flush()

    if cpus := os.environ.get(CPUS):
        confine_to([int(cpu) for cpu in cpus.split(",")])
    try:
        carry_out(msgspec.convert(with_paths(given["order"], given["folders"]), Order), given["folders"], tell)
    except HarnessError as error:
        tell(Line(refused=f"{host_name()}: {error}"))
    except KeyboardInterrupt:
        sys.exit(130)


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _end_with_input() -> None:
    while os.read(sys.stdin.fileno(), 1 << 16):  # not by its buffer, which Python locks at its end
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def carry_out(order: Order, folders: Mapping[str, str], tell: Tell) -> None:
    """Carry out an order and tell the lines of its answer; `folders` maps mark → folder of this host.

    Raises HarnessError.
    """
    if environment.source_hash() != order.source_hash:
        raise HarnessError("the harness that arrived is not the one that was sent: begin again")
    with tempfile.TemporaryDirectory(prefix="paragone-") as temporary:
        bench = _bench(order, folders, Path(temporary), tell)
        with pinned_to(harness_cpus(max(bench.request.threads))):
            _carry_out(order, folders, bench, Path(temporary), tell)
    tell(Line(is_done=True))


def _bench(order: Order, folders: Mapping[str, str], results: Path, tell: Tell) -> Bench:
    from paragone.comparison.versions import all_implementations

    request = msgspec.convert(order.request, Request, dec_hook=decode)
    registered, unusable = all_implementations(request)
    data = open_cached(Path(folders[DATA])) if order.data else DrawnData()
    display = ToldDisplay(tell)
    return Bench(request, registered, unusable, data, results, "", display, verify_again=order.verify_again)


def _carry_out(order: Order, folders: Mapping[str, str], bench: Bench, temporary: Path, tell: Tell) -> None:
    marks = {folder: mark for mark, folder in folders.items()}
    if order.do == "describe":
        tell(Line(environment=bench.described))
    elif order.do == "plan":
        tell(Line(planned=with_paths(msgspec.to_builtins(bench.plan()), marks)))
    elif order.do == "launch" and _is_too_busy(order.most_busy_cpus, tell):
        return
    else:
        with ToldFolder(_folder_of(order, temporary), tell) as rows:
            if order.do == "passes":
                bench.run_passes(rows)
            else:
                launches = bench.launches(rows, lambda what, seconds: tell(Line(what=what, seconds=seconds)))
                if order.measures_limits:
                    launches.measure_limits(order.launch)
                launches.run_wave(order.launch, order.wave, order.attempt)
                bench.note_launches(rows.folder)


def _is_too_busy(most: float | None, tell: Tell) -> bool:
    busy = machine_load().busy_cpus
    is_busy = most is not None and busy is not None and busy > most
    tell(Line(busy_cpus=busy, is_busy=is_busy))
    return is_busy


def _folder_of(order: Order, temporary: Path) -> Path:
    """A folder with the plan and the rows of the order."""
    folder = temporary / "run"
    folder.mkdir()
    write_json(folder / "plan.json", order.plan)
    write_json(folder / "environment.json", order.environment)
    with RunFolder(folder) as rows:
        for table, found in order.tables.items():
            rows.append(*rows_of(table, found))
    return folder


if __name__ == "__main__":
    main()
