"""What passes for a reply of a worker: every field is checked, and the message names the one that is wrong."""

import json
from typing import get_args

import msgspec
import pytest

from paragone.errors import MeasurementFailed
from paragone.worker import commands
from paragone.worker.commands import AnyCommand, Command, TakeSample, reply_type, verb
from paragone.worker.replies import CpusUsed, Loaded, Response, StepCost, Timing, check_times, decode

TIMING = {"n_steps": 3, "elapsed_ns": 40_000_000, "runner_ns": None, "cpu_ns": 39_000_000}
LOADED = {"load_seconds": 0.1, "loaded_memory_bytes": 1, "build_info": {}}


def decoded(type_, fields):
    return decode(msgspec.Raw(json.dumps(fields).encode()), type_)


def test_every_command_can_be_sent_and_names_the_type_of_its_reply():
    declared = {kind for kind in vars(commands).values() if isinstance(kind, type) and issubclass(kind, Command)}

    assert declared - {Command} == set(get_args(AnyCommand))
    assert all(issubclass(reply_type(kind), msgspec.Struct) for kind in get_args(AnyCommand))
    assert Timing is reply_type(TakeSample)


def test_the_verb_of_a_command_is_its_tag():
    assert "sample" == verb(TakeSample())


def test_a_field_that_is_not_declared_is_dropped():
    assert decoded(Timing, TIMING) == decoded(Timing, {**TIMING, "of_its_own": 1})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_steps", 3.5),
        ("n_steps", True),
        ("n_steps", 0),
        ("elapsed_ns", -1),
        ("elapsed_ns", 2**60),
        ("runner_ns", "1e6"),
        ("runner_ns", -5),
        ("cpu_ns", None),
        ("waiting_cpu_ns", "much"),
    ],
)
def test_the_message_names_the_field_that_is_wrong(name, value):
    with pytest.raises(MeasurementFailed, match=rf"^the worker's reply is malformed: Expected .* - at `\$\.{name}`$"):
        decoded(Timing, {**TIMING, name: value})


def test_the_message_names_the_field_that_is_missing():
    with pytest.raises(MeasurementFailed, match="malformed: Object missing required field `n_steps`"):
        decoded(Timing, {name: value for name, value in TIMING.items() if name != "n_steps"})


def test_a_reason_must_be_a_text():
    with pytest.raises(MeasurementFailed, match=r"malformed: Expected `str \| null`, got `array` - at `\$\.error`"):
        decoded(Response, {"id": "7f", "waiting_cpu_ns": 0, "error": ["no", "text"]})


@pytest.mark.parametrize(("type_", "name"), [(StepCost, "step_seconds"), (CpusUsed, "cpus_used")])
@pytest.mark.parametrize("value", ["Infinity", "NaN", "1e400", "-1.0", '"1"', "null", "true"])
def test_a_number_is_finite_and_not_below_zero(type_, name, value):
    with pytest.raises(MeasurementFailed, match="malformed"):
        decode(msgspec.Raw(f'{{"{name}": {value}}}'.encode()), type_)


@pytest.mark.parametrize("name", ["elapsed_ns", "runner_ns"])
def test_a_time_longer_than_the_harness_waited_is_refused(name):
    reply = decoded(Timing, {**TIMING, name: 90_000_000})

    check_times(reply, waited_ns=90_000_000)
    with pytest.raises(MeasurementFailed, match=r"^says that it took 90\.0 ms, but the reply came after 50\.0 ms$"):
        check_times(reply, waited_ns=50_000_000)


@pytest.mark.parametrize("threads", [None, {}, {"pools": 1}, {"pools": [3]}, {"pools": [{"file": "blas.so"}]}])
def test_thread_pools_that_cannot_be_read_are_refused(threads):
    with pytest.raises(MeasurementFailed, match=r"threads_found|pools|num_threads"):
        decoded(Loaded, {**LOADED, "threads_found": threads})
