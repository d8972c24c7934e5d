"""A display for tests of whole runs: nothing is shown, what would be is kept."""

from contextlib import contextmanager


class QuietDisplay:
    """Keeps what is said; raises KeyboardInterrupt at the `interrupt_at`-th step of the bar with that title."""

    def __init__(self, interrupt_at=None, title="measuring"):
        self.sentences, self.plans, self.expected = [], [], []
        self.interrupt_at, self.title = interrupt_at, title

    def say(self, sentence):
        self.sentences.append(sentence)

    def expect(self, seconds):
        self.expected.append(seconds)

    def show_plan(self, plan, outcomes):
        self.plans.append(plan)

    @contextmanager
    def progress(self, title, total):
        steps = iter(range(10**6))

        def advance(what, seconds):
            if title == self.title and next(steps) == self.interrupt_at:
                raise KeyboardInterrupt

        yield advance
