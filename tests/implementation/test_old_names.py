"""A plugin written for version 0.1 is told the new name of everything that it uses, with file and line."""

import importlib
import sys

import pytest

from paragone.implementation.contract import Implementation
from paragone.implementation.old_names import HOOKS, MODULES, NAMES
from paragone.implementation.registry import discover, read_folder

OLD = '''"""A plugin as version 0.1 wanted it."""

from harness.interface import FLOATS, Implementation


class Mine(Implementation):
    name = "mine"
    language = "Python"
    layout = "samples in rows"
    source = "S0"
    idea = "One."
    maths = ()
    axes = {"dtype": FLOATS}

    def load(self, problem, images, labels):
        pass

    def reset(self, state):
        pass

    def train(self, order):
        pass

    def params(self):
        pass
'''
NEW = OLD.replace("harness.interface", "paragone.implementation.contract")

# What an implementation of 0.1 could write or override: harness/interface.py of that version.
HOOKS_OF_0_1 = (
    *("name", "language", "layout", "source", "idea", "maths", "axes", "deterministic", "own_environment"),
    *("call_seconds", "predicts", "bridge", "runner_ns", "missing", "environment_name", "supports", "nearest"),
    *("hides_phases", "load_clocked", "phase_times", "load_test", "predict", "receipt", "advice", "threads", "close"),
    *("load", "reset", "train", "params"),
)


@pytest.fixture
def plugin(tmp_path):
    def write(text, **others):
        folder = tmp_path / "mine"
        folder.mkdir()
        for name, content in {"impl": text, **others}.items():
            (folder / f"{name}.py").write_text(content)
        return folder

    return write


def refused(folder):
    found, [entry] = discover(folder.parent, plugins=[])
    assert found == []
    return entry.reason


def test_an_old_import_is_told_with_file_line_and_new_name(plugin):
    folder = plugin(OLD)

    sentence = f"{folder / 'impl.py'}, line 3: harness.interface is now paragone.implementation.contract"
    assert refused(folder) == sentence


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("import harness.state", "harness.state is now paragone.task.mlp.state"),
        ("import harness.problem as p", "harness.problem is now paragone.task.mlp.problem"),
        ("from harness import errors", "harness.errors is now paragone.errors"),
        ("from harness.adapters import arrays", "harness.adapters.arrays is now paragone.adapters.arrays"),
        ("from harness.registry import Found", "harness.registry.Found is now paragone.implementation.registry.Regist"),
        ("def f():\n    from harness.machine.cuda import x", "harness.machine.cuda is now paragone.machine.cuda"),
    ],
)
def test_every_way_to_import_is_seen_also_where_it_would_fail_in_a_worker_only(plugin, statement, told):
    assert told in refused(plugin(f"{NEW}\n{statement}\n"))


def test_all_old_imports_of_all_files_are_told_at_once_but_not_those_of_tests(plugin):
    folder = plugin(OLD + "import harness.state\n", maths="import harness.problem\n", test_mine="import harness.data\n")
    reason = refused(folder)

    assert "impl.py, line 3: harness.interface is now" in reason
    assert "; line 26: harness.state is now" in reason
    assert "maths.py, line 1: harness.problem is now" in reason
    assert "harness.data" not in reason


@pytest.mark.parametrize(
    "statement",
    [
        "try:\n    from harness.interface import FLOATS\nexcept ImportError:\n    pass",
        "from . import harness",
        "# from harness.interface import FLOATS",
    ],
)
def test_what_works_with_this_version_is_left_alone(plugin, statement):
    folder = plugin(f"{NEW}\n{statement}\n", harness="")

    assert [implementation.name for implementation in read_folder(folder)] == ["mine"]


def test_a_hook_with_a_new_name_is_told_where_the_plugin_defines_it(plugin):
    folder = plugin(NEW + "\n    def receipt(self):\n        return {}\n")

    assert refused(folder) == f"{folder / 'impl.py'}: Mine: receipt is now build_info"


@pytest.mark.parametrize(
    "statement",
    ["import harness", "import harness.hashing as h", "from harness.hashing import x", "from harness import y"],
)
def test_another_module_of_the_old_package_is_told_by_the_name_of_the_package(plugin, statement):
    folder = plugin(f"{statement}\n{NEW}")

    assert refused(folder) == f"{folder / 'impl.py'}, line 1: harness is now paragone"


def test_an_old_import_in_a_package_inside_the_folder_is_told(plugin):
    folder = plugin(NEW)
    (folder / "parts").mkdir()
    (folder / "parts" / "layers.py").write_text("from harness.state import State\n")

    assert refused(folder) == f"{folder / 'parts' / 'layers.py'}, line 1: harness.state is now paragone.task.mlp.state"


def test_a_package_of_the_name_that_the_plugin_brings_itself_is_its_own(plugin, monkeypatch):
    own = "import sys\n\nsys.path.insert(0, __file__.rpartition('/')[0])\nfrom harness.data import images\n"
    folder = plugin(own + NEW)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (folder / "harness").mkdir()
    (folder / "harness" / "data.py").write_text("images = 1\n")

    assert [implementation.name for implementation in read_folder(folder)] == ["mine"]
    for module in ("harness", "harness.data"):
        monkeypatch.delitem(sys.modules, module)


@pytest.mark.parametrize(
    ("file", "statement"),
    [("__init__.py", "from harness import images"), ("data.py", "from harness.data import images")],
)
def test_a_package_of_the_name_is_not_the_old_one(plugin, tmp_path, monkeypatch, file, statement):
    """Installed, or a folder of one's own on PYTHONPATH, which may have no `__init__.py`."""
    (tmp_path / "installed" / "harness").mkdir(parents=True)
    (tmp_path / "installed" / "harness" / file).write_text("images = 1\n")
    monkeypatch.syspath_prepend(tmp_path / "installed")
    for module in ("harness", "harness.data"):
        monkeypatch.delitem(sys.modules, module, raising=False)

    assert [implementation.name for implementation in read_folder(plugin(f"{statement}\n" + NEW))] == ["mine"]
    for module in ("harness", "harness.data"):
        monkeypatch.delitem(sys.modules, module, raising=False)


def test_of_many_files_three_are_told(plugin):
    folder = plugin(NEW, **{f"maths{number}": "import harness.state\n" for number in range(300)})

    assert refused(folder).endswith(
        "maths10.py, line 1: harness.state is now paragone.task.mlp.state. And in 297 more files"
    )


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000 + ")" * 5000,
        "-" * 200_000 + "1",
        "+".join(["a"] * 50_000),
        "'harness \x00'",
        "x = 'import harness.state'\n" * 100_000,
    ],
)
def test_a_file_that_cannot_be_parsed_or_is_data_is_left_to_its_import(plugin, text):
    folder = plugin(NEW, table=f"# harness\nx = {text}\n")

    assert [implementation.name for implementation in read_folder(folder)] == ["mine"]


def test_nothing_is_said_of_the_text_of_a_plugin_while_it_is_searched(plugin, recwarn):
    read_folder(plugin(NEW, maths="# harness\nx = '\\d'\n"))

    assert not recwarn.list


@pytest.mark.parametrize("name", [*MODULES.values(), *NAMES.values()])
def test_every_new_name_exists(name):
    module, _, attribute = name.rpartition(".")
    if name in MODULES.values():
        importlib.import_module(name)
    else:
        assert hasattr(importlib.import_module(module), attribute)


@pytest.mark.parametrize("hook", HOOKS_OF_0_1)
def test_every_hook_of_0_1_is_still_one_or_has_a_new_name(hook):
    assert hasattr(Implementation, HOOKS.get(hook, hook)) or hook in Implementation.__annotations__


@pytest.mark.parametrize(
    ("command", "exit_code"),
    [
        (["list"], 0),
        (["list", "mine"], 1),
        (["verify", "mine", "--contract"], 1),
        (["bench", "-i", "mine", "--quick"], 1),
    ],
)
def test_every_command_says_so_in_one_sentence(plugin, paragone, command, exit_code):
    folder = plugin(OLD)
    code, out, err = paragone(*command, "--plugins", str(folder))

    assert code == exit_code
    assert "impl.py, line 3: harness.interface is now paragone.implementation.contract" in out + err
    assert "Traceback" not in out + err


def test_the_doctor_says_so(plugin, paragone, monkeypatch):
    folder = plugin(OLD)
    monkeypatch.setenv("PARAGONE_PLUGINS", str(folder))
    _, out, _ = paragone("doctor")

    assert "impl.py, line 3: harness.interface is now paragone.implementation.contract" in out
