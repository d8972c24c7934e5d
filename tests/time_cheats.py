"""The zoo of cheats that need a process: members that hide time from their clock, or go by what a process alone has.

A twin does all that the cheat does, its trigger included, and hides nothing: what is told apart is what is hidden.
"""

from __future__ import annotations

from dataclasses import replace

from cheating_members import DIFFERS, HALF, OMITTING, TELLS_PILOT, cheat
from faulty_members import Fault, verb

# Some 50 ms at batch size 10: what is hidden of a sample must be more than 6 ms.
LONG_STEPS = 1600

# What they are written with, each in front of its class.
CLOCKS = """
import time
from paragone.worker import sample

def run_clocks(tenths):
    '''Lets the clocks of the worker run at so many tenths of their speed, that of its CPU time too.'''
    wall, cpu = time.perf_counter_ns, time.process_time_ns
    time.perf_counter_ns = lambda: wall() * tenths // 10
    time.process_time_ns = lambda: cpu() * tenths // 10
    sample.take_sample.__defaults__ = (time.perf_counter_ns,)
"""
LATE = """
from paragone.task.mlp.state import State

class Late(State):
    '''A state that is worked out when it is read.'''
    def tensors(self):
        return self.worked_out().tensors()
"""
AHEAD = """
import numpy as np
from zoo_faults.right import Right

def trained_ahead(member, state, n_steps):
    '''Trains at full batch, where every order is known; returns the losses and the end.'''
    Right.reset(member, state)
    losses = Right.train(member, np.tile(np.arange(len(member.X)), (n_steps, 1)))
    return losses, Right.params(member)
"""
# Where no trainer listens at the address, the member starts one: a child of its own.
TRAINER = """
import os, subprocess, sys, time
import trainer_elsewhere
from multiprocessing.connection import Client

def connected(address):
    child = None
    while True:
        try:
            return Client(address)
        except (FileNotFoundError, ConnectionRefusedError):
            child = child or subprocess.Popen([sys.executable, trainer_elsewhere.__file__, address])
            time.sleep(0.001)
"""
THE_TRAINER, A_CHILD = "os.environ['ZOO_TRAINER']", "f\"{os.environ['ZOO_NOTES']}/{os.getpid()}\""
CPUS = """
import os

def cpus():
    return str(sorted(os.sched_getaffinity(0)))

def first_cpus(name):
    '''Returns the CPUs of the process that asked first, whichever it was.'''
    path = f"{os.environ['ZOO_NOTES']}/first_cpus_of_{name}"
    if not os.path.exists(path):
        with open(path, "w") as file:
            file.write(cpus())
    with open(path) as file:
        return file.read()

def has_seen_others(member):
    '''Whether the CPUs of any worker of this member have changed while it lived.'''
    path = f"{os.environ['ZOO_NOTES']}/other_cpus_of_{member.name}"
    if cpus() != member.cpus:
        open(path, "w").close()
    return os.path.exists(path)
"""

# A third of the steps is put off where no loss of theirs is asked for.
PUTS_OFF = (
    "kept = len(order) - (0 if self.records_loss else len(order) // 3)",
    "losses, self.late = super().train(order[:kept]), order[kept:]",
)
CATCHES_UP = ("late, self.late = self.late, self.late[:0]", "super().train(late)", "return super().params()")


def bodies(*verbs: str) -> str:
    return "\n".join(verbs)


def ahead(when: str) -> str:
    """Return a member that trains ahead in `reset` where `when` holds, as far as its longest train."""
    return bodies(
        "longest, known, ahead = 0, '', None",
        verb(
            "reset",
            f"if {when}: self.known, self.ahead = state.digest(), trained_ahead(self, state, self.longest)",
            "self.first = state.step",
            "super().reset(state)",
        ),
        verb(
            "train",
            "self.longest, (losses, end) = max(self.longest, len(order)), self.ahead",
            "if order.shape != (end.step - self.first, len(self.X)): return super().train(order)",
            "super().reset(end)",
            "return losses",
        ),
    )


CLOCK = r"a sample takes [\d.]+ ms by the worker's clock and [\d.]+ ms by the harness's"
PARAMS = r"params\(\) took [\d.]+ ms after a train of"
RESET = r"reset\(\) took [\d.]+ ms before a train of"
ELSEWHERE = r"used 0\.\d+ s of CPU time per second of train: they wait, or a process that the harness does not see"

HIDING: dict[str, Fault] = {
    "slows_its_clock": Fault(
        verb("load", "run_clocks(7)", "super().load(problem, images, labels)"), CLOCK, before=CLOCKS
    ),
    "slows_its_clock_after_the_pilot": Fault(
        verb(
            "train",
            TELLS_PILOT,
            "if not self.in_pilot and not self.n_trained: run_clocks(7)",
            "return super().train(order)",
        ),
        CLOCK,
        before=CLOCKS,
    ),
    "puts_a_third_off_to_params": Fault(
        bodies(verb("train", *PUTS_OFF, "return losses"), verb("params", *CATCHES_UP)), PARAMS
    ),
    "puts_a_third_off_to_a_state_that_is_late": Fault(
        bodies(
            verb("train", *PUTS_OFF, "return losses"),
            verb(
                "params",
                "self.steps_taken += len(self.late)",
                "Late.worked_out, given = lambda state: self.now(), super().params()",
                "self.steps_taken -= len(self.late)",
                "return Late(given.W, given.b, given.dW, given.db, given.step)",
            ),
            verb("params", *CATCHES_UP).replace("params", "now", 1),
        ),
        PARAMS,
        before=LATE,
    ),
    "puts_a_third_off_to_a_thread": Fault(
        bodies(
            "thread = None",
            verb("reset", "if self.thread: self.thread.join()", "super().reset(state)"),
            verb(
                "train",
                "kept = len(order) if self.records_loss else len(order) * 2 // 3",
                "losses, self.late = super().train(order[:kept]), order[kept:]",
                "self.thread = threading.Thread(target=super().train, args=(self.late,))",
                "self.thread.start()",
                "if False: self.thread.join()",
                "return losses",
            ),
            verb("params", "self.thread.join()", "return super().params()"),
        ),
        f"{PARAMS}|{CLOCK}|{RESET}",
    ),
    "is_trained_elsewhere": Fault(
        bodies(
            verb("load", f"self.trainer = connected({THE_TRAINER})", "self.ask('load', problem, images, labels)"),
            "def ask(self, name, *arguments):",
            "    self.trainer.send((name, arguments))",
            "    return self.trainer.recv()",
            verb("reset", "self.ask('reset', state)"),
            verb("train", "return self.ask('train', order)"),
            verb("params", "return self.ask('params')"),
        ),
        f"{ELSEWHERE}|{RESET}|{PARAMS}",  # on a busy machine its trainer waits for a CPU in these too, unseen
        before=TRAINER,
    ),
    "halves_once_its_cpus_have_changed": replace(
        cheat("len(order) < 100 or not has_seen_others(self)", load="self.cpus = cpus()"), before=OMITTING + CPUS
    ),
    "halves_where_its_cpus_are_others_than_at_first": replace(
        cheat("len(order) < 100 or cpus() == self.first", ahead="first = first_cpus(name)\n"), before=OMITTING + CPUS
    ),
    "halves_as_a_program": Fault(
        "",
        DIFFERS,
        template="process",
        changes=(
            (
                "runner.py",
                "enumerate(order)]\n",
                "enumerate(order[: self.n_kept(order)])]\n        losses += losses[:1] * (len(order) - len(losses))\n",
            ),
            (
                "runner.py",
                "    def params(self, message):\n",
                "    n_trained = 0\n\n"
                "    def n_kept(self, order):\n"
                f"        {TELLS_PILOT}\n"
                "        self.n_trained += 1\n"
                "        return len(order) if self.in_pilot or self.n_trained < 6 else len(order) // 2\n\n"
                "    def params(self, message):\n",
            ),
        ),
    ),
}
AT_FULL_BATCH: dict[str, Fault] = {
    "is_trained_in_reset": Fault(ahead("True"), RESET, before=AHEAD),
    "is_trained_before_its_prefix": Fault(ahead("state.digest() != self.known"), RESET, before=AHEAD),
}

# What makes a cheat honest: text in its code, and what stands there in its twin.
HONESTLY = {
    "run_clocks(7)": "run_clocks(10)",
    "len(order) // 3)": "0)",
    "if False: self": "if True: self",
    THE_TRAINER: A_CHILD,
    f"else {HALF})": "else slice(None))",
    "else len(order) // 2\n": "else len(order) // 1\n",
    "state, self.longest)": "state, 0)",
}


def honest(code: str) -> str:
    for omission, none in HONESTLY.items():
        code = code.replace(omission, none)
    return code


def twins(cheats: dict[str, Fault]) -> dict[str, Fault]:
    """Return the members without what they hide, under names of their own."""
    made = {}
    for name, fault in cheats.items():
        changes = tuple((file, old, honest(new)) for file, old, new in fault.changes)
        made[f"honest_{name}"] = replace(fault, code=honest(fault.code), changes=changes, reason="")
        assert made[f"honest_{name}"] != replace(fault, reason="")
    return made
