"""The glue between the contract and a maths file written with PyTorch: its tensors, and one MiniBatch per batch size.

A maths file is a module with these names; its own docstring says the shapes.

    store_labels(labels, X, problem)                 -> Y, beside X and in its dtype where it is one-hot
    Network(problem, X)                              with lists of tensors W, b and the previous updates dW, db,
                                                     in canonical shapes, of the dtype and on the device of X
    MiniBatch(problem, network, X, Y, batch_size)    mini-batches of one size, with their buffers
    MiniBatch.step(batch, eta)                       one step over the indices `batch`; returns the loss, or None.
                                                     Its methods gather, forward, loss, backward and update are the
                                                     phases that a profile times

`X` is the training set, (N, D). Nothing of PyTorch's state outlives a call: other code in the process is not disturbed.
"""

from __future__ import annotations

import importlib
from abc import abstractmethod
from types import ModuleType
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from paragone.adapters.packages import PackageImplementation
from paragone.adapters.phase_clock import PhaseClock
from paragone.adapters.returned_by import wrong_return
from paragone.implementation.contract import PHASES, PhaseTimes
from paragone.task.mlp.problem import NetworkProblem
from paragone.task.mlp.state import State

WITHOUT_LOSS = tuple(phase for phase in PHASES if phase != "loss")


class TorchImplementation(PackageImplementation):
    """An implementation in PyTorch whose step is that of a MiniBatch in one module; subclasses name the module.

    The threads of PyTorch are read back by the worker, with torch.get_num_threads.
    """

    language = "PyTorch"
    package, extra = "torch", "torch"
    device: ClassVar[str] = "cpu"
    records_operations: ClassVar[bool] = False  # for automatic differentiation
    phase_clock: PhaseClock | None = None  # for profiles alone
    eta_is_tensor: ClassVar[bool] = False  # compiled code would be compiled anew for each number

    @abstractmethod
    def formulas(self) -> ModuleType:
        """The maths file, imported."""

    def load(self, problem: NetworkProblem, images: NDArray[Any], labels: NDArray[np.uint8]) -> None:
        """Copy the training set to the device and make the network there."""
        self.torch: Any = importlib.import_module("torch")
        self.maths_file = maths = self.formulas()
        self.problem = problem
        self.X = self.torch.tensor(images, device=self.device)
        self.Y = maths.store_labels(self.torch.tensor(labels, device=self.device), self.X, problem)
        self.network = maths.Network(problem, self.X)
        self.mini_batches: dict[int, Any] = {}  # by size, with buffers or compiled code: sizes take turns

    @classmethod
    def hides_phases(cls) -> str | None:
        """On a GPU: its kernels run asynchronously."""
        return None if cls.device == "cpu" else "the GPU goes on after a call returns: no phase has an end of its own"

    def load_clocked(self, problem: NetworkProblem, images: NDArray[Any], labels: NDArray[np.uint8]) -> None:
        """Load; every MiniBatch made from then on has a clock around its phases."""
        self.load(problem, images, labels)
        self.phase_clock = PhaseClock()
        self.phase_clock.time_train(self)

    def phase_times(self) -> PhaseTimes:
        """What the clock counted in the last train."""
        assert self.phase_clock is not None
        return self.phase_clock.times()

    def reset(self, state: State) -> None:
        """Copy the state into the tensors of the network."""
        network = self.network
        with self.torch.no_grad():
            for kind in ("W", "b", "dW", "db"):
                for tensor, array in zip(getattr(network, kind), getattr(state, kind), strict=True):
                    tensor.copy_(self.torch.tensor(array))
        self.steps_taken = state.step
        self.wait()

    def train(self, order: NDArray[np.int64]) -> NDArray[Any] | None:
        """Take a step per row of `order`."""
        n_steps, batch_size = order.shape
        if batch_size not in self.mini_batches:
            self.mini_batches[batch_size] = self._clocked(self.make_mini_batch(batch_size))
        mini_batch, rates = self.mini_batches[batch_size], self._rates(n_steps, batch_size)
        batches = self.torch.tensor(order, device=self.device).unbind()
        with self.torch.set_grad_enabled(self.records_operations):
            losses = [mini_batch.step(batch, eta) for batch, eta in zip(batches, rates, strict=True)]
        self.steps_taken += n_steps
        if self.problem.records_loss:
            return self._collected(mini_batch, losses)
        self.wait()
        return None

    def params(self) -> State:
        """Copies in canonical form."""
        network = self.network
        W, b, dW, db = (
            tuple(np.array(tensor.detach().cpu().numpy(), dtype=np.float64) for tensor in getattr(network, kind))
            for kind in ("W", "b", "dW", "db")
        )
        return State(W, b, dW, db, self.steps_taken)

    def _collected(self, mini_batch: Any, losses: list[Any]) -> NDArray[Any]:
        """The losses of the steps. Raises MeasurementFailed where they are no tensors."""
        try:
            return np.array(self.torch.stack(losses).cpu().numpy())
        except TypeError:
            raise wrong_return(type(mini_batch).step, losses[0], "the loss, a tensor") from None

    def make_mini_batch(self, batch_size: int) -> Any:
        """The MiniBatch of this size; called when the size is trained for the first time."""
        return self.maths_file.MiniBatch(self.problem, self.network, self.X, self.Y, batch_size)

    def _clocked(self, mini_batch: Any) -> Any:
        if self.phase_clock is not None:
            for phase in PHASES if self.problem.records_loss or self.records_operations else WITHOUT_LOSS:
                self.phase_clock.time_phase(mini_batch, phase)
        return mini_batch

    def wait(self) -> None:
        """Wait until the device has done what it was told."""

    def _rates(self, n_steps: int, batch_size: int) -> Any:
        rates = self.problem.learning_rates(self.steps_taken, n_steps, batch_size)
        if self.eta_is_tensor:
            return self.torch.tensor(rates, dtype=self.X.dtype).unbind()
        return rates.tolist()
