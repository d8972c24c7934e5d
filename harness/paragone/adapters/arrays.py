"""The glue between the contract and a maths file written as functions on arrays.

A maths file is a module with these names; its own docstring says the shapes.

    store_images(images, dtype, order)   -> X    the training set in its own layout
    store_labels(labels, dtype)          -> Y    one-hot, in the layout of the output layer
    store_layer(W, b, dtype)             -> W, b in its own layout (called on the updates too)
    canonical_layer(W, b)                -> W, b as (fan_out, fan_in) and (fan_out,), to be copied
    OUTPUTS[output_activation, loss]     -> (activate, output_delta, batch_loss)

    gather(X, Y, batch)                  -> X, Y of the mini-batch
    forward(X, W, b, activate)           -> Z of the last layer, A of every layer
    backward(A, delta, W, R)             -> dW, db
    update(W, b, dW, db, eta)                                     changes W, b
    update_with_momentum(W, b, dW, db, eta, previous, problem)    changes W, b, previous

Where the formulas are those of one sample, SampleImplementation loops over the mini-batch, and differs in this:

    zero_gradients(W, b)                 -> dW, db of zeros
    gather(X, Y, i)                      -> x, y of one sample
    backward(A, delta, W, R, dW, db)                              adds to dW, db

Where the implementation says that it `predicts`, also

    predicted(Z)                         -> the class of each sample, that of the largest logit

The five phases of a step are attributes of the instance, called through it: `load_clocked` wraps them there, and the
plain path carries no clock. A maths file may also name functions that its `backward` calls once for each layer, from
the output down, as PARTS = {"t1 what it does": "name_of_the_function", …}: a profile times them, layer by layer.
"""

from __future__ import annotations

from abc import abstractmethod
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paragone.adapters.phase_clock import PhaseClock
from paragone.implementation.contract import PHASES, Implementation, PhaseTimes
from paragone.task.mlp.problem import Problem
from paragone.task.mlp.state import State


class ArrayImplementation(Implementation):
    """An implementation whose formulas are the functions of one module; subclasses name the module."""

    language = "NumPy"

    @abstractmethod
    def formulas(self) -> ModuleType:
        """Return the maths file, imported."""

    def load(self, problem: Problem, images: NDArray[Any], labels: NDArray[np.uint8]) -> None:
        """Store the training set in the layout of the maths file and bind its phases."""
        self.maths_file = maths = self.formulas()
        self.problem = problem
        self.X = maths.store_images(images, self.dtype, self.axis.get("order", "C"))
        self.Y = maths.store_labels(labels, self.dtype)
        self.activate, self.output_delta, self.batch_loss = maths.OUTPUTS[problem.output_activation, problem.loss]
        self.gather, self.forward = maths.gather, maths.forward
        self.loss = self._loss if problem.records_loss else self._no_loss
        self.backward = self._backward
        self.update = self._plain_update if problem.has_plain_update else self._full_update

    def load_clocked(self, problem: Problem, images: NDArray[Any], labels: NDArray[np.uint8]) -> None:
        """Load, then wrap the phases, and the parts of backward during every train."""
        self.load(problem, images, labels)
        self.clock = PhaseClock()
        for phase in PHASES:
            if phase != "loss" or problem.records_loss:
                self.clock.time_phase(self, phase)
        self.clock.time_train(self, self.maths_file, getattr(self.maths_file, "PARTS", {}))

    def phase_times(self) -> PhaseTimes:
        """Return what the clock counted in the last train."""
        return self.clock.times()

    def reset(self, state: State) -> None:
        """Copy the state into the layout and dtype of the maths file."""
        self.W, self.b = self._stored(state.W, state.b)
        self.previous = self._stored(state.dW, state.db)
        self.step = state.step

    def train(self, order: NDArray[np.int64]) -> NDArray[Any] | None:
        """Take a step per row of `order`."""
        rates = self.problem.learning_rates(self.step, *order.shape).tolist()
        R = self.problem.batch_scale(order.shape[1])
        losses = []
        with np.errstate(over="ignore"):  # exp(−z) of a saturated neuron is inf, and 1/(1 + inf) is right
            for batch, eta in zip(order, rates, strict=True):
                losses.append(self.take_step(batch, eta, R))
        self.step += len(order)
        return self.collected(losses) if self.problem.records_loss else None

    def collected(self, losses: list[Any]) -> NDArray[Any]:
        """Return the losses of the steps as one array of NumPy."""
        return np.array(losses, dtype=self.dtype)

    def take_step(self, batch: NDArray[np.int64], eta: float, R: float) -> Any:
        """Gather, forward, loss, backward, update; return the loss."""
        X, Y = self.gather(self.X, self.Y, batch)
        Z, A = self.forward(X, self.W, self.b, self.activate)
        loss = self.loss(Z, A, Y, R)
        dW, db = self.backward(Z, A, Y, R)
        self.update(dW, db, eta)
        return loss

    def params(self) -> State:
        """Return copies in canonical form."""
        W, b = self._canonical(self.W, self.b)
        dW, db = self._canonical(*self.previous)
        return State(W, b, dW, db, self.step)

    def load_test(self, images: NDArray[Any]) -> None:
        """Store the test images in the layout of the maths file."""
        self.X_test = self.maths_file.store_images(images, self.dtype, self.axis.get("order", "C"))

    def predict(self) -> NDArray[np.integer[Any]]:
        """Return the classes of all test images at once."""
        with np.errstate(over="ignore"):
            Z, _ = self.forward(self.X_test, self.W, self.b, self.activate)
            return np.asarray(self.maths_file.predicted(Z))

    def _loss(self, Z: Any, A: Any, Y: Any, R: float) -> Any:
        return R * self.batch_loss(Z, A[-1], Y)

    def _no_loss(self, Z: Any, A: Any, Y: Any, R: float) -> float:
        return 0.0

    def _backward(self, Z: Any, A: Any, Y: Any, R: float, *sums: list[Any]) -> Any:
        return self.maths_file.backward(A, self.output_delta(A[-1], Y), self.W, R, *sums)

    def _plain_update(self, dW: list[Any], db: list[Any], eta: float) -> None:
        self.maths_file.update(self.W, self.b, dW, db, eta)

    def _full_update(self, dW: list[Any], db: list[Any], eta: float) -> None:
        self.maths_file.update_with_momentum(self.W, self.b, dW, db, eta, self.previous, self.problem)

    def _stored(self, W: Any, b: Any) -> tuple[list[Any], list[Any]]:
        layers = [self.maths_file.store_layer(W_l, b_l, self.dtype) for W_l, b_l in zip(W, b, strict=True)]
        return [W_l for W_l, _ in layers], [b_l for _, b_l in layers]

    def _canonical(self, W: Any, b: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        layers = [self.maths_file.canonical_layer(W_l, b_l) for W_l, b_l in zip(W, b, strict=True)]
        copies = [tuple(np.array(x, dtype=np.float64, order="C") for x in layer) for layer in layers]
        return tuple(W_l for W_l, _ in copies), tuple(b_l for _, b_l in copies)


class SampleImplementation(ArrayImplementation):
    """One whose formulas take one sample: a loop over the mini-batch, gradients summed, applied once."""

    def take_step(self, batch: NDArray[np.int64], eta: float, R: float) -> Any:
        """Gather, forward, loss, backward for each sample, then update; return the loss."""
        dW, db = self.maths_file.zero_gradients(self.W, self.b)
        loss = 0.0
        for i in batch.tolist():
            x, y = self.gather(self.X, self.Y, i)
            z, a = self.forward(x, self.W, self.b, self.activate)
            loss += self.loss(z, a, y, R)
            self.backward(z, a, y, R, dW, db)
        self.update(dW, db, eta)
        return loss

    def predict(self) -> NDArray[np.integer[Any]]:
        """Return the classes of the test images, one after the other."""
        with np.errstate(over="ignore"):
            logits = (self.forward(x, self.W, self.b, self.activate)[0] for x in self.X_test)
            return np.array([self.maths_file.predicted(z) for z in logits])
