"""Mistakes in what an implementation holds of the training set, seldom enough to pass every check of a few steps."""

import numpy as np

from .member import Member


class WrongTrainingSet(Member):
    """Holds another training set than it was given."""

    @staticmethod
    def spoil(images, labels):
        """Change one thing in place."""

    def load(self, problem, images, labels):
        images, labels = np.array(images), np.array(labels)
        self.spoil(images, labels)
        super().load(problem, images, labels)


class OneLabelWrong(WrongTrainingSet):
    @staticmethod
    def spoil(images, labels):
        labels[len(labels) // 3] = (labels[len(labels) // 3] + 1) % 10


class OneImageTwice(WrongTrainingSet):
    @staticmethod
    def spoil(images, labels):
        images[len(images) // 3] = images[0]


class LastImageForgotten(WrongTrainingSet):
    @staticmethod
    def spoil(images, labels):
        images[-1] = 0


class HalfAnImageMissing(WrongTrainingSet):
    @staticmethod
    def spoil(images, labels):
        pixels = images[len(images) // 2]
        pixels[: len(pixels) // 2] = 0


WRONG_TRAINING_SETS = (OneLabelWrong, OneImageTwice, LastImageForgotten, HalfAnImageMissing)
