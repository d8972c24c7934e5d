"""The expression of numpy_broadcast without side effects, of which XLA makes loops with fewer temporaries."""

import jax
import jax.numpy as jnp

REQUIRES = ("jax",)
DT = 0.01

jax.config.update("jax_platforms", "cpu")
jax.config.update("jax_enable_x64", True)
jax.config.update("jax_cpu_enable_async_dispatch", False)  # else calls run ahead in a second thread

prepare = jnp.asarray


@jax.jit
def run(x, v, m):
    differences = x - x[:, None]
    squares = (differences * differences).sum(axis=2) + jnp.eye(len(m), dtype=x.dtype)  # no body attracts itself
    v = v + DT * ((m / (squares * jnp.sqrt(squares)))[:, :, None] * differences).sum(axis=1)
    return x + DT * v, v
