"""The child process that runs the checks and writes a line of JSON for each.

python -m paragone.implementation.conformance DESCRIPTOR TASK
"""

from __future__ import annotations

import faulthandler
import json
import os
import sys
from pathlib import Path

import msgspec

from paragone.errors import HarnessError
from paragone.implementation.conformance.checks import CHECKS
from paragone.implementation.conformance.subject import NotApplicable, PromiseBroken, Subject
from paragone.implementation.conformance.task import Task
from paragone.implementation.failure_reason import describe_error
from paragone.implementation.importing import implementation_class


def main() -> None:
    """Run the checks that the task names, one after the other."""
    descriptor, task = int(sys.argv[1]), msgspec.json.decode(sys.argv[2], type=Task)
    os.set_inheritable(descriptor, False)
    faulthandler.enable()  # a crash tells where it was
    folder = Path(task.folder)
    subject = Subject(implementation_class(folder, task.name), task.axis, task.problems)
    for check in task.checks:
        status, reason = _found(subject, check, folder)
        os.write(descriptor, json.dumps({"check": check, "status": status, "reason": reason}).encode() + b"\n")
    subject.close()


def _found(subject: Subject, check: str, folder: Path) -> tuple[str, str]:
    try:
        CHECKS[check](subject)
    except NotApplicable as error:
        return "not applicable", str(error)
    except PromiseBroken as error:
        return "failed", str(error)
    except HarnessError as error:  # an adapter's own sentence says where and why
        return "failed", str(error)
    except Exception as error:
        return "failed", f"it raises {describe_error(error, folder)}"
    return "passed", ""


if __name__ == "__main__":
    main()
