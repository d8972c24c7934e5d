"""The line that says how far a comparison is."""

import io
import sys
from types import SimpleNamespace

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


def test_in_a_notebook_the_line_is_below_the_cell_and_empty_at_the_end(monkeypatch, capsys):
    shown = []

    class Handle:
        def update(self, bundle, raw):
            shown.append(bundle["text/plain"])

    def display(bundle, raw, display_id):
        shown.append(bundle["text/plain"])
        return Handle()

    ipython = SimpleNamespace(get_ipython=lambda: object(), display=SimpleNamespace(display=display))
    monkeypatch.setitem(sys.modules, "ipykernel", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    with progress(None, 1.0) as line:
        line.tell("first call of a")
        line.tell("so far")

    assert shown[:2] == ["first call of a", "so far"]
    assert shown[-1] == ""
    assert capsys.readouterr().err == ""
