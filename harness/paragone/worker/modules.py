"""The code that a worker has loaded from elsewhere: where it has changed, another code runs than was verified."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

from paragone.files.paths import PACKAGE
from paragone.machine.surroundings import stamp


def modules_elsewhere(folder: Path | None) -> dict[str, str]:
    """Path → stamp of each module that lies neither in `folder` nor in Python or this harness.

    Of installed packages there are many: the stamp of the folder that holds them changes when one comes or goes.
    """
    installed = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    known = (*installed, sysconfig.get_path("stdlib"), str(PACKAGE), *([str(folder)] if folder else []))
    files = {str(file) for module in [*sys.modules.values()] if (file := getattr(module, "__file__", None))}
    outside = {file for file in files if not any(Path(file).is_relative_to(place) for place in known)}
    return {path: stamp(path) for path in sorted(installed | outside)}
