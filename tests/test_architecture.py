"""What the folders promise: data goes one way, workers stay light, files stay short, nothing is hidden."""

import ast
import os
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest
from dangers import UNPICKLERS, dangers
from own_environments import add_package

from harness.registry import IMPLEMENTATIONS, PROJECT

HARNESS = PROJECT / "harness"

# The flow, from the workload to the report; each module imports only from those before it.
FLOW = """
    errors paths source plain_text disk json_files kinds state problem stored workloads matrices twin ladders
    interpreters machine mnist data environment
    interface declared importing adapters naming plugins registry revisions
    reference bounds judge diagnose verify contract starter
    measure peak phases pipe orders worker answers watch host
    resolution request sides plan waves survey unseen gatekeeper pilot bridges store runs resume remaining limits
    evaluation member schedule rehearsal footprint learning bench profile doctor
    analyse claims compare report export selftest display cli __main__
""".split()

# Longer than the budget, each with its reason.
LONGEST_MODULE, LONGEST_FUNCTION = 250, 40
LONG_MODULES: dict[str, str] = {}
LONG_FUNCTIONS = {
    "cli.live_comparing.live": "one parameter per option, each with its help",
    "cli.live_comparing.compare_live": "what `live` parsed, one parameter each, and the run from sides to exit code",
    "cli.measuring.bench": "one parameter per option, each with its help",
    "cli.checking.verify": "one parameter per option, each with its help",
    "cli.claiming.claims": "one parameter per option, each with its help",
    "cli.profiling.profile": "one parameter per option, each with its help",
}

FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "core", "manager", "misc"}
# `pickle` is named where Nielsen's file is read, by an unpickler that builds nothing but arrays.
MAY_UNPICKLE = {"nielsen_pickle"}
# What imports code: `importing` that of implementations; the others libraries that their own text names.
MAY_IMPORT = {"importing", "machine.blas", "adapters.julia", "adapters.packages", "adapters.tensors"} | {
    "adapters.tensorflow_package"
}
HEAVY = {"numba", "jax", "torch", "juliacall", "tensorflow", "keras", "cupy", "dask", "sklearn", "scipy"}


@cache
def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def modules():
    """Return the modules of the harness; the starters are templates for authors, and not imported by it."""
    return sorted(path for path in HARNESS.rglob("*.py") if not {"__pycache__", "starters"} & {*path.parts})


def python_files():
    folders = (HARNESS, IMPLEMENTATIONS, PROJECT / "scripts", PROJECT / "benchmarks")
    return sorted(p for folder in folders for p in folder.rglob("*.py") if "__pycache__" not in p.parts)


def dotted(path):
    """Return "report.tables" of harness/report/tables.py, "report" of its __init__.py and "" of the harness's own."""
    parts = path.relative_to(HARNESS).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {dotted(path): path for path in modules()}


def imported(path):
    """Return the modules of the harness that a file imports, wherever in it, as dotted names without "harness."."""
    names = set()
    package = ["harness", *dotted(path).split(".")[: None if path.name == "__init__.py" else -1]]
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            start = ".".join(filter(None, [*base, node.module or ""]))
            full = {f"{start}.{alias.name}" for alias in node.names}
            is_all_modules = all(name.removeprefix("harness.") in MODULES for name in full)
            names |= full if is_all_modules else full | {start}  # `from harness.report import palette` is about palette
    inside = {name.removeprefix("harness.") for name in names if name.startswith("harness.")}
    return {name for name in inside if name in MODULES}


def calls(path):
    """Yield (line, the name called, the call) of every call in a file; the name is without what stands before a dot."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", None) or getattr(node.func, "id", "")
            yield node.lineno, isinstance(node.func, ast.Name), name, node


def roots(path):
    """Return the top-level packages that a file imports anywhere."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def loaded_by(code):
    """Return the names of the modules that are loaded once `code` has run in a fresh process."""
    command = [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"]
    answer = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    return set(answer.stdout.split())


def test_every_module_has_its_place_in_the_flow():
    assert {name.partition(".")[0] for name in MODULES} - {""} - set(FLOW) == set()


def test_every_file_of_the_harness_that_is_not_python_is_in_the_package():
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]["harness"]
    packed = {path for pattern in settings for path in HARNESS.glob(pattern)}
    files = {path for path in HARNESS.rglob("*") if path.is_file() and path.suffix != ".py"}

    assert {path for path in files if "__pycache__" not in path.parts} - packed == set()


@pytest.mark.parametrize("name", [name for name in MODULES if name])
def test_a_module_imports_only_what_comes_before_it_in_the_flow(name):
    own = name.partition(".")[0]
    others = {other.partition(".")[0] for other in imported(MODULES[name])} - {own}

    assert [other for other in others if FLOW.index(other) > FLOW.index(own)] == []


def test_no_two_modules_import_each_other_on_any_path():
    """Within report/ and adapters/ there is no declared order, so circles are looked for everywhere."""
    edges = {name: imported(path) - {name} for name, path in MODULES.items()}
    while ends := {name for name, targets in edges.items() if not targets & edges.keys()}:
        edges = {name: targets for name, targets in edges.items() if name not in ends}

    assert edges == {}


def test_the_check_of_the_flow_sees_imports_of_every_kind():
    assert {"reference", "state"} <= imported(HARNESS / "verify.py")
    assert "doctor" in imported(HARNESS / "cli" / "doctoring.py"), "an import inside a function"
    assert imported(HARNESS / "errors.py") == set()


def test_a_worker_loads_no_pandas_no_matplotlib_and_nothing_that_draws_or_opens_connections():
    loaded = loaded_by("import harness.worker")

    assert "harness.worker" in loaded
    assert {"pandas", "matplotlib", "rich", "typer", "pooch", "jinja2", "sklearn", "urllib.request"} & loaded == set()


def test_a_worker_does_not_load_what_comes_after_it_in_the_flow():
    later = {f"harness.{name}" for name in FLOW[FLOW.index("worker") + 1 :]}

    assert later & loaded_by("import harness.worker") == set()


def test_listing_the_implementations_loads_no_library_that_might_be_missing():
    loaded = loaded_by("from harness.registry import discover; assert discover()[0]")

    assert loaded & HEAVY == set()


def test_listing_imports_no_peer_though_all_of_them_are_installed(tmp_path):
    """Each of them is there, and would end the process."""
    for peer in HEAVY - {"sklearn", "scipy", "dask"}:
        add_package(tmp_path, peer, f"raise SystemExit('{peer} was imported')")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PARAGONE_ENVIRONMENTS": str(tmp_path / "none")}
    command = [sys.executable, "-m", "harness", "list"]
    answer = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True)

    assert (answer.returncode, answer.stderr) == (0, "")
    assert "numpy_rows" in answer.stdout


@pytest.mark.parametrize("path", python_files(), ids=lambda path: str(path.relative_to(PROJECT)))
def test_no_file_hides_what_it_is_for_behind_an_empty_name(path):
    assert not FORBIDDEN_NAMES & {part.lower().removesuffix(".py") for part in path.relative_to(PROJECT).parts}


@pytest.mark.parametrize("path", sorted(IMPLEMENTATIONS.iterdir()), ids=lambda path: path.name)
def test_no_folder_is_called_like_a_package_that_its_code_may_import(path):
    assert path.name not in {*HEAVY, "numpy", "pandas", "matplotlib", "julia", "harness"}
    assert path.name not in sys.stdlib_module_names


@pytest.mark.parametrize("path", python_files(), ids=lambda path: str(path.relative_to(PROJECT)))
def test_no_file_runs_text_as_code_or_through_a_shell(path):
    assert dangers(tree(path)) == []


@pytest.mark.parametrize(
    "code",
    [
        'eval("1")',
        "run = eval",
        "import builtins",
        '__builtins__["exec"]',
        'getattr(x, "eval")("1")',
        'pd.eval("1")',
        "from os import system",
        "from os import system as plain",
        "import os as o\no.system('x')",
        "import os\nos.execv('x', [])",
        "from subprocess import getoutput",
        "subprocess.run(command, shell=True)",
        'subprocess.run(command, **{"shell": True})',
        "import subprocess\nsubprocess.run(command, **others)",
        "subprocess.run(['sh', '-c', command])",
        "asyncio.create_subprocess_shell(command)",
        "np.load(path, allow_pickle=True)",
        "np.load(path, allow_pickle=choice)",
        'np.load(path, **{"allow_pickle": True})',
        "torch.load(path)",
        "pd.read_pickle(path)",
        "from pandas import read_pickle",
        "import yaml",
        "import runpy",
        'compile(text, "x", "exec")',
        'operator.attrgetter("system")(os)',
    ],
)
def test_the_check_for_dangers_sees_through_other_names(code):
    assert dangers(ast.parse(code))


@pytest.mark.parametrize("code", ["re.compile(x)", "platform.system()", "np.load(path)", "subprocess.run(['git', x])"])
def test_the_check_for_dangers_lets_honest_code_pass(code):
    assert dangers(ast.parse(code)) == []


def test_code_is_imported_by_the_registry_alone_and_never_from_a_run():
    """What else calls import_module names a library in its own text."""
    foreign = {
        f"{name}: {ast.unparse(call)}"
        for name, path in MODULES.items()
        for _, _, called, call in calls(path)
        if called in {"import_module", "spec_from_file_location", "module_from_spec", "exec_module", "load_module"}
        and name not in MAY_IMPORT
    }

    assert foreign == set()


@pytest.mark.parametrize("path", python_files(), ids=lambda path: str(path.relative_to(PROJECT)))
def test_only_the_reader_of_nielsens_file_knows_pickle(path):
    unpicklers = roots(path) & UNPICKLERS

    assert unpicklers == set() or path.stem in MAY_UNPICKLE


def test_the_reader_of_nielsens_file_uses_no_unrestricted_loader():
    for stem in MAY_UNPICKLE:
        (path,) = HARNESS.rglob(f"{stem}.py")
        plain = [
            call
            for _, _, name, call in calls(path)
            if name in {"load", "loads"} and getattr(getattr(call.func, "value", None), "id", "") == "pickle"
        ]

        assert plain == []


def lengths():
    modules = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in MODULES.items()}
    functions = {
        f"{name}.{node.name}": node.end_lineno - node.lineno + 1
        for name, path in MODULES.items()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    return modules, functions


def test_modules_are_short_but_for_those_declared_with_a_reason():
    modules, _ = lengths()

    assert {name for name, lines in modules.items() if lines > LONGEST_MODULE} == set(LONG_MODULES)


def test_functions_are_short_but_for_those_declared_with_a_reason():
    _, functions = lengths()

    assert {name for name, lines in functions.items() if lines > LONGEST_FUNCTION} == set(LONG_FUNCTIONS)


def test_the_readme_is_read_in_one_sitting():
    readme = PROJECT / "README.md"

    assert not readme.exists() or len(readme.read_text(encoding="utf-8").splitlines()) < 200


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(HARNESS)))
def test_every_module_says_in_its_first_line_what_it_is(path):
    assert ast.get_docstring(tree(path)) or path.name == "__main__.py", "write a docstring"


def test_every_tests_file_names_a_module_that_exists():
    """`tests/test_x.py` mirrors `harness/x.py`, unless it is about the whole."""
    about_the_whole = {
        "architecture",
        "bias_neuron",  # an implementation
        "contract",
        "contributing",
        "implementations",
        "benchmarks",
        "docs",
        "faults",
        "jit",
        "legible",  # of every figure at once
        "install_julia",  # a script's
        "make_peers",  # a script's
        "makefile",
        "compiled",
        "fortran",
        "nothing_lost",
        "injection",
        "scripts",
        "zoo",
    }
    named = {path.stem.removeprefix("test_") for path in Path(__file__).parent.glob("test_*.py")}
    known = {part for name in MODULES for part in (name.replace(".", "_"), name.rpartition(".")[2])}

    assert {name for name in named - about_the_whole if name not in known} == set()
