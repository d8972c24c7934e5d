"""The page on callables: its examples work."""

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
