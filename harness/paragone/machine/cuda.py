"""NVIDIA's driver, asked directly: whether a CUDA device is there, and which; no library of arrays is imported."""

from __future__ import annotations

import ctypes
import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DRIVER_LIBRARY = "libcuda.so.1"
DRIVER_VERSION = Path("/proc/driver/nvidia/version")
MOST_NAME_BYTES = 256
SUCCESS = 0


class NoDevice(Exception):
    """Why no CUDA device can be used, in words."""


@dataclass(frozen=True)
class Device:
    """The CUDA device that libraries use unless told otherwise, and the newest CUDA that the driver serves."""

    name: str
    cuda: str


def cuda_unavailable() -> str | None:
    """Return why no CUDA device can be used and what to do, or None where there is one."""
    try:
        first_device()
    except NoDevice as reason:
        return (
            f"no CUDA device was found: {reason}. It needs an NVIDIA GPU and its driver: "
            "nvidia-smi lists what the driver sees, CUDA_VISIBLE_DEVICES what programs may use"
        )
    return None


def describe_cuda() -> dict[str, str]:
    """Return the device and the driver, name → words, for a receipt. Raises NoDevice."""
    device = first_device()
    return {"device": device.name, "driver": driver_version(), "driver serves CUDA": device.cuda}


@functools.cache
def first_device() -> Device:
    """Return the first device that the driver gives this process. Raises NoDevice."""
    driver = _opened(DRIVER_LIBRARY)
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
    """Return the version of the kernel's driver, such as 570.86.15, or that it is not told."""
    try:
        line = path.read_text().splitlines()[0]
    except (OSError, IndexError):
        return "version not told"
    return next((word for word in line.split() if word[0].isdigit() and "." in word), line.strip())


def _opened(library: str) -> Any:
    try:
        return ctypes.CDLL(library)
    except OSError:
        raise NoDevice(f"NVIDIA's driver library {library} is not installed") from None


def _call(driver: Any, function: str, *arguments: Any) -> None:
    """Call the driver. Raises NoDevice with its own words where it does not succeed."""
    code = getattr(driver, function)(*arguments)
    if code != SUCCESS:
        words = ctypes.c_char_p()
        driver.cuGetErrorString(code, ctypes.byref(words))
        raise NoDevice(f"{function} fails: {(words.value or b'').decode(errors='replace') or f'error {code}'}")
