"""Promises about results: the right numbers, at any depth, in the right form and precision."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from paragone.implementation.conformance.promise import promise
from paragone.implementation.conformance.subject import (
    IMAGES,
    LABELS,
    N_STEPS,
    PIXELS,
    SEED,
    Case,
    NotApplicable,
    Subject,
    bits,
    start,
    trained,
)
from paragone.implementation.contract import Implementation
from paragone.task.mlp.judge import judge
from paragone.task.mlp.problem import NetworkProblem, rounded_to_float32
from paragone.task.mlp.reference import trajectory

DEPTHS = ((PIXELS, 10), (PIXELS, 9, 8, 7, 6, 12))  # the second with classes that no label has


@cache
def expected(problem: NetworkProblem, batch_size: int) -> Any:
    """The reference's training."""
    order = problem.order(SEED, N_STEPS, batch_size)
    return trajectory(problem, IMAGES, LABELS, start(problem, batch_size), order)


def follow_reference(case: Case, implementation: Implementation) -> None:
    """Raises PromiseBroken where a training differs from the reference's."""
    got, losses = trained(implementation, case.state, case.order)
    check = judge(case.problem, expected(case.problem, case.batch_size), got, losses, case.subject.dtype)
    case.expect(check.passed, check.reason)


@promise("it says what it is")
def _(subject: Subject) -> None:
    case = next(subject.cases())
    for hook, info, kind in (
        ("build_info()", case.implementation.build_info(), str),
        ("threads()", case.implementation.threads(), int),
    ):
        fits = isinstance(info, Mapping) and all(isinstance(k, str) and isinstance(v, kind) for k, v in info.items())
        case.expect(fits, f"{hook}: expected a table of text → {kind.__name__}, got {info!r}")


@promise("training follows the reference")
def _(subject: Subject) -> None:
    for case in subject.cases_of(subject.exact_problems()):
        follow_reference(case, case.implementation)


@promise("a network of any depth and number of classes follows the reference")
def _(subject: Subject) -> None:
    for case in subject.few_cases(subject.exact_problems()):
        for layers in DEPTHS[-1:] if subject.is_slow else DEPTHS:
            deep = replace(case, problem=replace(case.problem, layers=layers))
            if subject.kind.unsupported(deep.problem) is None:
                follow_reference(deep, deep.implementation)


@promise("a weight of zero has no sign")
def _(subject: Subject) -> None:
    """A weight that is 0 and whose pixel is 0 in every image has no gradient: only λ₁·sign(0) could move it."""
    penalised = [problem for problem in subject.exact_problems() if problem.l1 > 0]
    if not penalised:
        raise NotApplicable("no problem that it supports has L1")
    for case in subject.cases_of(penalised, (2,)):
        order = case.order[:1]
        is_dark = ~IMAGES[order[0]].any(axis=0)
        given = case.problem.start_state(SEED)
        given.W[0][:, is_dark] = 0
        got, _ = trained(case.implementation, given, order)
        case.expect(not got.W[0][:, is_dark].any(), "the penalty moved a weight that is 0: sign(0) is 0")


@promise("the order is followed")
def _(subject: Subject) -> None:
    for case in subject.cases((1, 2, 7)):
        swapped = case.order
        swapped[[0, 1]] = swapped[[1, 0]]
        other = bits(case.problem, *trained(case.implementation, case.state, swapped))
        case.expect(other != case.training(), "mini-batches in another order gave the same bits: use `order`")


@promise("params are canonical")
def _(subject: Subject) -> None:
    for case in subject.cases():
        got, _ = trained(case.implementation, case.state, case.order)
        tensors = got.tensors()
        for name, tensor in case.state.tensors().items():
            form = [(x.shape, str(x.dtype), x.flags.c_contiguous) for x in (tensors.get(name, np.empty(0)), tensor)]
            case.expect(form[0] == form[1], f"{name}: expected (shape, dtype, C order) {form[1]}, got {form[0]}")
        expected_step = case.state.step + N_STEPS
        case.expect(got.step == expected_step, f"step: expected {expected_step} after {N_STEPS} steps, got {got.step}")


@promise("params have the precision of the variant")
def _(subject: Subject) -> None:
    for case in subject.cases():
        got, _ = trained(case.implementation, case.state, case.order)
        weights = np.concatenate([tensor.ravel() for tensor in (*got.W, *got.b)])
        is_float32 = np.array_equal(rounded_to_float32(weights), weights)
        dtype = subject.dtype
        case.expect(is_float32 == (dtype == "float32"), f"it computes in another precision than its dtype, {dtype}")


@promise("losses come back where they are asked for")
def _(subject: Subject) -> None:
    for case in subject.cases():
        _, losses = trained(case.implementation, case.state, case.order)
        if not case.problem.records_loss:
            case.expect(losses is None, f"expected None from train, got {type(losses).__name__}")
            continue
        shape = None if losses is None else np.shape(losses)
        case.expect(shape == (N_STEPS,), f"expected the loss of each of {N_STEPS} steps from train, got shape {shape}")
        case.expect(bool(np.isfinite(np.asarray(losses)).all()), "a loss is not finite")


@promise("saturated neurons stay finite and raise no warning")
def _(subject: Subject) -> None:
    for case in subject.cases():
        near = case.problem.start_state(SEED)
        far = replace(near, W=tuple(1e4 * W for W in near.W), b=tuple(-1e4 * b for b in near.b))
        with warnings.catch_warnings(record=True) as raised:
            warnings.simplefilter("always")
            got, losses = trained(case.implementation, far, case.order)
        case.expect(not raised, f"far from 0 it warns: {raised[0].message if raised else ''}")
        finite = all(np.isfinite(tensor).all() for tensor in got.tensors().values())
        finite &= losses is None or bool(np.isfinite(np.asarray(losses)).all())
        case.expect(bool(finite), "far from 0 parameters or losses are not finite: compute from the logits")
