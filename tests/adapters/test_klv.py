"""The framing of the process protocol: what is written is read again, and what is no message is quoted."""

import io
import subprocess
import sys
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paragone.adapters import klv
from paragone.adapters.klv import MOST_FIELDS, pack, read_message, show, write_message
from paragone.errors import MeasurementFailed, Misuse
from paragone.files.paths import PROJECT

FIELDS = {"do": b"reset", "state": bytes(range(256)), "nothing": b"", "like_fields": b"a:1:b\nend:0:\n"}


def written(fields):
    stream = io.BytesIO()
    write_message(stream, fields)
    return stream.getvalue()


def read(raw, **limits):
    return read_message(io.BytesIO(raw), **limits)


def test_a_message_is_its_fields_and_the_closing_one():
    assert written({"do": "train", "order": memoryview(b"\x00\n:")}) == b"do:5:train\norder:3:\x00\n:\nend:0:\n"
    assert written({"words": "σ′"}) == b"words:5:\xcf\x83\xe2\x80\xb2\nend:0:\n"


def test_what_is_written_is_read_again_whatever_the_values_hold():
    stream = io.BytesIO(written(FIELDS) + written({}) + written({"one": "more"}))

    assert [read_message(stream) for _ in range(3)] == [FIELDS, {}, {"one": b"more"}]
    with pytest.raises(EOFError, match=r"^$"):
        read_message(stream)


def test_an_array_is_handed_to_the_stream_as_it_is():
    array, handed = memoryview(bytes(1000)), []

    class Stream(io.BytesIO):
        def write(self, raw):
            handed.append(raw)

    write_message(Stream(), {"images": array})

    assert any(raw is array for raw in handed)


@pytest.mark.parametrize(
    ("raw", "where"),
    [
        (b"sta", "after 'sta'"),
        (b"state:9", "after 'state:9'"),
        (b"state:9:abc", "within the field 'state', after 3 of its 9 bytes"),
        (b"state:3:abc", "within the field 'state', after 3 of its 3 bytes"),
    ],
)
def test_an_end_within_a_field_says_where(raw, where):
    with pytest.raises(EOFError) as end:
        read(raw)
    assert str(end.value) == where


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"Welcome to MyLang 3.2\nprotocol:1:1\n", "'Welcome to MyLang 3.2'"),
        (b"Welcome to MyLang 3.2\r\nprotocol:1:1\n", "'Welcome to MyLang 3.2'"),
        (b"my_lang> protocol:1:1\n", "'my_lang> protocol:'"),
        (b"Warning: slow\n", "'Warning: slow'"),
        (b"state:-1:", "'state:-1:'"),
        (b":1:a\n", "':'"),
        (b"\nprotocol:1:1\n", "''"),
        ("Grüße\n".encode(), "'Grüße'"),
        (b"\x1b[1m\xff\n", r"'\x1b[1m\xff'"),
        (b"x" * 1000, f"'{60 * 'x'}'"),
        (b"state:1234567890123:", "'state:1234567890123'"),
    ],
)
def test_what_is_no_field_is_quoted_and_told_where_to_go(raw, shown):
    with pytest.raises(MeasurementFailed) as refused:
        read(raw)
    assert str(refused.value) == (
        f"expected a field `key:LENGTH:VALUE`, got {shown}; stdout carries the protocol alone: print to stderr"
    )


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"state:2:abc\n", "the field 'state' is not closed: expected a line feed after its 2 bytes, got 'c'"),
        (b"a:0:\na:0:\nend:0:\n", "the field 'a' comes twice"),
        (b"state:999999999999:", "the field 'state' announces 999999999999 bytes"),
        (b"".join(b"k%d:0:\n" % k for k in range(MOST_FIELDS + 1)), f"more than {MOST_FIELDS} fields: does it end"),
    ],
)
def test_a_message_that_breaks_a_rule_says_which(raw, reason):
    with pytest.raises(MeasurementFailed, match=reason):
        read(raw)


def test_the_values_of_a_message_are_limited_together():
    raw = written({"a": b"123", "b": b"456"})

    assert read(raw, most_bytes=6) == {"a": b"123", "b": b"456"}
    with pytest.raises(MeasurementFailed, match="the field 'b' announces 3 bytes"):
        read(raw, most_bytes=5)


# --- by hand ---


def test_what_is_shown_can_be_packed_again():
    raw = written(FIELDS) + written({"do": b"version"})
    lines = list(show(io.BytesIO(raw)))

    assert pack("\n".join(lines)) == raw
    assert {"do:5:reset", "nothing:0:", "like_fields:13:<613a313a620a656e 643a303a0a>", "end:0:"} < set(lines)


def test_a_text_that_looks_like_digits_in_brackets_is_shown_as_bytes():
    assert next(show(io.BytesIO(written({"a": b"<00>"})))) == "a:4:<3c30303e>"


def test_packing_counts_the_bytes_anew():
    assert pack("do:0:version\nlabels:0:<00\n 0102>\nend:0:") == b"do:7:version\nlabels:3:\x00\x01\x02\nend:0:\n"


def test_packing_refuses_what_is_no_field():
    with pytest.raises(Misuse, match=r"got 'do=version'"):
        pack("do=version\nend:0:\n")


def test_showing_says_where_the_stream_breaks_off():
    with pytest.raises(MeasurementFailed, match="the stream ends within the field 'a', after 1 of its 2 bytes"):
        list(show(io.BytesIO(b"a:2:b")))


def by_hand(word, given):
    command = [sys.executable, "-m", klv.__name__, word]
    return subprocess.run(command, input=given, cwd=PROJECT, capture_output=True, check=False)


def test_both_ways_work_from_the_command_line():
    assert by_hand("pack", b"do:7:version\nend:0:\n").stdout == b"do:7:version\nend:0:\n"
    assert by_hand("show", b"a:1:\x00\nend:0:\n").stdout == b"a:1:<00>\nend:0:\n"


@pytest.mark.parametrize(
    ("word", "given", "reason"),
    [("show", b"Hi\n", b"klv: expected a field"), ("pack", b"Hi", b"klv: expected fields"), ("eat", b"", b"klv: exp")],
)
def test_a_fault_on_the_command_line_is_a_sentence(word, given, reason):
    answer = by_hand(word, given)

    assert answer.returncode == 1
    assert answer.stderr.startswith(reason)
    assert answer.stderr.count(b"\n") == 1


@given(st.binary(max_size=300))
def test_any_bytes_are_a_message_an_end_or_quoted_in_few_words(raw):
    said = ""
    try:
        read(raw)
    except (EOFError, MeasurementFailed) as error:
        said = str(error)
    assert len(said) < 400


KEYS = st.from_regex(r"[a-z][a-z_]{0,50}", fullmatch=True).filter(lambda key: key != "end")


@given(st.dictionaries(KEYS, st.binary(max_size=40), max_size=9))
def test_any_fields_are_read_back(fields):
    assert read(written(fields)) == fields


@pytest.mark.parametrize("length", [2**63, 2**40, 10**500, -1, "", "1e9", "NaN", "\u0661"], ids=str)
def test_a_length_that_no_value_has_costs_no_memory(length):
    raw = f"state:{length}:".encode() + b"x" * 100

    tracemalloc.start()
    with pytest.raises(MeasurementFailed):
        read(raw)
    peak, _ = (tracemalloc.get_traced_memory()[1], tracemalloc.stop())
    assert peak < 100_000


def test_a_key_of_megabytes_is_given_up_after_its_beginning():
    stream = io.BytesIO(b"k" * 5_000_000 + b":1:x\n")
    with pytest.raises(MeasurementFailed):
        read_message(stream)

    assert stream.tell() < 100
