"""Run implementations through the Julia adapter, in this process, and print what happened as JSON.

Usage: drive.py WHAT FOLDER …, WHAT being "gate" (all that must work) or "faults" (what it says where it does not)
"""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from paragone.adapters.julia import julia_in_process
from paragone.implementation.registry import read_folder
from paragone.task.mlp.gate import gate
from paragone.task.mlp.problem_files import find_problem, shipped_names
from paragone.task.mlp.stress import stress_problem

SEED, N_TRAIN, BATCH_SIZE = 3, 100, 10

_random = np.random.Generator(np.random.PCG64(1))
IMAGES = np.where(_random.random((N_TRAIN, 784)) < 0.19, _random.integers(1, 256, (N_TRAIN, 784)), 0).astype(np.uint8)
LABELS = _random.integers(0, 10, N_TRAIN).astype(np.uint8)


def small(name):
    """The problem with few images and one small hidden layer."""
    return replace(find_problem(name), n_train=N_TRAIN, layers=(784, 6, 10))


def loaded(implementation, problem):
    implementation.load(problem, (IMAGES / 255.0).astype(implementation.dtype), LABELS)
    return implementation


def said(act, *arguments):
    """What it raises, as words."""
    try:
        act(*arguments)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


def checks(kind):
    """Status and reason of every problem and dtype, and of its stress problem."""
    for name in shipped_names():
        for problem in (small(name), stress_problem(small(name))):
            for dtype in ("float64", "float32"):
                implementation = loaded(kind(dtype=dtype), problem)

                def train(state, order, implementation=implementation):
                    implementation.reset(state)
                    losses = implementation.train(order)
                    return implementation.params(), losses

                check = gate(train, problem, IMAGES, LABELS, BATCH_SIZE, SEED, dtype)
                yield f"{problem.name} {dtype}", check.status, check.reason
                implementation.close()


def gated(kind):
    """The verdicts of the gate, and what the adapter says of itself."""
    verdicts = list(checks(kind))
    problem = small("nielsen")
    first, second = (loaded(kind(dtype="float64"), problem) for _ in range(2))
    start, order = problem.start_state(SEED), problem.order(SEED, 3, BATCH_SIZE)
    first.reset(start)
    untouched = first.params().digest() == start.digest()
    second.reset(start)
    first.train(order)
    clocked = kind(dtype="float64")
    clocked.load_clocked(problem, IMAGES / 255.0, LABELS)
    clocked.reset(start)
    clocked.train(order)
    two_sessions = second.params().digest() == start.digest() != first.params().digest()
    again = [first.params().digest()]
    for rows in (order[:1], order[1:]):
        second.train(rows)
    again.append(second.params().digest())
    read_only = order.copy()
    read_only.flags.writeable = False
    return {
        "verdicts": verdicts,
        "a reset state comes back": untouched,
        "two sessions are apart": two_sessions,
        "in parts as at once": again[0] == again[1],
        "with clocks the same bits": clocked.params().digest() == first.params().digest(),
        "phases": dict(clocked.phase_times().phases),
        "a read-only order": said(second.train, read_only),
        "no steps": said(second.train, order[:0]),
        "int32": said(second.train, order.astype(np.int32)),
        "transposed": said(second.train, np.asfortranarray(order)),
        "closed twice": said(second.close) or said(second.close),
        "receipt": dict(first.build_info()),
        "threads": dict(first.threads()),
        "started once": julia_in_process() is julia_in_process(),
    }


def faults(kind):
    """What the verbs raise, up to the first that does."""
    implementation, problem = kind(dtype="float64"), small("nielsen")
    acts = {
        "load": lambda: loaded(implementation, problem),
        "reset": lambda: implementation.reset(problem.start_state(SEED)),
        "train": lambda: implementation.train(problem.order(SEED, 2, BATCH_SIZE)),
        "params": implementation.params,
    }
    for verb, act in acts.items():
        if reason := said(act):
            return verb, reason
    return None


def main():
    what, *folders = sys.argv[1:]
    act = {"gate": gated, "faults": faults}[what]
    print(json.dumps({Path(folder).name: act(read_folder(Path(folder))[0]) for folder in folders}))


main()
