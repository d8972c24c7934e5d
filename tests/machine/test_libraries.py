"""What installed packages weigh, by their own metadata."""

import pytest

from paragone.machine.libraries import libraries


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Three packages: `big.one` requires `small`, and `tests-only` for an extra alone."""

    def install(name, requires, files):
        folder = tmp_path / f"{name}-1.0.dist-info"
        folder.mkdir()
        lines = [f"Requires-Dist: {requirement}" for requirement in requires]
        (folder / "METADATA").write_text("\n".join(["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.0", *lines]))
        (folder / "RECORD").write_text("\n".join(f"{file},sha256=x,{size}" for file, size in files))
        for file, _ in files:  # importlib_metadata, where something imports it, leaves out what is not there
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / file).touch()

    requires = ["small>=0.5", "tests-only; extra == 'test'", "absent; python_version < '3'", "not installed ("]
    install("big.one", requires, [("big/__init__.py", 10), ("big/kernel.so", 990), ("big_one.libs/blas.so.3", 5)])
    install("small", [], [("small.py", 7), ("small-1.0.dist-info/METADATA", 1)])
    install("tests_only", [], [("tests_only/__init__.py", 1000)])
    monkeypatch.syspath_prepend(tmp_path)
    libraries.cache_clear()
    yield
    libraries.cache_clear()


def test_a_package_stands_there_with_all_that_it_requires_on_this_machine_and_no_extras(installed):
    found = libraries(("Big_One", "not-here"))

    assert {"big-one": 1005, "small": 8} == {name: each.n_bytes for name, each in found.items()}
    assert ("small",) == found["big-one"].requires
    assert (("big",), ("small",)) == (found["big-one"].modules, found["small"].modules)
