"""Words of foreign code: one line, nothing that moves a cursor or turns the text around, and not too many.

And streams of any encoding.
"""

import io

import pytest

from paragone.files.printable import plain_words, take_all_text
from paragone.files.schema import MOST_CHARACTERS


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("two\nlines", "two lines"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("\udcff", r"\udcff"),
        ("λ₁ ≥ 0", "λ₁ ≥ 0"),
        ("\u202eedoc", r"\u202eedoc"),
        ("a\u2028b\x85c", "a b c"),
    ],
)
def test_they_are_one_printable_line(said, shown):
    assert shown == plain_words(said)
    assert shown == plain_words(shown)


@pytest.mark.parametrize("said", ["x" * 5_000_000, "\u202e" * 5_000_000, " " * 5_000_000 + "x", "word " * 1_000_000])
def test_there_are_a_thousand_characters_of_them_at_most(said):
    shown = plain_words(said)

    assert len(shown) <= MOST_CHARACTERS
    assert shown.endswith("…")
    assert shown == plain_words(shown)


def test_words_that_just_fit_are_left_as_they_are():
    assert plain_words("x" * MOST_CHARACTERS) == "x" * MOST_CHARACTERS


@pytest.mark.parametrize(
    ("encoding", "written"),
    [
        ("ascii", r"a - b -> 3 x \u03b7, \xe9 \udcff"),
        ("latin-1", r"a - b -> 3 × \u03b7, é \udcff"),
        ("utf-8", r"a − b → 3 × η, é \udcff"),
    ],
)
def test_a_stream_writes_in_ascii_what_its_encoding_lacks(encoding, written):
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    take_all_text(stream)
    stream.write("a − b → 3 × η, é \udcff")
    stream.flush()

    assert written == stream.buffer.getvalue().decode(encoding)


def test_a_way_out_that_the_user_chose_is_kept():
    """`PYTHONIOENCODING=latin-1:replace paragone list`."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="replace")
    take_all_text(stream)
    stream.write("η")
    stream.flush()

    assert b"?" == stream.buffer.getvalue()
