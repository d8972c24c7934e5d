"""Install the libraries that implementations are compared with, the peers; `make peers` runs it.

    make peers                                    all of them, into .venv
    make peers PEERS="jax numba"                  these
    make peers PEERS=tensorflow OWN=tensorflow    into a separate environment, .venvs/tensorflow
    make peers PIP_ARGS="--no-cache-dir"          with options for pip

Installed packages keep their versions; a peer that needs another version of one gets a separate environment. Each peer
is imported in a child process afterwards. One that cannot be added is reported with the reason, and the others go on.
Exit code 1 where none could be added.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from paragone.machine.python_environments import (
    WORKER_PACKAGES,
    environment_unavailable,
    folder_of,
    interpreter,
    probe,
    shell_path,
)

PINS = Path(__file__).parent / "peers.txt"
SECONDS_TO_IMPORT = 300
NOT_MEASURED = {"paragone", "pip", "setuptools", "wheel"}
NO_CPU_BUILD = (
    "pip is offered no CPU build of PyTorch. Name the index of PyTorch's CPU builds (PyTorch's page on installing says "
    "where it is): PIP_EXTRA_INDEX_URL=ADDRESS make peers PEERS=torch. The build with CUDA, several GB, would be: "
    "pip install 'paragone[torch]'"
)


class Clash(Exception):
    """A peer needs another version of an installed package."""


class NotAdded(Exception):
    """The reason why a peer could not be added."""


@dataclass(frozen=True)
class Peer:
    """A library: the modules to import, the distributions that contain them, and the size of the download."""

    modules: tuple[str, ...]
    distributions: tuple[str, ...]
    megabytes: int


PEERS = {
    "numba": Peer(("numba",), ("numba", "llvmlite"), 60),
    "jax": Peer(("jax",), ("jax", "jaxlib"), 90),
    "torch": Peer(("torch",), ("torch",), 200),
    "tensorflow": Peer(("tensorflow", "keras"), ("tensorflow-cpu", "tensorflow", "keras"), 300),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peers", nargs="*", metavar="PEER", help=f"of {', '.join(PEERS)}; all if left out")
    parser.add_argument("--own", nargs="*", default=[], metavar="PEER", help="in an environment of its own")
    parser.add_argument("--pip-args", default="", help="options for pip, as one text")
    arguments = parser.parse_args()
    names = list(dict.fromkeys([*(arguments.peers or PEERS), *arguments.own]))
    if unknown := [name for name in names if name not in PEERS]:
        parser.error(f"expected names out of {', '.join(PEERS)}; got {', '.join(unknown)}")
    pip_args = shlex.split(arguments.pip_args)
    here = [name for name in names if is_added(name, name in arguments.own, pip_args)]
    print(f"{len(here)} of {len(names)} peers are here" + (f": {', '.join(here)}" if here else ""))
    sys.exit(0 if here else 1)


def is_added(name: str, own: bool, pip_args: list[str]) -> bool:
    """Add a peer, to a separate environment if it clashes; print the outcome. False where that fails."""
    environment = name if own or folder_of(name).is_dir() else ""
    try:
        try:
            add(name, environment, pip_args)
        except Clash as clash:
            print(f"{name}: clashes with what is in {place(environment)} ({clash}): it gets an environment of its own")
            add(name, name, pip_args)
    except (NotAdded, Clash) as error:
        print(f"{name}: not added: {error}. Repeat: make peers PEERS={name}{f' OWN={name}' if own else ''}")
        return False
    return True


def add(name: str, environment: str, pip_args: list[str]) -> None:
    """Add a peer to an environment unless it is there and can be imported; "" is the environment that runs this.

    Raises Clash or NotAdded.
    """
    peer, python = PEERS[name], interpreter(environment)
    is_found = environment_unavailable(environment, peer.modules) is None
    if is_found and (versions := imported(python, peer.modules)).fault == "":
        print(f"{name}: is there already, in {place(environment)}: {versions.words}")
        return
    print(f"{name}: installing into {place(environment)} (about {peer.megabytes} MB to download) …", flush=True)
    begin = time.monotonic()
    if environment and probe(python).fault:
        make_environment(environment)
    install(python, [*pins(peer), *(WORKER_PACKAGES if environment else ())], kept(python, environment), pip_args)
    if is_found:  # it is installed, but its import failed
        install(python, pins(peer), "", ["--force-reinstall", "--no-deps", *pip_args])
    probe.cache_clear()
    versions = imported(python, peer.modules)
    if versions.fault:
        raise NotAdded(f"it is installed in {place(environment)} and cannot be imported: {versions.fault}")
    print(f"{name}: installed in {time.monotonic() - begin:.0f} s: {versions.words}", flush=True)


def place(environment: str) -> str:
    return shell_path(folder_of(environment) if environment else Path(sys.prefix))


def make_environment(name: str) -> None:
    """Make an empty environment. It has no pip; the pip of this environment installs into it."""
    command = [sys.executable, "-m", "venv", "--clear", "--without-pip", str(folder_of(name))]
    process = subprocess.run(command, capture_output=True, text=True)
    if process.returncode != 0:
        raise NotAdded(f"{place(name)} cannot be made: {last_line(process.stdout + process.stderr)}")
    probe.cache_clear()


def pins(peer: Peer) -> list[str]:
    """The requirements of a peer, in the versions that were tested."""
    lines = [line for line in PINS.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return [line for line in lines if re.split(r"[=<>;]", line)[0] in peer.distributions]


def kept(python: str, environment: str) -> str:
    """Constraints for pip that keep every installed package at its version, except the pinned ones of the peers."""
    if environment:
        return ""
    pinned = {re.split(r"[=<>;]", line)[0] for line in PINS.read_text(encoding="utf-8").splitlines()}
    there = [(name, version) for name, version in probe(python).versions if name not in pinned | NOT_MEASURED]
    return "".join(f"{name}=={version}\n" for name, version in there)


def install(python: str, requirements: list[str], constraints: str, pip_args: list[str]) -> None:
    """Run pip install for the environment of that Python. Raises Clash or NotAdded."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "constraints.txt"
        file.write_text(constraints, encoding="utf-8")
        options = ["--progress-bar=off", "--disable-pip-version-check", "--constraint", str(file), *pip_args]
        command = [sys.executable, "-m", "pip", "--python", python, "install", *options, *requirements]
        process = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if process.returncode == 0:
        return
    if "conflicting dependencies" in process.stdout or "ResolutionImpossible" in process.stdout:
        raise Clash(conflict(process.stdout))
    errors = [line.removeprefix("ERROR: ") for line in process.stdout.splitlines() if line.startswith("ERROR: ")]
    if any(re.match("No matching distribution found for torch==.*cpu", line) for line in errors):
        raise NotAdded(NO_CPU_BUILD)
    raise NotAdded(errors[-1].strip() if errors else last_line(process.stdout) or f"exit code {process.returncode}")


def conflict(output: str) -> str:
    """The conflict that pip reports, on one line."""
    _, _, cause = output.partition("The conflict is caused by:")
    lines = [line.strip() for line in cause.strip().splitlines()]
    listed = lines[: lines.index("")] if "" in lines else lines
    return "; ".join(listed) or "pip finds no versions that go together"


@dataclass(frozen=True)
class Imported:
    """The versions of the imported modules as text, or the reason why the import failed."""

    words: str = ""
    fault: str = ""


def imported(python: str, modules: tuple[str, ...]) -> Imported:
    """Import the modules in a child process."""
    versions = " ".join(f"'{module}', {module}.__version__," for module in modules)
    command = [python, "-P", "-c", f"import {', '.join(modules)}\nprint({versions})"]
    quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    try:
        process = subprocess.run(command, env=quiet, capture_output=True, text=True, timeout=SECONDS_TO_IMPORT)
    except subprocess.TimeoutExpired:
        return Imported(fault=f"the import did not end within {SECONDS_TO_IMPORT} s")
    except OSError as error:
        return Imported(fault=str(error))
    if process.returncode != 0:
        return Imported(fault=last_line(process.stderr) or f"exit code {process.returncode}")
    return Imported(words=last_line(process.stdout))


def last_line(text: str) -> str:
    """The last line that is not blank, or ""."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")


if __name__ == "__main__":
    main()
