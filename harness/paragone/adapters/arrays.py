"""The glue between the contract and a maths file in Python: it stores, loops over the steps, and gives the state back.

A maths file is a module that holds its step; its own docstring says the shapes.

    step(net, batch, eta, R)     -> the loss, or None    calls the five phases by name, changes net.W and net.b:
    gather, forward, loss, backward, update              with the arguments that suit the formulas

    store_images(images, dtype, order) -> X    the training set in its own layout
    store_labels(labels, n_classes, dtype) -> Y    one-hot, in the layout of the output layer
    store_layer(W, b, dtype)           -> W, b in its own layout (called on the previous updates too)
    canonical_layer(W, b)              -> W, b as (fan_out, fan_in) and (fan_out,), to be copied
    predict(net, X)                    -> the class of each sample, where the implementation says that it `predicts`

`net` is the implementation itself. In a step it has

    X, Y                         the training set
    W, b                         a list each, one entry per layer of weights
    dW_previous, db_previous     the previous updates, Δ_prev, likewise
    hidden                       the hidden layers: activation, slope (numpy_outputs.py)
    output                       the output layer: activation, delta, loss (numpy_outputs.py)
    problem                      with its momentum, l1 and l2
    has_plain_update             there is neither momentum nor penalty
    records_loss                 the loss of every step is wanted

A profile runs a copy of the maths file in which a clock is put around the five phases; the file itself has none. It may
also name functions that its `backward` calls once for each layer, from the output down, as
PARTS = {"t1 what it does": "name_of_the_function", …}: a profile times them, layer by layer.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paragone.adapters.numpy_outputs import HIDDEN, OUTPUTS
from paragone.adapters.phase_clock import PhaseClock, rebound
from paragone.adapters.returned_by import wrong_return
from paragone.errors import MeasurementFailed
from paragone.implementation.contract import PHASES, Implementation, PhaseTimes
from paragone.task.mlp.problem import NetworkProblem
from paragone.task.mlp.state import State


class ArrayImplementation(Implementation):
    """An implementation whose formulas are the functions of one module; subclasses name the module."""

    language = "NumPy"
    shared_maths = ("adapters/numpy_outputs.py",)

    @abstractmethod
    def formulas(self) -> ModuleType:
        """The maths file, imported."""

    def outputs(self) -> Mapping[tuple[str, str], Any]:
        """The output layers, by (output activation, loss). A class with its own sets `shared_maths` to ()."""
        return OUTPUTS

    def hidden_layers(self) -> Mapping[str, Any]:
        """The hidden layers, by their activation. A class with its own sets `shared_maths` to ()."""
        return HIDDEN

    def load(self, problem: NetworkProblem, images: NDArray[Any], labels: NDArray[np.uint8]) -> None:
        """Store the training set in the layout of the maths file.

        Raises MeasurementFailed where the maths file is one of the old kind, without a step.
        """
        self.maths_file = maths = self.formulas()
        if not hasattr(maths, "step"):
            file = str(maths.__file__).rpartition("/")[2]
            raise MeasurementFailed(
                f"{self.name}: the maths file {file} has no function `step`. Since paragone 0.2 the maths file holds "
                "the step: gather, forward, loss, backward, update. See CONTRIBUTING.md"
            )
        self.problem = problem
        self.has_plain_update, self.records_loss = problem.has_plain_update, problem.records_loss
        self.hidden = self.hidden_layers()[problem.hidden_activation]
        self.output = self.outputs()[problem.output_activation, problem.loss]
        self.X = maths.store_images(images, self.dtype, self.axis.get("order", "C"))
        self.Y = maths.store_labels(labels, problem.layers[-1], self.dtype)

    def load_clocked(self, problem: NetworkProblem, images: NDArray[Any], labels: NDArray[np.uint8]) -> None:
        """Load, and train with a copy of the maths file whose phases, and parts of backward, are timed."""
        self.load(problem, images, labels)
        self.maths_file, self.clock = rebound(self.maths_file), PhaseClock()
        for part, function in getattr(self.maths_file, "PARTS", {}).items():
            self.clock.time_part(self.maths_file, part, function)
        for phase in PHASES:
            if phase != "loss" or problem.records_loss:
                self.clock.time_phase(self.maths_file, phase)
        self.clock.time_train(self)

    def phase_times(self) -> PhaseTimes:
        """What the clock counted in the last train."""
        return self.clock.times()

    def reset(self, state: State) -> None:
        """Copy the state into the layout and dtype of the maths file."""
        self.W, self.b = self._stored(state.W, state.b)
        self.dW_previous, self.db_previous = self._stored(state.dW, state.db)
        self.steps_taken = state.step

    def train(self, order: NDArray[np.int64]) -> NDArray[Any] | None:
        """Take a step per row of `order`."""
        step = self.maths_file.step
        rates = self.problem.learning_rates(self.steps_taken, *order.shape).tolist()
        R = self.problem.batch_scale(order.shape[1])
        with np.errstate(over="ignore"):  # exp(−z) of a saturated neuron is inf, and 1/(1 + inf) is right
            losses = [step(self, batch, eta, R) for batch, eta in zip(order, rates, strict=True)]
        self.steps_taken += len(order)
        return self.collected(losses) if self.records_loss else None

    def collected(self, losses: list[Any]) -> NDArray[Any]:
        """The losses of the steps as one array of NumPy."""
        try:
            return np.array(losses, dtype=self.dtype)
        except (TypeError, ValueError):
            raise wrong_return(self.maths_file.step, losses[0], "the loss, a number") from None

    def params(self) -> State:
        """Copies in canonical form."""
        W, b = self._canonical(self.W, self.b)
        dW, db = self._canonical(self.dW_previous, self.db_previous)
        return State(W, b, dW, db, self.steps_taken)

    def load_test(self, images: NDArray[Any]) -> None:
        """Store the test images in the layout of the maths file."""
        self.X_test = self.maths_file.store_images(images, self.dtype, self.axis.get("order", "C"))

    def predict(self) -> NDArray[np.integer[Any]]:
        """The class of every test image."""
        with np.errstate(over="ignore"):
            return np.asarray(self.maths_file.predict(self, self.X_test))

    def _stored(self, W: Sequence[Any], b: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        layers = [self._pair("store_layer", W_l, b_l, self.dtype) for W_l, b_l in zip(W, b, strict=True)]
        return [W_l for W_l, _ in layers], [b_l for _, b_l in layers]

    def _canonical(self, W: Sequence[Any], b: Sequence[Any]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        layers = [self._pair("canonical_layer", W_l, b_l) for W_l, b_l in zip(W, b, strict=True)]
        copies = [tuple(self._copy(x) for x in layer) for layer in layers]
        return tuple(W_l for W_l, _ in copies), tuple(b_l for _, b_l in copies)

    def _pair(self, name: str, *arguments: Any) -> Any:
        """W, b as a function of the maths file returns them. Raises MeasurementFailed where it returns no two."""
        function = getattr(self.maths_file, name)
        returned = function(*arguments)
        if isinstance(returned, tuple | list) and len(returned) == 2:
            return returned
        raise wrong_return(function, returned, "W, b")

    def _copy(self, returned: Any) -> NDArray[np.float64]:
        try:
            return np.array(returned, dtype=np.float64, order="C")
        except (TypeError, ValueError):
            raise wrong_return(self.maths_file.canonical_layer, returned, "W, b as arrays") from None
