"""What does the call of a compiled function cost from Python, with waiting for its result?"""

import jax
import jax.numpy as jnp

LANGUAGE = "JAX"
REQUIRES = ("jax",)

jax.config.update("jax_platforms", "cpu")
jax.config.update("jax_enable_x64", True)

prepare = jnp.asarray


@jax.jit
def run(X):
    return -X
