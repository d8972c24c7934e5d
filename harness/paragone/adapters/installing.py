"""Programs that an implementation needs: whether they are here, and the command that installs them."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path

from paragone.machine.lacking import Lacking

JAVA = "Install: apt install default-jdk-headless (Debian, Ubuntu), brew install openjdk (macOS)"
RUST = "Install: apt install cargo rustc (Debian, Ubuntu), brew install rust (macOS)"
INSTALL = {
    "gcc": "Install: apt install gcc (Debian, Ubuntu), xcode-select --install (macOS)",
    "g++": "Install: apt install g++ (Debian, Ubuntu), xcode-select --install (macOS)",
    "cc": "Install: apt install gcc (Debian, Ubuntu), xcode-select --install (macOS)",
    "c++": "Install: apt install g++ (Debian, Ubuntu), xcode-select --install (macOS)",
    "clang": "Install: apt install clang (Debian, Ubuntu), xcode-select --install (macOS)",
    "gfortran": "Install: apt install gfortran (Debian, Ubuntu), brew install gcc (macOS)",
    "rustc": RUST,
    "cargo": RUST,
    "go": "Install: apt install golang (Debian, Ubuntu), brew install go (macOS)",
    "node": "Install: apt install nodejs (Debian, Ubuntu), brew install node (macOS)",
    "java": JAVA,
    "javac": JAVA,
    "julia": "Install: paragone julia",
}


def not_found(name: str, folder: Path | None = None, install: str = "") -> str | None:
    """Why a program cannot be started, and how to install it; a name with a slash is a path in `folder`.

    `install` is said instead of what is known here. None where it can be started.
    """
    if (reason := _reason(name, folder)) is None:
        return None
    mend = install or INSTALL.get(name)
    words = f"{reason}. {mend}" if mend else reason
    return Lacking(words, f"program {name}") if Path(name).name == name else words


def _reason(name: str, folder: Path | None) -> str | None:
    if Path(name).name == name:  # without a slash, PATH alone is searched, as by a shell
        if shutil.which(name):
            return None
        beside = f"; the one in its own folder is ./{name}" if folder and (folder / name).exists() else ""
        return f"{name} was not found on PATH{beside}"
    path = (folder or Path()) / name
    if not path.is_file():
        return f"{path} does not exist"
    return None if os.access(path, os.X_OK) else f"{path} may not be executed: chmod +x {shlex.quote(str(path))}"
