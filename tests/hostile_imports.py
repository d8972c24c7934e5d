"""Plugins that leave something behind, when they are imported or when they are asked whether they can run here."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

IMPL = """
import atexit, builtins, ctypes, gc, locale, os, resource, signal, subprocess, sys, threading, time, warnings
import numpy as np
from paragone.implementation.contract import Implementation

NOTE = {note!r}


def note(pid):
    with open(NOTE, "a") as notes:
        print(pid, file=notes)


def write_everywhere(content):
    for number in range(3, 64):
        try:
            os.write(number, content)
        except OSError:
            pass


def leave():
{code}


{at_import}


class Plugin(Implementation):
    name, language, layout, source, idea, maths = {name!r}, "Python", "rows", "S0", "None.", ()

    @classmethod
    def missing(cls):
        {in_missing}

    def load(self, problem, images, labels): pass
    def reset(self, state): pass
    def train(self, order): pass
    def params(self): pass
"""

DAEMON = """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.closerange(0, 256)
        note(os.getpid())
        os.execve(sys.executable, [sys.executable, "-c", "import time; time.sleep(600)"], {})
    os._exit(0)
os.wait()
time.sleep(0.2)
"""


class Kind(NamedTuple):
    """What is left behind, and why the plugin cannot be used then: when imported, when asked; "" where it can."""

    code: str
    imported: str = ""
    asked: str = ""


def ends(how: str) -> tuple[str, str]:
    return f"importing it {how}", f"whether it can run here {how}"


KINDS = {
    "timers": Kind("signal.setitimer(signal.ITIMER_REAL, 3600)\nsignal.setitimer(signal.ITIMER_PROF, 3600)"),
    "alarms": Kind("signal.alarm(3600)"),
    "resource limits": Kind(
        "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))\nresource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))"
    ),
    "niceness": Kind("os.nice(5)"),
    "CPU affinity": Kind("os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})"),
    "garbage collection": Kind("gc.disable()\ngc.set_threshold(1)"),
    "signal masks": Kind("signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGCHLD})"),
    "signal handlers": Kind(
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)"
    ),
    "profile functions": Kind("sys.setprofile(lambda *_: None)\nsys.settrace(lambda *_: None)"),
    "hooks of exceptions": Kind("sys.excepthook = sys.unraisablehook = threading.excepthook = lambda *_: None"),
    "time zone and locale": Kind(
        "os.environ['TZ'] = 'Asia/Kolkata'\ntime.tzset()\nlocale.setlocale(locale.LC_ALL, 'C')"
    ),
    "folder and umask": Kind("os.chdir('/')\nos.umask(0o777)"),
    "environment": Kind("os.environ.clear()\nos.environ['PYTHONPATH'] = '/nowhere'"),
    "interpreter": Kind(
        "sys.path.clear()\nsys.setrecursionlimit(500)\nsys.setswitchinterval(1)\nsys.stdout = sys.stderr = None"
    ),
    "patched modules": Kind(
        "time.perf_counter_ns = lambda: 0\nbuiltins.print = None\nsys.modules['statistics'] = None"
    ),
    "NumPy and warnings": Kind(
        "np.seterr(all='raise')\nnp.set_printoptions(precision=1)\nwarnings.simplefilter('error')"
    ),
    "exit functions": Kind("atexit.register(threading.Event().wait)"),
    "threads": Kind("threading.Thread(target=threading.Event().wait).start()", "starts a thread that goes on"),
    "processes": Kind("note(subprocess.Popen(['sleep', '600']).pid)", "starts a process"),
    "forks": Kind(
        "if os.fork() == 0:\n    note(os.getpid())\n    time.sleep(600)\ntime.sleep(0.1)", "starts a process"
    ),
    "daemons": Kind(DAEMON, "starts a process"),
    "stopped processes": Kind("note(subprocess.Popen(['sh', '-c', 'kill -STOP $$']).pid)", "starts a process"),
    "closed streams": Kind("os.closerange(0, 3)", "closes the standard streams"),
    "closed descriptors": Kind("os.closerange(0, 256)", *ends("ends the program: it exited with code 1")),
    "exits": Kind("os._exit(0)", *ends("ends the program: it exited with code 0")),
    "crashes": Kind("ctypes.string_at(0)", *ends("ends the program: it was killed by SIGSEGV")),
    "interrupts": Kind("raise KeyboardInterrupt", "KeyboardInterrupt", "KeyboardInterrupt"),
    "hangs": Kind("threading.Event().wait()", *ends("takes longer than")),
    "killed parent": Kind("os.kill(os.getppid(), signal.SIGKILL)\ntime.sleep(0.5)", "was ended", "was ended"),
    "output": Kind("os.write(1, b'x' * 100_000)\nos.write(2, b'x' * 100_000)"),
    "forged output": Kind(
        'write_everywhere(b\'{"described": [{"name": "numpy_rows"}]}\\n\')',
        "its description is malformed",
        "its description is malformed",
    ),
    "broken output": Kind(
        "write_everywhere(b'{\\xff')\nwrite_everywhere(b'\\n')", *ends("writes to descriptors that are not its own")
    ),
    "endless output": Kind(
        "while True: write_everywhere(b'x' * 10_000)", "says more than 4 MiB", "says more than 4 MiB"
    ),
}


def write(folder: Path, kinds: dict[str, Kind], when: str) -> dict[str, Path]:
    """Kind → the folder of a plugin that leaves it behind `when` it is imported or asked."""
    written = {}
    for kind, (code, *_) in kinds.items():
        name = f"{kind.lower().replace(' ', '_')}_{when}"
        path = folder / name / "impl.py"
        path.parent.mkdir(parents=True)
        indented = "\n".join(f"    {line}" for line in code.strip().splitlines())
        path.write_text(
            IMPL.format(
                name=name,
                note=str(folder / "notes"),
                code=indented,
                at_import="leave()" if when == "imported" else "",
                in_missing="leave()" if when == "asked" else "pass",
            )
        )
        written[kind] = path.parent
    return written
