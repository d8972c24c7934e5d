"""Every error a user can meet, as a tree; each class carries the exit code of its kind.

HarnessError                 exit 1
├── Misuse                   exit 2   the command line asks for something that cannot be
│   ├── UnknownName          exit 2   a name that does not exist; the closest one is offered
│   └── InvalidClaims        exit 2   a file of claims that does not say what it must
├── InvalidProblem          exit 3   a problem file that does not say what it must
├── DataUnusable             exit 4   a data set that is missing, damaged or altered
├── ResultsUnusable          exit 5   a results folder that cannot be read or be written
├── Incomparable             exit 6   runs whose times do not speak of the same work
├── Unavailable              a row    an implementation that cannot run here
├── VerificationFailed       a row    a result that differs from the reference
└── MeasurementFailed        a row    a worker that raised, crashed or hung
    └── TimedOut             a row

In a run the rows' classes never reach the user as errors: they become rows of the result, with their text as
the reason. `paragone train`, which has no rows, ends with them and exit code 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class HarnessError(Exception):
    """An error with a sentence for the user: who, what, expected against got, the next command."""

    exit_code = 1


class Misuse(HarnessError):
    """The command line asks for something that cannot be."""

    exit_code = 2


class UnknownName(Misuse):
    """A name that does not exist, answered with the closest that does."""

    def __init__(self, what: str, name: str, known: Iterable[str], hint: str = "") -> None:
        known = sorted(known)
        super().__init__(f"unknown {what} {name!r}. {did_you_mean(name, known)}{hint}")


class InvalidClaims(Misuse):
    """A file of claims that does not say what it must."""


class InvalidProblem(HarnessError):
    """A problem file that does not say what it must."""

    exit_code = 3


class DataUnusable(HarnessError):
    """A data set that is missing, damaged or altered."""

    exit_code = 4


class ResultsUnusable(HarnessError):
    """A results folder that cannot be read or be written."""

    exit_code = 5


class Incomparable(HarnessError):
    """Runs whose times do not speak of the same work, or that have nothing in common."""

    exit_code = 6


class Unavailable(HarnessError):
    """An implementation that cannot run here, with the command that mends it."""


class VerificationFailed(HarnessError):
    """A result that differs from the reference by more than its bound."""


class MeasurementFailed(HarnessError):
    """A worker that raised, crashed or answered nonsense."""


class TimedOut(MeasurementFailed):
    """A worker that did not answer within its limit."""


def error_text(error: BaseException) -> str:
    """Return "ValueError: no room"; an error that somebody else has written may not even have words."""
    name = type(error).__name__
    try:
        return f"{name}: {error}"
    except Exception as fault:
        return f"{name}, whose words cannot be had: asking for them raised {type(fault).__name__}"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return "Did you mean …?", or the list of what there is when nothing comes close."""
    known = list(known)
    by_lower_case = {candidate.lower(): candidate for candidate in known}
    close = get_close_matches(name.lower(), by_lower_case, n=1, cutoff=0.5)
    if close:
        return f"Did you mean {by_lower_case[close[0]]!r}?"
    return "There are: " + ", ".join(known) + "." if known else "There are none."
