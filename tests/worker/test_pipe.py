"""Messages: what arrives is what was sent, and nothing that a worker writes can harm the harness."""

import contextlib
import json
import os
import threading
import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from paragone.errors import MeasurementFailed, TimedOut
from paragone.task.kernel.spec import ITEMSIZE
from paragone.worker import pipe as pipe_module
from paragone.worker.pipe import DTYPES, MAX_ARRAY_BYTES, MAX_HEADER_BYTES, Pipe

PIPE_BYTES = 1 << 16  # what a pipe holds on Linux before a writer must wait
MIB = 1 << 20


@contextlib.contextmanager
def conversation():
    """Yield the two ends: what one sends, the other receives."""
    incoming, far_outgoing = os.pipe()
    far_incoming, outgoing = os.pipe()
    try:
        yield Pipe(incoming, outgoing), Pipe(far_incoming, far_outgoing)
    finally:
        for descriptor in (incoming, outgoing, far_incoming, far_outgoing):
            with contextlib.suppress(OSError):
                os.close(descriptor)


@pytest.fixture
def ends():
    with conversation() as both:
        yield both


arrays = st.sampled_from(DTYPES).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5))
)
texts = st.text(max_size=20)
bodies = st.dictionaries(texts, st.none() | st.booleans() | st.integers() | texts, max_size=5)


def received(pipe, limit_s=10):
    body, arrays = pipe.receive(limit_s=limit_s)
    return json.loads(bytes(body)), arrays


@given(body=bodies, sent=st.dictionaries(texts, arrays, max_size=3))
def test_a_message_arrives_as_it_was_sent(body, sent):
    with conversation() as (near, far):
        far.send(body, sent)
        got_body, got = received(near)

    assert body == got_body
    assert list(sent) == list(got)
    for name, array in sent.items():
        assert array.tobytes() == got[name].tobytes()  # bits: of NaN and of −0 too
        assert (array.dtype, array.shape) == (got[name].dtype, got[name].shape)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(12.0).reshape(3, 4).T,
        np.arange(12.0)[::-2],
        np.asfortranarray(np.arange(12).reshape(3, 4)),
        np.arange(12, dtype=">f8"),
        np.float64(3.5),
    ],
    ids=["transposed", "strided", "Fortran order", "big-endian", "a scalar"],
)
def test_any_layout_in_memory_arrives_as_the_same_values(ends, array):
    near, far = ends
    far.send({}, {"x": array})

    np.testing.assert_array_equal(array, near.receive(limit_s=10)[1]["x"])


def test_messages_that_arrive_together_are_separated(ends):
    near, far = ends
    for n in range(3):
        far.send({"n": n}, {"x": np.full(n, n)})

    for n in range(3):
        body, got = received(near)
        assert {"n": n} == body
        assert [n] * n == got["x"].tolist()


def test_received_arrays_cannot_be_written(ends):
    near, far = ends
    far.send({}, {"x": np.zeros(3)})

    assert not near.receive(limit_s=10)[1]["x"].flags.writeable


def test_every_dtype_that_a_kernel_may_have_can_be_sent():
    assert set(ITEMSIZE) <= set(DTYPES)


@pytest.mark.parametrize("dtype", ["object", "float16", "complex128", "U3", "bool", "int16"])
def test_an_array_of_another_dtype_is_refused_before_anything_is_written(ends, dtype):
    near, far = ends
    with pytest.raises(TypeError, match=r"W1 is .*only float32"):
        far.send({}, {"W0": np.zeros(2), "W1": np.zeros(2, dtype)})
    far.send({"second": True})

    assert ({"second": True}, {}) == received(near)


def test_text_that_is_not_utf8_is_refused_before_anything_is_written(ends):
    near, far = ends
    with pytest.raises(MeasurementFailed, match=r"^'/home/\\udcff' is not UTF-8$"):
        far.send({"folder": "/home/\udcff"})
    far.send({"second": True})

    assert ({"second": True}, {}) == received(near)


@pytest.mark.parametrize("blocking", [True, False])
def test_messages_larger_than_the_pipe_go_both_ways(ends, blocking):
    near, far = ends
    os.set_blocking(near.outgoing, blocking)
    sent = np.arange(8 * PIPE_BYTES, dtype=np.int64)
    echo = threading.Thread(target=lambda: far.send(*far.receive(limit_s=60)))
    echo.start()
    near.send({"n": 1}, {"x": sent}, limit_s=60)
    body, got = received(near, limit_s=60)
    echo.join()

    assert {"n": 1} == body
    np.testing.assert_array_equal(sent, got["x"])


# --- an end that is silent or gone ---


def test_silence_ends_with_the_time_limit(ends):
    with pytest.raises(TimedOut):
        ends[0].receive(limit_s=0.01)


def test_half_a_message_ends_with_the_time_limit(ends):
    near, far = ends
    os.write(far.outgoing, b'{"arrays": [["x", "float64", [3]]], "body": {}}\n12345678')
    with pytest.raises(TimedOut):
        near.receive(limit_s=0.01)


def test_the_time_limit_is_for_the_whole_message_not_for_each_piece(ends, monkeypatch):
    near, far = ends
    far.send({"do": "a message of more than five bytes"})
    waits_ms = []
    ready = SimpleNamespace(register=lambda *_: None, poll=lambda limit_ms: waits_ms.append(limit_ms) or [1])
    seconds = iter(range(1000))
    read = os.read
    monkeypatch.setattr(pipe_module.select, "poll", lambda: ready)
    monkeypatch.setattr(pipe_module.time, "monotonic", lambda: float(next(seconds)))
    monkeypatch.setattr(pipe_module.os, "read", lambda descriptor, n: read(descriptor, 1))
    near.receive(limit_s=5)

    assert [4000, 3000, 2000, 1000, 0, 0] == waits_ms[:6]


def test_an_answer_that_is_there_is_taken_even_late(ends):
    """The harness may have been suspended for hours; the worker is not to blame."""
    near, far = ends
    far.send({"n": 1}, {"x": np.zeros(3)})

    assert {"n": 1} == received(near, limit_s=0)[0]


def test_a_reader_that_takes_nothing_ends_with_the_time_limit(ends):
    near, _ = ends
    os.set_blocking(near.outgoing, False)
    with pytest.raises(TimedOut):
        near.send({}, {"x": np.zeros(PIPE_BYTES)}, limit_s=0.01)


def test_an_array_is_sent_and_received_without_copies_of_it(ends):
    near, far = ends
    sent = np.arange(100 * MIB // 8, dtype=np.int64)
    writer = threading.Thread(target=lambda: far.send({}, {"x": sent}, limit_s=60))
    tracemalloc.start()
    try:
        writer.start()
        near.receive(limit_s=60)
        assert tracemalloc.get_traced_memory()[1] < 102 * MIB  # what was received, and nothing else
    finally:
        tracemalloc.stop()
        writer.join()


@pytest.mark.parametrize("limit_s", [1e12, float("inf")])
def test_a_time_limit_beyond_what_the_system_counts_is_no_error(ends, limit_s):
    near, far = ends
    far.send({"n": 1}, limit_s=limit_s)

    assert {"n": 1} == received(near, limit_s=limit_s)[0]


@pytest.mark.parametrize("beginning", [b"", b'{"arr', b'{"arrays": [["x", "float64", [3]]], "body": {}}\n1234'])
def test_the_other_end_closing_is_an_end_of_file(ends, beginning):
    near, far = ends
    os.write(far.outgoing, beginning)
    os.close(far.outgoing)
    with pytest.raises(EOFError):
        near.receive(limit_s=10)


def test_sending_to_a_closed_pipe_raises_end_of_file(ends):
    near, far = ends
    os.close(far.incoming)
    with pytest.raises(EOFError):
        near.send({"do": "load"})


# --- an end that writes nonsense ---


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"All work and no play",
        b"\xff\xfe\x00",
        b"{}",
        b"[]",
        b"3",
        b"null",
        b'"arrays"',
        b'{"arrays": 3}',
        b'{"arrays": [3]}',
        b'{"arrays": [["x"]]}',
        b'{"arrays": []}',
        b'{"arrays": [["x", "float64", 3]], "body": {}}',
        b'{"arrays": [["x", "float64", ["a"]]], "body": {}}',
        b'{"arrays": [["x", "float64", [NaN]]], "body": {}}',
        b"[" * 100_000,
        b"9" * 10_000,
    ],
    ids=lambda line: repr(line[:40]),
)
def test_a_line_that_is_no_message_is_a_failed_measurement(ends, line):
    near, far = ends
    os.set_blocking(far.outgoing, True)
    writer = threading.Thread(target=os.write, args=(far.outgoing, line + b"\n"))
    writer.start()
    with pytest.raises(MeasurementFailed, match="is not a message"):
        near.receive(limit_s=10)
    writer.join()


@given(line=st.binary(max_size=300))
def test_no_bytes_raise_anything_but_a_failed_measurement(line):
    with conversation() as (near, far):
        os.write(far.outgoing, line)
        os.close(far.outgoing)
        with pytest.raises((MeasurementFailed, EOFError)):
            near.receive(limit_s=10)


@pytest.mark.parametrize(
    ("dtype", "shape"),
    [
        ("float64", [1 << 40]),
        ("uint8", [MAX_ARRAY_BYTES + 1]),
        ("float64", [1 << 20, 1 << 20]),
        ("float64", [10**400]),
        ("float64", [0, 1 << 62, 1 << 62]),
        ("float64", [-1]),
        ("float64", [-2, -3]),
        ("float64", [1] * 100),
        ("object", [1]),
        ("float16", [1]),
        ("no such dtype", [1]),
    ],
    ids=str,
)
def test_an_impossible_array_is_refused_before_any_of_it_is_read(ends, dtype, shape):
    near, far = ends
    os.write(far.outgoing, json.dumps({"arrays": [["x", dtype, shape]], "body": {}}).encode() + b"\n")
    tracemalloc.start()
    try:
        with pytest.raises(MeasurementFailed, match="impossible array: x"):
            near.receive(limit_s=10)
        assert tracemalloc.get_traced_memory()[1] < MIB
    finally:
        tracemalloc.stop()


def test_arrays_that_are_too_large_together_are_refused(ends):
    near, far = ends
    half = [MAX_ARRAY_BYTES // 2]
    shapes = [[name, "uint8", half] for name in "xyz"]
    os.write(far.outgoing, json.dumps({"arrays": shapes, "body": {}}).encode() + b"\n")

    with pytest.raises(MeasurementFailed, match="impossible array: z"):
        near.receive(limit_s=10)


def test_a_first_line_without_end_is_refused_and_takes_little_memory(ends):
    near, far = ends
    os.set_blocking(far.outgoing, True)

    def write_for_ever():
        with contextlib.suppress(BrokenPipeError):
            while True:
                os.write(far.outgoing, b"x" * PIPE_BYTES)

    writer = threading.Thread(target=write_for_ever)
    writer.start()
    tracemalloc.start()
    try:
        with pytest.raises(MeasurementFailed, match="its first line does not end"):
            near.receive(limit_s=60)
        assert tracemalloc.get_traced_memory()[1] < 8 * MAX_HEADER_BYTES
    finally:
        tracemalloc.stop()
        os.close(near.incoming)
        writer.join()
