"""What crosses into a shared library and back, and what is said where it cannot."""

import ctypes
import re
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pytest
from small_gate import IMAGES, LABELS, checked, loaded, small, written

from paragone.adapters.build import HEADERS
from paragone.adapters.c_abi import FUNCTIONS, OPTIONAL
from paragone.errors import MeasurementFailed
from paragone.files.paths import PROJECT
from paragone.implementation.contract import FLOATS
from paragone.implementation.registry import IMPLEMENTATIONS, read_folder
from paragone.task.mlp.gate import stress_problem
from paragone.task.mlp.problem_files import shipped_names

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")

PAGE = (PROJECT / "docs" / "c-abi.md").read_text()
FILES = re.findall(r"`impls/mlp/c_first/([\w.]+)`:\n\n```\w+\n(.*?)```\n", PAGE, re.DOTALL)

# Writes down what it is told, and gives it back as the state.
ECHO = """
#include <stdlib.h>
#include <string.h>
#include "paragone.h"

static double state[64], told[64];
static int n_freed;

int32_t paragone_abi(void) { return PARAGONE_ABI; }

const char *paragone_load(const paragone_problem *p, const real *images, const uint8_t *labels, void **network)
{
    double facts[] = {p->n_train, p->n_layers, p->sizes[0], p->sizes[p->n_layers], p->output, p->real_bytes,
                      p->momentum, p->l1, p->l2, images[p->sizes[0] + 3], labels[2], p->hidden};
    memcpy(told, facts, sizeof facts);
    *network = state;
    return NULL;
}

void paragone_reset(void *network, const double *from) { memcpy(network, from, 8 * sizeof *from); }

void paragone_train(void *network, const int64_t *order, int64_t n_steps, int64_t batch_size, const double *eta,
                    double R, double *losses)
{
    double facts[] = {order[1], order[batch_size], n_steps, batch_size, eta[n_steps - 1], R, losses != NULL, 0};
    memcpy(network, facts, sizeof facts);
    for (int64_t step = 0; losses != NULL && step < n_steps; step++)
        losses[step] = step + 0.5;
}

void paragone_params(void *network, double *to) { memcpy(to, network, 8 * sizeof *to); }
void paragone_free(void *network) { (void)network; n_freed++; }
int32_t echo_freed(void) { return n_freed; }
double echo_told(int k) { return told[k]; }
"""


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PARAGONE_CACHE", str(tmp_path / "cache"))


def library(folder, source, flags=(), **attributes):
    """An implementation whose library is this source."""
    folder.mkdir()
    (folder / "source.c").write_text(source)
    (folder / "impl.py").write_text(
        "from paragone.adapters.c_abi import LibraryImplementation\n\n\n"
        "class Made(LibraryImplementation):\n"
        '    name, language, layout, source, idea = "made", "C", "none", "a test", "None."\n'
        f'    maths, axes = ("source.c",), {{"dtype": {FLOATS!r}}}\n\n'
        "    def command(self):\n"
        '        return ["gcc", "-shared", "-fPIC", f"-DPARAGONE_REAL={self.real}", "-I{include}", "-o{library}",\n'
        f'                "source.c", *{list(flags)!r}]\n'
    )
    (made,) = read_folder(folder)
    for name, value in attributes.items():
        setattr(made, name, value)
    return made


def reason_of(call):
    with pytest.raises(MeasurementFailed) as raised:
        call()
    return str(raised.value)


def told(implementation, k):
    function = implementation.library.echo_told
    function.restype = ctypes.c_double
    return function(k)


@pytest.mark.parametrize("dtype", FLOATS)
def test_the_library_is_told_the_workload_and_the_training_set(tmp_path, dtype):
    problem = replace(stress_problem(small("mlp4")), hidden_activation="relu")
    echo = loaded(library(tmp_path / "echo", ECHO), problem, dtype=dtype)
    image = np.dtype(dtype).type(IMAGES[1, 3] / 255)

    assert [told(echo, k) for k in range(12)] == [
        *(300, 3, 49, 10, 1, np.dtype(dtype).itemsize),
        *(problem.momentum, problem.l1, problem.l2, image, LABELS[2], 2),
    ]


def test_a_train_is_one_call_with_the_order_its_learning_rates_and_the_scale(tmp_path):
    problem = small("nielsen")
    problem = problem.from_json({**problem.to_json(), "layers": [1, 2], "learning_rate_decay": 0.5})
    made = library(tmp_path / "echo", ECHO)(dtype="float64")
    made.load(problem, np.zeros((300, 1)), LABELS)
    state = problem.start_state(1)
    order = problem.order(1, 8, 100)  # three steps an epoch
    made.reset(state)

    assert made.train(order) is None
    rates = problem.learning_rates(0, 8, 100)
    assert list(made.params().flat()) == [order[0, 1], order[1, 0], 8, 100, rates[-1], 0.01, 0, 0]
    assert made.params().step == 8


def test_losses_come_back_where_the_workload_records_them(tmp_path):
    problem = small("mlp4")
    problem = problem.from_json({**problem.to_json(), "layers": [1, 2]})
    made = library(tmp_path / "echo", ECHO)(dtype="float64")
    made.load(problem, np.zeros((300, 1)), LABELS)
    made.reset(problem.start_state(1))

    assert list(made.train(problem.order(1, 3, 10))) == [0.5, 1.5, 2.5]


def test_a_network_is_freed_once(tmp_path):
    echo = loaded(library(tmp_path / "echo", ECHO), small("nielsen"))
    freed = echo.library.echo_freed
    echo.close()
    echo.close()
    del echo

    assert freed() == 1


def test_a_network_is_freed_before_another_is_loaded(tmp_path):
    echo = loaded(library(tmp_path / "echo", ECHO), small("nielsen"))
    echo.load(small("nielsen"), (IMAGES / 255).astype("float32"), LABELS)

    assert echo.library.echo_freed() == 1


def test_a_load_that_reports_an_error_is_told_in_its_words(tmp_path):
    says = ECHO.replace("    *network = state;\n    return NULL;", '    return "no room";')

    assert reason_of(lambda: loaded(library(tmp_path / "a", says), small("nielsen"))) == "paragone_load says: no room"


def test_a_load_that_gives_no_network_is_found_out(tmp_path):
    forgets = ECHO.replace("    *network = state;\n", "")

    assert "gives no network" in reason_of(lambda: loaded(library(tmp_path / "a", forgets), small("nielsen")))


def test_functions_that_are_not_exported_are_named(tmp_path):
    lacks = ECHO.replace("paragone_train", "paragone_trian").replace("paragone_free", "free_it")

    assert "does not export paragone_train, paragone_free" in reason_of(
        lambda: loaded(library(tmp_path / "a", lacks), small("nielsen"))
    )


def test_a_library_for_another_version_of_the_header_is_refused(tmp_path):
    old = ECHO.replace("return PARAGONE_ABI", "return PARAGONE_ABI + 1")

    assert "version 2 of paragone.h, expected 1" in reason_of(
        lambda: loaded(library(tmp_path / "a", old), small("nielsen"))
    )


def test_a_library_that_cannot_be_linked_at_run_time_says_what_it_lacks(tmp_path):
    lacks = ECHO + "\nextern int nowhere(void);\nint uses(void) { return nowhere(); }\n"
    made = library(tmp_path / "a", lacks, flags=("-Wl,-z,now",))

    assert "nowhere" in reason_of(lambda: loaded(made, small("nielsen")))


def test_a_source_that_does_not_compile_gives_file_and_line(tmp_path):
    made = library(tmp_path / "a", "int paragone_abi(void)\n{\n    return PARAGONE_ABI\n}\n")

    assert "gcc failed with code 1: source.c:3" in reason_of(lambda: loaded(made, small("nielsen")))


def test_the_build_info_says_compiler_command_source_and_what_the_library_says_of_itself(tmp_path):
    speaks = ECHO + '\nconst char *paragone_version(void) { return "made of C"; }\n'
    build_info = loaded(library(tmp_path / "a", speaks), small("nielsen")).build_info()

    assert build_info["compiler"].startswith("gcc")
    assert "-DPARAGONE_REAL=float" in build_info["command"]
    assert build_info["made of"] == "made of C"
    assert len(build_info["source"]) == 16


def test_threads_are_those_that_the_library_tells(tmp_path):
    speaks = ECHO + "\nint32_t paragone_threads(void) { return 3; }\n"

    assert loaded(library(tmp_path / "a", speaks), small("nielsen")).threads() == {"made": 3}
    assert loaded(library(tmp_path / "b", ECHO), small("nielsen")).threads() == {}


def test_a_compiler_that_is_not_there_is_missing_with_the_command_that_installs_it(tmp_path, monkeypatch):
    made = library(tmp_path / "a", ECHO)
    assert made.missing() is None
    monkeypatch.setenv("PATH", str(tmp_path))

    assert made.missing().startswith("gcc was not found on PATH. Install: apt install gcc")


def test_the_adapter_knows_the_functions_that_the_header_declares():
    declared = re.findall(r"^\w[\w *]*?(paragone_\w+)\(", (HEADERS / "paragone.h").read_text(), re.MULTILINE)

    assert sorted(declared) == sorted([*FUNCTIONS, *OPTIONAL])


def test_a_step_by_its_old_name_is_told_the_new_one(tmp_path):
    files = [(name, text.replace("double step(", "double take_step(")) for name, text in FILES]
    (old,) = written(tmp_path / "c_first", files)

    with pytest.raises(MeasurementFailed, match=r"since paragone 0\.2 take_step is called step"):
        loaded(old, small("nielsen"))


@pytest.mark.parametrize("dtype", FLOATS)
def test_the_example_of_the_page_passes_the_gate_where_it_says_it_can(tmp_path, dtype):
    (first,) = written(tmp_path / "c_first", FILES)

    assert [name for name, _ in FILES] == ["impl.py", *first.maths]
    for name in shipped_names():
        for problem in (small(name), stress_problem(small(name))):
            if first.unsupported(problem) is None:
                check = checked(first, problem, dtype=dtype)
                assert (check.status, check.reason) == ("passed", "")
    assert first.unsupported(small("nielsen")) is None


def test_a_library_whose_struct_ends_where_it_did_is_told_what_it_always_was(tmp_path):
    """A binding in another language has a struct of its own, and may be older than the last field of the header's."""
    declared = (HEADERS / "paragone.h").read_text()
    without = re.sub(r"    int32_t hidden; .*\n", "", declared)
    assert without != declared
    folder = tmp_path / "old"
    old = library(folder, ECHO.replace('"paragone.h"', '"old.h"').replace("p->hidden", "0"))
    (folder / "old.h").write_text(without)
    problem = stress_problem(small("mlp4"))
    echo = loaded(old, problem)

    assert [told(echo, k) for k in range(9)] == [
        *(300, 3, 49, 10, 1, 4),
        *(problem.momentum, problem.l1, problem.l2),
    ]


@pytest.mark.skipif(shutil.which("g++") is None, reason="g++ is not installed")
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("flags", ["-Werror", "-DPARAGONE_PHASES"])
def test_the_example_of_the_page_is_cpp_too_but_for_one_cast(tmp_path, dtype, flags):
    cast = [(name, text.replace("= zeros(1,", "= (buffers *)zeros(1,")) for name, text in FILES]
    outputs = [(name, text.replace("<math.h>", '"paragone_outputs.h"')) for name, text in cast]
    compiled = [(name, text.replace('"gcc"', f'"g++", "{flags}"')) for name, text in outputs]
    (first,) = written(tmp_path / "c_first", compiled)
    check = checked(first, small("nielsen"), dtype=dtype)

    assert (check.status, check.reason) == ("passed", "")


@pytest.mark.parametrize("batch_size", [127, 129, 257])
@pytest.mark.parametrize("dtype", FLOATS)
def test_c_blas_follows_the_reference_around_the_size_of_a_block(batch_size, dtype, monkeypatch):
    (implementation,) = read_folder(IMPLEMENTATIONS / "c_blas")
    if reason := implementation.missing():
        pytest.skip(reason)
    monkeypatch.delenv("PARAGONE_CACHE")
    for problem in ("nielsen", "mlp4"):  # without and with an update of its own
        check = checked(implementation, small(problem), batch_size, dtype=dtype)
        assert check.status != "failed", check.reason


def exported(path):
    return subprocess.run(["nm", "-D", path], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("name", ["c_loops", "c_blas"])
def test_only_the_library_of_a_profile_reads_a_clock(name):
    (kind,) = read_folder(IMPLEMENTATIONS / name)
    if reason := kind.missing():
        pytest.skip(reason)
    plain = loaded(kind, small("nielsen"))
    clocked = kind(**plain.axis)
    clocked.load_clocked(plain.problem, (IMAGES / 255).astype(plain.dtype), LABELS)
    of_plain, of_clocked = (exported(made.library._name) for made in (plain, clocked))

    assert [word for word in ("clock_gettime", "paragone_phases") if word in of_plain] == []
    assert [word for word in ("clock_gettime", "paragone_phases") if word in of_clocked] == [
        "clock_gettime",
        "paragone_phases",
    ]
    assert plain.phase_times().phases == {}


def test_a_library_that_exports_no_phases_tells_none(tmp_path):
    echo = library(tmp_path / "echo", ECHO)(dtype="float64")
    problem = small("nielsen")
    echo.load_clocked(problem, IMAGES / 255, LABELS)
    echo.reset(problem.start_state(1))

    assert echo.phase_times().phases == {}
