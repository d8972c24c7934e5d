"""Whole arrays without masks, compiled: a loop of XLA's that makes one pass over them for each iteration."""

import jax
import jax.numpy as jnp

REQUIRES = ("jax",)

jax.config.update("jax_platforms", "cpu")
jax.config.update("jax_enable_x64", True)
jax.config.update("jax_cpu_enable_async_dispatch", False)  # else calls run ahead in a second thread

prepare = jnp.asarray


@jax.jit
def run(n, limit, x, y):
    x, y = jnp.meshgrid(x, y)

    def iteration(_, state):
        re, im, counts = state
        re_squares, im_squares = re * re, im * im
        inside = re_squares + im_squares <= 4  # never true of what has overflowed
        return re_squares - im_squares + x, 2 * re * im + y, counts + inside

    return jax.lax.fori_loop(0, limit, iteration, (x, y, jnp.zeros(x.shape, jnp.int32)))[2]
