"""Where and how JAX computes: settled before its first computation, and read back; what crosses to it and back."""

import importlib.metadata
import os
from pathlib import Path

import jax
import numpy as np

POOL = "tf_XLAEigen"  # what the threads of XLA's pool are called
SETTINGS = {
    "jax_platforms": "cpu",  # a GPU, where there is one, is not even opened
    "jax_enable_x64": True,  # for float32 too: every array here says its dtype
    # Each program runs in the thread that calls it: handing it to another costs an eighth of a step of one image.
    "jax_cpu_enable_async_dispatch": False,
}


def settle():
    """Say where and how; what JAX has computed before stays as it was."""
    for name, value in SETTINGS.items():
        jax.config.update(name, value)


def cpu():
    """The device, named wherever an array is made: programs run where their arrays are."""
    return jax.devices("cpu")[0]


def put(x, dtype):
    """x copied to the device; jax.numpy.array would take four times as long

    NumPy copies first: JAX may still read what it is given after device_put has returned.
    """
    return jax.device_put(np.array(x, dtype, order="C"), cpu(), may_alias=False)


def fetch(x):
    """x as float64, copied from the device"""
    return np.array(x, np.float64)


def build_info(X):
    """Return where the training set is, jaxlib's version and what decides the arithmetic, in words."""
    return {
        "device": ", ".join(f"{device} ({device.platform})" for device in X.devices()),
        "jaxlib": importlib.metadata.version("jaxlib"),
        "XLA_FLAGS": os.environ.get("XLA_FLAGS", ""),
        "settings": " ".join(f"{name}={jax.config.values[name]}" for name in SETTINGS),
    }


def threads():
    """Return the threads of XLA's pool, counted by their name among those of this process; nothing off Linux."""
    names = [path.read_text().strip() for path in Path("/proc/self/task").glob("*/comm")]
    return {"XLA": names.count(POOL)} if POOL in names else {}
