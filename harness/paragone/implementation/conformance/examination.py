"""All checks of one implementation, in a child process: it may crash or hang, and the rest goes on."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from paragone.files.paths import IMPORT_ROOT
from paragone.implementation.conformance.promise import CHECKS
from paragone.implementation.contract import Variant, variants
from paragone.implementation.registry import Registered
from paragone.machine.process_tree import ending
from paragone.machine.python_environments import interpreter
from paragone.machine.threads import worker_environment

# After so many crashes of one variant its other checks are left out.
MOST_CRASHES = 2
LOG_TAIL_BYTES = 500


@dataclass(frozen=True)
class Finding:
    """What one check found in one variant: "passed", "failed", "not applicable" or "crashed", and why."""

    variant: str
    check: str
    status: str
    reason: str = ""


def run_contract(found: Registered, time_limit_s: float) -> Iterator[Finding]:
    """Yield a finding for each variant and check, as each ends; no check may take longer than the limit."""
    for variant in variants(found.implementation):
        yield from examine(found, variant, time_limit_s)


def examine(found: Registered, variant: Variant, time_limit_s: float) -> Iterator[Finding]:
    """Yield a finding for each check of one variant, as each ends, from processes of its own."""
    todo, crashes = list(CHECKS), 0
    while todo:
        for finding in _in_a_child(found, variant, todo, time_limit_s):
            todo.remove(finding.check)
            crashes += finding.status == "crashed"
            yield finding
        if crashes >= MOST_CRASHES:
            reason = f"left out after {MOST_CRASHES} crashes"
            yield from (Finding(variant.name, check, "not applicable", reason) for check in todo)
            break


def _in_a_child(found: Registered, variant: Variant, checks: list[str], time_limit_s: float) -> Iterator[Finding]:
    """Yield what a child process finds; where it ends early, the last finding is the crash."""
    incoming, outgoing = os.pipe()
    environment, _ = worker_environment(1, os.environ)
    python = interpreter(variant.implementation.environment_name())
    task = {"folder": str(found.folder), "name": found.name, "axis": dict(variant.axis), "checks": checks}
    with tempfile.TemporaryFile() as log, os.fdopen(incoming, "rb", buffering=0) as answers:
        process = subprocess.Popen(
            [python, "-P", "-m", "paragone.implementation.conformance", str(outgoing), json.dumps(task)],
            pass_fds=(outgoing,),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**environment, "PYTHONPATH": os.pathsep.join([str(IMPORT_ROOT), environment.get("PYTHONPATH", "")])},
            start_new_session=True,
        )
        os.close(outgoing)
        try:
            left = list(checks)
            for line in _lines(answers.fileno(), time_limit_s):
                finding = Finding(variant.name, **json.loads(line))
                left.remove(finding.check)
                yield finding
            if left:
                yield Finding(variant.name, left[0], "crashed", _ending(process, log.fileno(), time_limit_s))
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _lines(descriptor: int, time_limit_s: float) -> Iterator[bytes]:
    """Yield the lines that come, until the end or until none comes within the limit."""
    read = b""
    while select.select([descriptor], [], [], time_limit_s)[0] and (more := os.read(descriptor, 65536)):
        *lines, read = (read + more).split(b"\n")
        yield from lines


def _ending(process: subprocess.Popen[bytes], log: int, time_limit_s: float) -> str:
    """Return how the child ended, and the last that it printed."""
    try:
        code = process.wait(1)
    except subprocess.TimeoutExpired:
        return f"no answer within {time_limit_s:g} s"
    size = os.fstat(log).st_size
    printed = os.pread(log, LOG_TAIL_BYTES, max(0, size - LOG_TAIL_BYTES)).decode(errors="replace").strip()
    said = f": {printed.splitlines()[-1]}" if printed else ""
    return ending(code) + said
