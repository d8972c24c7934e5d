"""The loop over the steps is Python's: a compiled step is called for each and overwrites the network it is given."""

from functools import partial

import jax

from .formulas import step


class Loop:
    """One program per batch size."""

    def __init__(self, problem):
        self.step = jax.jit(partial(step, problem), donate_argnums=0)

    def train(self, network, X, Y, order, rates):
        """network ← step(network) for each row of `order`; the network after all, and the losses."""
        losses = []
        for batch, eta in zip(order, rates, strict=True):
            network, loss = self.step(network, X, Y, batch, eta)
            losses.append(loss)
        return jax.block_until_ready(network), jax.device_get(losses)
