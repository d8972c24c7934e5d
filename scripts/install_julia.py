"""Install Julia and its package PythonCall for the Python that runs this; `make julia` runs it.

An installed Julia is used if its version fits; otherwise juliapkg downloads one into the virtual environment. Nothing
else changes but Julia's depot of packages, ~/.julia. Where it fails: one sentence and exit code 1.
"""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
import urllib.error

SILENT_SECONDS = 60  # a server that sends nothing for this long has hung
BY_HAND = "or install Julia 1.10.3 or newer from https://julialang.org/downloads, put it on PATH, and repeat"


def main() -> None:
    """Find or download Julia, install its packages, and start it once, which compiles everything."""
    if importlib.util.find_spec("juliacall") is None:
        raise SystemExit("error: the package juliacall is not installed. Install it: pip install juliacall")
    if not os.environ.get("PYTHON_JULIACALL_PROJECT"):  # with it set, the user manages the packages
        install()
    start()


def install() -> None:
    """Have juliapkg find or download Julia and install PythonCall; it prints its progress."""
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
            f"error: Julia could not install its packages (exit code {error.returncode}; its output is above). "
            "With a network, repeat: make julia"
        ) from None
    except Exception as error:  # juliapkg raises plain Exceptions: no version for this platform, a wrong checksum
        raise SystemExit(f"error: Julia could not be installed ({error}). Repeat: make julia; {BY_HAND}") from None
    print(f"Julia is {juliapkg.executable()}; its packages are in {juliapkg.project()}", flush=True)


def start() -> None:
    """Load Julia into this process as an implementation does; Julia caches the compiled code for later processes."""
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
        sys.exit("stopped; everything installed so far is kept, and make julia continues from there")
