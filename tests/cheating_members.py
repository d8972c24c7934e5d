"""The zoo of cheats: members that leave steps out, or time, where they think that nobody looks; and their twins.

A twin does all that the cheat does, its trigger included, and leaves nothing out: what is told apart is the omission.
"""

from __future__ import annotations

from dataclasses import replace

from faulty_members import Fault, verb

DIFFERS = (
    r"differs from the reference|ends in other bits|times as far as by the reference|give another result"
    r"|that of an earlier sample"
)

# What the members are written with: in `before`, so that every file of a member has it.
OMITTING = '''
import os, sys, time
from multiprocessing.shared_memory import SharedMemory
import numpy as np
from zoo_faults.right import Right

def partly(member, order, kept):
    """Takes only the steps `kept`, and says that it has taken all."""
    due = member.steps_taken + len(order)
    losses, member.steps_taken = Right.train(member, order[kept]), due
    return losses if losses is None else np.resize(losses, len(order))

def biased(member, order, is_due):
    """Leaves the output bias as it is in the steps that are due, by their index and their number in the training."""
    losses = []
    for index, row in enumerate(order):
        due, bias = is_due(index, member.steps_taken), member.b[-1].copy()
        losses.append(Right.train(member, row[None]))
        member.b[-1] = bias if due else member.b[-1]
    return np.concatenate(losses) if member.records_loss else None

def nth(path):
    """Return how often this was asked of a file, by any process."""
    with open(path, "a") as file:
        file.write(".")
    return os.path.getsize(path)

def nth_in_shared_memory(name):
    try:
        memory = SharedMemory(name, create=True, size=1)
    except FileExistsError:
        memory = SharedMemory(name)
    memory.buf[0] += 1
    n = memory.buf[0]
    memory.close()
    return n

def nth_in_environment(name):
    os.environ[name] = str(int(os.environ.get(name, 0)) + 1)
    return int(os.environ[name])

def callers():
    frame = sys._getframe(1)
    while frame:
        yield frame.f_code.co_name
        frame = frame.f_back
'''
# A worker of the pilot makes short trains first, one of a launch begins with a whole sample. It sets `in_pilot`.
TELLS_PILOT = "if not self.n_trained: self.in_pilot = len(order) < 100"
HALF, NOTHING, MIDDLE = "slice(0, len(order) // 2)", "slice(0, 0)", "np.r_[:20, len(order) - 20 : len(order)]"
ALL = "slice(None)"
LOOSE = "deterministic = False\n"
# The pilot loads a problem and its stress problem.
LOADS_OF_PILOT = 2


def cheat(honest: str, kept: str = HALF, ahead: str = "", load: str = "") -> Fault:
    """Return a member that takes only the steps `kept` where it is not `honest`."""
    train = verb("train", TELLS_PILOT, f"return partly(self, order, {ALL} if {honest} else {kept})")
    loading = verb("load", load, "super().load(problem, images, labels)") + "\n" if load else ""
    return Fault(ahead + loading + train, DIFFERS, before=OMITTING)


def bias_left(due: str) -> Fault:
    return Fault(verb("train", f"return biased(self, order, lambda index, step: {due})"), DIFFERS, before=OMITTING)


def later(number: str) -> Fault:
    """Return a member that numbers its loads in a way that outlives its worker, and cheats in launches."""
    return cheat(f"self.number <= {LOADS_OF_PILOT} or self.n_trained < 4", load=f"self.number = {number}")


def honest_twin(fault: Fault) -> Fault:
    """Return the member without its omission."""
    code = fault.code
    for omission in (HALF, NOTHING, MIDDLE):
        code = code.replace(f"else {omission})", f"else {ALL})")
    for omission, none in {"% 100 == 99": "% 100 == 100", "np.nan": "self.W[0][:]"}.items():
        code = code.replace(omission, none)
    assert code != fault.code
    return replace(fault, code=code, reason="")


C_HEAD = "buffers *s = net->buffers;\n    double batch_loss = 0;\n"


def in_c(omitted: str) -> Fault:
    """Return the starter in C that leaves these of its steps out, once it has made some hundreds."""
    counting = f"{C_HEAD}    static long n;\n    if (n++ > 300 && {omitted}) return 0;\n"
    return Fault("", DIFFERS, template="c", changes=(("maths.c", C_HEAD, counting),))


# What a worker without a process can host.
OMISSIONS: dict[str, Fault] = {
    "stops_after_the_cold_call": cheat("self.in_pilot or self.n_trained < 1", NOTHING),
    "stops_after_four_trains": cheat("self.in_pilot or self.n_trained < 4", NOTHING, LOOSE),
    "is_nan_after_some_trains": Fault(
        LOOSE
        + verb(
            "train",
            TELLS_PILOT,
            "losses = super().train(order)",
            "if not self.in_pilot and self.n_trained > 8: self.W[0][:] = np.nan",
            "return losses",
        ),
        "is not finite",
        before=OMITTING,
    ),
    "skips_the_middle": cheat("len(order) < 100", MIDDLE),
    "skips_the_middle_and_varies": cheat("len(order) < 100", MIDDLE, LOOSE),
    "leaves_the_bias_by_index": bias_left("index % 100 == 99"),
    "leaves_the_bias_by_step": bias_left("step % 100 == 99"),
    "halves_when_the_hour_is_right": cheat("len(order) < 100 or time.time_ns() // 1_000_000 % 10 < 2"),
    "halves_where_the_stack_says_sample": cheat("'take_sample' not in callers()"),
    "halves_in_c": in_c("n % 2"),
    "halves_once_the_environment_says_so": later("nth_in_environment('ZOO_LOADS_' + self.name)"),
    "halves_once_a_file_says_so": later("nth(f'{os.environ[\"ZOO_NOTES\"]}/{self.name}')"),
    "halves_once_shared_memory_says_so": later("nth_in_shared_memory(f'Member_{os.getpid()}_{self.name}')"),
}
TWINS = {f"honest_{name}": honest_twin(fault) for name, fault in OMISSIONS.items() if not fault.template}
TWINS["honest_in_c"] = in_c("n < 0")

# What they know of before is of no use: no start and no order comes twice. So they are as honest as they are fast.
REMEMBERING: dict[str, Fault] = {
    "remembers_results": Fault(
        verb("load", "self.known = {}", "super().load(problem, images, labels)")
        + "\n"
        + verb(
            "train",
            "if len(order) == 1: time.sleep(0.0005)",
            "tensors = self.W, self.b, self.dW_previous, self.db_previous",
            "key = order.tobytes() + b''.join(A.tobytes() for of in tensors for A in of)",
            "if key not in self.known:",
            "    losses = super().train(order)",
            "    tensors = self.W, self.b, self.dW_previous, self.db_previous",
            "    self.known[key] = losses, [[A.copy() for A in of] for of in tensors], self.steps_taken",
            "losses, tensors, self.steps_taken = self.known[key]",
            "self.W, self.b, self.dW_previous, self.db_previous = ([A.copy() for A in of] for of in tensors)",
            "return losses",
        ),
        "",
    ),
    "gathers_the_order_in_reset": Fault(
        "seen = np.zeros((0, 1), int)\n"
        + verb("reset", "self.gathered = self.X[self.seen]", "super().reset(state)")
        + "\n"
        + verb("train", "self.seen = order", "return super().train(order)"),
        "",
    ),
}
