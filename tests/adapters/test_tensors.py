"""What PyTorch trains: wrong formulations that its users write are rejected, the shipped ones leave nothing behind."""

import subprocess
import sys
from importlib import import_module

import numpy as np
import pytest
from small_gate import checked, loaded, small

from paragone.implementation.registry import IMPLEMENTATIONS, read_folder
from paragone.task.mlp.problem_files import shipped_names
from paragone.task.mlp.stress import stress_problem

torch = pytest.importorskip("torch", reason="torch is not installed")

pytestmark = pytest.mark.slow

(TorchAutograd,) = read_folder(IMPLEMENTATIONS / "torch_autograd")
TorchManual, TorchCuda = read_folder(IMPLEMENTATIONS / "torch_manual")
(TorchCompile,) = read_folder(IMPLEMENTATIONS / "torch_compile")


def beside(implementation, name):
    """A module of the implementation's folder."""
    return import_module(f"{implementation.__module__.rpartition('.')[0]}.{name}")


autograd, compiled = beside(TorchAutograd, "autograd"), beside(TorchCompile, "compiled")


# --- autograd as it is often written, and wrong for the problem ---


class GradientsAccumulate(autograd.MiniBatch):
    def backward(self, loss):
        loss.backward()


class MomentumOfTorch(autograd.MiniBatch):
    def __init__(self, problem, network, *rest):
        super().__init__(problem, network, *rest)
        self.optimizer = torch.optim.SGD(network.parameters(), lr=0.0, momentum=problem.momentum)

    @torch.no_grad()
    def full_update(self, eta):
        for W in self.network.W:
            W.grad += self.problem.l2 * W + self.problem.l1 * torch.sign(W)
        self.plain_update(eta)


class WeightDecayOnBiases(autograd.MiniBatch):
    def full_update(self, eta):
        with torch.no_grad():
            for b in self.network.b:
                b.grad += self.problem.l2 * b
        super().full_update(eta)


class SoftmaxTwice(autograd.MiniBatch):
    def forward(self, X):
        return torch.softmax(self.network(X), 1)


class MeanOverClasses(autograd.MiniBatch):
    def loss(self, Z, Y):
        return super().loss(Z, Y) / Z.shape[1]


class SumOverTheBatch(autograd.MiniBatch):
    def loss(self, Z, Y):
        return self.batch_loss(Z, Y)


FAULTS = [
    (GradientsAccumulate, "nielsen"),
    (GradientsAccumulate, "mlp4"),
    (MomentumOfTorch, "mlp4"),
    (WeightDecayOnBiases, "mlp4"),
    (SoftmaxTwice, "softmax"),
    (MeanOverClasses, "nielsen"),
    (MeanOverClasses, "mlp4"),
    (SumOverTheBatch, "softmax"),
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("faulty", "problem"), FAULTS, ids=lambda value: getattr(value, "__name__", value))
def test_what_is_often_written_and_wrong_here_is_rejected(faulty, problem, dtype):
    class Wrong(TorchAutograd):
        def make_mini_batch(self, batch_size):
            return faulty(self.problem, self.network, self.X, self.Y, batch_size)

    found = [checked(Wrong, problem, dtype=dtype) for problem in (small(problem), stress_problem(small(problem)))]

    assert "failed" in {check.status for check in found}
    assert all("differ" in check.reason for check in found if check.status == "failed")


# --- the GPU's class on a CPU ---


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", shipped_names())
def test_torch_cuda_passes_the_gate_on_a_cpu(name, dtype):
    class OnTheCpu(TorchCuda):
        device = "cpu"

    for problem in (small(name), stress_problem(small(name))):
        check = checked(OnTheCpu, problem, dtype=dtype)

        assert check.passed, check.reason


def test_train_waits_for_the_device_and_so_does_reset():
    class Counts(TorchManual):
        waits = 0

        def wait(self):
            self.waits += 1

    problem = small("nielsen")
    counts = loaded(Counts, problem)
    counts.reset(problem.start_state(1))
    after_reset = counts.waits
    counts.train(problem.order(1, 2, 3))

    assert (1, 2) == (after_reset, counts.waits)


# --- what is kept, and what is not ---


@pytest.mark.parametrize("implementation", [TorchManual, TorchAutograd])
def test_whether_operations_are_recorded_is_as_before(implementation):
    problem = small("mlp4")
    made = loaded(implementation, problem)
    for recording in (True, False):
        with torch.set_grad_enabled(recording):
            made.reset(problem.start_state(1))
            made.train(problem.order(1, 2, 3))

            assert recording == torch.is_grad_enabled()


def test_a_mini_batch_is_made_once_for_each_size():
    problem = small("nielsen")
    made = loaded(TorchManual, problem)
    made.reset(problem.start_state(1))
    for batch_size in (2, 5, 2):
        made.train(problem.order(1, 1, batch_size))
    first = made.mini_batches[2]
    made.train(problem.order(1, 1, 2))

    assert {2, 5} == made.mini_batches.keys()
    assert first is made.mini_batches[2]


# --- torch.compile ---


class AlphaOfAProduct(compiled.MiniBatch):
    """The step whose update is torch.add(W, delta @ A.T, alpha=rate): right, until it is compiled."""

    def __init__(self, problem, network, X, Y, batch_size, compile_it=True):
        self.network, self.X, self.Y = network, X, Y
        R, rate = problem.batch_scale(batch_size), -problem.start_learning_rate(batch_size)

        def step(X, Y, batch, W, b):
            _, A = compiled.forward(X[batch], W, b, torch.sigmoid, torch.sigmoid)
            delta = compiled.quadratic_delta(A[-1], Y[batch].T)
            _, db = compiled.backward(A, delta, W, R, compiled.sigmoid_slope)
            deltas = [(W[1].T @ delta) * A[1] * (1 - A[1]), delta]
            new = [torch.add(W[l], deltas[l] @ A[l].T, alpha=rate * R) for l in range(2)]
            for l in range(2):
                W[l].copy_(new[l])
                b[l] += rate * db[l]

        self.compiled = torch.compile(step, dynamic=False) if compile_it else step

    def step(self, batch, eta):
        return self.compiled(self.X, self.Y, batch, self.network.W, self.network.b)


def with_alpha(compile_it):
    class WithAlpha(TorchCompile):
        def make_mini_batch(self, batch_size):
            return AlphaOfAProduct(self.problem, self.network, self.X, self.Y, batch_size, compile_it)

    return WithAlpha


@pytest.fixture
def can_compile():
    if reason := TorchCompile.missing():
        pytest.skip(reason)


@pytest.mark.slow
@pytest.mark.skipif(not torch.__version__.startswith("2.13."), reason="PyTorch 2.13 loses alpha; others may not")
def test_the_alpha_that_the_compiler_loses_is_seen_by_the_gate_and_the_shipped_step_passes(can_compile):
    plain, compiled_check, shipped = (
        checked(implementation, small("nielsen"), batch_size=10, dtype="float32")
        for implementation in (with_alpha(False), with_alpha(True), TorchCompile)
    )

    assert plain.passed, plain.reason
    assert "failed" == compiled_check.status
    assert "differs from the reference" in compiled_check.reason
    assert shipped.passed, shipped.reason


@pytest.mark.slow
def test_a_step_that_would_be_compiled_again_raises_in_place_of_running_uncompiled(can_compile):
    problem = small("nielsen")
    made = loaded(TorchCompile, problem)
    made.reset(problem.start_state(1))
    made.train(problem.order(1, 1, 3))
    made.mini_batches[4] = made.mini_batches[3]  # a step for mini-batches of three

    with pytest.raises(Exception, match="fullgraph=True") as raised:
        made.train(problem.order(1, 1, 4))
    assert "FailOnRecompileLimitHit" == type(raised.value).__name__


HOLDS = """
import signal, sys
from importlib import import_module
from paragone.implementation.registry import IMPLEMENTATIONS, read_folder

(compile,) = read_folder(IMPLEMENTATIONS / "torch_compile")
compiler = import_module(compile.__module__.rpartition(".")[0] + ".compiler")
print(compiler.fresh_folder(), flush=True)
sys.stdin.read()
"""


def test_the_folder_for_compiled_code_is_fresh_in_each_process_and_goes_even_if_that_is_killed(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    def started():
        process = subprocess.Popen(
            [sys.executable, "-c", HOLDS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return process, process.stdout.readline().strip()

    def entries():
        return {str(path) for path in tmp_path.iterdir()}

    first, its_folder = started()
    second, another_folder = started()
    assert {its_folder, another_folder} == entries()

    first.kill()
    first.communicate()
    assert {its_folder, another_folder} == entries()

    third, fresh_folder = started()
    assert {another_folder, fresh_folder} == entries()

    for process in (second, third):
        process.communicate("")
    assert set() == entries()


def test_without_a_compiler_torch_compile_says_so(monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")

    assert "no-such-compiler was not found. Install: g++" in TorchCompile.missing()


def test_losses_come_back_as_numbers_of_numpy():
    problem = small("mlp4")
    for implementation in (TorchManual, TorchAutograd):
        made = loaded(implementation, problem, dtype="float32")
        made.reset(problem.start_state(1))
        losses = made.train(problem.order(1, 3, 5))

        assert (type(losses), losses.dtype, losses.shape) == (np.ndarray, np.float32, (3,))
