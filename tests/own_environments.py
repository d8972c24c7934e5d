"""Environments of their own for tests: real ones, in which a worker runs, made without network."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np

from paragone.machine.python_environments import WORKER_PACKAGES

SITE = Path(np.__file__).parent.parent


class Environments:
    """Makes environments in a folder; what they hold is seen by the Python that is started there and by no other."""

    def __init__(self, folder: Path):
        self.folder = folder

    def make(self, name: str, *, with_numpy: bool = True) -> Path:
        """Make an environment; with NumPy it has what a worker needs, by links, and nothing else."""
        command = [sys.executable, "-m", "venv", "--without-pip", str(self.folder / name)]
        subprocess.run(command, check=True, capture_output=True)
        if with_numpy:
            link_worker_packages(self.site_of(name))
        return self.folder / name

    def site_of(self, name: str) -> Path:
        (site,) = (self.folder / name).glob("lib/python*/site-packages")
        return site

    def add_package(self, name: str, package: str, text: str = "", version: str = "1.2.3") -> Path:
        """Install a package of one module, whose text this is."""
        return add_package(self.site_of(name), package, text, version)

    def lose_interpreter(self, name: str) -> None:
        shutil.rmtree(self.folder / name / "bin")

    def break_interpreter(self, name: str) -> None:
        python = self.folder / name / "bin" / "python"
        python.unlink()
        python.write_text("#!/bin/sh\necho library not found >&2\nexit 127\n")
        python.chmod(0o755)


def link_worker_packages(site: Path) -> None:
    """Link what a worker needs, from the packages of this process, into a folder of packages."""
    for package in WORKER_PACKAGES:
        for entry in (*SITE.glob(package), *SITE.glob(f"{package}.*"), *SITE.glob(f"{package}-*.dist-info")):
            (site / entry.name).symlink_to(entry)


def add_package(site: Path, package: str, text: str = "", version: str = "1.2.3") -> Path:
    """Write a package of one module into a folder of packages."""
    folder = site / package
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(f"__version__ = {version!r}\n{text}\n")
    about = site / f"{package}-{version}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
    return folder
