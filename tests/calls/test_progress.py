"""The line that says how far a comparison is."""

import io

from paragone.calls import progress as module
from paragone.calls.progress import progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_it_is_shown_at_a_terminal_and_gone_at_the_end(monkeypatch):
    monkeypatch.setattr(module.sys, "stderr", stream := Terminal())
    with progress(None, 10) as line:
        line.tell("first call of \x1b[31mf")

    shown = stream.getvalue().split("\r")
    assert "first call of" in shown[1]
    assert "\x1b" not in stream.getvalue()
    assert shown[-2].strip() == shown[-1] == ""


def test_nothing_is_shown_where_nobody_looks(monkeypatch):
    monkeypatch.setattr(module.sys, "stderr", stream := io.StringIO())
    with progress(None, 10) as line:
        line.tell("first call of f")

    assert stream.getvalue() == ""


def test_it_is_shown_or_not_as_one_wishes(monkeypatch):
    monkeypatch.setattr(module.sys, "stderr", stream := Terminal())
    with progress(False, 10) as line:
        line.tell("first call of f")

    assert stream.getvalue() == ""
