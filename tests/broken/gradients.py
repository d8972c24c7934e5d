"""Mistakes in the forward and the backward pass."""

from types import SimpleNamespace

import numpy as np

from paragone.adapters.numpy_outputs import HIDDEN, OUTPUTS

from .member import Member, OfReLU, StepByStep


def other_output(output, **changed):
    """The output layer with one of its formulas replaced."""
    right = {name: getattr(output, name) for name in ("activation", "delta", "loss")}
    return SimpleNamespace(**right | changed)


class GradientNotAveraged(Member):
    phrase = "the gradient were not averaged"

    @classmethod
    def matters(cls, problem):
        return problem.reduction == "mean"

    def changed(self, maths):
        return {"backward": lambda A, Y, W, R, *layers: maths.backward(A, Y, W, 1.0, *layers)}


class GradientAveragedThoughSummed(Member):
    phrase = "the gradient were averaged over the mini-batch, and it is to be summed"

    @classmethod
    def matters(cls, problem):
        return problem.reduction == "sum"

    def changed(self, maths):
        return {"backward": lambda A, Y, W, R, *layers: maths.backward(A, Y, W, 1 / len(Y), *layers)}


class HiddenDeltaFromUpdatedWeights(StepByStep):
    phrase = "the hidden delta were computed with weights that are already updated"

    def changed(self, maths):
        def backward(A, Y, W, R, *layers):
            dW, db = maths.backward(A, Y, W, R, *layers)
            for l in range(len(W) - 2, -1, -1):
                moved = [W_l - self.eta * g for W_l, g in zip(W, dW, strict=True)]
                again = maths.backward(A, Y, moved, R, *layers)
                dW[l], db[l] = again[0][l], again[1][l]
            return dW, db

        return {"backward": backward}


class HiddenSlopeForgotten(Member):
    phrase = "φ′ were forgotten in the hidden layers"

    def changed(self, maths):
        def backward(A, Y, W, R, hidden, output):
            delta = output.delta(A[-1], Y)
            dW, db = [], []
            for l in range(len(W) - 1, -1, -1):
                dW.insert(0, R * (A[l].T @ delta))
                db.insert(0, R * delta.sum(axis=0))
                delta = delta @ W[l].T
            return dW, db

        return {"backward": backward}


def other_hidden(hidden, **changed):
    """The hidden layers with one of their formulas replaced."""
    return SimpleNamespace(**{"activation": hidden.activation, "slope": hidden.slope} | changed)


class SlopeOfSigmoidLeftIn(OfReLU):
    phrase = "the hidden layers had the slope of a sigmoid"

    def load(self, problem, images, labels):
        super().load(problem, images, labels)
        self.hidden = other_hidden(self.hidden, slope=HIDDEN["sigmoid"].slope)


class SigmoidInsteadOfReLU(OfReLU):
    phrase = "the hidden layers were sigmoid"

    def load(self, problem, images, labels):
        super().load(problem, images, labels)
        self.hidden = HIDDEN["sigmoid"]


class TanhInsteadOfReLU(OfReLU):
    phrase = "the hidden layers were tanh"

    def load(self, problem, images, labels):
        super().load(problem, images, labels)
        self.hidden = HIDDEN["tanh"]


class LeakyReLU(OfReLU):
    phrase = "the ReLU were leaky"

    def load(self, problem, images, labels):
        super().load(problem, images, labels)
        leaky = {
            "activation": lambda Z: np.maximum(Z, Z.dtype.type(0.01) * Z),
            "slope": lambda A: np.where(A > 0, A.dtype.type(1), A.dtype.type(0.01)),
        }
        self.hidden = other_hidden(self.hidden, **leaky)


class SlopeOfReLUAt0(OfReLU):
    phrase = "from hidden sums of exactly 0, where the slope of a ReLU is 0"

    @classmethod
    def matters(cls, problem):
        return super().matters(problem) and problem.name.endswith("(stress problem)")

    def load(self, problem, images, labels):
        super().load(problem, images, labels)
        self.hidden = other_hidden(self.hidden, activation=self.keep_sums, slope=self.slope_from_sums)
        self.sums = []

    def keep_sums(self, Z):
        self.sums.append(Z)
        return np.maximum(Z, 0)

    def slope_from_sums(self, A):
        return self.sums.pop() >= 0


class ReLUThatEndsAt6(OfReLU):
    phrase = "from hidden sums of thousands, which a ReLU leaves as they are"
    end = 6

    @classmethod
    def matters(cls, problem):
        return super().matters(problem) and problem.name.endswith("(stress problem)")

    def load(self, problem, images, labels):
        super().load(problem, images, labels)
        ends = {
            "activation": lambda Z: np.clip(Z, 0, self.end),
            "slope": lambda A: (A > 0) & (self.end > A),
        }
        self.hidden = other_hidden(self.hidden, **ends)


class ReLUThatEndsAt1000(ReLUThatEndsAt6):
    end = 1000


class OutputSlopeForgotten(Member):
    phrase = "σ′ were missing at the output"

    @classmethod
    def matters(cls, problem):
        return problem.loss == "quadratic"

    def load(self, problem, images, labels):
        super().load(problem, images, labels)
        self.output = other_output(self.output, delta=OUTPUTS["sigmoid", "log"].delta)


class OutputSlopeTooMany(Member):
    phrase = "a σ′ too many at the output"

    @classmethod
    def matters(cls, problem):
        return problem.loss != "quadratic"

    def load(self, problem, images, labels):
        super().load(problem, images, labels)
        self.output = other_output(self.output, delta=OUTPUTS["sigmoid", "quadratic"].delta)


class SigmoidInsteadOfSoftmax(Member):
    phrase = "the output were sigmoid, not softmax"

    @classmethod
    def matters(cls, problem):
        return problem.output_activation == "softmax"

    def load(self, problem, images, labels):
        super().load(problem, images, labels)
        self.output = other_output(self.output, activation=OUTPUTS["sigmoid", "log"].activation)


class SoftmaxOverTheWrongAxis(Member):
    phrase = "differs from the reference"

    @classmethod
    def matters(cls, problem):
        return problem.output_activation == "softmax"

    def load(self, problem, images, labels):
        super().load(problem, images, labels)
        softmax = self.output.activation
        self.output = other_output(self.output, activation=lambda Z, axis: softmax(Z, 1 - axis))


class BiasLeftOutOfForward(Member):
    phrase = "differs from the reference"

    def changed(self, maths):
        return {"forward": lambda X, W, b, *layers: maths.forward(X, W, [0 * b_l for b_l in b], *layers)}


class PixelsBy256(Member):
    phrase = "the pixels were divided by 256, not 255"

    def load(self, problem, images, labels):
        super().load(problem, (images * (255 / 256)).astype(images.dtype), labels)


class PixelsNotScaled(Member):
    phrase = "the pixels were not divided by 255"

    def load(self, problem, images, labels):
        super().load(problem, np.round(images * 255), labels)


def clipped_sigmoid(Z):
    """σ, kept between 1e-7 and 1 − 1e-7."""
    return np.clip(1 / (1 + np.exp(-Z)), Z.dtype.type(1e-7), Z.dtype.type(1 - 1e-7))


class SigmoidClipped(Member):
    phrase = "from saturated neurons, where a limit on the sigmoid shows"
    declared = ("float32",)  # in float64 an ordinary start shows it

    @classmethod
    def matters(cls, problem):
        return problem.hidden_activation == "sigmoid" and problem.name.endswith("(stress problem)")

    def load(self, problem, images, labels):
        super().load(problem, images, labels)
        self.hidden = other_hidden(self.hidden, activation=clipped_sigmoid)


class SoftmaxWithoutItsMaximum(Member):
    phrase = "from logits of 800 and more, where exp overflows"
    numerical = False

    @classmethod
    def matters(cls, problem):
        return problem.output_activation == "softmax" and problem.name.endswith("(stress problem)")

    def load(self, problem, images, labels):
        super().load(problem, images, labels)
        self.output = other_output(self.output, activation=self.softmax)

    def softmax(self, Z, axis):
        with np.errstate(all="ignore"):
            E = np.exp(Z)
            return E / E.sum(axis=axis, keepdims=True)


class SoftmaxShiftedByTheMaximumOfTheBatch(SoftmaxWithoutItsMaximum):
    def softmax(self, Z, axis):
        with np.errstate(all="ignore"):
            E = np.exp(Z - Z.max())
            return E / E.sum(axis=axis, keepdims=True)


class LogLossOfTheActivation(Member):
    phrase = "losses are not finite"
    numerical = False

    @classmethod
    def matters(cls, problem):
        return problem.loss == "log" and problem.name.endswith("(stress problem)")

    def load(self, problem, images, labels):
        super().load(problem, images, labels)
        self.output = other_output(self.output, loss=self.log_loss)

    def log_loss(self, Z, A, Y, axis):
        with np.errstate(all="ignore"):
            return -np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A))
