"""Promises about memory: inputs are copied, results are copies, and no state survives a reset."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paragone.implementation.conformance.promise import promise
from paragone.implementation.conformance.subject import LABELS, N_STEPS, SEED, NotApplicable, Subject, bits, trained
from paragone.task.mlp.problem import rounded_to_float32
from paragone.task.mlp.state import State


@promise("images, labels, order and state are left as they were")
def _(subject: Subject) -> None:
    for case in subject.few_cases():
        images, labels = subject.images(), LABELS.copy()
        before = images.tobytes(), labels.tobytes()
        implementation = case.subject.make()
        implementation.load(case.problem, images, labels)  # writable, unlike those of a worker
        trained(implementation, case.state, case.order)
        case.expect((images.tobytes(), labels.tobytes()) == before, "images or labels were written to: copy them")
        subject.give_back(implementation)
    for case in subject.cases():
        order, state = case.order, case.state
        before_order, before_state = order.tobytes(), state.digest()
        trained(case.implementation, state, order)
        case.expect(order.tobytes() == before_order, "train wrote into `order`: copy what you change")
        case.expect(state.digest() == before_state, "reset or train wrote into the given state: copy it")


@promise("the training set is copied", of_bits=True)
def _(subject: Subject) -> None:
    for case in subject.few_cases():
        images, labels = subject.images(), LABELS.copy()
        implementation = subject.fresh(case.problem, images, labels)
        images[:], labels[:] = 0.5, 0
        same = case.training(implementation) == case.training()
        case.expect(same, "changing images or labels after load changed the training: copy them in load")
        subject.give_back(implementation)


@promise("the state is copied", of_bits=True)
def _(subject: Subject) -> None:
    for case in subject.cases():
        given = case.state
        case.implementation.reset(given)
        for tensor in given.tensors().values():
            tensor[...] = 0.5
        losses = case.implementation.train(case.order)
        same = bits(case.problem, case.implementation.params(), losses) == case.training()
        case.expect(same, "changing the state after reset changed the training: copy it in reset")


@promise("reset takes the whole state")
def _(subject: Subject) -> None:
    for case in subject.cases():
        given = case.state
        trained(case.implementation, given, case.order)
        case.implementation.reset(given)
        if subject.dtype == "float32":
            given = State.from_tensors({k: rounded_to_float32(x) for k, x in given.tensors().items()}, given.step)
        same = bits(case.problem, case.implementation.params()) == bits(case.problem, given)
        case.expect(same, "params() after reset is not the given state: take weights, biases, updates and step")


@promise("training again gives the same bits", of_bits=True)
def _(subject: Subject) -> None:
    for case in subject.cases():
        case.expect(
            case.training() == case.training(),
            "training again from the same state gave other bits: reset everything, or declare deterministic = False",
        )


@promise("training in two halves gives the same bits", of_bits=True)
def _(subject: Subject) -> None:
    for case in subject.cases():
        whole, order = case.training(), case.order
        case.implementation.reset(case.state)
        halves = [case.implementation.train(order[:2]), case.implementation.train(order[2:])]
        losses = np.concatenate([half for half in halves if half is not None]) if case.problem.records_loss else None
        same = bits(case.problem, case.implementation.params(), losses) == whole
        case.expect(same, "two calls of train gave other bits than one: carry everything on between calls")


@promise("the batch size may change from call to call", of_bits=True)
def _(subject: Subject) -> None:
    for case in subject.cases():
        other = case.problem.order(SEED, 2, 3)
        middle, _ = trained(case.implementation, case.state, case.order)
        case.implementation.train(other)
        end = bits(case.problem, case.implementation.params())
        again = bits(case.problem, trained(case.implementation, middle, other)[0])
        case.expect(end == again, "after another batch size the bits differ: buffers must fit the current batch")


@promise("two instances are independent", of_bits=True)
def _(subject: Subject) -> None:
    for case in subject.few_cases():
        alone = case.training()
        other = subject.fresh(case.problem, subject.images(), LABELS.copy())
        other.reset(case.problem.start_state(99))
        one = case.implementation
        one.reset(case.state)
        other.train(case.problem.order(99, N_STEPS, case.batch_size))
        losses = one.train(case.order)
        other.train(case.problem.order(98, N_STEPS, case.batch_size))
        same = bits(case.problem, one.params(), losses) == alone
        case.expect(same, "another instance changed this one's training: keep everything in the instance")
        subject.give_back(other)


@promise("params are copies", of_bits=True)
def _(subject: Subject) -> None:
    for case in subject.cases():
        first, _ = trained(case.implementation, case.state, case.order)
        before = first.digest()
        case.implementation.train(case.order)
        case.expect(first.digest() == before, "params() gives views: later training changed them; return copies")
        second = case.implementation.params()
        before = second.digest()
        for tensor in second.tensors().values():
            tensor[...] = 0.5
        case.expect(case.implementation.params().digest() == before, "writing into params() changed the network")


@promise("what fresh memory holds does not matter", of_bits=True)
def _(subject: Subject) -> None:
    if subject.kind.bridge is not None:
        raise NotApplicable("another language allocates its memory")
    from unittest import mock  # slow to import

    for case in subject.few_cases():
        for batch_size in (1, case.batch_size):
            case = replace(case, batch_size=batch_size)
            for byte in (0x00, 0xFF):  # 0.0 and NaN
                with mock.patch.multiple(np, empty=_filled(byte), empty_like=_filled_like(byte)):
                    implementation = subject.fresh(case.problem, subject.images(), LABELS.copy())
                    same = case.training(implementation) == case.training()
                case.expect(same, "np.empty was read before it was written")


def _filled(byte: int) -> Callable[..., NDArray[Any]]:
    """A stand-in for np.empty that fills its memory with `byte`."""

    def empty(shape: Any, dtype: Any = np.float64, order: Any = "C", **others: Any) -> NDArray[Any]:
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        filled: NDArray[Any] = np.full(size, byte, dtype=np.uint8).view(dtype)
        return filled.reshape(shape, order=order)

    return empty


def _filled_like(byte: int) -> Callable[..., NDArray[Any]]:
    def empty_like(x: NDArray[Any], **others: Any) -> NDArray[Any]:
        return _filled(byte)(x.shape, x.dtype, "C" if x.flags.c_contiguous else "F")

    return empty_like
