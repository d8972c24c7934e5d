"""CUDA devices, by calls of NVIDIA's driver library: no array library is imported."""

from __future__ import annotations

import ctypes
import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paragone.machine.lacking import Lacking

DRIVER_LIBRARY = "libcuda.so.1"
DRIVER_VERSION = Path("/proc/driver/nvidia/version")
MOST_NAME_BYTES = 256
SUCCESS = 0


class NoDevice(Exception):
    """The reason why no CUDA device can be used."""


@dataclass(frozen=True)
class Device:
    """The default CUDA device, and the newest CUDA version that the driver supports."""

    name: str
    cuda: str


def cuda_unavailable() -> Lacking | None:
    """The reason why no CUDA device can be used and what to do, or None where there is one."""
    try:
        first_device()
    except NoDevice as reason:
        words = (
            f"no CUDA device was found: {reason}. It needs an NVIDIA GPU and its driver: "
            "nvidia-smi lists what the driver sees, CUDA_VISIBLE_DEVICES what programs may use"
        )
        return Lacking(words, "cuda")
    return None


def describe_cuda() -> dict[str, str]:
    """Device and driver as text, for the record of a build. Raises NoDevice."""
    device = first_device()
    return {"device": device.name, "driver": driver_version(), "driver serves CUDA": device.cuda}


@functools.cache
def first_device() -> Device:
    """The first device that the driver lists for this process. Raises NoDevice."""
    driver = _open_driver(DRIVER_LIBRARY)
    _call(driver, "cuInit", 0)
    count, version, device = ctypes.c_int(), ctypes.c_int(), ctypes.c_int()
    _call(driver, "cuDeviceGetCount", ctypes.byref(count))
    if count.value == 0:
        raise NoDevice("the driver lists none")
    name = ctypes.create_string_buffer(MOST_NAME_BYTES)
    _call(driver, "cuDeviceGet", ctypes.byref(device), 0)
    _call(driver, "cuDeviceGetName", name, MOST_NAME_BYTES, device)
    _call(driver, "cuDriverGetVersion", ctypes.byref(version))
    major, minor = divmod(version.value, 1000)
    return Device(name.value.decode(errors="replace"), f"{major}.{minor // 10}")


def driver_version(path: Path = DRIVER_VERSION) -> str:
    """The version of the kernel module, such as 570.86.15."""
    try:
        line = path.read_text().splitlines()[0]
    except (OSError, IndexError):
        return "version not told"
    return next((word for word in line.split() if word[0].isdigit() and "." in word), line.strip())


def _open_driver(library: str) -> Any:
    try:
        return ctypes.CDLL(library)
    except OSError:
        raise NoDevice(f"NVIDIA's driver library {library} is not installed") from None


def _call(driver: Any, function: str, *arguments: Any) -> None:
    """Call a function of the driver. Raises NoDevice with the driver's message where it fails."""
    code = getattr(driver, function)(*arguments)
    if code != SUCCESS:
        words = ctypes.c_char_p()
        driver.cuGetErrorString(code, ctypes.byref(words))
        raise NoDevice(f"{function} fails: {(words.value or b'').decode(errors='replace') or f'error {code}'}")
