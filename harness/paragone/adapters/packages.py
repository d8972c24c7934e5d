"""Implementations in optional Python packages: whether the package is installed, and how to install it."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Mapping
from typing import ClassVar

from paragone.files.paths import PROJECT
from paragone.implementation.contract import Implementation
from paragone.machine.lacking import Lacking
from paragone.machine.python_environments import environment_unavailable, exists, interpreter, shell_path

# `make peers` installs these.
CPU_EXTRAS = ("numba", "jax", "torch", "tensorflow")
EXTRAS = (*CPU_EXTRAS, "cupy")


class PackageImplementation(Implementation):
    """An implementation in a library that is an extra of this project.

    Its worker starts in the environment of the extra's name where there is one (`make peers OWN=torch` makes it), else
    in the harness's own.
    """

    package: ClassVar[str]  # the module that is imported: "torch"
    extra: ClassVar[str]  # the extra that brings it: pip install "paragone[torch]"

    @classmethod
    def environment_name(cls) -> str:
        return cls.own_environment or (cls.extra if exists(cls.extra) else "")

    @classmethod
    def missing(cls) -> str | None:
        """Why the package cannot be used, and how to install it. The package is not imported."""
        if name := cls.environment_name():
            mend = install_extra(cls.extra, name) if PROJECT and name == cls.extra else ""
            return environment_unavailable(name, (cls.package,), mend)
        return package_unavailable(cls.package, cls.extra)

    def build_info(self) -> Mapping[str, str]:
        """The version of the package, which `load` has imported."""
        return {self.package: importlib.import_module(self.package).__version__}

    def advice(self) -> str:
        """How to see why the import fails, and how to reinstall the package; "" once it is imported."""
        if self.package in sys.modules:
            return ""
        name = self.environment_name()
        see = f"{shell_path(interpreter(name))} -c 'import {self.package}'"
        return f"See: {see}. Install it again: {install_extra(self.extra, name)}"


def package_unavailable(package: str, extra: str) -> str | None:
    """Why a package is not available in the harness's environment, and the command that installs it."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:  # uninstalling a package may leave a folder without code
        return Lacking(f"{package} is not installed. Install: {install_extra(extra)}", f"package {package}")
    return None


def install_extra(extra: str, environment: str = "") -> str:
    """The command that installs an extra of this project; one that is none is a package."""
    if extra not in EXTRAS:
        return f"pip install {extra}"
    if PROJECT is None or extra not in CPU_EXTRAS:
        return f"pip install 'paragone[{extra}]'"
    return f"make peers PEERS={extra}" + (f" OWN={environment}" if environment else "")
