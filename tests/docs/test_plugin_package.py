"""The plugin package on the page for contributors: its wheel holds every file, and the harness finds it installed."""

import importlib
import importlib.util
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from paragone.files.paths import PROJECT
from paragone.implementation.contract import variants
from paragone.implementation.importing import instance_of
from paragone.implementation.registry import discover
from paragone.implementation.template import write_starter
from paragone.task.mlp.problem_files import find_problem

PAGE = (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8")
(PYPROJECT,) = re.findall(r"```toml\n(\[build-system\].*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel that pip builds of the page's package, with a starter in C and a header of its own."""
    if importlib.util.find_spec("hatchling") is None:
        pytest.skip("hatchling is not installed: pip install --group check")
    folder = tmp_path_factory.mktemp("my-steps")
    (folder / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    glue, maths = write_starter("my_step", "c", folder / "src" / "my_steps")
    (glue.parent / "mine.h").write_text("#define TWO 2\n")
    maths.write_text('#include "mine.h"\n' + maths.read_text(encoding="utf-8"), encoding="utf-8")
    (command,) = re.findall(r"^    (pip wheel .*?)  ", PAGE, re.MULTILINE)
    arguments = [*command.split(), "--no-build-isolation", "--disable-pip-version-check"]
    process = subprocess.run([sys.executable, "-m", *arguments], cwd=folder, capture_output=True, text=True)
    assert process.returncode == 0, process.stdout + process.stderr
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_has_the_name_on_the_page_and_every_file_of_the_implementation(wheel):
    assert f"# {wheel.name}, with maths.c in it" in PAGE
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if not name.startswith("my_steps-0.1.dist-info/")}
    assert names == {f"my_steps/my_step/{file}" for file in ("impl.py", "maths.c", "mine.h")}


def test_the_installed_package_is_found_and_its_c_is_compiled(wheel, tmp_path, monkeypatch):
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not installed")
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("PARAGONE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("PARAGONE_PLUGINS", raising=False)
    importlib.invalidate_caches()
    before = sorted(site.rglob("*"))

    found, unusable = discover()
    (mine,) = [entry for entry in found if entry.name == "my_step"]
    loaded = instance_of(next(variants(mine.implementation)))
    problem = replace(find_problem("nielsen"), n_train=2)
    loaded.load(problem, np.zeros((2, 784), loaded.dtype), np.zeros(2, np.uint8))
    loaded.close()

    assert (unusable, mine.origin) == ([], "package my-steps 0.1")
    assert [path for path in sorted(site.rglob("*")) if path not in before and "__pycache__" not in path.parts] == []
