"""The program of starter_name: it answers each message of the harness with one message on standard output.

A message is a sequence of fields. A field is `key:LENGTH:VALUE` and a newline, with LENGTH in bytes; the field `end:0:`
closes the message. Numbers are decimal text, arrays are raw bytes, little-endian. Nothing else may go to standard
output: print to standard error.

It needs no part of the harness, so the same program can be written in any language. maths.py has the step.
"""

import sys
import time
import traceback
from types import SimpleNamespace

import maths
import numpy as np

incoming, outgoing = sys.stdin.buffer, sys.stdout.buffer


def receive():
    """The fields of the next message, key → bytes. The end of the input ends the program."""
    fields = {}
    while True:
        key, length = word(), int(word())
        value = incoming.read(length)
        incoming.read(1)  # the newline
        if key == "end":
            return fields
        fields[key] = value


def word():
    """The text before the next colon."""
    letters = iter(lambda: incoming.read(1) or sys.exit(0), b":")
    return b"".join(letters).decode()


def send(**fields):
    """Answer with these fields; arrays are sent as their bytes, everything else as text."""
    for key, value in {**fields, "end": ""}.items():
        content = value.tobytes() if isinstance(value, np.ndarray) else str(value).encode()
        outgoing.write(f"{key}:{len(content)}:".encode() + content + b"\n")
    outgoing.flush()


class Runner:
    """Holds the network that maths.py works on. Each method answers the message of its name."""

    def version(self, message):
        """The version of the protocol and of the program; the report shows it."""
        return {"protocol": 1, "version": f"Python {sys.version.split()[0]}, NumPy {np.__version__}"}

    def load(self, message):
        """Store the training set in the layout of maths.py. It may come again, with another problem."""
        self.dtype = np.dtype(message["dtype"].decode())
        self.sizes = [int(size) for size in message["layers"].split()]
        self.problem = SimpleNamespace(**{name: float(message[name]) for name in ("momentum", "l1", "l2")})
        self.has_plain_update = not any(vars(self.problem).values())
        self.records_loss = message["losses"] == b"1"
        images = np.frombuffer(message["images"], self.dtype).reshape(-1, self.sizes[0])
        self.X = maths.store_images(images, self.dtype, "C")
        self.Y = maths.store_labels(np.frombuffer(message["labels"], np.uint8), self.sizes[-1], self.dtype)
        self.hidden = maths.HIDDEN[message["hidden"].decode()]
        self.output = maths.OUTPUTS[tuple(message["output"].decode().split())]
        return {}

    def reset(self, message):
        """Start from this state: W1, b1, W2, b2, … and then the previous updates in the same order, float64."""
        rest = np.frombuffer(message["state"], np.float64)
        tensors = []
        for fan_in, fan_out in [*zip(self.sizes[:-1], self.sizes[1:], strict=True)] * 2:
            W, b, rest = np.split(rest, [fan_out * fan_in, fan_out * fan_in + fan_out])
            tensors.append(maths.store_layer(W.reshape(fan_out, fan_in), b, self.dtype))
        depth = len(self.sizes) - 1
        self.W, self.b = ([layer[k] for layer in tensors[:depth]] for k in (0, 1))
        self.dW_previous, self.db_previous = ([layer[k] for layer in tensors[depth:]] for k in (0, 1))
        return {}

    def train(self, message):
        """Make one step per row of `order`, between two readings of the program's own clock."""
        order = np.frombuffer(message["order"], np.int64).reshape(int(message["steps"]), int(message["batch"]))
        eta, R = np.frombuffer(message["eta"], np.float64).tolist(), float(message["R"])
        began_ns = time.monotonic_ns()
        losses = [maths.step(self, batch, eta[k], R) for k, batch in enumerate(order)]
        times = {"began_ns": began_ns, "ended_ns": time.monotonic_ns()}
        return {**times, "losses": np.array(losses, np.float64)} if self.records_loss else times

    def params(self, message):
        """The state as it is now, in the form that reset takes."""
        layers = [*zip(self.W, self.b, strict=True), *zip(self.dW_previous, self.db_previous, strict=True)]
        tensors = [tensor.ravel() for layer in layers for tensor in maths.canonical_layer(*layer)]
        return {"state": np.concatenate(tensors).astype(np.float64)}


np.seterr(over="ignore")  # exp(−z) of a saturated neuron is inf, and 1/(1 + inf) is right
runner = Runner()
while True:
    message = receive()
    try:
        send(**getattr(runner, message["do"].decode())(message))
    except Exception:  # the reason goes to the harness, which shows it
        send(error=traceback.format_exc())
