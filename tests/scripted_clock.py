"""A clock that the test moves, and an implementation whose verbs move it."""

from dataclasses import replace

STEP_NS = 7_000


class ScriptedClock:
    """Tells the time that the test has let pass, and writes down when it is read."""

    def __init__(self, log):
        self.now_ns, self.log = 1_000_000, log

    def __call__(self):
        self.log.append("clock")
        return self.now_ns


class Logged:
    """An implementation whose every verb takes scripted time and is written down."""

    runner_ns = None

    def __init__(self, log, clock):
        self.log, self.clock = log, clock

    def reset(self, state):
        self.log.append("reset")
        self.clock.now_ns += 1_000_000_000
        self.state = state

    def train(self, order):
        self.log.append(f"train {len(order)}")
        self.clock.now_ns += STEP_NS * len(order)
        self.state = replace(self.state, step=self.state.step + len(order))

    def note_results(self):
        self.log.append("note")

    def params(self):
        self.log.append("params")
        self.clock.now_ns += 5_000_000
        return self.state
