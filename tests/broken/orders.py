"""Mistakes in which images and labels a step takes."""

import numpy as np

from .member import Member


class OrderIgnored(Member):
    phrase = "the order were ignored: images 0 … B−1"

    def train(self, order):
        return super().train(np.tile(np.arange(order.shape[1]), (len(order), 1)))


class FirstRowRepeated(Member):
    phrase = "the first row of the order were used at every step"

    def train(self, order):
        return super().train(np.tile(order[:1], (len(order), 1)))


class MiniBatchOfTheStepBefore(Member):
    phrase = "every step took the mini-batch of the step before"

    def train(self, order):
        return super().train(np.roll(order, 1, axis=0))


class LastImageDropped(Member):
    phrase = "the last image of every mini-batch were dropped"

    def changed(self, maths):
        return {"gather": lambda X, Y, batch: maths.gather(X, Y, batch[:-1])}


class LabelsOfTheNextImage(Member):
    phrase = "the labels were those of the next image"

    def load(self, problem, images, labels):
        super().load(problem, images, np.roll(labels, -1))


class DigitsShifted(Member):
    phrase = "the labels were shifted by one"

    def load(self, problem, images, labels):
        super().load(problem, images, (labels + 1) % 10)
