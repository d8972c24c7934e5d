"""jnp.bincount of a fixed length, which XLA makes a scattered addition of."""

from functools import partial

import jax
import jax.numpy as jnp

REQUIRES = ("jax",)

jax.config.update("jax_platforms", "cpu")
jax.config.update("jax_enable_x64", True)
jax.config.update("jax_cpu_enable_async_dispatch", False)  # else calls run ahead in a second thread

prepare = jnp.asarray


@partial(jax.jit, static_argnums=0)
def run(m, x):
    return jnp.bincount((m * x).astype(jnp.int64), length=m)
