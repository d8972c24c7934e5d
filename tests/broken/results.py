"""Mistakes in reset, params, and the losses: what goes in and what comes out."""

from dataclasses import replace

import numpy as np

from .member import Member, StepByStep


class ResetDoesNotReset(Member):
    phrase = "the same state and order give another result the second time"
    numerical = False

    def reset(self, state):
        if not hasattr(self, "W"):
            super().reset(state)


class ResetForgetsPreviousUpdates(Member):
    phrase = "the previous updates were not restored by reset"

    @classmethod
    def matters(cls, problem):
        return problem.name.endswith("(stress problem)")  # elsewhere they start at zero

    def reset(self, state):
        super().reset(type(state).at_rest(state.W, state.b, state.step))


class StepCountNotRestored(Member):
    phrase = "the step count is"
    numerical = False

    @classmethod
    def matters(cls, problem):
        return problem.name.endswith("(stress problem)")

    def reset(self, state):
        super().reset(replace(state, step=0))


class StepCountReportedButNotUsed(Member):
    phrase = "the step count not restored by reset"

    @classmethod
    def matters(cls, problem):
        return problem.name.endswith("(stress problem)")

    def reset(self, state):
        super().reset(replace(state, step=0))
        self.skipped = state.step

    def params(self):
        state = super().params()
        return replace(state, step=state.step + self.skipped)


class NotANumber(Member):
    phrase = "W1 is not finite"
    numerical = False

    def params(self):
        state = super().params()
        state.W[0][0, 0] = np.nan
        return state


class Transposed(Member):
    phrase = "W1: expected float64 (30, 49), got float64 (49, 30)"
    numerical = False

    @classmethod
    def matters(cls, problem):
        return problem.layers[1] == 30

    def params(self):
        state = super().params()
        return replace(state, W=tuple(np.ascontiguousarray(W.T) for W in state.W))


class LiveViews(Member):
    phrase = "params gives out live arrays"
    numerical = False
    declared = ("float64",)

    def reset(self, state):
        if not hasattr(self, "W"):
            super().reset(state)
        mine = (*self.W, *self.b, *self.dW_previous, *self.db_previous)
        given = (*(W.T for W in state.W), *state.b, *(dW.T for dW in state.dW), *state.db)
        for buffer, values in zip(mine, given, strict=True):
            buffer[:] = values
        self.steps_taken = state.step

    def params(self):
        return replace(super().params(), W=tuple(W.T for W in self.W), b=tuple(self.b))


class DifferentEveryTime(Member):
    phrase = "the bits differ, and it is declared deterministic"
    numerical = False
    n_calls = 0

    def params(self):
        self.n_calls += 1
        state = super().params()
        state.b[0][0] = self.dtype.type(state.b[0][0] * (1 + self.n_calls * np.finfo(self.dtype).eps))
        return state


class ChangesTheStateItIsGiven(Member):
    phrase = "it changes the state or the order that it is given"
    numerical = False

    def reset(self, state):
        super().reset(state)
        self.given = state

    def params(self):
        found = super().params()
        self.given.b[0][:] += 0.0
        self.given.b[0][0] = np.nextafter(self.given.b[0][0], np.inf)  # as a solver in place would, but by one bit
        return found


class Raises(Member):
    phrase = "it raises ZeroDivisionError: division by zero"
    numerical = False

    def train(self, order):
        return 1 / 0


class NoLosses(Member):
    phrase = "train returned None"
    numerical = False

    @classmethod
    def matters(cls, problem):
        return problem.records_loss

    def train(self, order):
        super().train(order)


class OneLossForAll(NoLosses):
    phrase = "losses: expected floats of shape"

    def train(self, order):
        Member.train(self, order)
        return np.zeros(1)


class LossWithThePenalties(Member):
    phrase = "losses differ from the reference"

    @classmethod
    def matters(cls, problem):
        return problem.records_loss

    def changed(self, maths):
        def loss(Z, A, Y, R, output):
            return maths.loss(Z, A, Y, R, output) + 0.5 * self.problem.l2 * sum(np.sum(W * W) for W in self.W)

        return {"loss": loss}


class LossNotScaled(LossWithThePenalties):
    @classmethod
    def matters(cls, problem):
        return problem.records_loss and problem.reduction == "mean"

    def changed(self, maths):
        return {"loss": lambda Z, A, Y, R, output: maths.loss(Z, A, Y, 1.0, output)}


class LossAfterTheUpdate(StepByStep):
    phrase = "losses differ from the reference"

    @classmethod
    def matters(cls, problem):
        return problem.records_loss

    def train(self, order):
        losses = []
        for i in range(len(order)):
            super().train(order[i : i + 1])
            maths, R = self.maths_file, self.problem.batch_scale(order.shape[1])
            X, Y = maths.gather(self.X, self.Y, order[i])
            Z, A = maths.forward(X, self.W, self.b, self.hidden, self.output)
            losses.append(maths.loss(Z, A[-1], Y, R, self.output))
        return np.array(losses)
