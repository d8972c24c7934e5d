"""The wheel, installed outside the checkout: everything that ships is in it, and it writes where its user is."""

import os
import re
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import numpy as np
import pytest
from small_problem import SMALL

from paragone import __version__
from paragone.files.paths import PROJECT
from paragone.implementation.registry import discover

pytestmark = pytest.mark.slow

# The packages that paragone needs are those of the tests' environment: only the wheel itself is installed.
PACKAGES = Path(np.__file__).parent.parent

# Advice such as "Install: make peers": there is no Makefile.
MAKE = re.compile(r"[:&] make \w+")

PLUGIN = """
import paragone


class Elsewhere(paragone.ArrayImplementation):
    name = "elsewhere"
    layout = "samples in rows"
    source = "a test"
    idea = "Comes from a package of its own."
    maths = ("maths.py",)
    axes = {"dtype": paragone.FLOATS}

    def formulas(self):
        from . import maths

        return maths
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built as a user of pip builds it, but with the build backend of the tests' environment."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", str(folder), str(PROJECT)], check=True, capture_output=True, text=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def site(wheel, tmp_path_factory):
    """The packages of a fresh environment that holds the wheel and a plugin package."""
    place = tmp_path_factory.mktemp("installed") / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place)], check=True)
    (site,) = place.glob("lib/python*/site-packages")
    pip = [sys.executable, "-m", "pip", "--python", str(place / "bin" / "python"), "install", "--quiet", "--no-deps"]
    subprocess.run([*pip, str(wheel)], check=True, capture_output=True, text=True)
    (site / "needed.pth").write_text(f"{PACKAGES}\n")
    (site.parent / "impls").mkdir()  # a folder of the user's: it does not make this place a checkout
    add_plugin_package(site)
    return site


def add_plugin_package(site):
    """A package as pip leaves it: its module, its metadata, its entry point."""
    package = site / "their_package"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "impl.py").write_text(textwrap.dedent(PLUGIN))
    (package / "maths.py").write_text((PROJECT / "impls" / "mlp" / "numpy_rows" / "rows.py").read_text())
    about = site / "their_package-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: their_package\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[paragone.implementations]\nelsewhere = their_package\n")


@pytest.fixture(scope="module")
def user(site, tmp_path_factory):
    """Runs a command of the environment in one empty folder, with an empty home; returns what it prints."""
    folder, home = tmp_path_factory.mktemp("folder"), tmp_path_factory.mktemp("home")
    (folder / "small.toml").write_text(SMALL)
    ours = ("PYTHONPATH", "PARAGONE_CACHE", "PARAGONE_RESULTS", "PARAGONE_DATA", "XDG_CACHE_HOME", "XDG_DATA_HOME")
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    environment |= {"HOME": str(home), "PARAGONE_DATA": "digits", "PYTHONDONTWRITEBYTECODE": "1"}

    def run(*command, program="paragone"):
        path = site.parents[2] / "bin" / program
        ended = subprocess.run([path, *command], cwd=folder, env=environment, capture_output=True, text=True)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout + ended.stderr

    run.folder, run.home = folder, home
    return run


def files_of(site):
    return {path for path in (site / "paragone").rglob("*") if path.is_file()}


def test_nothing_but_the_package_and_its_metadata_is_at_the_top(wheel):
    names = zipfile.ZipFile(wheel).namelist()

    assert {name.split("/")[0] for name in names} == {"paragone", f"paragone-{__version__}.dist-info"}


def test_every_file_that_git_keeps_of_the_package_is_in_it(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    kept = subprocess.run(
        ["git", "-C", str(PROJECT), "ls-files", "harness/paragone", "impls", "benchmarks"],
        check=True, capture_output=True, text=True,
    ).stdout.splitlines()  # fmt: skip
    expected = {
        path.removeprefix("harness/") if path.startswith("harness/") else f"paragone/{path}"
        for path in kept
        if not Path(path).name.startswith(".") and (PROJECT / path).exists()
    }

    assert len(expected) > 200
    assert expected - set(names) == set()


def test_every_implementation_and_the_plugin_are_listed(user):
    printed = user("list")

    shipped = {found.name for found in discover(PROJECT / "impls" / "mlp")[0]}
    assert len(shipped) > 20
    assert (shipped | {"elsewhere"}) - set(printed.splitlines()) == set()
    assert MAKE.findall(printed) == []


def test_a_quick_bench_beside_a_plugin_writes_into_the_current_folder_alone(user, site):
    before = files_of(site)

    printed = user("bench", "--quick", "-p", "small.toml", "-b", "20", "--dtype", "float32", "-i", "elsewhere")

    (run,) = (user.folder / "results").iterdir()
    assert (run / "report.html").is_file()
    assert f"{run}/report.md" in printed
    assert {"elsewhere", "numpy_rows"} <= {line.split()[0] for line in printed.splitlines() if line.strip()}
    assert MAKE.findall(printed) == []
    assert files_of(site) == before
    assert {path.name for path in user.folder.iterdir()} == {"results", "small.toml"}

    loaded = user(
        "-c", "import paragone; print(paragone.load_run('latest').summary['variant'].to_list())", program="python"
    )
    assert "elsewhere[dtype=float32]" in loaded


def test_a_new_implementation_is_written_into_the_current_folder_and_passes(user):
    printed = user("new", "my_step")

    assert (user.folder / "my_step" / "impl.py").is_file()
    command = next(line for line in printed.splitlines() if "--contract" in line).partition("#")[0].split()
    assert command[0] == "paragone"
    assert "passed" in user(*command[1:], "-p", "small.toml", "-b", "20", "--dtype", "float32")


def test_an_installed_package_has_no_revisions_and_says_so(user):
    with pytest.raises(AssertionError, match="installed from a wheel"):
        user("compare", "--live", "HEAD", ".")


def test_what_was_built_lies_in_the_users_cache(user):
    user("verify", "c_loops", "-p", "small.toml", "-b", "20")

    assert list((user.home / ".cache" / "paragone").glob("built/*/*"))
