"""What an implementation declares and answers, as plain data: all that the harness ever has of it.

Anybody may have written an implementation. So a child process imports it and asks it (describer.py); whatever an
import or an answer leaves behind ends with that process. Here its words arrive checked, bounded and printable.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, structs

from paragone.files.printable import is_printable
from paragone.files.schema import MOST_CHARACTERS, Name, Words
from paragone.implementation.declared import value_fault
from paragone.task.problem import Problem

# In a run that holds two versions of an implementation, what stands before the version: numpy_rows@a1b2c3d.
VERSION = "@"
# Importing an impl.py takes milliseconds, and so do its answers. What takes longer does work that belongs in `load`.
TIME_LIMIT_S = 60.0


class Answer(msgspec.Struct, frozen=True):
    """What an implementation says to a problem: why it does not do it, and how its step differs from it."""

    unsupported: Words | None = None
    difference: Words | None = None


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """An implementation: the attributes that its class declares, and its answers that no problem changes."""

    folder: str
    name: Name
    language: Words
    layout: Words
    source: Words
    idea: Words
    maths: tuple[str, ...]
    shared_maths: tuple[str, ...]
    axes: dict[str, tuple[str, ...]]
    deterministic: bool
    own_environment: Words
    call_seconds: float
    predicts: bool
    plain_loops: bool = False
    skips_zeros: bool = False
    hidden_activations: tuple[str, ...]
    bridge: Words | None
    environment_name: Words  # of the environment that its worker starts in
    missing: Words | None  # why it cannot run here
    lacks: Words = ""  # what it waits for, where that can be looked for without asking it (machine/still_lacking.py)
    hides_phases: Words | None  # why its phases cannot be told apart
    asks_problem: bool  # its answers depend on the problem

    def __hash__(self) -> int:
        return hash((self.folder, self.name))

    def answer(self, problem: Problem) -> Answer:
        """What it says to this problem. Where a declaration rules the problem out, nobody is asked."""
        if undeclared := problem.undeclared_by(self):
            return Answer(unsupported=undeclared)
        return ask(self.folder, self.name.partition(VERSION)[0], problem) if self.asks_problem else Answer()


class Task(msgspec.Struct, frozen=True):
    """What the describing process is asked: who is in a folder; or what one of them says to a problem."""

    folder: str
    name: str = ""
    problem: Problem | None = None
    file: str = "impl.py"


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What comes of a task: descriptions or an answer, or the fault that prevented them."""

    described: list[Described] = []
    answer: Answer | None = None
    fault: Annotated[str, Meta(max_length=2 * MOST_CHARACTERS)] = ""
    modules: dict[str, str] = {}  # path → stamp of what the import has loaded from elsewhere (remembered.py)

    @property
    def may_be_remembered(self) -> bool:
        """Whether the same files say the same tomorrow: what is missing today may have been installed by then.

        What can be looked for without asking anybody is looked for whenever this is recalled.
        """
        return not self.fault and all(each.lacks for each in self.described if each.missing)

    def lacking(self) -> set[tuple[str, str]]:
        """What is lacking, and the reasons that name it."""
        return {(each.lacks, each.missing) for each in self.described if each.missing}


def unavailable_reason(described: Described, problem: Problem | None = None) -> str | None:
    """Why an implementation cannot run here, or not this problem; None where it can."""
    if described.missing or problem is None:
        return described.missing
    return described.answer(problem).unsupported


def difference_from(described: Described, problem: Problem) -> str | None:
    """How its step differs from that of a problem which it supports; None where it says that it is exact."""
    return described.answer(problem).difference


def describe(folders: Sequence[Path]) -> dict[Path, list[Described] | str]:
    """The implementations of each folder, in the order of its impl.py; or the sentence that says what is wrong there.

    The folders are imported beside each other, each in a process of its own.
    """
    described = describe_files([folder / "impl.py" for folder in folders])
    return {path.parent: found for path, found in described.items()}


def describe_files(paths: Sequence[Path]) -> dict[Path, list[Described] | str]:
    """The implementations that each file declares, an impl.py or a kernel's, as `describe` gives those of a folder."""
    tasks = [Task(str(path.parent), file=path.name) for path in paths]
    found: dict[Path, list[Described] | str] = {}
    for path, report in zip(paths, _remembered_reports(tasks), strict=True):
        described = [structs.replace(each, folder=str(path.parent)) for each in report.described]
        found[path] = report.fault or described
    return found


@cache
def ask(folder: str, name: str, problem: Problem) -> Answer:
    """What the implementation of that name in a folder says to a problem. An answer that fails is a reason."""
    (report,) = _remembered_reports([Task(folder, name, problem)])
    return report.answer or Answer(unsupported=report.fault)


def _remembered_reports(tasks: Sequence[Task]) -> list[Report]:
    """The report on each task: what is remembered is not asked again."""
    from paragone.implementation.remembered import Remembered  # no worker describes
    from paragone.machine.still_lacking import is_still_lacking

    memory, keys = Remembered(), _keys(tasks)
    kept = {number: _checked(tasks[number], raw) for number, key in enumerate(keys) if (raw := memory.recall(key))}
    lacking = {pair for report in kept.values() for pair in report.lacking()}
    gone = {pair for pair in lacking if not is_still_lacking(*pair)}  # many lack the same
    found = {n: report for n, report in kept.items() if report.may_be_remembered and not report.lacking() & gone}
    asked = [number for number in range(len(tasks)) if number not in found]
    found |= zip(asked, _reports([tasks[number] for number in asked]), strict=True)
    still = dict(zip(asked, _keys([tasks[number] for number in asked]), strict=True))
    for number in asked:
        report = found[number]
        if report.may_be_remembered and still[number] == keys[number]:  # else a file changed meanwhile
            plain = msgspec.Raw(msgspec.json.encode(structs.replace(report, modules={})))
            memory.note(keys[number], plain, report.modules)
    memory.save()
    return [found[number] for number in range(len(tasks))]


def _keys(tasks: Sequence[Task]) -> list[str]:
    """What each task is about, its folder by content."""
    from paragone.implementation.remembered import folder_digest

    digests = {folder: folder_digest(Path(folder)) for folder in {task.folder for task in tasks}}
    return [f"{digests[task.folder]} {msgspec.json.encode(task).decode()}" for task in tasks]


def _reports(tasks: Sequence[Task]) -> list[Report]:
    """The report on each task. What is left where one ends the describing process is asked anew, in halves."""
    if not tasks:
        return []
    from paragone.implementation.describing_process import raw_reports  # no worker describes

    texts = [msgspec.json.encode(task).decode() for task in tasks]
    found = {number: _checked(tasks[number], report) for number, report in raw_reports(texts, TIME_LIMIT_S)}
    left = [number for number in range(len(tasks)) if number not in found]
    if len(tasks) == 1 and left:
        return [Report(fault=f"{_impl(tasks[0])}: the process that describes it was ended, or stopped")]
    for half in filter(None, (left[: len(left) // 2], left[len(left) // 2 :])):
        found |= zip(half, _reports([tasks[number] for number in half]), strict=True)
    return [found[number] for number in range(len(tasks))]


def _checked(task: Task, report: msgspec.Raw) -> Report:
    """The report, once it is plain: the process that imports an implementation can be made to say anything."""
    try:
        checked = msgspec.json.decode(report, type=Report)
    except (msgspec.MsgspecError, RecursionError) as error:
        return Report(fault=f"{_impl(task)}: its description is malformed: {error}")
    if unprintable := _unprintable(report, checked):
        return Report(fault=f"{_impl(task)}: its description is malformed: {unprintable[0][:MOST_CHARACTERS]!a}")
    for described in checked.described:
        if fault := value_fault(described, Path(task.folder)):
            return Report(fault=f"{_impl(task)}: {fault}")
    return checked


def _unprintable(raw: msgspec.Raw, checked: Report) -> list[str]:
    """The texts with characters that do not print; JSON that prints and escapes nothing holds none."""
    if b"\\" not in bytes(raw) and bytes(raw).decode().isprintable():
        return []
    return [text for text in _texts(msgspec.to_builtins(checked)) if not is_printable(text)]


def _texts(value: object) -> Iterator[str]:
    """Every text in it, keys of tables too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _texts([*value.keys(), *value.values()])
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)


def _impl(task: Task) -> str:
    return str(Path(task.folder, task.file))
