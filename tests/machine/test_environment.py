import json
import os
import subprocess
import sys

import msgspec
import pytest
from own_environments import Environments

from paragone.files.atomic import write_json
from paragone.files.hashing import folder_hash
from paragone.files.paths import PROJECT
from paragone.machine import environment
from paragone.machine.environment import (
    MATCHED,
    describe,
    differences,
    facts,
    machine_fingerprint,
    revision,
    source_hash,
)
from paragone.machine.environment_record import Environment, Machine
from paragone.store.reader import read_environment


@pytest.fixture(scope="module")
def described():
    return describe()


def git(folder, *arguments):
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True, env=clean)


@pytest.fixture
def checkout(tmp_path):
    """A project in git: one file of the harness, one text, both committed."""
    (tmp_path / "harness").mkdir()
    (tmp_path / "harness" / "a.py").write_text("a = 1\n")
    (tmp_path / "README.md").write_text("text\n")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--no-verify", "-m", "first")
    return tmp_path


def test_no_part_of_an_environment_is_left_out(described):
    assert described.python.version
    assert described.os.system
    assert described.revision.source_hash
    assert described.load.busy_cpus is not None
    assert described.inherited is not None


def test_the_description_names_neither_the_host_nor_the_home_folder(monkeypatch):
    monkeypatch.setenv("HOME", "/home/adalovelace")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/home/adalovelace/lib")
    monkeypatch.setattr(environment.platform, "node", lambda: "adas-laptop")
    text = str(describe())

    assert "~/lib" in text
    assert "adalovelace" not in text
    assert "adas-laptop" not in text


def test_the_environments_of_their_own_are_described_by_their_versions_and_must_match(tmp_path, monkeypatch):
    monkeypatch.setenv("PARAGONE_ENVIRONMENTS", str(tmp_path))
    environments = Environments(tmp_path)
    environments.make("old", with_numpy=False)
    environments.add_package("old", "numpy", version="1.26.0")
    environments.add_package("old", "something_else")
    found = describe(["old"])
    own = found.own_environments["old"]

    assert own.python == ".".join(map(str, sys.version_info[:3]))
    assert own.packages["numpy"] == "1.26.0"
    assert "something-else" not in own.packages
    assert found.packages["numpy"] != "1.26.0"
    newer = changed(found, ("own_environments", "old", "packages", "numpy"), "2.0.0")
    assert differences(found, newer) == ["numpy in old: 1.26.0 then, 2.0.0 now"]
    assert machine_fingerprint(found) != machine_fingerprint(newer)


def test_a_kept_variable_with_a_warning_is_in_the_description_and_its_warnings(monkeypatch):
    monkeypatch.setenv("OPENBLAS_L2_SIZE", "1024")
    found = describe()

    assert "OPENBLAS_L2_SIZE" in {variable.name for variable in found.inherited}
    assert any("OPENBLAS_L2_SIZE=1024" in sentence for sentence in found.warnings)


def test_the_versions_of_numpy_and_python_are_recorded(described):
    assert described.packages["numpy"] == __import__("numpy").__version__
    assert described.python.version == ".".join(map(str, sys.version_info[:3]))
    assert {"numpy", "scipy", "pandas", "matplotlib"} <= described.packages.keys()


def test_packages_that_are_not_installed_are_left_out(monkeypatch):
    monkeypatch.setattr(environment, "MEASURED_PACKAGES", ("no-such-package", "numpy"))

    assert "no-such-package" not in environment.packages()
    assert "numpy" in environment.packages()


def test_a_clean_checkout_has_a_commit_and_is_not_dirty(checkout):
    found = revision(checkout)

    assert len(found.commit) == 40
    assert found.dirty is False


@pytest.mark.parametrize(
    ("path", "dirty"), [("harness/a.py", True), ("harness/new.py", True), ("README.md", False), ("new.txt", False)]
)
def test_only_what_decides_numbers_makes_a_checkout_dirty(checkout, path, dirty):
    (checkout / path).write_text("changed\n")

    assert revision(checkout).dirty is dirty


def test_a_hook_of_git_does_not_lead_to_another_repository(checkout, tmp_path_factory, monkeypatch):
    other = tmp_path_factory.mktemp("other")
    git(other, "init", "--quiet")
    commit = revision(checkout).commit
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))

    assert revision(checkout).commit == commit


def test_a_folder_inside_someone_elses_checkout_has_no_commit(checkout):
    installed = checkout / "site-packages"
    (installed / "harness").mkdir(parents=True)

    assert revision(installed).commit is None


def test_without_git_there_is_no_commit_but_still_a_hash_of_the_source(checkout, monkeypatch):
    monkeypatch.setenv("PATH", str(checkout / "empty"))
    found = revision(checkout)

    assert (found.commit, found.dirty) == (None, None)
    assert found.source_hash == source_hash()


def test_the_hash_of_the_source_is_that_of_this_harness():
    assert source_hash() == folder_hash(PROJECT / "harness" / "paragone") == revision().source_hash


def changed(description, path, value):
    other = msgspec.to_builtins(description)
    *parents, last = path
    place = other
    for key in parents:
        place = place[key]
    place[last] = value
    return msgspec.convert(other, Environment)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("machine", "cpu"), "Z80", "CPU: "),
        (("machine", "logical_cpus"), 999, "logical CPUs: "),
        (("machine", "physical_cores"), 999, "physical cores: "),
        (("machine", "usable_cpus"), list(range(99)), "usable CPUs: "),
        (("machine", "cpu_quota"), 0.5, "CPU quota: none then, 0.5 now"),
        (("machine", "memory_bytes"), 2**50, "memory in GiB: "),
        (("machine", "transparent_hugepages"), "sometimes", "transparent huge pages: "),
        (("os", "release"), "1.0", "system: "),
        (("python", "version"), "2.7", "Python: "),
        (("packages", "numpy"), "1.0", "numpy: "),
        (("blas",), [], "BLAS: "),
    ],
)
def test_a_fact_that_must_match_changes_the_fingerprint_and_has_a_sentence(described, path, value, said):
    described = changed(described, ("machine", "cpu_quota"), None)
    other = changed(described, path, value)
    [sentence] = differences(described, other)

    assert machine_fingerprint(other) != machine_fingerprint(described)
    assert sentence.startswith(said)
    assert sentence.endswith(" now")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("load", "busy_cpus"), 99.0),
        (("load", "load_average"), None),
        (("machine", "memory_available_bytes"), 1),
        (("machine", "swap_used_bytes"), 2**40),
        (("machine", "usable_cpus"), "others"),
        (("packages", "matplotlib"), "0.1"),
        (("warnings",), ["other"]),
        (("revision", "commit"), None),
    ],
)
def test_what_may_change_within_a_run_does_not_change_the_fingerprint(described, path, value):
    if value == "others":  # which CPUs they are may change, how many may not
        value = [cpu + 100 for cpu in described.machine.usable_cpus]
    other = changed(described, path, value)

    assert machine_fingerprint(other) == machine_fingerprint(described)
    assert differences(described, other) == []


def test_a_kept_variable_is_part_of_what_must_match_and_a_cleared_one_is_not(described):
    kept = {"name": "MALLOC_ARENA_MAX", "value": "1", "treatment": "kept"}
    cleared = {"name": "OMP_PLACES", "value": "cores", "treatment": "cleared"}
    bare = changed(described, ("inherited",), [])

    assert differences(bare, changed(described, ("inherited",), [kept])) == ["MALLOC_ARENA_MAX: none then, 1 now"]
    assert differences(bare, changed(described, ("inherited",), [cleared])) == []


def test_an_environment_read_back_from_its_file_has_the_same_fingerprint(described, tmp_path):
    write_json(tmp_path / "environment.json", msgspec.to_builtins(described))

    assert read_environment(tmp_path) == described
    assert machine_fingerprint(read_environment(tmp_path)) == machine_fingerprint(described)


def test_every_fact_that_must_match_is_in_a_description(described):
    for value in MATCHED.values():
        json.dumps(value(described))


def test_facts_that_a_description_lacks_are_left_out():
    assert facts(Environment(machine=Machine(cpu="a CPU"))) == {"CPU": "a CPU"}


def test_importing_the_environment_loads_no_library_of_numbers():
    heavy = {"numpy", "pandas", "scipy", "cpuinfo"}
    code = f"import sys, paragone.machine.environment; print(sorted({heavy} & set(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)

    assert answer.stdout.strip() == "[]"
