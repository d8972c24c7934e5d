"""What a fresh process can find."""

import functools
import sys
import types

import numpy as np
import pytest
from callables_by_name import Scaled, power, root

from paragone.calls.found_by_name import code_of, pickled, surroundings, unpickled
from paragone.calls.launch import Point, Task

X = np.arange(12.0).reshape(3, 4)


def task(call, *arguments):
    return Task({"a": call}, (Point(0, arguments, ()),))


@pytest.mark.parametrize("call", [root, np.sort, Scaled(2.0).by, functools.partial(root), sum, str.upper])
def test_what_has_a_module_and_a_name_is_found(call):
    found = unpickled(pickled(task(call))).callables["a"]

    assert code_of(found) == code_of(call)


@functools.lru_cache
def remembered(x):
    return x


def test_what_a_decorator_made_is_found_by_the_name_that_it_has():
    assert unpickled(pickled(task(remembered))).callables["a"] is remembered


def test_arrays_keep_their_strides():
    (argument,) = unpickled(pickled(task(root, X[:, ::2]))).points[0].arguments

    assert argument.strides == X[:, ::2].strides
    assert np.array_equal(argument, X[:, ::2])


def test_what_has_no_name_is_told_by_what_it_is():
    def inner(x):
        return x

    with pytest.raises(LookupError, match=r"a cannot be found by name in a fresh process \(a lambda\)"):
        pickled(task(lambda x: x))
    with pytest.raises(LookupError, match="defined inside a function"):
        pickled(task(inner))


def test_arguments_that_cannot_be_sent_are_told():
    with pytest.raises(LookupError, match="the arguments or results cannot be sent"):
        pickled(task(root, lambda: 3))


def test_what_is_typed_at_a_prompt_is_in_no_file(monkeypatch):
    typed = types.ModuleType("__main__")
    typed.f = types.FunctionType(root.__code__, {}, "f")
    typed.f.__module__, typed.f.__qualname__ = "__main__", "f"
    monkeypatch.setitem(sys.modules, "__main__", typed)

    with pytest.raises(LookupError, match="a is defined in no file"):
        pickled(task(typed.f))


def test_code_is_told_from_other_code_and_sets_have_no_order():
    def one(x):
        return x in {"a", "b", "c"}

    def two(x):
        return x in {"a", "b", "d"}

    assert len({code_of(root), code_of(power), code_of(one), code_of(two), code_of(np.sin)}) == 5
    assert code_of(functools.partial(root)) == code_of(root)


def test_the_files_of_modules_go_along():
    call = Scaled(2.0).by

    assert "callables_by_name" in surroundings({"a": call}, b"").files
