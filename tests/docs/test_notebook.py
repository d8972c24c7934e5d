"""The page on callables and the notebook beside it: their examples work."""

import json
import os
import re
import subprocess
import sys

import pytest

from paragone.files.paths import PROJECT

PAGE = (PROJECT / "docs" / "notebook.md").read_text(encoding="utf-8")
EXAMPLE, TEST = re.findall(r"^```python\n([\s\S]*?)^```$", PAGE, re.MULTILINE)


def test_the_first_example_is_a_script_that_ends_with_a_verdict(tmp_path):
    assert "np.arange(1000.0)))" in EXAMPLE
    short = EXAMPLE.replace("np.arange(1000.0)))", "np.arange(1000.0), seconds=1))")
    (tmp_path / "example.py").write_text(short, encoding="utf-8")
    command = [sys.executable, "example.py"]
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    assert [line.split()[0] for line in said.splitlines()[:4]] == ["callable", "sqrt", "sqrt", "loops"]
    assert "a call takes" in said


@pytest.mark.slow
def test_the_test_of_the_page_passes_or_is_skipped_by_pytest(tmp_path):
    package = tmp_path / "my_package"
    package.mkdir()
    (package / "__init__.py").write_text("def old(x):\n    return sorted(x)\n\n\nnew = old\n", encoding="utf-8")
    (package / "inputs.py").write_text("X = list(range(1000, 0, -1))\n", encoding="utf-8")
    (tmp_path / "test_page.py").write_text(TEST, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_page.py"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    assert ended.returncode == 0, ended.stdout
    assert re.search(r"1 (passed|skipped)", ended.stdout)


@pytest.fixture(scope="module")
def outputs():
    """What the cells with code give when the notebook is executed: the outputs of each."""
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    notebook = nbformat.read(PROJECT / "docs" / "notebook.ipynb", as_version=4)
    for cell in notebook.cells:
        cell.source = cell.source.replace("seconds=5", "seconds=1")
    paths = os.pathsep.join([str(PROJECT / "harness"), os.environ.get("PYTHONPATH", "")])
    client = nbclient.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(PROJECT / "docs")}}
    )
    client.execute(env={**os.environ, "PYTHONPATH": paths})
    return [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]


def shown(cell):
    """The data that is displayed last."""
    return cell[-1]["data"]


@pytest.mark.slow
def test_the_notebook_displays_a_run_as_a_table_and_a_chart(outputs):
    run, faster = shown(outputs[0]), shown(outputs[1])

    assert "is the fastest" in run["text/html"]
    assert re.search(r"<code>c_sparse</code></td>.*<code>numpy_rows C \(A/A\)</code></td>", run["text/html"], re.DOTALL)
    assert '<td data-label="verdict" class="short">slower</td>' in run["text/html"]
    assert 'src="data:image/svg+xml;base64,' in run["text/html"]
    assert len(run["text/plain"]) < 10_000
    assert "c_fused" in faster["text/html"]


@pytest.mark.slow
def test_the_notebook_compares_functions_and_nothing_of_its_progress_stays(outputs):
    compared, drawn, said = outputs[2:]

    assert "loops" in shown(compared)["text/html"]
    assert shown(drawn)["image/png"]
    assert "a call takes" in said[-1]["text"]
    assert not [output for output in compared if output["output_type"] == "stream"]
    assert [output["data"]["text/plain"] for output in compared[:-1]] in ([], [""])


def test_the_notebook_is_kept_without_outputs():
    notebook = json.loads((PROJECT / "docs" / "notebook.ipynb").read_text(encoding="utf-8"))

    assert all(not cell.get("outputs") and not cell.get("execution_count") for cell in notebook["cells"])
