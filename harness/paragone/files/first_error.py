"""What a compiler or a program printed when it failed: its first error with the place, and the whole text in a file."""

from __future__ import annotations

import contextlib
import hashlib
import re
from pathlib import Path
from typing import NamedTuple

from paragone.errors import Misuse
from paragone.files.paths import PACKAGE, cache_folder, shipped
from paragone.files.printable import plain_words

MOST_ERROR_CHARACTERS = 600
MOST_FILES = 100
# Of a language itself, of its packages, and of this harness: the place is told in what the author wrote.
FOREIGN = re.compile(r"node:|<|\./|/rustc/|.*/(?:site-packages|dist-packages|lib/python3[^/]*)/")


class Form(NamedTuple):
    """How errors are printed: `error`, beside `file` and `line` or before the `stack` in which `frame` finds them."""

    pattern: str
    frame: str = ""
    is_last: bool = False  # the last that is printed is the cause, not the first


PLACE = r"(?P<file>[^\s:][^:\n]*):(?P<line>\d+)"
FRAME = r'File "(?P<file>[^"\n]+)", line (?P<line>\d+)'
STACK = r"\n(?P<stack>[\s\S]*)"
FORMS = (
    # rustc, and panics: since Rust 1.73, and before
    Form(rf"^(?P<error>error(?:\[E\d+\])?: .+)\n +--> {PLACE}"),
    Form(rf"^thread .*panicked at {PLACE}:\d+:\n(?P<error>.+)"),
    Form(rf"^thread .*panicked at '(?P<error>.+)', {PLACE}"),
    # gcc, clang, javac, and sanitizers
    Form(r"^(?P<error>[^\s:][^:\n]*:\d+(?::\d+)?: (?:fatal |runtime )?error: .+)"),
    # gfortran, and programs that it made
    Form(rf"^{PLACE}:\d+:\n(?:[ \d].*\n|\n)*?(?P<error>(?:Fatal )?Error: .+)"),
    Form(r"^At line (?P<line>\d+) of file (?P<file>.+)\n(?P<error>Fortran runtime error: .+)"),
    # linkers
    Form(
        r"^(?:[ =]*note: )?(?:\S*ld: )?"
        r"(?P<error>.*(?:undefined (?:reference|symbol)|multiple definition|cannot find -l).*)"
    ),
    # Node.js: a place of the author's, or a stack that leads to it
    Form(rf"^(?!node:){PLACE}\n(?:.*\n){{1,2}} *\^+\n(?:.*\n)?\n?(?P<error>[A-Z]\w*: .+)"),
    Form(rf"^node:.+\n(?:.*\n)+?(?P<error>[A-Z]\w*: .+){STACK}", rf"at (?:.*\()?(?!node:){PLACE}:\d+"),
    # Java
    Form(
        r"^(?:Exception in thread \"[^\"]*\" |Caused by: )(?P<error>[\w.$]+(?:: .*)?)"
        r"\n(?P<stack>(?:\s+(?:at|\.\.\.) .*\n?)*)",
        rf"at [\w.$<>]+\({PLACE}\)",
        is_last=True,
    ),
    Form(rf"^ERROR: (?:LoadError: )*(?P<error>.+){STACK}", rf"(?:at|@) (?:\w+ )?{PLACE}"),  # Julia
    Form(r"^(?P<error>terminate called .*(?:\n  what\(\): .*)?)"),  # C++
    # Python: what ends it, and where it was when a library crashed
    Form(rf"^ *{FRAME}.*\n(?:    .*\n|  \[.*\n)*(?P<error>[A-Za-z_][\w.]*(?:: .*)?)\s*\Z"),
    Form(rf"^(?P<error>(?:\S.*\n)?\n?Fatal Python error: .+){STACK}", FRAME),
    Form(r"^(?P<error>error: .+)"),  # a launcher that did not come to compile, such as rustup's
)


def first_error(text: str) -> str:
    """The first error that `text` tells of, after the file and the line that it names; "" where none is found."""
    text = "\n".join(line[:MOST_ERROR_CHARACTERS] for line in text.splitlines())
    for form in FORMS:
        found = [*re.finditer(form.pattern, text, re.MULTILINE)][-1 if form.is_last else 0 :][:1]
        if found:
            error = " / ".join(filter(None, map(str.strip, found[0]["error"].split("\n"))))
            return plain_words(_place(found[0], form) + error.rstrip(":."), MOST_ERROR_CHARACTERS)
    return ""


def author_place(stack: str) -> str:
    """The innermost line of the author's in a stack of Python, the last call first: "impl.py:12"; "" where none is."""
    frames = re.finditer(FRAME, stack)
    return next((_words(frame).rstrip(": ") for frame in frames if not _is_foreign(frame["file"])), "")


def told(text: str, name: str, n_lines: int = 1) -> str:
    """The first error, or else the last lines of `text`, and where there is more the file that holds all of it.

    `name` is that of the program which printed it.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    end = plain_words(" / ".join(lines[-n_lines:])[-MOST_ERROR_CHARACTERS:])
    error = first_error(text) or end
    if len(lines) <= n_lines and len(error) < MOST_ERROR_CHARACTERS:
        return error
    kept = _kept(text, name)
    return f"{error}. All that it printed: {kept}" if kept else error


def _place(found: re.Match[str], form: Form) -> str:
    if not form.frame:
        is_told = "file" in found.re.groupindex and not _is_foreign(found["file"])
        return _words(found) if is_told else ""
    frames = re.finditer(form.frame, found["stack"])
    return next((_words(frame) for frame in frames if not _is_foreign(frame["file"])), "")


def _words(place: re.Match[str]) -> str:
    file = place["file"]
    return f"{Path(file).name if Path(file).is_absolute() else file}:{place['line']}: "


def is_of_the_harness(file: str) -> bool:
    """Whether this file of code is one of our own, and no implementation's: its line helps no author."""
    path = Path(file)
    return path.is_relative_to(PACKAGE) and not path.is_relative_to(shipped("impls"))


def _is_foreign(file: str) -> bool:
    return is_of_the_harness(file) or FOREIGN.match(file) is not None


def _kept(text: str, name: str) -> str:
    """The file of the cache that holds the text, with the home folder as ~; "" where it cannot be written."""
    stem = re.sub(r"[^\w.+-]", "_", name)[:60]
    with contextlib.suppress(OSError, Misuse):
        path = cache_folder() / "messages" / f"{stem}-{hashlib.sha256(text.encode()).hexdigest()[:8]}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        _forget_old(path.parent)
        home = Path.home()
        return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)
    return ""


def _forget_old(folder: Path) -> None:
    with contextlib.suppress(OSError):  # another process may be at it
        for old in sorted(folder.iterdir(), key=lambda each: each.stat().st_mtime)[:-MOST_FILES]:
            old.unlink()
