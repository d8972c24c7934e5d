"""Python packages that the base install lacks and an implementation needs: whether they are there, how to get them."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from collections.abc import Mapping
from typing import ClassVar

from harness.interface import Implementation


class PackageImplementation(Implementation):
    """An implementation in a library that is an extra of this project."""

    package: ClassVar[str]  # the module that is imported: "torch"
    extra: ClassVar[str]  # the extra that brings it: pip install "paragone[torch]"

    @classmethod
    def missing(cls) -> str | None:
        """Return that the package is not installed and how to get it, or None; the package is not imported."""
        return reason_against_package(cls.package, cls.extra)

    def receipt(self) -> Mapping[str, str]:
        """Return the version of the package."""
        return {self.package: importlib.metadata.version(self.package)}


def reason_against_package(package: str, extra: str) -> str | None:
    """Return that a package is not installed and the command that mends it, or None."""
    if importlib.util.find_spec(package) is None:
        return f"{package} is not installed. Install: make peers, or pip install 'paragone[{extra}]'"
    return None
