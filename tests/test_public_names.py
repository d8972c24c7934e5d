"""What `import paragone` offers to plugins and notebooks."""

import ast
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import paragone
from paragone.errors import UnknownName
from paragone.implementation.contract import Implementation

OLD_RUN = Path(__file__).parent / "store" / "old_run"


def test_every_public_name_is_the_object_of_its_module():
    for name, module in paragone.PUBLIC.items():
        assert getattr(paragone, name) is getattr(sys.modules[f"paragone.{module}"], name)

    assert paragone.Implementation is Implementation
    assert set(paragone.__all__) <= set(dir(paragone))


def test_type_checkers_see_the_same_names_from_the_same_modules():
    imports = [
        node for node in ast.walk(ast.parse(Path(paragone.__file__).read_text())) if isinstance(node, ast.ImportFrom)
    ]
    seen = {
        alias.asname: node.module.removeprefix("paragone.") for node in imports for alias in node.names if alias.asname
    }

    assert seen == paragone.PUBLIC


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'no_such_name'"):
        paragone.no_such_name  # noqa: B018 - the access is the test


def test_importing_the_package_loads_nothing_else_of_it():
    code = "import sys, paragone; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    assert [name for name in loaded if name.startswith(("paragone", "numpy", "pandas"))] == ["paragone"]


def test_a_run_is_loaded_as_frames_by_its_path():
    results = paragone.load_run(OLD_RUN)

    assert isinstance(results.summary, pd.DataFrame)
    assert {"passed", "failed"} <= set(results.summary["status"])
    assert (results.samples["elapsed_ns"] > 0).all()
    assert results.run.plan.rounds > 0


def test_a_run_is_loaded_by_its_name_in_the_results_folder(monkeypatch):
    monkeypatch.setenv("PARAGONE_RESULTS", str(OLD_RUN.parent))

    assert paragone.load_run().run.folder == paragone.load_run("old_run").run.folder == OLD_RUN


def test_a_run_that_is_not_there_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PARAGONE_RESULTS", str(tmp_path))

    with pytest.raises(UnknownName, match="unknown run 'yesterday'"):
        paragone.load_run("yesterday")
