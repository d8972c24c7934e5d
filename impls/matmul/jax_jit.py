"""A @ B, compiled by XLA, which has a matrix product of its own on the CPU."""

import jax
import jax.numpy as jnp

REQUIRES = ("jax",)

jax.config.update("jax_platforms", "cpu")
jax.config.update("jax_enable_x64", True)
jax.config.update("jax_cpu_enable_async_dispatch", False)  # else calls run ahead in a second thread

prepare = jnp.asarray


@jax.jit
def run(A, B):
    return A @ B
