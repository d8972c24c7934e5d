"""Every error a user can meet, as a tree; each class carries the exit code of its kind.

HarnessError                 exit 1
├── Misuse                   exit 2   an impossible request on the command line
│   ├── UnknownName          exit 2   a name that does not exist; the closest one is offered
│   └── InvalidClaims        exit 2   a file of claims with a missing, unknown or impossible entry
├── InvalidProblem           exit 3   a problem file with a missing, unknown or impossible entry
├── DataUnusable             exit 4   a data set that is missing, damaged or altered
├── ResultsUnusable          exit 5   a results folder that cannot be read or written
├── Incomparable             exit 6   runs that did not time the same work
├── PoolLost                 exit 1   a scheduler that does not answer, or has gone
├── Unavailable              a row    an implementation that cannot run here
├── VerificationFailed       a row    a result that differs from the reference
└── MeasurementFailed        a row    a worker that raised, crashed or hung
    ├── LaterCallFailed      a row    a callable that failed after a right first call
    └── TimedOut             a row

In a run, errors of the classes with "a row" never reach the user as errors: each becomes a row of the results with its
text as the reason. `paragone train`, and a live comparison in which nothing is left to measure, have no rows and end
with exit code 1.
"""

from __future__ import annotations

from collections.abc import Iterable


class HarnessError(Exception):
    """An error with a sentence for the user: who, what, expected against got, the next command."""

    exit_code = 1


class Misuse(HarnessError):
    """An impossible request on the command line."""

    exit_code = 2


class UnknownName(Misuse):
    """A name that does not exist; the message offers the closest one."""

    def __init__(self, what: str, name: str, known: Iterable[str], hint: str = "") -> None:
        known = sorted(known)
        super().__init__(f"unknown {what} {name!r}. {did_you_mean(name, known)}{hint}")


class InvalidClaims(Misuse):
    """A file of claims with a missing, unknown or impossible entry."""


class InvalidProblem(HarnessError):
    """A problem file with a missing, unknown or impossible entry."""

    exit_code = 3


class DataUnusable(HarnessError):
    """A data set that is missing, damaged or altered."""

    exit_code = 4


class ResultsUnusable(HarnessError):
    """A results folder that cannot be read or written."""

    exit_code = 5


class Incomparable(HarnessError):
    """Runs that did not time the same work or have no cell in common; versions of which nothing differs."""

    exit_code = 6


class PoolLost(HarnessError):
    """A scheduler that does not answer, or that has gone and did not come back."""


class Unavailable(HarnessError):
    """An implementation that cannot run here; the message has the command that mends it."""


class VerificationFailed(HarnessError):
    """A result that differs from the reference by more than its bound."""


class MeasurementFailed(HarnessError):
    """A worker that raised, crashed or sent a malformed reply."""


class LaterCallFailed(MeasurementFailed):
    """A callable of `paragone.compare` that raised, or gave something else, after its first call was right."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name} {reason}")
        self.name = name


class TimedOut(MeasurementFailed):
    """A worker that sent no reply within its time limit."""


def error_text(error: BaseException) -> str:
    """Such as "ValueError: no room". An implementation's own exception class may raise even in str()."""
    name = type(error).__name__
    try:
        return f"{name}: {error}"
    except Exception as fault:
        return f"{name}, without a message: str() of it raised {type(fault).__name__}"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """ "Did you mean …?", or the list of known names where none is close."""
    from difflib import get_close_matches  # where something is wrong, and nowhere else

    known = list(known)
    by_lower_case = {candidate.lower(): candidate for candidate in known}
    close = get_close_matches(name.lower(), by_lower_case, n=1, cutoff=0.5)
    if close:
        return f"Did you mean {by_lower_case[close[0]]!r}?"
    return "There are: " + ", ".join(known) + "." if known else "There are none."
