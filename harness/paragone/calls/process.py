"""A launch of its own: a fresh process that finds the callables, takes one launch, and writes what came of it.

    python -m paragone.calls.process OUTGOING FOLDER ROUNDS SEED

FOLDER holds `surroundings.json` and `task.pickle`. The answer is one line of JSON.
"""

from __future__ import annotations

import gc
import importlib
import importlib.util
import os
import signal
import sys
import time
from pathlib import Path
from types import ModuleType

import msgspec

from paragone.calls import under_way
from paragone.calls.found_by_name import MAIN, Surroundings, code_of, unpickled
from paragone.calls.launch import Task, Times, take_launch
from paragone.errors import HarnessError, error_text
from paragone.files.printable import plain_words
from paragone.machine.process_tree import adopt_orphans, die_with_parent

SCRIPT = "__script__"  # the name of a script that was not started but imported


class Answer(msgspec.Struct):
    """The times of a launch, or why there are none; and the seconds until everything was found."""

    times: Times = []
    fault: str = ""
    loading_s: float = 0.0


def answer(folder: Path, n_rounds: int, seed: int) -> Answer:
    begin = time.perf_counter()
    try:
        wanted = msgspec.json.decode((folder / "surroundings.json").read_bytes(), type=Surroundings)
        task = found(folder, wanted)
        loading_s = time.perf_counter() - begin
        gc.collect()
        gc.freeze()
        with under_way.comparison_under_way():
            return Answer(times=take_launch(task, n_rounds, seed), loading_s=loading_s)
    except HarnessError as error:
        return Answer(fault=str(error))
    except Exception as error:
        return Answer(fault=error_text(error))


def found(folder: Path, wanted: Surroundings) -> Task:
    """The task, with callables that do what those of the other process do. Raises LookupError where they do not."""
    os.chdir(wanted.folder)
    own = [entry for entry in sys.path if entry not in wanted.import_path]
    sys.path[:] = [*wanted.import_path, *own]
    sys.argv[:] = wanted.arguments
    for name, file in wanted.files.items():
        _import(name, file, wanted.main_name)
    try:
        task = unpickled((folder / "task.pickle").read_bytes())
    except AttributeError as error:
        script = Path(wanted.files.get(MAIN, "")).name
        advice = f'. In {script}, define it before the first comparison, or put that under if __name__ == "__main__"'
        raise LookupError(f"{error}{advice if SCRIPT in str(error) else ''}") from None
    for name, call in task.callables.items():
        if code_of(call) != wanted.codes[name]:
            raise LookupError(f"{name} has other code there: its file has changed since it was imported here")
    return task


def _import(name: str, file: str, main_name: str) -> None:
    """Import a module by its name, or else from its file; a script up to its own comparison."""
    if name == MAIN:
        sys.modules[MAIN] = _script(main_name, file)
        return
    try:
        module = importlib.import_module(name)
    except ImportError:
        module = ModuleType(name)
    if Path(str(getattr(module, "__file__", ""))).resolve() != Path(file):
        _execute(name, file)


def _script(main_name: str, file: str) -> ModuleType:
    with under_way.importing_script():
        try:
            return _execute(SCRIPT, file, main_name.rpartition(".")[0])
        except under_way.ScriptReached:
            return sys.modules[SCRIPT]


def _execute(name: str, file: str, package: str = "") -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    if package:
        module.__package__ = package
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def main() -> None:
    """Answer, and end at once: threads that the callables left behind are not waited for."""
    die_with_parent()
    adopt_orphans()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the other process answers Ctrl-C
    outgoing, folder = int(sys.argv[1]), Path(sys.argv[2])
    n_rounds, seed = map(int, sys.argv[3:5])
    os.set_inheritable(outgoing, False)
    found_or_not = answer(folder, n_rounds, seed)
    found_or_not.fault = plain_words(found_or_not.fault, 600)
    with os.fdopen(outgoing, "wb") as pipe:
        pipe.write(msgspec.json.encode(found_or_not))
    os._exit(0)


if __name__ == "__main__":
    main()
