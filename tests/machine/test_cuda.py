"""What is said of a GPU; and the formulas for one, on a stand-in whose arrays are NumPy's."""

import ctypes
import os
import re
import subprocess
import sys

import pytest

from paragone.files.paths import IMPORT_ROOT, PROJECT
from paragone.implementation.registry import IMPLEMENTATIONS, read_folder
from paragone.machine import cuda
from paragone.machine.cuda import NoDevice, cuda_unavailable, describe_cuda, driver_version
from paragone.task.mlp.problem_files import shipped_names

STAND_IN = """
import numpy
from numpy import *
from numpy import array, asarray as _asarray

__version__ = "0 (a stand-in)"
waits = []


def asarray(values):
    return _asarray(values)


def asnumpy(values):
    return _asarray(values)


class cuda:
    class get_current_stream:
        def synchronize(self):
            waits.append(1)
"""

CHECK = """
import sys
sys.path.insert(0, "tests")
import cupy
from paragone.implementation.registry import IMPLEMENTATIONS, read_folder
from paragone.task.mlp.stress import stress_problem
from paragone.task.mlp.problem_files import shipped_names
from small_gate import checked, small

(rows,) = read_folder(IMPLEMENTATIONS / "cupy_rows")
for name in shipped_names():
    for problem in (small(name), stress_problem(small(name))):
        for dtype in ("float32", "float64"):
            before = len(cupy.waits)
            check = checked(rows, problem, dtype=dtype)
            print(name, dtype, check.status, check.reason, "waited" if len(cupy.waits) > before else "did not wait")
"""


class Driver:
    """NVIDIA's driver as it answers where there are so many devices."""

    def __init__(self, devices, init_code=0):
        self.devices, self.init_code = devices, init_code

    def cuInit(self, flags):
        return self.init_code

    def cuDeviceGetCount(self, count):
        count._obj.value = self.devices
        return 0

    def cuDeviceGet(self, device, ordinal):
        device._obj.value = ordinal
        return 0

    def cuDeviceGetName(self, name, size, device):
        name.value = b"Made-up GPU"
        return 0

    def cuDriverGetVersion(self, version):
        version._obj.value = 12080
        return 0

    def cuGetErrorString(self, code, words):
        words._obj.value = b"no CUDA-capable device is detected" if code == 100 else None
        return 0


@pytest.fixture
def installed(monkeypatch):
    """Put a driver, or the lack of one, in the place of this machine's."""

    def install(driver):
        def opened(library):
            if driver is None:
                raise OSError(f"{library}: cannot open shared object file")
            return driver

        cuda.first_device.cache_clear()
        monkeypatch.setattr(ctypes, "CDLL", opened)

    yield install
    cuda.first_device.cache_clear()


@pytest.mark.parametrize(
    ("driver", "reason"),
    [
        (None, "NVIDIA's driver library libcuda.so.1 is not installed"),
        (Driver(0), "the driver lists none"),
        (Driver(0, init_code=100), "cuInit fails: no CUDA-capable device is detected"),
        (Driver(0, init_code=999), "cuInit fails: error 999"),
    ],
)
def test_without_a_device_the_reason_comes_with_the_next_step(installed, driver, reason):
    installed(driver)

    assert cuda_unavailable().startswith(f"no CUDA device was found: {reason}. ")
    assert "nvidia-smi" in cuda_unavailable()
    with pytest.raises(NoDevice):
        describe_cuda()


def test_a_device_is_described_by_its_name_and_what_its_driver_serves(installed):
    installed(Driver(1))

    assert cuda_unavailable() is None
    assert {"device": "Made-up GPU", "driver serves CUDA": "12.8"}.items() <= describe_cuda().items()


def test_the_version_of_the_driver_is_read_from_what_the_kernel_says(tmp_path):
    said = tmp_path / "version"
    said.write_text("NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19\nGCC version: 12\n")

    assert driver_version(said) == "535.104.05"
    assert driver_version(tmp_path / "absent") == "version not told"


@pytest.mark.parametrize("name", ["cupy_rows", "torch_cuda"])
def test_what_needs_a_gpu_says_so_before_it_speaks_of_libraries(installed, name):
    installed(None)
    classes = [c for folder in ("cupy_rows", "torch_manual") for c in read_folder(IMPLEMENTATIONS / folder)]
    (implementation,) = [c for c in classes if c.name == name]

    assert implementation.missing().startswith("no CUDA device was found")


def test_the_formulas_of_cupy_pass_the_gate_on_a_stand_in_and_train_waits_for_the_device(tmp_path):
    (tmp_path / "cupy.py").write_text(STAND_IN)
    paths = os.pathsep.join([str(tmp_path), str(IMPORT_ROOT)])
    command = [sys.executable, "-W", "error", "-c", CHECK]
    answer = subprocess.run(
        command, cwd=PROJECT, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True
    )

    assert answer.returncode == 0, answer.stderr
    lines = answer.stdout.splitlines()
    assert len(lines) == 4 * len(shipped_names())
    assert [line for line in lines if not line.endswith("passed  waited")] == []


def test_the_formulas_of_cupy_are_those_of_numpy_rows_but_for_the_way_to_the_device_and_back():
    texts = [(IMPLEMENTATIONS / name / "rows.py").read_text(encoding="utf-8") for name in ("numpy_rows", "cupy_rows")]
    texts[0] = re.sub(r"def predict\(net, X\):\n.*?\n\n\n", "", texts[0], flags=re.DOTALL)  # it names no classes
    numpy_rows, cupy_rows = map(str.splitlines, texts)
    different = [line for line, other in zip(cupy_rows, numpy_rows, strict=True) if line != other]
    code = [line.strip() for line in different if not line.strip().startswith('"""')]

    assert len(different) == 5
    assert code[0].startswith("import cupy as np")
    assert code[1:] == [
        "return np.eye(n_classes, dtype=dtype)[np.asarray(labels)]",
        "return np.asnumpy(W.T), np.asnumpy(b)",
    ]
