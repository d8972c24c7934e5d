"""The loop over the steps is compiled too: Python calls it once for up to MOST_IMAGES images.

lax.scan is compiled for one number of steps, and compiled anew, for a third of a second, for any other. The fori_loop
here is the loop that a scan becomes, as fast, but takes the number of steps as data: one program per batch size.
`order` and `rates` are handed over in buffers of fixed height, of which the loop takes the first n_steps rows.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from .formulas import step

MOST_IMAGES = 2**16


class Loop:
    """A program per batch size, and the buffers of its order and learning rates."""

    def __init__(self, problem):
        self.loop = jax.jit(partial(take_steps, problem), donate_argnums=0)
        self.buffers = {}

    def train(self, network, X, Y, order, rates):
        """network ← a step for each row of `order`; the network after all, and the losses."""
        n_steps, batch_size = order.shape
        height = max(1, MOST_IMAGES // batch_size)
        if batch_size not in self.buffers:
            self.buffers[batch_size] = np.zeros((height, batch_size), order.dtype), np.zeros(height, rates.dtype)
        order_buffer, rates_buffer = self.buffers[batch_size]
        losses = []
        for first in range(0, n_steps, height):
            n_now = min(height, n_steps - first)
            order_buffer[:n_now] = order[first : first + n_now]
            rates_buffer[:n_now] = rates[first : first + n_now]
            network, some = self.loop(network, X, Y, order_buffer, rates_buffer, n_now)
            jax.block_until_ready(network)  # before the buffers are written to again
            losses.append(np.asarray(some)[:n_now])
        return network, np.concatenate(losses)


def take_steps(problem, network, X, Y, order, rates, n_steps):
    """network, losses[k] ← step(network, order[k], rates[k]) for k = 0 … n_steps − 1"""

    def body(k, carried):
        network, losses = carried
        network, loss = step(problem, network, X, Y, order[k], rates[k])
        return network, losses if loss is None else losses.at[k].set(loss)

    return lax.fori_loop(0, n_steps, body, (network, jnp.zeros_like(rates)))
