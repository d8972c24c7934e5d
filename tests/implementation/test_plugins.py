"""Where implementations come from besides the project's own folder, and what leads nowhere."""

import importlib
import os
import sys

import pytest
from small_kernels import kernel_folder

from paragone.cli.values import find_kernel
from paragone.errors import Misuse
from paragone.implementation.plugins import kernel_folders, locations_given, locations_in, locations_installed
from paragone.implementation.registry import IMPLEMENTATIONS, discover

IMPL = """
from paragone.implementation.registry import IMPLEMENTATIONS, read_folder

(Rows,) = read_folder(IMPLEMENTATIONS / "numpy_rows")


class Mine(Rows):
    name = "{name}"
    maths = ()
"""


@pytest.fixture(autouse=True)
def nothing_else(monkeypatch):
    monkeypatch.delenv("PARAGONE_PLUGINS", raising=False)


@pytest.fixture
def plugin(tmp_path):
    """Write a folder with an implementation of that name."""

    def write(path, name=None, text=IMPL):
        folder = tmp_path / path
        folder.mkdir(parents=True)
        (folder / "impl.py").write_text(text.format(name=name or folder.name))
        return folder

    return write


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Install a distribution whose entry point has this value; its package is the folder `value` names."""

    def install(value, dist="theirs", group="paragone.implementations"):
        for name in [name for name in sys.modules if name.startswith("theirs_package")]:
            monkeypatch.delitem(sys.modules, name)
        site = tmp_path / "site"
        about = site / f"{dist}-1.2.dist-info"
        about.mkdir(parents=True)
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {dist}\nVersion: 1.2\n")
        (about / "entry_points.txt").write_text(f"[{group}]\n{dist}_entry = {value}\n")
        monkeypatch.syspath_prepend(str(site))
        importlib.invalidate_caches()
        return site

    return install


def names(found):
    return [entry.name for entry in found if entry.origin]


def test_a_path_may_be_an_implementations_own_folder_or_a_folder_of_them(plugin, tmp_path):
    one, other = plugin("plugins/one"), plugin("plugins/other")

    assert [place.folder for place in locations_given([str(one)])] == [one]
    assert [place.folder for place in locations_given([str(tmp_path / "plugins")])] == [one, other]


def test_plugins_are_found_beside_the_projects_own_and_say_where_they_come_from(plugin):
    folder = plugin("mine")
    found, broken = discover(plugins=[str(folder)])

    assert {entry.name: entry.origin for entry in found if entry.origin} == {"mine": f"plugin {folder}"}
    assert "numpy_rows" in [entry.name for entry in found]
    assert broken == []


def test_the_variable_leads_to_more_plugins(plugin, monkeypatch):
    folders = [plugin(name) for name in ("first", "second", "third")]
    monkeypatch.setenv("PARAGONE_PLUGINS", os.pathsep.join(map(str, folders[1:])))

    assert names(discover(plugins=[str(folders[0])])[0]) == ["first", "second", "third"]


def test_a_relative_path_and_a_home_are_understood(plugin, tmp_path, monkeypatch):
    plugin("home/mine")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)

    assert names(discover(plugins=["~/mine"])[0]) == names(discover(plugins=["home/mine"])[0]) == ["mine"]


def test_a_plugin_named_twice_is_read_once(plugin, monkeypatch):
    folder = plugin("mine")
    monkeypatch.setenv("PARAGONE_PLUGINS", str(folder))

    found, broken = discover(plugins=[str(folder), str(folder.parent / "mine")])
    assert (names(found), broken) == (["mine"], [])


def test_a_folder_that_is_given_is_never_set_aside_for_one_with_its_name(plugin, monkeypatch):
    """The shipped one, or another plugin's, would be tested, and "36 passed" be said of that."""
    shipped, mine = plugin("a/numpy_rows", "numpy_rows"), plugin("b/mine")
    with pytest.raises(Misuse) as raised:
        discover(plugins=[str(mine), str(shipped)])
    assert str(raised.value).startswith(f"{shipped / 'impl.py'}: the name numpy_rows is already taken by ")
    assert str(IMPLEMENTATIONS / "numpy_rows") in str(raised.value)

    monkeypatch.setenv("PARAGONE_PLUGINS", str(plugin("c/other", "mine")))
    with pytest.raises(Misuse, match=r"the name mine is already taken by .*/b/mine/impl.py"):
        discover(plugins=[str(mine)])


def test_an_installed_package_that_nobody_named_is_set_aside_and_told(plugin, installed):
    folder = plugin("site/theirs_package", "numpy_rows")
    installed("theirs_package")
    registered, [broken] = discover()

    assert names(registered) == []
    assert broken.name == "numpy_rows"
    assert f"{folder / 'impl.py'}: the name numpy_rows is already taken by " in broken.reason


def test_a_folder_that_cannot_be_used_is_not_stood_in_for_by_one_with_its_name(plugin):
    broken = plugin("numpy_rows", text="raise SystemExit('not today')")

    with pytest.raises(Misuse, match=r"SystemExit: not today. Of the name numpy_rows there is only "):
        discover(plugins=[str(broken)])


def test_one_broken_plugin_is_named_and_the_others_go_on(plugin):
    good, bad = plugin("good"), plugin("bad", text="raise SystemExit('not today')")
    found, [broken] = discover(plugins=[str(bad), str(good)])

    assert names(found) == ["good"]
    assert broken.reason == f"{bad / 'impl.py'}: cannot be imported: SystemExit: not today"


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("nowhere", "there is no such folder"),
        ("file", "it is a file"),
        ("empty", "expected impl.py or kernel.toml there"),
    ],
)
def test_a_path_that_leads_to_no_implementation_is_misuse_with_the_next_command(tmp_path, kind, words):
    path = tmp_path / kind
    if kind == "file":
        path.touch()
    elif kind == "empty":
        path.mkdir()

    with pytest.raises(Misuse) as raised:
        discover(plugins=[str(path)])
    assert str(raised.value).startswith(f"--plugins {path}: ")
    assert words in str(raised.value)
    assert "paragone new NAME --into PATH" in str(raised.value)


def test_a_wrong_path_in_the_variable_is_told_as_that(tmp_path, monkeypatch):
    monkeypatch.setenv("PARAGONE_PLUGINS", str(tmp_path / "nowhere"))

    with pytest.raises(Misuse, match=r"^PARAGONE_PLUGINS "):
        discover()


@pytest.mark.parametrize("value", ["theirs_package", "theirs_package.impl"])
def test_an_installed_package_is_found_by_its_entry_point(plugin, installed, value):
    installed(value)
    folder = plugin("site/theirs_package", "theirs")
    (folder / "__init__.py").touch()
    found, broken = discover()

    assert {entry.name: entry.origin for entry in found if entry.origin} == {"theirs": "package theirs 1.2"}
    assert broken == []


@pytest.mark.parametrize(
    ("value", "reason"),
    [("no_such_package", "there is no such package"), ("theirs_package.deeper.impl", "there is no such package")],
)
def test_an_entry_point_that_leads_nowhere_is_named_with_its_package(plugin, installed, value, reason):
    installed(value)
    (plugin("site/theirs_package") / "__init__.py").touch()
    _, [broken] = discover()

    assert broken.name == "theirs_entry"
    assert broken.reason == f"package theirs 1.2: entry point theirs_entry = {value!r}: {reason}"


def test_a_package_without_impl_py_is_named(plugin, installed):
    installed("theirs_package")
    folder = plugin("site/theirs_package")
    (folder / "impl.py").rename(folder / "__init__.py")
    _, [lost] = locations_installed()

    assert lost.reason.endswith(f"{folder} holds no impl.py")


def test_neither_a_package_nor_the_one_that_it_lies_in_is_imported_to_find_it(plugin, installed):
    installed("theirs_package.inner")
    folder = plugin("site/theirs_package/inner")
    for package in (folder, folder.parent):
        (package / "__init__.py").write_text("raise RuntimeError('broken on import')")
    found, lost = locations_installed()

    assert ([folder], []) == ([location.folder for location in found], lost)


def test_folders_without_impl_py_are_not_places(tmp_path):
    (tmp_path / "nothing").mkdir()

    assert locations_in(tmp_path) == []


KERNEL_FILES = {"mine.py": '"""Mine."""\nraise SystemExit("it was run")\ndef run(X, D):\n    pass\n'}


def test_a_kernels_folder_holds_an_implementation_in_each_file_and_none_is_run(tmp_path):
    files = {
        **KERNEL_FILES,
        "c.c": "",
        "c.toml": 'language = "C"\nidea = "a"\nbuild = "gcc {library}"\n',
        "bad.py": "x = 1\n",
    }
    folder = kernel_folder(tmp_path, files=files)
    found, [broken] = discover(folder)

    assert [(entry.name, entry.file, entry.implementation.language) for entry in found] == [
        ("c", "c.toml", "C"),
        ("mine", "mine.py", "Python"),
    ]
    assert [entry.implementation.maths for entry in found] == [("c.c",), ("mine.py",)]
    assert broken.name == "bad"
    assert broken.reason.startswith(f"{folder / 'bad.py'}: expected a docstring")


def test_a_wrong_kernel_toml_is_the_reason_against_each_file(tmp_path):
    folder = kernel_folder(tmp_path, files=KERNEL_FILES, **{'work = "n*n"': 'work = "m"'})
    found, [broken] = discover(folder)

    assert found == []
    assert f"{folder / 'kernel.toml'}: counts.work: unknown size 'm'" in broken.reason


def test_plugins_of_another_kernel_or_of_none_are_not_of_this_one(plugin, tmp_path):
    plugin("plugins/numpy_mine")
    kernel_folder(tmp_path / "plugins", "heat", files={"theirs.py": '"""A."""\ndef run(u, k):\n    pass\n'})
    folder = kernel_folder(tmp_path, "heat", files={"own.py": '"""A."""\ndef run(u, k):\n    pass\n'})
    kernel_folder(tmp_path / "plugins", files=KERNEL_FILES)
    given = [str(tmp_path / "plugins")]

    assert [entry.name for entry in discover(folder, given)[0]] == ["own", "theirs"]
    assert names(discover(plugins=given)[0]) == ["numpy_mine"]


@pytest.mark.parametrize("path", ["sort", "."])
def test_kernels_are_found_in_plugins_by_their_own_folder_and_by_that_around_them(tmp_path, path):
    folder = kernel_folder(tmp_path, "sort")
    found, bad = kernel_folders([str(tmp_path / path)])

    assert (found["sort"].resolve(), bad) == (folder, [])


def test_of_two_kernels_with_one_name_the_first_is_taken_and_the_other_is_told(tmp_path):
    first, same = kernel_folder(tmp_path / "a", "sort"), kernel_folder(tmp_path / "b", "sort")
    other = kernel_folder(tmp_path / "c", "sort", **{'unit = "numbers"': 'unit = "rows"'})
    found, [bad] = kernel_folders([str(first), str(same), str(other)])

    assert found["sort"] == first
    assert bad.reason == f"{other / 'kernel.toml'}: the name sort is already taken by {first / 'kernel.toml'}"
    with pytest.raises(Misuse, match="which would be measured in its place"):
        find_kernel("sort", [str(first), str(other)])


def test_a_kernel_with_another_reference_is_not_set_aside_for_one_of_its_name(tmp_path):
    first, other = kernel_folder(tmp_path / "a", "sort"), kernel_folder(tmp_path / "b", "sort")
    (other / "reference.py").write_text((first / "reference.py").read_text() + "# mine\n")

    assert find_kernel("sort", [str(first)])
    with pytest.raises(Misuse, match=r"reference.py: the name sort is already taken"):
        find_kernel("sort", [str(first), str(other)])


def test_a_folder_with_the_same_kernel_toml_holds_more_implementations_of_it(tmp_path):
    first = kernel_folder(tmp_path, files=KERNEL_FILES)
    more = kernel_folder(tmp_path / "more", files={"theirs.py": KERNEL_FILES["mine.py"]})
    other = kernel_folder(tmp_path / "other", files={"not.py": KERNEL_FILES["mine.py"]}, **{"[4, 9]": "[4, 10]"})

    assert [entry.name for entry in discover(first, [str(more), str(other)])[0]] == ["mine", "theirs"]


def test_a_kernel_without_implementations_is_no_misuse(tmp_path):
    assert list(locations_given([str(kernel_folder(tmp_path))])) == []


def test_a_kernel_comes_with_a_package_by_its_entry_point(installed, tmp_path):
    site = installed("theirs_package", group="paragone.kernels")
    folder = kernel_folder(tmp_path, files=KERNEL_FILES)
    folder.rename(site / "theirs_package")
    text = (site / "theirs_package" / "kernel.toml").read_text()
    (site / "theirs_package" / "kernel.toml").write_text(text.replace('name = "pairwise"', 'name = "theirs_package"'))
    found, bad = kernel_folders()

    assert (found["theirs_package"], bad) == (site / "theirs_package", [])
    assert [entry.origin for entry in discover(found["theirs_package"])[0]] == [""]


def test_an_entry_point_for_a_kernel_that_leads_to_none_is_told(installed, tmp_path):
    (installed("theirs_package", group="paragone.kernels") / "theirs_package").mkdir()
    _, [lost] = kernel_folders()

    assert lost.reason.endswith("theirs_package holds no kernel.toml")


def test_the_source_of_one_of_a_kernel_changes_with_its_own_files_and_with_the_kernels(tmp_path):
    folder = kernel_folder(tmp_path, files={**KERNEL_FILES, "other.py": KERNEL_FILES["mine.py"]})

    def hashes():
        return {entry.name: entry.source_hash() for entry in discover(folder)[0]}

    first = hashes()
    (folder / "other.py").write_text(KERNEL_FILES["mine.py"] + "# changed\n")
    second = hashes()
    (folder / "reference.py").write_text("# changed\n")
    third = hashes()

    assert first["mine"] == second["mine"] != third["mine"]
    assert first["other"] != second["other"] != third["other"]


def test_what_a_run_keeps_of_one_of_a_kernel_is_without_its_neighbours(tmp_path):
    folder = kernel_folder(tmp_path, files={**KERNEL_FILES, "other.py": KERNEL_FILES["mine.py"]})
    entry = discover(folder)[0][0]
    kept = entry.kept_source()

    assert [*kept.files] == ["mine.py", "kernel.toml", "reference.py"]
    assert kept.hash == entry.source_hash()
    (folder / "other.py").write_text("")
    assert entry.source_changes() == []
    (folder / "mine.py").write_text("")
    assert entry.source_changes() == ["mine.py"]
