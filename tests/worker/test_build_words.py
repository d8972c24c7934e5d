"""Words about building and loading are bounded, and never stand before the reason of a failure."""

from types import SimpleNamespace

import pytest

from paragone.files.printable import is_printable
from paragone.files.schema import MOST_CHARACTERS
from paragone.implementation.failure_reason import MOST_REASON_CHARACTERS, describe_error
from paragone.worker.build_words import MOST_ENTRIES, advice_of, build_words


class CannotLoad:
    """An implementation whose advice is one of these."""

    def __init__(self, advice):
        self.said = advice

    def advice(self):
        if isinstance(self.said, BaseException):
            raise self.said
        return self.said


@pytest.mark.parametrize("advice", ["Install it. " * 1_000_000, "\n" * 1_000_000, 3, OSError("no"), SystemExit(1)])
def test_an_advice_that_is_long_or_fails_does_not_hide_why_it_could_not_be_loaded(advice):
    error = ValueError("no room")
    error.add_note(advice_of(CannotLoad(advice)))
    reason = describe_error(error, None)

    assert reason.startswith("ValueError: no room")
    assert len(reason) < MOST_REASON_CHARACTERS
    assert ("Install it." in reason) == (isinstance(advice, str) and "Install" in advice)


def test_what_was_built_is_told_in_a_hundred_short_lines():
    said = SimpleNamespace(build_info=lambda: {f"flag {n}": "-O3\n" * 1_000_000 for n in range(101)})
    kept = build_words("", said)

    assert len(kept) == MOST_ENTRIES == 100
    assert all(len(value) <= MOST_CHARACTERS and is_printable(value) for value in kept.values())
