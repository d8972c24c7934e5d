"""What the folders promise: data goes one way, workers stay light, files stay short, nothing is hidden."""

import ast
import os
import re
import subprocess
import sys
from functools import cache

import pytest
from dangers import UNPICKLERS, dangers
from own_environments import add_package

import paragone
from paragone.files.paths import PROJECT
from paragone.implementation.registry import IMPLEMENTATIONS

HARNESS = PROJECT / "harness" / "paragone"

# The order of the packages, as the map of the package itself gives it; each imports only from those before it.
FLOW = [line.split()[0] for line in (paragone.__doc__ or "").splitlines() if line.startswith("    ")] + ["__main__"]

# Longer than the budget, each with its reason.
LONGEST_MODULE, LONGEST_FUNCTION = 250, 40
LONG_MODULES: dict[str, str] = {}
LONG_FUNCTIONS = {
    "cli.bench.bench": "one parameter per option, each with its help",
    "cli.verify.verify": "one parameter per option, each with its help",
    "cli.claims.claims": "one parameter per option, each with its help",
}

FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "core", "manager", "misc"}
# `pickle` is named where Nielsen's file is read, by an unpickler that builds nothing but arrays, where a process reads
# what its own parent has just pickled for it, and where a function is pickled for the hosts of a cluster.
MAY_UNPICKLE = {"nielsen_pickle", "found_by_name", "by_value"}
# What imports code: `importing` that of implementations, `reference` that of a kernel which was chosen, `calls` that of
# callables which its parent process has; the others what their own text names.
MAY_IMPORT = {
    "",  # the public names
    "implementation.importing",
    "task.kernel.reference",
    "calls.found_by_name",
    "calls.process",
    "cli.verbs",
    "machine.blas",
    "adapters.julia",
    "adapters.packages",
    "adapters.tensors",
} | {"adapters.tensorflow_package"}
HEAVY = {"numba", "jax", "torch", "juliacall", "tensorflow", "keras", "cupy", "dask", "sklearn", "scipy"}


@cache
def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def modules():
    """Return the modules of the harness; the starters are templates for authors, and not imported by it."""
    return sorted(path for path in HARNESS.rglob("*.py") if not {"__pycache__", "templates"} & {*path.parts})


def python_files():
    folders = (HARNESS, IMPLEMENTATIONS, PROJECT / "scripts", PROJECT / "benchmarks")
    return sorted(p for folder in folders for p in folder.rglob("*.py") if "__pycache__" not in p.parts)


def dotted(path):
    """Return "report.text.tables" for its file, "report" for the __init__.py of report/, "" for that of the package."""
    parts = path.relative_to(HARNESS).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {dotted(path): path for path in modules()}


@cache
def imported(path):
    """Return the modules of the harness that a file imports, wherever in it, as dotted names without "paragone."."""
    names = set()
    package = ["paragone", *dotted(path).split(".")[: None if path.name == "__init__.py" else -1]]
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            start = ".".join(filter(None, [*base, node.module or ""]))
            full = {f"{start}.{alias.name}" for alias in node.names}
            is_all_modules = all(name.removeprefix("paragone.") in MODULES for name in full)
            names |= (
                full if is_all_modules else full | {start}
            )  # `from paragone.report.write import palette` is about palette
    inside = {name.removeprefix("paragone.") for name in names if name.startswith("paragone.")}
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


@cache
def loaded_by(code):
    """Return the names of the modules that are loaded once `code` has run in a fresh process."""
    command = [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"]
    answer = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    return set(answer.stdout.split())


def test_every_module_has_its_place_in_the_flow():
    assert {name.partition(".")[0] for name in MODULES} - {""} - set(FLOW) == set()


def test_a_package_imports_only_those_before_it_in_the_flow():
    backwards = [
        f"{name} imports {other}"
        for name, path in MODULES.items()
        for other in imported(path)
        if name and FLOW.index(other.partition(".")[0]) > FLOW.index(name.partition(".")[0])
    ]

    assert backwards == []


def test_no_two_modules_import_each_other_on_any_path():
    """Within report/ and adapters/ there is no declared order, so circles are looked for everywhere."""
    edges = {name: imported(path) - {name} for name, path in MODULES.items()}
    while ends := {name for name, targets in edges.items() if not targets & edges.keys()}:
        edges = {name: targets for name, targets in edges.items() if name not in ends}

    assert edges == {}


def test_the_check_of_the_flow_sees_imports_of_every_kind():
    assert {"task.mlp.reference", "task.mlp.state"} <= imported(HARNESS / "task/mlp/gate.py")
    assert "store.reader" in imported(HARNESS / "cli" / "export.py"), "an import inside a function"
    assert imported(HARNESS / "errors.py") == set()


def test_a_worker_loads_no_pandas_no_matplotlib_and_nothing_that_draws_or_opens_connections():
    loaded = loaded_by("import paragone.worker.process")

    assert "paragone.worker.process" in loaded
    assert {"pandas", "matplotlib", "rich", "typer", "pooch", "jinja2", "sklearn", "urllib.request"} & loaded == set()


def test_a_worker_loads_one_family_and_what_reads_clocks_and_little_else():
    """Every launch of a run starts a worker for each contender, so that each millisecond of an import counts."""
    loaded = loaded_by("import paragone.worker.process")
    of_families = {name for name in loaded if name.startswith(("paragone.task.kernel", "paragone.task.mlp."))}
    of_others = {"psutil", "platformdirs", "subprocess", "tomllib", "json", "statistics", "difflib", "scipy"}

    assert of_families | (of_others & loaded) == set()


def test_a_worker_does_not_load_what_comes_after_it_in_the_flow():
    later = {f"paragone.{name}" for name in FLOW[FLOW.index("worker") + 1 :]}

    assert later & loaded_by("import paragone.worker.process") == set()


def test_the_help_of_all_verbs_loads_none_of_them_and_no_numpy():
    shows_help = "import sys; sys.argv[1:] = ['--help']\nfrom paragone.cli.main import main"
    loaded = loaded_by(f"{shows_help}\ntry: main()\nexcept SystemExit: pass")

    assert {name for name in loaded if name.startswith("paragone.")} == {
        "paragone.cli",
        "paragone.cli.app",
        "paragone.cli.main",
        "paragone.cli.verbs",
        "paragone.errors",
        "paragone.files",
        "paragone.files.printable",
        "paragone.files.schema",
    }
    assert "numpy" not in loaded


def test_listing_what_is_remembered_loads_neither_numpy_nor_what_starts_a_process(tmp_path, monkeypatch):
    """Of 140 implementations nothing takes longer than to import NumPy would."""
    monkeypatch.setenv("PARAGONE_CACHE", str(tmp_path))
    monkeypatch.delenv("PARAGONE_PLUGINS", raising=False)
    runs = "from paragone.cli.main import main\ntry: main()\nexcept SystemExit: pass"
    lists = f"import sys; sys.argv[1:] = ['list']\n{runs}"
    loaded_by.__wrapped__(lists)
    loaded = loaded_by.__wrapped__(lists)

    assert "paragone.cli.list" in loaded
    assert {"numpy", "psutil", "rich.progress", "paragone.implementation.describing_process"} & loaded == set()


def test_listing_the_implementations_loads_no_library_that_might_be_missing():
    loaded = loaded_by("from paragone.implementation.registry import discover; assert discover()[0]")

    assert loaded & HEAVY == set()


def test_listing_imports_no_peer_though_all_of_them_are_installed(tmp_path):
    """Each of them is there, and would end the process."""
    for peer in HEAVY - {"sklearn", "scipy", "dask"}:
        add_package(tmp_path, peer, f"raise SystemExit('{peer} was imported')")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PARAGONE_ENVIRONMENTS": str(tmp_path / "none")}
    command = [sys.executable, "-m", "paragone", "list"]
    answer = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True)

    assert (answer.returncode, answer.stderr) == (0, "")
    assert "numpy_rows" in answer.stdout


def test_no_file_hides_what_it_is_for_behind_an_empty_name():
    empty = [
        str(path)
        for path in python_files()
        if FORBIDDEN_NAMES & {part.lower().removesuffix(".py") for part in path.relative_to(PROJECT).parts}
    ]

    assert empty == []


def test_no_folder_is_called_like_a_package_that_its_code_may_import():
    taken = {*HEAVY, "numpy", "pandas", "matplotlib", "julia", "paragone"} | sys.stdlib_module_names

    assert {path.name for path in IMPLEMENTATIONS.iterdir()} & taken == set()


def test_no_file_runs_text_as_code_or_through_a_shell():
    found = {str(path.relative_to(PROJECT)): dangers(tree(path)) for path in python_files()}

    assert {path: lines for path, lines in found.items() if lines} == {}


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


def test_implementations_are_imported_only_by_processes_that_may_be_ruined():
    """The registry hands `read_folder` on to plugins; no module of the harness takes it from there."""
    importers = {name for name, path in MODULES.items() if any("importing" in module for module in imported(path))}
    takers = {
        name
        for name, path in MODULES.items()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom) and "read_folder" in {alias.name for alias in node.names}
    }

    own_processes = {"implementation.describing_job", "implementation.conformance.__main__", "worker.hosted_variant"}
    in_a_worker = {"adapters.kernel.python"}  # it imports the file of a kernel when that is loaded
    assert importers == own_processes | in_a_worker | {"selftest.pyperf_script", "implementation.registry"}
    assert takers <= importers


def test_only_the_reader_of_nielsens_file_and_a_comparison_of_callables_know_pickle():
    unpicklers = {str(path) for path in python_files() if roots(path) & UNPICKLERS and path.stem not in MAY_UNPICKLE}

    assert unpicklers == set()


def test_the_reader_of_nielsens_file_uses_no_unrestricted_loader():
    for stem in MAY_UNPICKLE - {"found_by_name"}:
        (path,) = HARNESS.rglob(f"{stem}.py")
        plain = [
            call
            for _, _, name, call in calls(path)
            if name in {"load", "loads"} and getattr(getattr(call.func, "value", None), "id", "") == "pickle"
        ]

        assert plain == []


# What a network alone has. A label here is that of a member of a data set: what stands at the end of a line, or beside
# a control of the page, is a label too. Weights are those of layers; `weight` alone is that of a font.
NETWORK_WORDS = re.compile(
    r"(?<![A-Za-z])(?:images?|(?:test|train|training|image|class|every|true)[ _]labels?|weights|epochs?"
    r"|(?:mini-?)?batch(?:es)?(?:[ _-]sizes?)?)(?![A-Za-z])",
    re.IGNORECASE,
)
OTHER_SENSES = re.compile(r"data:image/svg|background-image|disable\(\"image\"\)|equal weights|--batch-sizes")
CORE = ("plan", "worker", "measure", "store", "analyse", "comparison", "report")
# What is the networks' own and lives in the core, each with its reason.
OF_NETWORKS = {
    "measure/learning_curves.py": "a pass of networks: their accuracy on a test set",
    "report/figures/accuracy.py": "its figure",
    "measure/evaluation.py": "a pass of networks: the time to classify a test set",
    "worker/evaluation.py": "its clock",
    "analyse/breakdown.py": "of a profile, which only networks have: the phases of a training step",
    "report/text/profile.py": "the text of a profile",
    "report/text/claims.py": "claims of published sources, all of them about networks",
    "store/records.py": "the tables of evaluations and learning curves keep their columns n_images and epoch",
    "store/old_names.py": "the names in old runs, which were of networks alone",
}


def network_words(path):
    """Return line number and text of every line with a word of the networks."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [f"{number}: {line.strip()}" for number, line in enumerate(lines, 1)
            if NETWORK_WORDS.search(OTHER_SENSES.sub("", line))]  # fmt: skip


def core_files():
    suffixes = {".py", ".js", ".j2", ".css"}
    found = {path.relative_to(HARNESS).as_posix(): path for name in CORE for path in (HARNESS / name).rglob("*.*")}
    return {name: path for name, path in found.items() if path.suffix in suffixes and "vendor" not in path.parts}


def test_the_core_speaks_of_sizes_steps_work_and_unit_and_not_of_networks():
    """In code, comments and texts. Their words come from the problem that a text is about."""
    found = {name: network_words(path) for name, path in core_files().items() if name not in OF_NETWORKS}

    assert {name: lines for name, lines in found.items() if lines} == {}


def test_every_file_that_may_speak_of_networks_does():
    files = core_files()

    assert [name for name in OF_NETWORKS if not network_words(files[name])] == []


@pytest.mark.parametrize(
    "line",
    ["n_images: int", "# by batch size", "batch_sizes", '"images/s"', "every Mini-batch", "data.test_labels",
     "every image with its label", "seconds per epoch", "the weights of a layer", "curve_epochs"],
)  # fmt: skip
def test_words_of_networks_are_found_in_code_and_comments(tmp_path, line):
    (tmp_path / "x.py").write_text(line, encoding="utf-8")

    assert network_words(tmp_path / "x.py") == [f"1: {line}"]


@pytest.mark.parametrize("line", ['weight="bold"', "font-weight: 600", "label_lines(axes)", '"aria-label"', "imagined"])
def test_the_same_words_in_another_sense_are_let_pass(tmp_path, line):
    (tmp_path / "x.py").write_text(line, encoding="utf-8")

    assert network_words(tmp_path / "x.py") == []


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


def test_every_module_says_in_its_first_line_what_it_is():
    assert [str(path) for path in modules() if not ast.get_docstring(tree(path))] == []


# Of several modules at once, of scripts, or of documents.
ABOUT_THE_WHOLE = {
    "architecture",
    "public_names",
    "wheel",
    "errors",
    "docs",
    "contributing",
    "legible",
    "kernel_words",
    "injection",
    "nothing_lost",
    "faults",
}
WITHOUT_A_PACKAGE = {"impls", "scripts", "benchmarks", "docs", "zoo"}


def test_the_tests_mirror_the_packages():
    """`tests/plan/test_waves.py` is about `paragone/plan/waves.py`."""
    tests = PROJECT / "tests"
    homeless = []
    for path in tests.rglob("test_*.py"):
        folder, name = path.relative_to(tests).parent, path.stem.removeprefix("test_")
        is_free = name in ABOUT_THE_WHOLE or (folder.parts[:1] and folder.parts[0] in WITHOUT_A_PACKAGE)
        module = HARNESS / folder / name
        if not is_free and not module.with_suffix(".py").exists() and not module.is_dir():
            homeless.append(str(path.relative_to(tests)))

    assert homeless == []
