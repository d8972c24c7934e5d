"""Reads the class of an implementation, and asks it: what comes out is plain data.

Only in a process that may be ruined. Anybody may have written the class, and a question may raise.
"""

from __future__ import annotations

from pathlib import Path

from paragone.errors import error_text
from paragone.files.printable import plain_words
from paragone.implementation.contract import Implementation
from paragone.implementation.declaration import DECLARED_TEXTS
from paragone.implementation.declared import environment_fault
from paragone.implementation.described import Answer, Described
from paragone.machine.lacking import Lacking
from paragone.machine.python_environments import environment_unavailable
from paragone.task.problem import Problem


def described_class(implementation: type[Implementation], folder: Path) -> Described:
    """The description of a class whose declarations have no fault."""
    texts = {attribute: plain_words(getattr(implementation, attribute)) for attribute in DECLARED_TEXTS}
    bridge, environment, missing = implementation.bridge, *_where_it_runs(implementation)
    lacks = missing.what if isinstance(missing, Lacking) else ""
    return Described(
        folder=str(folder),
        **texts,
        maths=tuple(implementation.maths),
        shared_maths=tuple(implementation.shared_maths),
        axes={axis: tuple(values) for axis, values in implementation.axes.items()},
        deterministic=implementation.deterministic,
        own_environment=implementation.own_environment,
        call_seconds=float(implementation.call_seconds),
        predicts=implementation.predicts,
        plain_loops=implementation.plain_loops,
        skips_zeros=implementation.skips_zeros,
        hidden_activations=tuple(implementation.hidden_activations),
        bridge=None if bridge is None else plain_words(bridge),
        environment_name=environment,
        missing=None if missing is None else plain_words(missing),
        lacks=plain_words(lacks),
        hides_phases=_why_phases_are_hidden(implementation),
        asks_problem=any(
            getattr(implementation, question).__func__ is not getattr(Implementation, question).__func__
            for question in ("supports", "nearest")
        ),
    )


def answer_of(implementation: type[Implementation], problem: Problem) -> Answer:
    """What it says to a problem. Where a question raises, or is answered by no words, nobody can tell: that is a no."""
    try:
        if unsupported := _words("supports", implementation.unsupported(problem)):
            return Answer(unsupported=unsupported)
        return Answer(difference=_words("nearest", implementation.nearest(problem)))
    except (Exception, SystemExit) as error:
        return Answer(unsupported=_raised(error))


def _where_it_runs(implementation: type[Implementation]) -> tuple[str, str | None]:
    """The environment of its worker, and why it cannot run here."""
    try:
        missing = implementation.missing()
        if _words("missing", missing):
            return "", missing
        name: object = implementation.environment_name()
        if fault := environment_fault("environment_name", name):
            return "", plain_words(fault)
        unavailable = environment_unavailable(str(name)) if name else None
        return str(name), _words("missing", unavailable)
    except (Exception, SystemExit) as error:
        return "", _raised(error)


def _why_phases_are_hidden(implementation: type[Implementation]) -> str | None:
    try:
        return _words("hides_phases", implementation.hides_phases())
    except (Exception, SystemExit) as error:
        return plain_words(f"asking for its phases raised {error_text(error)}")


def _words(question: str, answer: object) -> str | None:
    if answer is None or isinstance(answer, str):
        return None if answer is None else plain_words(answer)
    raise TypeError(f"{question}: expected words or None, got {type(answer).__name__}")


def _raised(error: BaseException) -> str:
    return plain_words(f"asking whether it can run raised {error_text(error)}")
