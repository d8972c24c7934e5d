"""Find Julia without importing juliacall, whose import alone may download one.

The search order: the Julia that PYTHON_JULIACALL_EXE or PYTHON_JULIAPKG_EXE names (then no other), the one that
`paragone julia` installed, `julia` on PATH.
"""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

from paragone.machine.lacking import Lacking

Version = tuple[int, ...]

FOR_A_PROCESS: Version = (1, 5)  # our Julia files run on it
FOR_JULIACALL: Version = (1, 10, 3)  # juliacall requires it
SECONDS_TO_ANSWER = 2.0  # Julia takes 0.1 s; juliaup's launcher may first check the network for updates
NAMED_BY = ("PYTHON_JULIACALL_EXE", "PYTHON_JULIAPKG_EXE")


def find_julia(least: Version = FOR_A_PROCESS) -> str | None:
    """The path of the first Julia of at least this version."""
    return next((path for path in _candidates() if julia_version(path) >= least), None)


@functools.cache
def julia_version(path: str) -> Version:
    """The version, such as (1, 10, 10); () where the program gives none within SECONDS_TO_ANSWER."""
    try:
        program = subprocess.Popen(
            [path, "--version"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # so that a hanging launcher is killed with its children
        )
    except OSError:
        return ()
    with program:
        try:
            answer, _ = program.communicate(timeout=SECONDS_TO_ANSWER)
        except subprocess.TimeoutExpired:
            os.killpg(program.pid, signal.SIGKILL)
            return ()
    found = re.match(rb"julia version (\d+)\.(\d+)\.(\d+)", answer)
    return tuple(map(int, found.groups())) if found else ()


def julia_unavailable() -> Lacking | None:
    """Why our Julia files cannot be run by a program, and the command that mends it."""
    reason = _reason_against_julia(FOR_A_PROCESS)
    return Lacking(reason, "julia") if reason else None


def _reason_against_julia(least: Version) -> str | None:
    """Why no Julia of at least this version can be started."""
    if find_julia(least):
        return None
    asked = f"Julia {_dotted(least)} or newer"
    if named := _named_by_the_user():
        variable, value = named
        return f"{variable}={value} {_fault_of(shutil.which(value))}; {asked} is needed. Correct or unset {variable}"
    found = [f"{path} {_fault_of(path)}" for path in _candidates()]
    because = f" ({'; '.join(found)})" if found else ""
    return f"{asked} is not installed{because}. Install it: paragone julia"


def juliacall_unavailable() -> Lacking | None:
    """Why Julia cannot be loaded into this process, and the command that mends it.

    Takes about as long as `julia --version` and does not use the network.
    """
    reason = _reason_against_juliacall()
    return Lacking(reason, "juliacall") if reason else None


def _reason_against_juliacall() -> str | None:
    if importlib.util.find_spec("juliacall") is None:
        return "the package juliacall is not installed. Install it: pip install juliacall && paragone julia"
    if reason := _reason_against_julia(FOR_JULIACALL):
        return reason
    project = juliacall_project()
    if project is None:
        if path := os.environ.get("PYTHON_JULIACALL_PROJECT"):
            return f"PYTHON_JULIACALL_PROJECT={path} is not a folder. Correct or unset PYTHON_JULIACALL_PROJECT"
        return "Julia's package PythonCall is not installed for this Python. Install it: paragone julia"
    return _reason_against_versions(project)


def _reason_against_versions(project: Path) -> str | None:
    """Why juliacall cannot start the PythonCall in this folder: it loads no other version than its own."""
    mine, theirs = juliacall_version(), pythoncall_version(project)
    if mine is None or theirs is None or mine == theirs:
        return None
    is_managed = project == juliapkg_project() and not os.environ.get("PYTHON_JULIACALL_PROJECT")
    mend = "paragone julia" if is_managed else f"pip install juliacall=={theirs}"
    versions = f"juliacall is {mine}, and Julia's package PythonCall in {project} is {theirs}"
    return f"{versions}: both must have the same version. Mend it: {mend}"


def juliacall_version() -> str | None:
    try:
        return importlib.metadata.version("juliacall")
    except importlib.metadata.PackageNotFoundError:
        return None


def pythoncall_version(project: Path) -> str | None:
    """The version in the manifest of a folder of Julia packages; None where it names none."""
    for path in sorted(project.glob("*Manifest*.toml")):
        try:
            manifest = tomllib.loads(path.read_text(encoding="utf-8"))
            packages = manifest.get("deps", manifest)  # manifests before Julia 1.7 have the packages at the top
            return str(packages["PythonCall"][0]["version"])
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            continue
    return None


def blas_of(path: str) -> str:
    """The BLAS of this Julia as it says itself, without packages; "" where it does not answer."""
    script = (
        "using LinearAlgebra; print(isdefined(BLAS, :get_config) ? "
        'join((basename(each.libname) for each in BLAS.get_config().loaded_libs), ", ") : string(BLAS.vendor()))'
    )
    command = [path, "--startup-file=no", "--history-file=no", "-O0", "-e", script]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=5 * SECONDS_TO_ANSWER, check=True)
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return ""
    return answer.stdout.strip()


def juliacall_project() -> Path | None:
    """The folder of Julia packages with PythonCall: the user's choice, juliapkg's, or Julia's default environment."""
    if path := os.environ.get("PYTHON_JULIACALL_PROJECT"):
        return Path(path).absolute() if Path(path).is_dir() else None
    julia = find_julia(FOR_JULIACALL)
    default = _depots()[0] / "environments" / f"v{_dotted(julia_version(julia)[:2])}" if julia else juliapkg_project()
    return next((folder for folder in (juliapkg_project(), default) if _has_pythoncall(folder)), None)


def juliapkg_project() -> Path:
    """The folder of Julia packages that juliapkg keeps for this Python; `paragone julia` fills it."""
    if path := os.environ.get("PYTHON_JULIAPKG_PROJECT"):
        return Path(path).absolute()
    prefix = sys.prefix if sys.prefix != sys.base_prefix else os.environ.get("CONDA_PREFIX")
    return Path(prefix) / "julia_env" if prefix else _depots()[0] / "environments" / "pyjuliapkg"


def _candidates() -> list[str]:
    if named := _named_by_the_user():
        path = shutil.which(named[1])
        return [path] if path else []
    installed = shutil.which(_installed_by_juliapkg())
    on_path = shutil.which("julia")
    return [path for path in (installed, on_path) if path]


def _named_by_the_user() -> tuple[str, str] | None:
    return next(((variable, os.environ[variable]) for variable in NAMED_BY if os.environ.get(variable)), None)


def _installed_by_juliapkg() -> str:
    """The executable in juliapkg's own record, or ""."""
    try:
        record = json.loads((juliapkg_project() / "pyjuliapkg" / "meta.json").read_text())
        return str(record["executable"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _has_pythoncall(project: Path) -> bool:
    files = [project / name for name in ("Project.toml", "JuliaProject.toml")]
    return any("PythonCall" in file.read_text(errors="replace") for file in files if file.is_file())


def _depots() -> list[Path]:
    listed = [Path(entry) for entry in os.environ.get("JULIA_DEPOT_PATH", "").split(os.pathsep) if entry]
    return listed or [Path.home() / ".julia"]


def _fault_of(path: str | None) -> str:
    if path is None:
        return "is not an executable file"
    version = julia_version(path)
    return f"is Julia {_dotted(version)}" if version else f"did not say its version within {SECONDS_TO_ANSWER:g} s"


def _dotted(version: Version) -> str:
    return ".".join(map(str, version))
