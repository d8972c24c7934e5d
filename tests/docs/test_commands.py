"""Every command in README.md and CONTRIBUTING.md works: run as it stands in an empty folder, or at least understood."""

import os
import re
import shlex
import subprocess

import numpy as np
import pytest
from typer.main import get_command

from paragone.claims import claim
from paragone.cli import contract
from paragone.cli.app import app
from paragone.files.paths import PROJECT
from paragone.task.mlp import problem, problem_files
from paragone.task.mlp.mnist.cache import store
from paragone.task.mlp.mnist.parts import Arrays

PAGES = ("README.md", "CONTRIBUTING.md")
TOOLS = "paragone|make|pip|git|pre-commit|apt"
COMMAND = re.compile(rf"^    (?P<line>(?:{TOOLS}) [^#\n]*[^#\s])|`(?P<inline>(?:{TOOLS}) [^`]+)`", re.MULTILINE)
DRY_RUN = ("make", "--dry-run", "--assume-old=.venv/ready", "--no-print-directory")

# These are not run: their options are parsed, or their target is looked up. The reason says who runs them.
ALL = "every implementation in several processes takes minutes; .ci/run does it by `make quick`"
LONG = "intervals take five launches, minutes; tests/measure runs whole benchmarks"
REVISIONS = "it needs a repository with commits; tests/comparison makes one"
INSTALLS = "it changes an environment; .ci/run makes one"
PARSED = {
    "make bench": ALL,
    "paragone bench --quick": ALL,
    "paragone bench -p nielsen --dtype float32 --rounds 6": ALL,
    "paragone bench -i my_step": LONG,
    "paragone verify my_step --contract": "the README's section runs it, with --plugins",
    "paragone verify my_step --contract --all": "as with --contract, of every problem; tests/cli asks what it looks at",
    "paragone verify my_step": "as with --contract, at every batch size",
    "paragone verify numpy_einsum": "tests/docs/test_contributing.py sends the example through the gate",
    "make new NAME=numpy_einsum": "tests/docs/test_contributing.py writes the example",
    "make new NAME=my_step LANGUAGE=c": "the section on plugins writes that starter",
    "paragone compare": "it compares two runs; tests/comparison makes them",
    "paragone compare --live HEAD . -i my_step": REVISIONS,
    "paragone compare --live HEAD . -i NAME --markdown": REVISIONS,
    "paragone bench -k all": "half an hour; tests/cli/test_bench_kernels.py measures two kernels",
    "paragone history": "it takes the runs of several nights; tests/cli/test_history.py makes some",
    "paragone claims": "it measures for ten minutes; tests/claims judges made-up runs",
    "paragone profile": "every implementation takes minutes; tests/measure/test_profile.py runs small ones",
    "pip install": INSTALLS,
    "pip install path/to/paragone": INSTALLS,
    "pip wheel --no-deps .": "tests/docs/test_plugin_package.py builds the wheel of the page",
    "pre-commit install": INSTALLS,
    "apt install chromium": INSTALLS,
    "make peers": INSTALLS,
    "make docs": "tests/docs/test_docs.py checks the pages; .ci/run builds the site",
    "make check": "it is what runs this",
    "make test": "it is what runs this",
    "make test-slow": "it is what runs this",
    "make test-times": "it is what runs this",
    "make coverage": "it is what runs this",
    "make release VERSION=0.3.0": "tests/scripts/test_release.py releases a small repository",
}


def sections(page):
    """Title → commands of every section that has any, in the order of the page."""
    parts = re.split(r"^## (.+)$", (PROJECT / page).read_text(encoding="utf-8"), flags=re.MULTILINE)
    titles = ["(above the first title)", *parts[1::2]]
    found = {title: commands_in(text) for title, text in zip(titles, parts[::2], strict=True)}
    return {title: commands for title, commands in found.items() if commands}


def commands_in(text):
    words = (match["line"] or match["inline"] for match in COMMAND.finditer(text))
    return [" ".join(command.split()) for command in words]


SECTIONS = [(page, title, commands) for page in PAGES for title, commands in sections(page).items()]
COMMANDS = {command for _, _, commands in SECTIONS for command in commands}


@pytest.fixture
def typed(paragone, data, tmp_path, monkeypatch):
    """Carry out a command in a project folder that is empty, where the shipped problems and MNIST are small."""
    problems = tmp_path / "problems"
    problems.mkdir()
    for path in problem_files.SHIPPED.glob("*.toml"):
        (problems / path.name).write_text(small(path.read_text()))
    monkeypatch.setenv("PARAGONE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("paragone.task.mlp.data.find_data", lambda path, say: data)
    monkeypatch.setattr(problem_files, "SHIPPED", problems)
    (tmp_path / "claims.toml").write_text("[[claim]]".join(claim.CLAIMS.read_text().split("[[claim]]")[:2]))
    monkeypatch.setattr(claim, "CLAIMS", tmp_path / "claims.toml")  # other claims have batch sizes up to 60,000
    monkeypatch.setattr(contract, "BRIEF_SIZES", (2,))
    monkeypatch.setattr(problem, "QUICK_SIZES", (10,))
    monkeypatch.delenv("PARAGONE_RESULTS", raising=False)
    folder = tmp_path / "project"
    (folder / "impls" / "mlp").mkdir(parents=True)
    monkeypatch.chdir(folder)

    def run(command):
        tool, *arguments = shlex.split(command)
        if tool == "make":
            _, *arguments = shlex.split(recipe(arguments))
        code, out, err = paragone(*arguments)
        assert (command, 0) == (command, code), err + out
        return out

    return run


N_TRAIN, PIXELS = 300, 49


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    """A data set of few small images, stored where no other test looks."""
    random = np.random.default_rng(5)
    images = np.where(random.random((350, PIXELS)) < 0.19, random.integers(1, 256, (350, PIXELS)), 0).astype(np.uint8)
    labels = random.integers(0, 10, 350, np.uint8)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PARAGONE_CACHE", str(tmp_path_factory.mktemp("cache")))
        return store(Arrays(images[:300], labels[:300], images[300:], labels[300:]), "small", "a test")


def small(problem_text):
    """The text of a problem file with few images and two batch sizes."""
    text = re.sub(r"^n_train = .*$", f"n_train = {N_TRAIN}", problem_text, flags=re.MULTILINE)
    text = text.replace("layers = [784,", f"layers = [{PIXELS},")
    return re.sub(r"^batch_sizes = .*$", "batch_sizes = [1, 10]", text, flags=re.MULTILINE)


def recipe(arguments):
    """What make would run in this project; of the make that runs the tests it hears nothing."""
    own = {"PATH": os.environ["PATH"]}
    process = subprocess.run([*DRY_RUN, *arguments], cwd=PROJECT, env=own, check=True, capture_output=True, text=True)
    return process.stdout.strip()


def runnable_sections():
    """Page, title, and the commands to run, each once; what measures takes some ten seconds."""
    for page, title, commands in SECTIONS:
        if run := [command for command in dict.fromkeys(commands) if command not in PARSED]:
            marks = [pytest.mark.slow] if "paragone bench" in "".join(run) else []
            yield pytest.param(page, title, run, id=f"{page}: {title}", marks=marks)


@pytest.mark.parametrize(("page", "title", "commands"), list(runnable_sections()))
def test_the_commands_of_a_section_run_one_after_the_other_in_an_empty_folder(
    page, title, commands, typed, monkeypatch, tmp_path
):
    if not any(re.match("paragone new|make new", command) for command in commands):
        typed("make new NAME=my_step")
    if "wide.toml" in "".join(commands):
        (text,) = re.findall(r"`wide\.toml`:\n\n```toml\n(.*?)```", (PROJECT / page).read_text(), re.DOTALL)
        (tmp_path / "project" / "wide.toml").write_text(small(text))
    for command in commands:
        if "--plugins" not in command and "new" not in command:
            monkeypatch.setenv("PARAGONE_PLUGINS", "impls/mlp")  # where the project itself would find it
        typed(command)


@pytest.mark.parametrize("command", sorted(command for command in COMMANDS if re.match("paragone|make", command)))
def test_every_command_is_understood(command):
    """A sentence may name the verb alone, whose options are then not looked at."""
    tool, *arguments = shlex.split(command)
    for words in map(shlex.split, recipe(arguments).splitlines() if tool == "make" else [command]):
        if words[0].endswith("paragone"):
            verb, *options = words[1:]
            parser = get_command(app).commands[verb]
            if options:
                parser.make_context(verb, options)


def test_what_is_not_run_has_a_reason_and_stands_on_a_page():
    assert sorted(PARSED) == sorted(set(PARSED) & COMMANDS)


def test_commands_are_found_in_code_blocks_and_in_sentences():
    text = "Type `make a\nB=1` or\n\n    paragone list    # all\n    cd x\n    import this\n"

    assert commands_in(text) == ["make a B=1", "paragone list"]
