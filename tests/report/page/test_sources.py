"""The sources on the page: whole, marked where words begin and end, legible in light and dark."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_run import BASE, OTHER, change_plan, made_up_run

from paragone.files.paths import PROJECT
from paragone.report.page.sources import source_css, sources
from paragone.store.records import Source

LEAST_CONTRAST = 4.5  # of text, as WCAG asks
PAGES = {"light": "ffffff", "dark": "15171a"}  # the surfaces of style.css


def a_run(**files):
    run = made_up_run(Path("run"), {(BASE, 10): [[1e-5] * 3], (OTHER, 10): [[1e-5] * 3]})
    kept = {"hash": "h", "files": files or {"rows.py": "def f():\n    return 1\n"}, "left_out": {}}
    return replace(run, sources=dict.fromkeys(("numpy_rows", "numpy_tuned"), Source(**kept)))


def words(found, number=0):
    """The marked parts of a file with their classes."""
    _, _, text, marks = found["files"][number]
    units, at, parts = text.encode("utf-16-le"), 0, []
    for gap, length, name in zip(marks[::3], marks[1::3], marks[2::3], strict=True):
        at += gap
        parts.append((units[2 * at : 2 * (at + length)].decode("utf-16-le"), found["classes"][name]))
        at += length
    assert 2 * at <= len(units)
    return parts


def test_keywords_are_marked_at_their_positions():
    found = sources(a_run())

    assert found["files"][0][:3] == ["rows.py", "Python", "def f():\n    return 1\n"]
    assert [("def", "k"), ("f", "nf"), ("return", "k"), ("1", "mi")] == words(found)


def test_files_shared_by_implementations_are_stored_once():
    found = sources(a_run())

    assert len(found["files"]) == 1
    assert [0] == found["of"]["numpy_rows"]["files"] == found["of"]["numpy_tuned"]["files"]


@pytest.mark.parametrize(
    ("name", "language"), [("a.jl", "Julia"), ("a.f90", "Fortran"), ("a.c", "C"), ("a.what", "Text only")]
)
def test_the_language_follows_from_the_file_name(name, language):
    assert sources(a_run(**{name: "x = 1\n"}))["files"][0][1] == language


@pytest.mark.parametrize("text", ["\n\n# a\r\nx = '𝔄é'\rpass", "\ufeffimport a", "", "\n", "\tx = 1   "])
def test_line_ends_astral_characters_and_blanks_shift_no_mark(text):
    found = sources(a_run(**{"a.py": text}))

    assert found["files"][0][2] == text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    assert {word for word, name in words(found) if name in ("k", "kn")} <= {"pass", "import"}


@given(st.text(st.characters(), max_size=60), st.sampled_from(["a.py", "a.c", "a.jl", "a.toml", "../../a.html", "a"]))
def test_no_text_and_no_name_break_the_marks(text, name):
    found = sources(a_run(**{name: text}))

    assert found["files"][0][0] == name
    assert json.dumps(found, ensure_ascii=False).encode()
    assert all(word for word, _ in words(found))


def test_a_lone_surrogate_is_replaced():
    assert sources(a_run(**{"a.py": "x = '\ud83d'"}))["files"][0][2] == "x = '?'"


def test_a_run_without_stored_sources_gives_the_hash_of_its_plan():
    run = made_up_run(Path("run"), {(BASE, 10): [[1e-5] * 3]})
    change_plan(run, identity={"source of numpy_rows": "feed"})
    found = sources(run)["of"]["numpy_rows"]

    assert (found["hash"], found["files"]) == ("feed", [])
    assert "not stored in this run" in found["missing"]


def luminance(colour):
    channels = [int(colour[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_every_colour_of_the_highlighting_has_contrast_with_the_page():
    light, _, dark = source_css().partition("@media")
    for theme, rules in (("light", light), ("dark", dark)):
        colours = re.findall(r"color: #([0-9A-Fa-f]{6})", rules)

        assert len(colours) > 4
        assert min(contrast(colour, PAGES[theme]) for colour in colours) >= LEAST_CONTRAST


def test_the_backgrounds_of_the_contrast_test_are_those_of_the_page():
    css = (PROJECT / "harness/paragone/report/page/styles/style.css").read_text()

    assert re.findall(r"--surface: #([0-9a-f]{6})", css) == [*PAGES.values()]
