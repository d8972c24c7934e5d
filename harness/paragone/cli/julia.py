"""paragone julia: install Julia and its package PythonCall for the Python that runs this.

An installed Julia is used if its version fits; otherwise juliapkg downloads one into the virtual environment. Nothing
else changes but Julia's depot of packages, ~/.julia.
"""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import urllib.error

from rich.markup import escape

from paragone.adapters.julia import julia_in_process
from paragone.cli.app import exit_where_interrupted, out
from paragone.errors import Unavailable

SILENT_SECONDS = 60  # a server that sends nothing for this long has hung
BY_HAND = "or install Julia 1.10.3 or newer from https://julialang.org/downloads, put it on PATH, and repeat"


def julia() -> None:
    """Find or download Julia, install its packages, and start it once: that compiles everything."""
    if importlib.util.find_spec("juliacall") is None:
        raise Unavailable("the package juliacall is not installed. Install it: pip install juliacall")
    with exit_where_interrupted("Stopped; everything installed so far is kept, and paragone julia goes on from there."):
        if not os.environ.get("PYTHON_JULIACALL_PROJECT"):  # with it set, the user manages the packages
            _install()
        _start()


def _install() -> None:
    """Have juliapkg find or download Julia and install PythonCall; it prints its progress."""
    if executable := os.environ.get("PYTHON_JULIACALL_EXE"):
        os.environ.setdefault("PYTHON_JULIAPKG_EXE", executable)
    socket.setdefaulttimeout(SILENT_SECONDS)
    import juliapkg

    try:
        juliapkg.resolve()
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        raise Unavailable(
            f"Julia could not be downloaded ({error}). Connect to the network and repeat: paragone julia; {BY_HAND}"
        ) from None
    except subprocess.CalledProcessError as error:
        raise Unavailable(
            f"Julia could not install its packages (exit code {error.returncode}; its output is above). "
            "With a network, repeat: paragone julia"
        ) from None
    except Exception as error:  # juliapkg raises plain Exceptions: no version for this platform, a wrong checksum
        raise Unavailable(f"Julia could not be installed ({error}). Repeat: paragone julia; {BY_HAND}") from None
    _say(f"Julia is {juliapkg.executable()}; its packages are in {juliapkg.project()}")


def _start() -> None:
    """Load Julia into this process as an implementation does; Julia caches the compiled code for later processes."""
    _say("Starting Julia inside Python (the first time compiles packages, about a minute) …")
    for name, words in julia_in_process().build_info.items():
        _say(f"  {name}: {words}")


def _say(sentence: str) -> None:
    out.print(escape(sentence), soft_wrap=True, highlight=False)
