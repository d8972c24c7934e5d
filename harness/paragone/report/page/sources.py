"""The sources of every implementation, as they were when the run began, highlighted for the page."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pygments.lexer import Lexer
from pygments.lexers import TextLexer, get_lexer_by_name, get_lexer_for_filename
from pygments.styles import get_style_by_name
from pygments.token import STANDARD_TYPES, Error, Generic, Name, Operator, Punctuation, Text, Whitespace
from pygments.util import ClassNotFound

if TYPE_CHECKING:
    from paragone.store.reader import Run

STYLES = {"light": "xcode", "dark": "github-dark"}  # a test measures their contrast with the page's backgrounds
# What most implementations are written in. Finding a lexer by its file name takes longer than reading the file.
LEXERS = {".py": "python", ".c": "c", ".h": "c", ".f90": "fortran", ".jl": "julia"}
PLAIN = (Name, Operator, Punctuation)  # most of a file; only their subtypes are coloured
NOT_STORED = "not stored in this run, which was made by an earlier version"
NOT_MEASURED = "not shown: what sources.json holds has another hash than the source that this run was planned with"


def sources(run: Run) -> dict[str, Any]:
    """Return the stored sources as text with marks for the highlighting. The page turns no source text into HTML.

    `files`     [name, language, text, marks], each file once; marks are a flat list of gap, length, class
    `classes`   the CSS classes that the marks refer to
    `of`        for each implementation `hash`, `files` (indices, formulas first) and `left_out` ([name, reason]);
                where the run stored none, or others than its plan names, `missing` says so; the hash is the plan's
    """
    files: dict[tuple[str, str], int] = {}
    names = sorted({entry.implementation for entry in run.plan.variants})
    of = {name: _source(run, name, files) for name in names}
    highlighted = [[name, language, text, marks] for name, text in files for language, marks in [_marks(name, text)]]
    return {"classes": [_class(kind) for kind in _coloured()], "files": highlighted, "of": of}


def source_css(scope: str = "#cell .source") -> str:
    """Return the CSS rules for the classes, for the light and the dark theme."""
    dark = f"@media screen and (prefers-color-scheme: dark) {{\n{_rules('dark', f':root:not(.paper) {scope}')}\n}}"
    return f"{_rules('light', scope)}\n{dark}\n"


def _source(run: Run, name: str, files: dict[tuple[str, str], int]) -> dict[str, Any]:
    """Return the entry of an implementation in `of`; its files are added to `files`."""
    kept = run.sources.get(name)
    stated = str(run.plan.identity.get(f"source of {name}", ""))
    if kept is None or (stated and stated != kept.hash):
        return {"hash": stated, "files": [], "left_out": [], "missing": NOT_STORED if kept is None else NOT_MEASURED}
    texts = ((file, _with_plain_line_ends(text)) for file, text in kept.files.items())
    places = [files.setdefault(file, len(files)) for file in texts]
    return {"hash": kept.hash, "files": places, "left_out": [list(pair) for pair in kept.left_out.items()]}


def _with_plain_line_ends(text: str) -> str:
    """Return the text with the line ends that Pygments counts, and lone surrogates replaced."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return whole.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _marks(name: str, text: str) -> tuple[str, list[int]]:
    """Return the language of a file and its marks. Lengths are in UTF-16 code units, as JavaScript counts."""
    lexer = _lexer(name, text)
    classes = {kind: place for place, kind in enumerate(_coloured())}
    marks, gap = [], 0
    for kind, part in lexer.get_tokens(text):
        length = len(part.encode("utf-16-le")) // 2
        if kind in classes:
            marks += [gap, length, classes[kind]]
            gap = 0
        else:
            gap += length
    return str(lexer.name), marks


def _lexer(name: str, text: str) -> Lexer:
    try:
        if alias := LEXERS.get(Path(name).suffix):
            return get_lexer_by_name(alias, stripnl=False, ensurenl=False)
        return get_lexer_for_filename(name, text, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return TextLexer(stripnl=False, ensurenl=False)


@cache
def _coloured() -> tuple[Any, ...]:
    """Return the token types that at least one of the styles colours."""
    return tuple(dict.fromkeys(kind for theme in STYLES for kind, _ in _declarations(theme)))


def _class(kind: Any) -> str:
    return str(STANDARD_TYPES.get(kind, ""))


def _declarations(theme: str) -> Iterator[tuple[Any, str]]:
    """Yield each token type that a style distinguishes from plain text, with its CSS declarations."""
    style = get_style_by_name(STYLES[theme])
    plain = style.style_for_token(Text)["color"]
    for kind, look in style:
        if any(kind in left_out for left_out in (Generic, Error, Whitespace)) or kind in set(PLAIN) or not _class(kind):
            continue
        parts = [f"color: #{look['color']}"] if look["color"] and look["color"] != plain else []
        parts += ["font-weight: 600"] if look["bold"] else []
        parts += ["font-style: italic"] if look["italic"] else []
        if parts:
            yield kind, "; ".join(parts)


def _rules(theme: str, scope: str) -> str:
    by_look: dict[str, list[str]] = {}
    for kind, look in _declarations(theme):
        by_look.setdefault(look, []).append(f"{scope} .{_class(kind)}")
    return "\n".join(f"{', '.join(selectors)} {{ {look} }}" for look, selectors in by_look.items())
