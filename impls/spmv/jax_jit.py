"""All products at once, and a sum over segments: the rows of the entries are made from indptr in each call."""

import jax
import jax.numpy as jnp

REQUIRES = ("jax",)

jax.config.update("jax_platforms", "cpu")
jax.config.update("jax_enable_x64", True)
jax.config.update("jax_cpu_enable_async_dispatch", False)  # else calls run ahead in a second thread

prepare = jnp.asarray


@jax.jit
def run(indptr, indices, data, x):
    n = len(x)
    rows = jnp.repeat(jnp.arange(n), jnp.diff(indptr), total_repeat_length=len(data))
    return jax.ops.segment_sum(data * x[indices], rows, n, indices_are_sorted=True)
