"""Mistakes in the update rule."""

from typing import ClassVar

import numpy as np

from .member import Member, OtherProblem, StepByStep


class BiasNeverUpdated(Member):
    phrase = "biases were never updated"

    def changed(self, maths):
        def update(net, dW, db, eta):
            kept = [b.copy() for b in net.b]
            maths.update(net, dW, db, eta)
            for b, before in zip(net.b, kept, strict=True):
                b[:] = before

        return {"update": update}


class EtaSlightlyOff(OtherProblem):
    phrase = "η were 1.0001 times"
    changes: ClassVar = {"learning_rate": lambda table: tuple((size, 1.0001 * rate) for size, rate in table)}


class MomentumForgotten(OtherProblem):
    phrase = "momentum were forgotten"
    changes: ClassVar = {"momentum": lambda mu: 0.0}

    @classmethod
    def matters(cls, problem):
        return problem.momentum > 0


class L1Forgotten(OtherProblem):
    phrase = "L1 were forgotten"
    changes: ClassVar = {"l1": lambda l1: 0.0}

    @classmethod
    def matters(cls, problem):
        return problem.l1 > 0


class L2Forgotten(OtherProblem):
    phrase = "L2 were forgotten"
    changes: ClassVar = {"l2": lambda l2: 0.0}

    @classmethod
    def matters(cls, problem):
        return problem.l2 > 0


class L2Doubled(OtherProblem):
    phrase = "L2 were applied twice over"
    changes: ClassVar = {"l2": lambda l2: 2 * l2}

    @classmethod
    def matters(cls, problem):
        return problem.l2 > 0


class PenaltiesOnBiases(StepByStep):
    phrase = "the penalties were put on the biases, too"

    @classmethod
    def matters(cls, problem):
        return problem.l2 > 0

    def changed(self, maths):
        def backward(A, Y, W, R, *layers):
            dW, db = maths.backward(A, Y, W, R, *layers)
            p = self.problem
            return dW, [g + p.l2 * b + p.l1 * np.sign(b) for g, b in zip(db, self.b, strict=True)]

        return {"backward": backward}


class MomentumAccumulated(Member):
    phrase = "momentum were accumulated"

    @classmethod
    def matters(cls, problem):
        return problem.momentum > 0

    def changed(self, maths):
        def update(net, dW, db, eta):
            before = [d.copy() for d in (*net.dW_previous, *net.db_previous)]
            maths.update(net, dW, db, eta)
            for d, d_old in zip((*net.dW_previous, *net.db_previous), before, strict=True):
                d += net.problem.momentum * d_old

        return {"update": update}


class DecayForgotten(OtherProblem):
    phrase = "the decay of η were forgotten"
    changes: ClassVar = {"learning_rate_decay": lambda d: 0.0}

    @classmethod
    def matters(cls, problem):
        return problem.learning_rate_decay > 0.01


class DecayPerStep(OtherProblem):
    phrase = "η decayed at every step"
    changes: ClassVar = {"n_train": lambda n: 7}  # an epoch of one step at the batch size of the tests

    @classmethod
    def matters(cls, problem):
        return problem.learning_rate_decay > 0.01


class WrongAfterTheThirdStep(StepByStep):
    phrase = "differs from the reference"

    def after_step(self, i):
        if i == 3:
            self.W[-1] *= self.W[-1].dtype.type(1.01)


class NoStepAtAll(Member):
    phrase = "no step were taken at all"

    def changed(self, maths):
        return {"update": lambda net, dW, db, eta: None}


def cut(x):
    """x rounded to 17 significant bits, one of which a float does not store."""
    mantissa, exponent = np.frexp(x)
    return float(np.ldexp(np.round(mantissa * 2**17), exponent - 17))


class CoefficientsCutTo16Bits(OtherProblem):
    phrase = "the reference by"
    numerical = False  # two bounds are not ten; tests/task/mlp/test_hard_starts.py cuts one coefficient at a time
    changes: ClassVar = {
        "learning_rate": lambda rates: tuple((batch_size, cut(rate)) for batch_size, rate in rates),
        "momentum": cut,
        "l1": cut,
        "l2": cut,
    }
    declared = ("float32",)  # in float64 an ordinary start shows them

    @classmethod
    def matters(cls, problem):
        return problem.name.endswith("(stress problem)")
