"""What one step of a network counts: floating-point operations by phase, exponentials, bytes."""

from __future__ import annotations

BYTES = {"float32": 4, "float64": 8}


class StepCounts:
    """The counts of a step, from the coefficients of its problem.

    A product of an (n, k) and a (k, m) matrix counts 2·n·k·m operations. Activations and losses are not counted.
    """

    layers: tuple[int, ...]
    hidden_activation: str
    output_activation: str
    momentum: float
    l1: float
    l2: float

    @property
    def fans(self) -> tuple[tuple[int, int], ...]:
        """(fan_in, fan_out) of each layer of weights."""
        return tuple(zip(self.layers[:-1], self.layers[1:], strict=True))

    def flops_by_phase(self, size: int, nonzero: float = 1.0) -> dict[str, float]:
        """The floating-point operations of forward, backward and update.

        Forward is a product for each layer of weights, A·W; backward are two, the gradient Aᵀ·delta and, behind the
        first layer, delta·Wᵀ. The update counts 2 per parameter, and 2 more for each of momentum, L1 and L2 (the
        penalties on weights only).

        Of the first layer's weights only the share `nonzero` counts. Where that is the share of pixels that are not 0,
        this is what code needs that leaves out all others, in the products and in the update.
        """
        products = [2 * fan_in * fan_out * (nonzero if i == 0 else 1) for i, (fan_in, fan_out) in enumerate(self.fans)]
        weights, biases = sum(products) / 2, sum(self.layers[1:])
        per_weight = 2 + sum(2 for coefficient in (self.momentum, self.l1, self.l2) if coefficient)
        per_bias = 4 if self.momentum else 2
        return {
            "forward": size * sum(products),
            "backward": size * (sum(products) + sum(products[1:])),
            "update": per_weight * weights + per_bias * biases,
        }

    def flops_per_step(self, size: int, nonzero: float = 1.0) -> float:
        """The sum of `flops_by_phase`, as a whole number."""
        return round(sum(self.flops_by_phase(size, nonzero).values()))

    def exponentials_per_step(self, size: int) -> float:
        """One for each sigmoid, tanh or term of a softmax; a ReLU needs none. Logarithms of losses are not counted."""
        hidden = 0 if self.hidden_activation == "relu" else sum(self.layers[1:-1])
        return size * (hidden + self.layers[-1])

    def bytes_per_step(self, size: int, dtype: str, cache_bytes: int = 0) -> float:
        """Every pixel of the mini-batch, read once: no cache holds the training set."""
        return size * self.layers[0] * BYTES[dtype]

    def touched_bytes(self, size: int, dtype: str) -> float:
        """Every pixel of the mini-batch read once, every parameter read and written once.

        With momentum the previous updates are read and written too.
        """
        parameters = sum((fan_in + 1) * fan_out for fan_in, fan_out in self.fans)
        return self.bytes_per_step(size, dtype) + parameters * (4 if self.momentum else 2) * BYTES[dtype]
