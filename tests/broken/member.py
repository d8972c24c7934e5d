"""What every member of the zoo has: the baseline's code, and a declaration of what is wrong with it."""

from dataclasses import replace
from typing import ClassVar

import numpy as np

from paragone.adapters.phase_clock import rebound
from paragone.implementation.registry import IMPLEMENTATIONS, read_folder
from paragone.task.mlp.problem import NetworkProblem

(NumpyRows,) = read_folder(IMPLEMENTATIONS / "numpy_rows")


class Member(NumpyRows):
    """An implementation with one thing broken."""

    phrase: ClassVar[str]  # what the reason of its rejection must say
    numerical: ClassVar[bool] = True  # whether its error is a number, to be above ten bounds
    declared: ClassVar[tuple[str, ...]] = ("float32", "float64")  # the dtypes under which the mistake can be made

    @classmethod
    def matters(cls, problem: NetworkProblem) -> bool:
        """Whether the mistake changes anything on this problem."""
        return True

    def formulas(self):
        maths = super().formulas()
        return rebound(maths, **self.changed(maths))

    def changed(self, maths):
        """The functions of the maths file that the mistake is in, by name; `maths` has the right ones."""
        return {}


class StepByStep(Member):
    """A member that can do something before and after each step, where it knows η."""

    def train(self, order):
        losses = []
        for i in range(len(order)):
            self.eta = float(self.problem.learning_rates(self.steps_taken, 1, order.shape[1])[0])
            losses.append(super().train(order[i : i + 1]))
            self.after_step(i)
        return np.concatenate(losses) if self.problem.records_loss else None

    def after_step(self, i):
        """Do nothing; `i` counts the steps of this call from 0."""


class OfReLU(Member):
    """A mistake that a hidden ReLU invites."""

    @classmethod
    def matters(cls, problem):
        return problem.hidden_activation == "relu"


class OtherProblem(Member):
    """A member that trains with other coefficients than it was given."""

    changes: ClassVar = {}  # by the name of the coefficient, what becomes of it

    def load(self, problem, images, labels):
        wrong = {name: change(getattr(problem, name)) for name, change in self.changes.items()}
        super().load(replace(problem, **wrong), images, labels)
