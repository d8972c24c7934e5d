"""Make Julia and its package PythonCall ready for the Python that runs this; `make julia` runs it.

A fit Julia that is there already is used, else juliapkg downloads one into the virtual environment. Nothing outside
of it changes but Julia's own store of packages, ~/.julia. Exit code 1, with a sentence, where that fails.
"""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
import urllib.error

SILENT_SECONDS = 60  # a server that says nothing for so long is not going to
BY_HAND = "or install Julia 1.10.3 or newer from https://julialang.org/downloads, put it on PATH, and repeat"


def main() -> None:
    """Find or download Julia, install its packages, and start it once, so that everything is compiled."""
    if importlib.util.find_spec("juliacall") is None:
        raise SystemExit("error: the package juliacall is not installed. Install it: pip install juliacall")
    if not os.environ.get("PYTHON_JULIACALL_PROJECT"):  # else the packages are the user's own
        install()
    start()


def install() -> None:
    """Let juliapkg find or download Julia and install PythonCall; it prints what it does."""
    if executable := os.environ.get("PYTHON_JULIACALL_EXE"):
        os.environ.setdefault("PYTHON_JULIAPKG_EXE", executable)
    socket.setdefaulttimeout(SILENT_SECONDS)
    import juliapkg

    try:
        juliapkg.resolve()
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        raise SystemExit(
            f"error: Julia could not be downloaded ({error}). Connect to the network and repeat: make julia; {BY_HAND}"
        ) from None
    except subprocess.CalledProcessError as error:
        raise SystemExit(
            f"error: Julia could not install its packages (exit code {error.returncode}; its own words stand above). "
            "With a network, repeat: make julia"
        ) from None
    except Exception as error:  # juliapkg raises plain Exceptions: no version for this platform, a wrong checksum
        raise SystemExit(f"error: Julia could not be installed ({error}). Repeat: make julia; {BY_HAND}") from None
    print(f"Julia is {juliapkg.executable()}; its packages are in {juliapkg.project()}", flush=True)


def start() -> None:
    """Load Julia into this process as an implementation does: what that compiles is kept for later processes."""
    from paragone.adapters.julia import julia_in_process
    from paragone.errors import HarnessError

    print("Starting Julia inside Python (the first time compiles packages, about a minute) …", flush=True)
    try:
        julia = julia_in_process()
    except HarnessError as error:
        raise SystemExit(f"error: {error}") from None
    for name, words in julia.build_info.items():
        print(f"  {name}: {words}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("stopped; what was installed so far stays, and make julia goes on from there")
