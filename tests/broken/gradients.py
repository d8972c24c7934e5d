"""Mistakes in the forward and the backward pass."""

import numpy as np

from .member import Member, StepByStep


class GradientNotAveraged(Member):
    phrase = "the gradient were not averaged"

    @classmethod
    def matters(cls, problem):
        return problem.reduction == "mean"

    def _backward(self, Z, A, Y, R):
        return super()._backward(Z, A, Y, 1.0)


class GradientAveragedThoughSummed(Member):
    phrase = "the gradient were averaged over the mini-batch, and it is to be summed"

    @classmethod
    def matters(cls, problem):
        return problem.reduction == "sum"

    def _backward(self, Z, A, Y, R):
        return super()._backward(Z, A, Y, 1 / len(Y))


class HiddenDeltaFromUpdatedWeights(StepByStep):
    phrase = "the hidden delta were computed with weights that are already updated"

    def _backward(self, Z, A, Y, R):
        dW, db = super()._backward(Z, A, Y, R)
        for l in range(len(self.W) - 2, -1, -1):
            moved = [W - self.eta * g for W, g in zip(self.W, dW, strict=True)]
            again = self.maths_file.backward(A, self.output_delta(A[-1], Y), moved, R)
            dW[l], db[l] = again[0][l], again[1][l]
        return dW, db


class HiddenSlopeForgotten(Member):
    phrase = "σ′ were forgotten in the hidden layers"

    def _backward(self, Z, A, Y, R):
        delta = self.output_delta(A[-1], Y)
        dW, db = [], []
        for l in range(len(self.W) - 1, -1, -1):
            dW.insert(0, R * (A[l].T @ delta))
            db.insert(0, R * delta.sum(axis=0))
            delta = delta @ self.W[l].T
        return dW, db


class OutputSlopeForgotten(Member):
    phrase = "σ′ were missing at the output"

    @classmethod
    def matters(cls, problem):
        return problem.loss == "quadratic"

    def load(self, problem, images, labels):
        super().load(problem, images, labels)
        self.output_delta = self.maths_file.difference_delta


class OutputSlopeTooMany(Member):
    phrase = "a σ′ too many at the output"

    @classmethod
    def matters(cls, problem):
        return problem.loss != "quadratic"

    def load(self, problem, images, labels):
        super().load(problem, images, labels)
        self.output_delta = self.maths_file.quadratic_delta


class SigmoidInsteadOfSoftmax(Member):
    phrase = "the output were sigmoid, not softmax"

    @classmethod
    def matters(cls, problem):
        return problem.output_activation == "softmax"

    def load(self, problem, images, labels):
        super().load(problem, images, labels)
        self.activate = self.maths_file.sigmoid


class SoftmaxOverTheWrongAxis(Member):
    phrase = "differs from the reference"

    @classmethod
    def matters(cls, problem):
        return problem.output_activation == "softmax"

    def load(self, problem, images, labels):
        super().load(problem, images, labels)
        self.activate = lambda Z: self.maths_file.softmax(Z.T).T


class BiasLeftOutOfForward(Member):
    phrase = "differs from the reference"

    def load(self, problem, images, labels):
        super().load(problem, images, labels)
        self.forward = lambda X, W, b, activate: self.maths_file.forward(X, W, [0 * b_l for b_l in b], activate)


class PixelsBy256(Member):
    phrase = "the pixels were divided by 256, not 255"

    def load(self, problem, images, labels):
        super().load(problem, (images * (255 / 256)).astype(images.dtype), labels)


class PixelsNotScaled(Member):
    phrase = "the pixels were not divided by 255"

    def load(self, problem, images, labels):
        super().load(problem, np.round(images * 255), labels)
