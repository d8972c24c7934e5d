"""The implementations that JAX and Numba compile: what the contract does not ask of them."""

import importlib.util
from importlib.metadata import version

import numpy as np
import pytest
from small_gate import N_TRAIN, checked, loaded, small

from paragone.implementation.registry import IMPLEMENTATIONS, read_folder
from paragone.task.mlp.gate import stress_problem

pytestmark = pytest.mark.slow  # loads JAX, and compiles

JAX = {found.name: found for found in read_folder(IMPLEMENTATIONS / "jax_jit")}
NUMBA = {found.name: found for found in read_folder(IMPLEMENTATIONS / "numba_jit")}
SEED = 1

needs_jax = pytest.mark.skipif(JAX["jax_scan"].missing() is not None, reason=str(JAX["jax_scan"].missing()))
needs_numba = pytest.mark.skipif(NUMBA["numba_blas"].missing() is not None, reason=str(NUMBA["numba_blas"].missing()))


def trained(implementation, problem, n_steps, batch_size):
    """The bits of the state after a training, and of its losses."""
    implementation.reset(problem.start_state(SEED))
    losses = implementation.train(problem.order(SEED, n_steps, batch_size))
    return implementation.params().digest(), losses.tobytes()


@needs_jax
def test_jax_says_on_which_device_it_computes_by_which_compiler_and_how():
    build_info = loaded(JAX["jax_scan"], small("nielsen")).build_info()

    assert build_info["device"].endswith("(cpu)")
    assert (build_info["jax"], build_info["jaxlib"]) == (version("jax"), version("jaxlib"))
    assert "jax_enable_x64=True" in build_info["settings"]
    assert "jax_cpu_enable_async_dispatch=False" in build_info["settings"]


@needs_jax
@pytest.mark.parametrize("name", JAX)
def test_jax_leaves_the_network_where_the_training_set_is_and_overwrites_the_one_before(name):
    problem = small("mlp4")
    implementation = loaded(JAX[name], problem)
    implementation.reset(problem.start_state(SEED))
    (before, *_), _, _ = implementation.network
    implementation.train(problem.order(SEED, 2, 3))
    (after, *_), _, _ = implementation.network

    assert before.is_deleted(), "its memory was not given to the network after the step"
    assert [device.platform for device in after.devices()] == ["cpu"]
    assert after.devices() == implementation.X.devices()


@needs_jax
def test_jax_scan_is_compiled_once_per_batch_size_whatever_the_number_of_steps():
    problem = small("mlp4")
    implementation = loaded(JAX["jax_scan"], problem)
    for n_steps, batch_size in ((1, 3), (2, 3), (7, 3), (2, 5)):
        trained(implementation, problem, n_steps, batch_size)

    assert implementation.loop.loop._cache_size() == 2


@needs_jax
def test_jax_scan_goes_on_where_a_full_buffer_ended(monkeypatch):
    problem = stress_problem(small("mlp4"))
    implementation = loaded(JAX["jax_scan"], problem)
    whole = trained(implementation, problem, 7, 3)
    module = importlib.import_module(type(implementation.loop).__module__)
    monkeypatch.setattr(module, "MOST_IMAGES", 6)
    in_parts = loaded(JAX["jax_scan"], problem)

    assert trained(in_parts, problem, 7, 3) == whole
    assert [len(rates) for _, rates in in_parts.loop.buffers.values()] == [2]


@needs_jax
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_xla_keeps_to_the_sums_as_they_are_written(dtype):
    """With fast maths (x + c) − c would be x."""
    loaded(JAX["jax_scan"], small("nielsen"), dtype=dtype)
    jax = importlib.import_module("jax")
    x, c = np.full(64, 1, dtype), np.full(64, 2 / np.finfo(dtype).eps, dtype)

    assert not np.asarray(jax.jit(lambda x, c: (x / 4 + c) - c)(x, c)).any()


@needs_numba
@pytest.mark.slow
@pytest.mark.parametrize("batch_size", [255, 256, 257, N_TRAIN])
def test_numba_blas_follows_the_reference_around_the_size_of_a_block(batch_size):
    for problem in (small("mlp4"), stress_problem(small("mlp4"))):
        check = checked(NUMBA["numba_blas"], problem, batch_size)

        assert check.passed, check.reason


@needs_numba
@pytest.mark.slow
@pytest.mark.parametrize("name", NUMBA)
def test_numba_compiles_everything_in_load(name):
    problem = small("mlp4")
    implementation = loaded(NUMBA[name], problem)
    compiled = len(implementation.maths_file.train.signatures)
    order = problem.order(SEED, 2, 3)
    for writeable in (True, False):
        order.flags.writeable = writeable
        implementation.reset(problem.start_state(SEED))
        implementation.train(order)

    assert len(implementation.maths_file.train.signatures) == compiled
