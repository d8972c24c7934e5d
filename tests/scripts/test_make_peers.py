"""`make peers`, with a pip that only pretends: what it installs, what it leaves alone, what it says where it cannot."""

import json
import os
import subprocess

import pytest
from own_environments import Environments

from paragone.adapters.packages import CPU_EXTRAS
from paragone.files.paths import IMPORT_ROOT, PROJECT

MODULES = {"tensorflow-cpu": "tensorflow"}
CONFLICT = """
ERROR: Cannot install it because these package versions have conflicting dependencies.

The conflict is caused by:
    numba 0.68.1 depends on numpy<2.3
    The user requested (constraint) numpy==2.4.6

To fix this you could try to:
"""
# Answers as the table says that the test writes beside it: by distribution, what becomes of it.
PIP = """
import json, re, sys
from pathlib import Path
here = Path(__file__).parent.parent
arguments = sys.argv[1:]
python = Path(arguments[arguments.index("--python") + 1])
(site,) = python.parent.parent.glob("lib/python*/site-packages")
constraints = Path(arguments[arguments.index("--constraint") + 1]).read_text()
entry = {"environment": python.parent.parent.name, "arguments": arguments, "constraints": constraints}
with (here / "log").open("a") as log:
    log.write(json.dumps(entry) + "\\n")
for requirement, fate in json.loads((here / "fates").read_text()).items():
    if asked := [argument for argument in arguments if re.match(requirement + r"\\b(?!-)", argument)]:
        if fate == "clashes" and python.parent.parent.name == "base":
            print(CONFLICT); sys.exit(1)
        if fate == "is not offered":
            print("ERROR: Could not find a version that satisfies it (from versions: none)")
            print("ERROR: No matching distribution found for " + asked[0])
            sys.exit(1)
        if "--force-reinstall" in arguments and fate == "mended":
            fate = ""
        (site / MODULES.get(requirement, requirement)).mkdir(exist_ok=True)
        broken = "raise ImportError('lib.so: no such file')" if fate in ("broken", "mended") else ""
        (site / MODULES.get(requirement, requirement) / "__init__.py").write_text(f"__version__ = '9.9'\\n{broken}")
for package in ("msgspec", "numpy", "platformdirs", "psutil", "threadpoolctl"):
    if package in arguments:
        (site / package).mkdir(exist_ok=True)
        (site / package / "__init__.py").touch()
"""


@pytest.fixture
def peers(tmp_path):
    """Runs the script in an environment with what a worker needs; returns exit code, output and what pip was told."""
    environments = Environments(tmp_path)
    environments.make("base")
    pip = tmp_path / "fake" / "pip"
    pip.mkdir(parents=True)
    (pip / "__init__.py").touch()
    (pip / "__main__.py").write_text(f"MODULES = {MODULES!r}\nCONFLICT = {CONFLICT!r}\n{PIP}")

    class Peers:
        site = environments.site_of("base")
        own = tmp_path / "own"

        def __call__(self, *arguments, **fates):
            everything = {"numba": "", "jax": "", "torch": "", "tensorflow-cpu": "", "keras": ""}
            (tmp_path / "fake" / "fates").write_text(json.dumps(everything | fates))
            (tmp_path / "fake" / "log").write_text("")
            answer = subprocess.run(
                [tmp_path / "base" / "bin" / "python", PROJECT / "scripts" / "make_peers.py", *arguments],
                env={
                    **os.environ,
                    "PYTHONPATH": f"{tmp_path / 'fake'}:{IMPORT_ROOT}",
                    "PARAGONE_ENVIRONMENTS": self.own,
                },
                capture_output=True,
                text=True,
            )
            assert answer.stderr == ""
            log = [json.loads(line) for line in (tmp_path / "fake" / "log").read_text().splitlines()]
            return answer.returncode, answer.stdout, log

    return Peers()


def test_it_adds_every_peer_in_the_version_that_was_tested_and_imports_it(peers):
    code, said, log = peers()

    assert code == 0
    assert said.endswith("4 of 4 peers are here: numba, jax, torch, tensorflow\n")
    assert "tensorflow 9.9 keras 9.9" in said
    assert [entry["environment"] for entry in log] == ["base"] * 4
    assert "numba==0.68.1" in log[0]["arguments"]
    assert 'torch==2.13.0+cpu; sys_platform == "linux"' in log[2]["arguments"], "the build with CUDA is several GB"


def test_it_knows_the_extras_that_the_reasons_name(peers):
    code, said, _ = peers("--help")

    assert code == 0
    assert f"of {', '.join(CPU_EXTRAS)}; all if left out" in " ".join(said.split())


def test_what_is_there_stays_as_it_is(peers):
    peers("numba")
    code, said, log = peers("numba", "jax")

    assert code == 0
    assert "numba: is there already" in said
    assert [[a for a in entry["arguments"] if a.startswith(("numba", "jax=="))] for entry in log] == [["jax==0.10.2"]]
    assert "numpy==" in log[0]["constraints"]
    assert "setuptools==" not in log[0]["constraints"]


def test_one_that_cannot_be_installed_is_told_with_its_command_and_the_others_go_on(peers):
    code, said, _ = peers("numba", "jax", numba="is not offered")

    assert code == 0
    assert "numba: not added: No matching distribution found for numba==0.68.1. Repeat: make peers PEERS=numba" in said
    assert said.endswith("1 of 2 peers are here: jax\n")


def test_the_exit_code_is_1_only_where_none_could_be_added(peers):
    code, said, _ = peers("numba", numba="is not offered")

    assert code == 1
    assert said.endswith("0 of 1 peers are here\n")


def test_without_a_cpu_build_of_pytorch_the_one_with_cuda_is_not_taken(peers):
    code, said, log = peers("torch", torch="is not offered")

    assert code == 1
    assert "PIP_EXTRA_INDEX_URL=ADDRESS make peers PEERS=torch" in said
    assert len(log) == 1


def test_one_that_cannot_be_imported_is_told_and_installed_again_when_repeated(peers):
    code, said, _ = peers("jax", jax="broken")
    assert code == 1
    assert "cannot be imported: ImportError: lib.so: no such file. Repeat: make peers PEERS=jax" in said

    code, said, log = peers("jax", jax="mended")
    assert code == 0
    assert "--force-reinstall" in log[-1]["arguments"]


def test_one_that_clashes_with_what_is_there_gets_an_environment_of_its_own(peers):
    code, said, log = peers("numba", "jax", numba="clashes")

    assert code == 0
    assert "numba 0.68.1 depends on numpy<2.3; The user requested (constraint) numpy==2.4.6" in said
    assert [entry["environment"] for entry in log] == ["base", "numba", "base"]
    assert "psutil" in log[1]["arguments"]
    assert log[1]["constraints"] == ""
    assert not (peers.site / "numba").exists()


def test_one_is_put_into_an_environment_of_its_own_where_that_is_asked_for_and_found_there_later(peers):
    code, _, log = peers("jax", "--own", "jax")
    assert code == 0
    assert [entry["environment"] for entry in log] == ["jax"]

    code, said, log = peers("jax")
    assert code == 0
    assert f"jax: is there already, in {peers.own / 'jax'}" in said
    assert log == []


def test_an_environment_of_its_own_whose_python_is_gone_is_made_again(peers):
    peers("jax", "--own", "jax")
    (peers.own / "jax" / "bin" / "python").unlink()
    code, _, log = peers("jax", "--own", "jax")

    assert code == 0
    assert (peers.own / "jax" / "bin" / "python").exists()
    assert [entry["environment"] for entry in log] == ["jax"]


def test_options_for_pip_are_handed_on(peers):
    _, _, log = peers("jax", "--own", "--pip-args=--no-cache-dir --retries 1")

    assert {"--no-cache-dir", "--retries", "1"} <= set(log[0]["arguments"])


def test_an_unknown_name_is_misuse(tmp_path):
    environments = Environments(tmp_path)
    environments.make("base")
    answer = subprocess.run(
        [tmp_path / "base" / "bin" / "python", "scripts/make_peers.py", "numbra"],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(IMPORT_ROOT)},
        capture_output=True,
        text=True,
    )

    assert answer.returncode == 2
    assert "expected names out of numba, jax, torch, tensorflow; got numbra" in answer.stderr
