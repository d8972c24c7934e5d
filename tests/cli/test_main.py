"""The command line as a user types it: help, misuse, exit codes, and a whole run on a small data set."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from described_here import describe
from in_process import InProcessWorker
from made_up_run import ENVIRONMENT, stored_plan
from own_environments import add_package
from typer.main import get_command
from zoo_faults import FAULTS

from paragone.adapters.julia import JuliaImplementation
from paragone.adapters.julia_process import JuliaProcessImplementation
from paragone.cli import main
from paragone.cli.app import err
from paragone.cli.display import TerminalDisplay
from paragone.cli.request import results_for_runs
from paragone.cli.values import bytes_of
from paragone.cli.verbs import VERBS
from paragone.errors import ResultsUnusable
from paragone.files.json_lines import read_rows
from paragone.files.paths import IMPORT_ROOT, PROJECT
from paragone.store.runs import run_folders

COMMANDS = tuple(get_command(main.app).commands)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_help_with_an_example(paragone, command):
    code, out, _ = paragone(command, "--help")

    assert 0 == code
    assert f"Example: paragone {command}" in out


@pytest.mark.parametrize("command", COMMANDS)
def test_where_an_order_may_take_a_limited_time_a_worker_may_hold_limited_memory(command):
    """What ends a worker tells the user of --memory-limit."""
    options = {option.name for option in get_command(main.app).commands[command].load().params}

    assert ("time_limit" in options) == ("memory_limit" in options)


@pytest.mark.parametrize("verb", VERBS, ids=COMMANDS)
def test_what_the_list_of_verbs_says_of_one_is_the_first_line_of_its_own_help(verb):
    assert verb.help == verb.load().help.splitlines()[0]


def test_the_help_lists_every_command_and_the_exit_codes(paragone):
    code, out, _ = paragone("--help")

    assert 0 == code
    assert all(command in out for command in COMMANDS)
    assert "Exit codes" in out


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("bench", "-i", "numpy_row"), 2, "unknown implementation 'numpy_row'. Did you mean 'numpy_rows'?"),
        (("bench", "-p", "nielson"), 2, "unknown problem 'nielson'. Did you mean 'nielsen'?"),
        (("bench", "--dtype", "float16"), 2, "unknown dtype 'float16'. Did you mean 'float"),
        (("bench", "-b", "1,ten"), 2, "--sizes (-b, --batch-sizes): expected whole numbers above 0 or full"),
        (("bench", "-b", "0"), 2, "--sizes (-b, --batch-sizes): expected whole numbers above 0 or full"),
        (("bench", "-b", "60000", "-p", "nielsen"), 2, "60000 does not fit nielsen: expected 1 to 50000"),
        (
            ("bench", "-b", ","),
            2,
            "--sizes (-b, --batch-sizes): expected whole numbers above 0 or full, separated by commas; got ','",
        ),
        (("bench", "--threads", "1000000000000000"), 2, "--threads: expected whole numbers above 0"),
        (("bench", "--threads", "none"), 2, "--threads: expected whole numbers above 0"),
        (("bench", "--resolve", "fast"), 2, "--resolve: expected a percentage such as 5%"),
        (("bench", "--memory-limit", "much"), 2, "--memory-limit: expected a size such as 4GB or 500MiB, got 'much'"),
        (("bench", "--memory-limit", "99999TB"), 2, "--memory-limit: expected at most 9007 TB, got '99999TB'"),
        (("verify", "--memory-limit", "1MB"), 2, "--memory-limit: a worker that does nothing needs 100 MB, got '1MB'"),
        (("bench", "--baseline", "numpy_rowz"), 2, "unknown baseline 'numpy_rowz'. Did you mean 'numpy_rows'?"),
        (("bench", "-p", "no_such.toml"), 3, "no_such.toml: there is no such file"),
        (("bench", "--resume", "2020"), 2, "unknown run '2020'"),
        (("profile", "-i", "numpy_row"), 2, "unknown implementation 'numpy_row'. Did you mean 'numpy_rows'?"),
        (("profile", "-b", "ten"), 2, "--sizes (-b, --batch-sizes): expected whole numbers above 0 or full"),
        (("profile", "-k", "pairwise"), 2, "profile: a call of the kernel pairwise is one piece"),
        (("profile", "-p", "no_such.toml"), 3, "no_such.toml: there is no such file"),
        (("verify", "numpy_"), 2, "unknown implementation 'numpy_'"),
        (("train", "numpy_rows[dtype=float16]"), 2, "numpy_rows has no variant"),
        (("train", "nunpy_rows"), 2, "Did you mean 'numpy_rows'?"),
        (("report", "no-such-run"), 2, "unknown run 'no-such-run'"),
        (("export", "x", "--format", "pytest-benchmarks"), 2, "Did you mean 'pytest-benchmark'?"),
    ],
)
def test_misuse_is_answered_with_a_sentence_and_a_code(
    paragone, small, tmp_path, monkeypatch, arguments, code, sentence
):
    monkeypatch.setenv("PARAGONE_RESULTS", str(tmp_path / "results"))
    monkeypatch.chdir(tmp_path)
    got, _, err = paragone(*arguments)

    assert code == got
    assert sentence in re.sub(r"\s+", " ", err)
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("command", "option", "value"),
    [
        (command, option, value)
        for command in ("bench", "profile", "compare --live HEAD .")
        for option, value in (("--rounds", "10001"), ("--time-limit", "inf"), ("--launches", "10001"))
        if (command, option) != ("profile", "--launches")  # a profile has no such option
    ],
)
def test_what_no_run_could_be_read_back_with_is_not_measured(paragone, monkeypatch, command, option, value):
    monkeypatch.setenv("PARAGONE_DATA", "/there/is/none")
    code, _, err = paragone(*command.split(), option, value)

    assert code == 2
    assert f"Invalid value for '{option}'" in err


def test_an_unknown_option_is_misuse(paragone):
    code, _, err = paragone("bench", "--bach-sizes", "1")

    assert 2 == code
    assert "--batch-sizes" in err


def test_a_data_path_that_holds_nothing_is_an_error_of_its_own_code(paragone, tmp_path):
    code, _, err = paragone("bench", "--data", tmp_path / "nothing")

    assert 4 == code
    assert str(tmp_path / "nothing") in err.replace("\n", "")


@pytest.mark.parametrize(
    "arguments", [("bench", "--quick"), ("profile",), ("compare", "--live", "HEAD", ".")], ids=lambda words: words[0]
)
@pytest.mark.parametrize(
    ("place", "told"), [("--results", "Choose another folder: --results PATH"), ("cache", "Set PARAGONE_CACHE to")]
)
def test_where_nothing_can_be_written_that_is_found_before_anything_is_looked_for(
    paragone, tmp_path, monkeypatch, arguments, place, told
):
    """It was found when all had been verified."""
    for name in ("request.implementations_for", "compare_live.all_implementations", "request.data_set"):
        monkeypatch.setattr(f"paragone.cli.{name}", lambda *_: pytest.fail("that was too late"), raising=False)
    monkeypatch.setenv("PARAGONE_RESULTS", str(tmp_path / "results"))
    (tmp_path / "file").write_text("")
    if place == "cache":
        monkeypatch.setenv("PARAGONE_CACHE", str(tmp_path / "file" / "cache"))
    code, _, err = paragone(*arguments, *(["--results", tmp_path / "file" / "results"] if place != "cache" else []))

    assert 5 == code
    assert told in err


def test_a_cache_that_is_there_and_cannot_be_written_is_told_and_used(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PARAGONE_CACHE", str(tmp_path))
    monkeypatch.setattr("paragone.store.runs.refuse_unwritable", lambda folder, *words: _refused(folder, *words))
    results_for_runs(tmp_path / "results", TerminalDisplay(err))

    assert "What is new is not kept there" in " ".join(capsys.readouterr().err.split())


def _refused(folder, *words):
    if words:
        raise ResultsUnusable(f"{folder}: cannot be written: Read-only file system. {words[0]}")


def test_the_file_of_a_live_comparison_is_tried_before_it_is_measured(paragone, tmp_path):
    code, _, err = paragone("compare", "--live", "HEAD", ".", "--output", tmp_path / "no" / "file.md")

    assert 2 == code
    assert "file.md: cannot be written: No such file or directory" in err.replace("\n", "")


def test_a_results_folder_that_cannot_be_written_is_an_error_of_its_own_code(
    paragone, small, without_processes, tmp_path
):
    (tmp_path / "file").write_text("")
    code, _, err = paragone(
        "bench", "-i", "numpy_rows", "--quick", "-p", small, "-b", "20", "--results", tmp_path / "file" / "results"
    )

    assert 5 == code
    assert "--results PATH" in err


def test_the_list_names_every_implementation_with_its_idea(paragone):
    code, out, _ = paragone("list")

    assert 0 == code
    for name in ("python_lists", "numpy_per_sample", "numpy_rows", "numpy_columns", "numpy_tuned"):
        assert name in out
    assert "dtype float32/float64" in out


@pytest.mark.parametrize("verb", ["bench", "verify", "profile"])
def test_the_help_shows_how_one_variant_is_asked_for(paragone, verb):
    _, out, _ = paragone(verb, "--help")

    assert "[order=F]" in out


def test_verify_prints_errors_and_fails_for_a_wrong_one(paragone, small, without_processes, monkeypatch):
    code, out, _ = paragone("verify", "numpy_rows", "-p", small, "--dtype", "float64")
    assert 0 == code
    assert "numpy_rows[dtype=float64,order=C]" in out

    # Whatever is trained, nothing moves: the worker's answer is the start.
    monkeypatch.setattr(InProcessWorker, "train", lambda self, state, order: (state, None))
    code, out, _ = paragone("verify", "numpy_rows", "-p", small, "--dtype", "float64")
    assert 1 == code
    assert "failed" in out


def test_a_library_that_is_broken_costs_its_own_row_and_the_others_go_on(
    paragone, small, without_processes, tmp_path, monkeypatch
):
    add_package(tmp_path / "site", "library_of_a_test", "raise ImportError('libcuda.so: no such file')")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path / 'site'}:{FAULTS.parent}")
    monkeypatch.setenv("PARAGONE_ENVIRONMENTS", str(tmp_path / "environments"))
    plugin = ["--plugins", FAULTS / "needs_a_package"]
    code, out, _ = paragone("list", *plugin)
    assert 0 == code
    assert "needs_a_package" in out

    names = ["needs_a_package", "numpy_per_sample"]
    code, out, _ = paragone("verify", *names, *plugin, "-p", small, "--dtype", "float64")
    assert 1 == code
    assert "load: ImportError: libcuda.so: no such file" in out
    assert "make peers PEERS=jax" in out
    assert re.search(r"\b1 failed, [1-9][0-9]* passed$", out, re.MULTILINE), out


def test_train_prints_the_accuracy_of_every_epoch(paragone, small, without_processes):
    code, out, _ = paragone("train", "numpy_rows", "-p", small, "--epochs", "3", "--dtype", "float64")

    assert 0 == code
    assert ["0", "1", "2", "3"] == re.findall(r"^Epoch (\d+): \d+ / 50, elapsed time: [\d.]+ s", out, re.MULTILINE)


def test_a_run_is_measured_reported_rebuilt_and_exported(paragone, small, tmp_path):
    results = tmp_path / "results"
    code, out, _ = paragone(
        "bench", "--quick", "-p", small, "-b", "20", "-i", "numpy_rows", "--results", results, "--dtype", "float32"
    )
    assert 0 == code
    (folder,) = run_folders(results)
    assert str(folder / "report.md") in out.replace("\n", "")
    made = {path: path.read_bytes() for path in folder.rglob("*") if path.suffix in (".csv", ".md", ".png", ".svg")}
    assert {"summary.csv", "report.md"} == {path.name for path in made}

    code, _, _ = paragone("report", "latest", "--results", results)
    assert 0 == code
    assert made == {path: path.read_bytes() for path in made}
    code, _, _ = paragone("report", "latest", "--figures", "--results", results)
    assert 0 == code
    assert {".png", ".svg"} <= {path.suffix for path in (folder / "figures").iterdir()}

    code, _, _ = paragone("export", folder, "--output", tmp_path / "run.json")
    assert 0 == code
    benchmarks = json.loads((tmp_path / "run.json").read_text())["benchmarks"]
    assert {"numpy_rows"} == {entry["params"]["variant"].partition("[")[0] for entry in benchmarks}


def test_python_minus_m_paragone_is_the_same_program_from_any_folder(tmp_path):
    answer = subprocess.run(
        [sys.executable, "-m", "paragone", "--version"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(IMPORT_ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert answer.stdout.startswith("paragone ")


RUN = """
import sys
from pathlib import Path
from paragone.cli import main
from paragone.task.mlp import data
from paragone.task.mlp.mnist.cache import open_cached
found = open_cached(Path(sys.argv.pop(1)))
data.find_data = lambda path, say: found
main.main()
"""


@pytest.mark.slow
@pytest.mark.parametrize("n_samples", [3, 17])
def test_a_harness_killed_in_mid_run_loses_nothing_and_goes_on(small, tmp_path, n_samples):
    data_folder = next((tmp_path / "cache" / "data").glob("*/about.json")).parent
    results = tmp_path / "results"
    arguments = ["bench", "-p", small, "-i", "numpy_rows", "--dtype", "float32", "--rounds", "3", "--results", results]
    command = [sys.executable, "-c", RUN, *map(str, [data_folder, *arguments])]
    environment = {**os.environ, "PYTHONPATH": str(IMPORT_ROOT)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as harness:
        while len(_timed(results)) < n_samples and harness.poll() is None:
            pass
        harness.kill()
    before = _timed(results)
    assert 0 < len(before)

    subprocess.run(command, env=environment, check=True, capture_output=True)

    (folder,) = run_folders(results)
    after = Counter(_timed(results))
    assert Counter(before) <= after
    assert {1} == set(after.values())
    assert 6 * 5 * 3 == len(after)
    assert (folder / "report.md").is_file()


def _timed(results: Path) -> list[tuple]:
    keys = ("variant", "size", "launch", "round")
    rows = [row for folder in run_folders(results) for row in read_rows(folder / "samples.jsonl")]
    return [tuple(row[key] for key in keys) for row in rows if row["kind"] == "timed"]


# --- implementations of one's own ---

FAULTY = """
from paragone.implementation.registry import IMPLEMENTATIONS, read_folder

(Rows,) = read_folder(IMPLEMENTATIONS / "numpy_rows")


class Faulty(Rows):
    name = "faulty"
    maths = ()
    axes = {"dtype": ("float64",)}

    def train(self, order):
        super().train(order)
        return 0
"""


@pytest.fixture
def faulty(tmp_path):
    folder = tmp_path / "plugins" / "faulty"
    folder.mkdir(parents=True)
    (folder / "impl.py").write_text(FAULTY)
    return folder


def test_list_shows_plugins_with_where_they_come_from_and_what_is_broken(paragone, faulty):
    (faulty.parent / "bad").mkdir()
    (faulty.parent / "bad" / "impl.py").write_text("import no_such_module")
    code, out, _ = paragone("list", "--plugins", faulty.parent)

    assert 0 == code
    assert f"plugin {faulty.parent}" in out
    assert "bad cannot be used: " in out
    assert "No module named 'no_such_module'" in out


def test_list_takes_names(paragone, faulty):
    code, out, _ = paragone("list", "fau*", "--plugins", faulty)

    assert 0 == code
    assert "faulty" in out
    assert "numpy_rows" not in out
    assert 2 == paragone("list", "nobody")[0]


def test_the_next_commands_are_for_the_one_of_two_that_can_run_here(paragone, tmp_path, monkeypatch):
    monkeypatch.setattr(JuliaImplementation, "missing", classmethod(lambda cls: "no Julia. Install it: paragone julia"))
    monkeypatch.setattr(JuliaProcessImplementation, "missing", classmethod(lambda cls: None))
    monkeypatch.setattr("paragone.cli.new.describe", describe)  # in this process, where they are replaced
    _, out, _ = paragone("new", "mine", "--language", "julia", "--into", tmp_path)

    assert "mine cannot run here: no Julia. Install it: paragone julia" in out
    assert "paragone verify mine_process --contract" in out


def test_a_starter_is_written_and_the_next_commands_name_its_folder(paragone, tmp_path):
    code, out, _ = paragone("new", "my_step", "--into", tmp_path)

    assert 0 == code
    assert (tmp_path / "my_step" / "impl.py").is_file()
    for command in re.findall(r"^    paragone ([^#]+)", out, re.MULTILINE):
        verb, *arguments = command.split()
        assert f"--plugins {tmp_path / 'my_step'}" in command
        get_command(main.app).commands[verb].make_context(verb, arguments)
    assert 2 == paragone("new", "my_step", "--into", tmp_path)[0]
    assert 2 == paragone("new", "other", "--language", "cobol", "--into", tmp_path)[0]


def test_the_contract_says_what_an_author_must_change(paragone, small, faulty):
    code, out, _ = paragone("verify", "faulty", "--contract", "--plugins", faulty, "-p", small, "-b", 20)

    assert 1 == code
    assert "failed faulty[dtype=float64]: losses come back where they are asked for" in out
    assert "small, batch size 1: expected None from train, got int" in out
    assert "    the order is followed: 1 passed" in out


@pytest.mark.parametrize(
    ("named", "next_command"),
    [("plugins", "paragone bench --resume {folder} --plugins {place}"), ("sides", "paragone compare --live A B")],
)
def test_code_that_only_a_plan_names_is_never_imported(paragone, small, tmp_path, named, next_command):
    """Somebody sends a folder, even one of this machine, and to take it up again would import what its plan names."""
    (tmp_path / "evil").mkdir()
    (tmp_path / "evil" / "impl.py").write_text(f"open({str(tmp_path / 'was executed')!r}, 'w')")
    folder = tmp_path / "results" / "2026-01-01T000000Z"
    place = str(tmp_path / "evil")
    request = {"problems": {}, named: [place if named == "plugins" else f"a={place}"]}
    folder.mkdir(parents=True)
    (folder / "plan.json").write_text(json.dumps(stored_plan(run=folder.name, request=request)))
    (folder / "environment.json").write_text(json.dumps(ENVIRONMENT))

    for command in (("report", folder), ("compare", folder, folder)):
        paragone(*command)
    code, _, err = paragone("bench", "--resume", folder)
    assert code == 2
    assert next_command.format(folder=folder, place=place) in " ".join(err.split())
    assert not (tmp_path / "was executed").exists()


def test_a_run_knows_its_plugins_when_it_is_taken_up_again(
    paragone, small, faulty, without_processes, without_figures, tmp_path, monkeypatch
):
    good = FAULTY.replace("        super().train(order)\n        return 0", "        return super().train(order)")
    (faulty / "impl.py").write_text(good)
    quickly = ("--quick", "--rounds", 3, "--no-curves")
    arguments = ("-p", small, "-i", "faulty", *quickly, "-b", 20, "--results", tmp_path / "results")
    code, _, err = paragone("bench", *arguments, "--plugins", os.path.relpath(faulty))
    (folder,) = run_folders(tmp_path / "results")
    plan = json.loads((folder / "plan.json").read_text())

    assert (0, "") == (code, err.partition("Traceback")[1])
    assert [str(faulty)] == plan["request"]["plugins"]
    again = ("bench", "--resume", folder.name, "--results", tmp_path / "results")
    assert 2 == paragone(*again)[0]
    assert 0 == paragone(*again, "--plugins", faulty)[0]
    monkeypatch.setenv("PARAGONE_PLUGINS", str(faulty))
    assert 0 == paragone(*again)[0]


@pytest.mark.parametrize(
    ("text", "n_bytes"),
    [(None, None), ("4GB", 4 * 10**9), ("1.5 gb", 15 * 10**8), ("500MiB", 500 * 2**20), ("200000kB", 2 * 10**8)],
)
def test_a_size_is_read_as_people_write_it(text, n_bytes):
    assert n_bytes == bytes_of(text)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, which Linux has")
def test_a_standard_output_that_is_full_is_told_without_a_traceback():
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "paragone", "list", "numpy_rows"]
        ended = subprocess.run(command, cwd=PROJECT, stdout=full, stderr=subprocess.PIPE, text=True)

    assert (5, "error: standard output cannot be written: No space left on device\n") == (
        ended.returncode,
        ended.stderr,
    )


# --- standard streams ---

HERE = {**os.environ, "PYTHONPATH": str(IMPORT_ROOT)}


@pytest.mark.parametrize(
    "arguments",
    [("list", "numpy_rows"), ("--help",), ("list", "--help"), ("doctor",), ("report", "--help"), ("--version",)],
    ids=" ".join,
)
def test_a_reader_of_the_output_that_has_gone_is_the_exit_code_of_the_help(arguments):
    """`paragone list | head -1`: exit code 5, and no word of it."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "paragone", *arguments]
    ended = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, cwd=PROJECT, env=HERE)
    os.close(writing)

    assert (5, b"") == (ended.returncode, ended.stderr)


REMOVED = 'mkdir gone; cd gone; rmdir ../gone; exec "$@"'


@pytest.mark.parametrize(
    ("words", "code"), [("list", 2), ("new x", 2), ("bench --quick", 2), ("doctor", 2), ("list --help", 0)]
)
def test_a_current_folder_that_was_removed_is_a_sentence(tmp_path, words, code):
    command = ["sh", "-c", REMOVED, "sh", sys.executable, "-m", "paragone", *words.split()]
    ended = subprocess.run(command, capture_output=True, cwd=tmp_path, env=HERE, text=True)

    assert code == ended.returncode, ended.stderr
    assert code == 0 or ended.stderr.startswith("error: the current folder cannot be used: No such file or directory")


@pytest.mark.parametrize(
    "words",
    [("verify", "NAME"), ("compare", "--live", "HEAD", ".", "-o", "NAME"), ("new", "x", "--into", "NAME")],
    ids=" ".join,
)
def test_a_name_that_no_file_can_have_is_misuse_everywhere(paragone, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    code, _, _ = paragone(*("a" * 300 if word == "NAME" else word for word in words))

    assert 2 == code


@pytest.mark.parametrize("encoding", ["cp1252", "euc-jp", "utf-16"])
@pytest.mark.parametrize(
    "arguments", [("list", "numpy_r*"), ("--help",), ("header", "mlp"), ("list", "η")], ids=" ".join
)
def test_every_output_has_an_encoding_that_will_do(arguments, encoding):
    command = [sys.executable, "-m", "paragone", *arguments]
    environment = {**HERE, "PYTHONIOENCODING": encoding}
    ended = subprocess.run(command, capture_output=True, cwd=PROJECT, env=environment)

    assert (2 if "η" in arguments else 0) == ended.returncode, ended.stderr
    assert (ended.stdout + ended.stderr).decode(encoding)
    assert "Traceback" not in ended.stderr.decode(encoding)


PRINTS = """
import os, subprocess, sys
from paragone.__main__ import open_standard_streams
open_standard_streams()
numbers = [os.fstat(n).st_rdev == os.stat("/dev/null").st_rdev for n in range(3)]
print("to nobody"); print("to nobody", file=sys.stderr)
child = subprocess.run([sys.executable, "-c", "import os; [os.fstat(n) for n in range(3)]; raise SystemExit(7)"])
open(sys.argv[1], "w").write(f"{numbers} {sys.stdin.read()!r} {child.returncode}")
"""


def test_streams_that_are_closed_are_opened_on_nothing_for_this_process_and_its_children(tmp_path):
    """`paragone bench 0<&- 1>&- 2>&-`: without it the pipes of workers get these numbers, and every worker ends."""
    command = f'exec "{sys.executable}" -c "$1" "{tmp_path / "seen"}" 0<&- 1>&- 2>&-'
    subprocess.run(["sh", "-c", command, "sh", PRINTS], env=HERE, check=True)

    assert (tmp_path / "seen").read_text() == "[True, True, True] '' 7"


def test_streams_that_are_open_stay_as_they_are():
    code = "from paragone.__main__ import open_standard_streams as o; o(); print('said'); print(input())"
    ended = subprocess.run([sys.executable, "-c", code], input=b"given", capture_output=True, env=HERE)

    assert ended.stdout.split() == [b"said", b"given"]
