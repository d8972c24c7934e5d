"""Kernels in shared libraries: C, Fortran and Rust, one call for a sample, and what is wrong with a library."""

import shutil

import numpy as np
import pytest
from small_kernels import distances, kernel_folder, opened, order, results, ring

from paragone.adapters import build as build_module
from paragone.adapters.kernel import library
from paragone.errors import MeasurementFailed, VerificationFailed
from paragone.implementation.importing import implementation_class

TOML = """
    language = "C"
    idea = "loops"
    build = "gcc {flags} -Wall -Werror -shared -fPIC -DPARAGONE_REAL={real} -I{include} -o {library} mine.c"
    axes = { flags = { O1 = "-O1", O2_unrolled = "-O2 -funroll-loops" } }
"""
LOOPS = """
    #include "pairwise.h"
    void pairwise(int64_t n, int64_t d, const real *X, real *D)
    {
        for (int64_t i = 0; i < n; i++)
            for (int64_t j = 0; j < n; j++) {
                real sum = 0;
                for (int64_t k = 0; k < d; k++)
                    sum += (X[i * d + k] - X[j * d + k]) * (X[i * d + k] - X[j * d + k]);
                D[i * n + j] = sum;
            }
    }
"""
FORTRAN = """
    subroutine pairwise(n, d, X, D_) bind(c, name=NAME)
      use iso_c_binding
      integer(c_int64_t), value :: n, d
      real(REAL_KIND), intent(in) :: X(d, n)
      real(REAL_KIND), intent(out) :: D_(n, n)
      integer(c_int64_t) :: i, j
      do i = 1, n
        do j = 1, n
          D_(j, i) = sum((X(:, i) - X(:, j))**2)
        end do
      end do
    end subroutine
"""
RUST = """
    #[no_mangle]
    pub unsafe extern "C" fn pairwise_f64(n: i64, d: i64, x: *const f64, out: *mut f64) {
        let (n, d) = (n as usize, d as usize);
        let x = std::slice::from_raw_parts(x, n * d);
        let out = std::slice::from_raw_parts_mut(out, n * n);
        for i in 0..n {
            for j in 0..n {
                out[i * n + j] = (0..d).map(|k| (x[i * d + k] - x[j * d + k]).powi(2)).sum();
            }
        }
    }
"""

# By language: file, build, text.
SETTING_UP = {
    "c": (
        "mine.c",
        "gcc -shared -fPIC -DPARAGONE_REAL={real} -I{include}",
        """
        #include "pairwise.h"
        static real seen;
        void pairwise_setup(int64_t n, int64_t d) { seen += 1000 * n + d; }
        void pairwise(int64_t n, int64_t d, const real *X, real *D) { D[0] = seen; D[1] = n; }
        """,
    ),
    "fortran": (
        "mine.f90",
        "gfortran -shared -fPIC",
        """
        module memory
          use iso_c_binding
          real(c_double) :: seen = 0
        contains
          subroutine prepare(n, d) bind(c, name="pairwise_setup_f64")
            integer(c_int64_t), value :: n, d
            seen = seen + 1000 * n + d
          end subroutine
          subroutine run(n, d, X, D_) bind(c, name="pairwise_f64")
            integer(c_int64_t), value :: n, d
            real(c_double), intent(in) :: X(d, n)
            real(c_double), intent(out) :: D_(n, n)
            D_(1, 1) = seen
            D_(2, 1) = n
          end subroutine
        end module
        """,
    ),
    "rust": (
        "mine.rs",
        "rustc --crate-type cdylib",
        """
        static mut SEEN: i64 = 0;
        #[no_mangle]
        pub unsafe extern "C" fn pairwise_setup_f64(n: i64, d: i64) {
            SEEN += 1000 * n + d;
        }
        #[no_mangle]
        pub unsafe extern "C" fn pairwise_f64(n: i64, _d: i64, _x: *const f64, out: *mut f64) {
            *out = SEEN as f64;
            *out.add(1) = n as f64;
        }
        """,
    ),
}


@pytest.fixture(autouse=True, scope="module")
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PARAGONE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def pairwise(tmp_path):
    """Return a function that writes a library's files and gives the folder."""

    def write(text=LOOPS, toml=TOML, name="pairwise", source="mine.c"):
        return kernel_folder(tmp_path, name, files={source: text, "mine.toml": toml})

    return write


def is_right(folder, dtype="float64", size=9):
    state = ring(folder, size)
    return np.allclose(results(opened(folder, "mine", dtype), state, 7)["D"], distances(state), rtol=1e-5)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("flags", ["O1", "O2_unrolled"])
def test_a_library_is_built_for_each_dtype_and_set_of_flags(pairwise, dtype, flags):
    folder = pairwise()
    mine, state = opened(folder, "mine", dtype, flags=flags), ring(folder, 9)

    assert np.allclose(results(mine, state)["D"], distances(state), rtol=1e-5)
    expected = {"O1": "-O1", "O2_unrolled": "-O2 -funroll-loops"}[flags]
    real = {"float64": "double", "float32": "float"}[dtype]
    assert mine.build_info()["command"].startswith(f"gcc {expected} -Wall -Werror -shared -fPIC -DPARAGONE_REAL={real}")


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_fortran_has_its_kind_and_its_name_from_the_build_command(pairwise, dtype):
    toml = """
        language = "Fortran"
        idea = "loops"
        build = "gfortran -cpp -DREAL_KIND=c_{real} '-DNAME=\\"pairwise_{suffix}\\"' -shared -fPIC -o{library} mine.f90"
    """

    assert is_right(pairwise(FORTRAN, toml, source="mine.f90"), dtype)


@pytest.mark.skipif(shutil.which("rustc") is None, reason="rustc is not here")
def test_rust_exports_a_function_with_the_abi_of_c(pairwise):
    toml = 'language = "Rust"\nidea = "loops"\nbuild = "rustc -O --crate-type cdylib -o {library} mine.rs"\n'

    assert is_right(pairwise(RUST, toml, source="mine.rs"))


def test_a_sample_is_one_call_into_the_library(pairwise, monkeypatch):
    folder = pairwise()
    mine, crossings = opened(folder, "mine"), []
    calls = mine.calls
    monkeypatch.setattr(mine, "calls", lambda *arguments: crossings.append(calls(*arguments)))
    mine.reset(ring(folder, 4))
    mine.train(order(5000))

    assert len(crossings) == 1


def test_a_state_evolves_over_the_steps_of_one_call(pairwise):
    text = """
        #include "heat.h"
        void heat(int64_t n, real *u, const real *k)
        {
            for (int64_t i = 0; i < n; i++)
                u[i] += k[i] * u[i];
        }
    """
    folder = pairwise(text, name="heat")
    state = ring(folder, 6)
    u, k = state.arrays["u"], state.arrays["k"]

    assert np.allclose(results(opened(folder, "mine"), state, 5)["u"], u * (1 + k) ** 5, rtol=1e-12)


@pytest.mark.parametrize(
    "language",
    ["c", "fortran", pytest.param("rust", marks=pytest.mark.skipif(not shutil.which("rustc"), reason="rustc"))],
)
def test_setting_up_comes_once_for_each_size_before_the_calls(pairwise, language):
    file, build, text = SETTING_UP[language]
    toml = f'language = "one"\nidea = "remembers its sizes"\nbuild = "{build} -o {{library}} {file}"\n'
    folder = pairwise(text, toml, source=file)
    mine = opened(folder, "mine")

    assert [results(mine, ring(folder, size))["D"][0].ravel()[:2].tolist() for size in (4, 4, 9)] == [
        [4003, 4],
        [4003, 4],
        [13006, 9],
    ]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("((real *)X)[2] += 1;", "it changes its input X"),
        ("D[n * n] = 0;", "it writes outside of D"),
        ("D[-1] = 0;", "it writes outside of D"),
    ],
)
def test_what_a_library_does_to_memory_that_is_not_its_own_is_found(pairwise, body, reason):
    folder = pairwise(LOOPS.replace("{\n        for", f"{{\n        {body}\n        for", 1))

    with pytest.raises(VerificationFailed, match=reason):
        results(opened(folder, "mine"), ring(folder, 4))


def test_the_last_row_that_is_missed_is_no_result_and_nan_in_some_sets(pairwise):
    folder = pairwise(LOOPS.replace("i < n", "i < n - 1"))
    state = ring(folder, 4)
    found, right = results(opened(folder, "mine"), state)["D"], distances(state)

    assert np.allclose(found[:, :3], right[:, :3])
    assert not np.isclose(found[:, 3], right[:, 3]).any()
    assert np.isnan(found[:, 3]).all(axis=1).any()


@pytest.mark.parametrize("test", ["D[1] == D[1]", "D[0] == 0 && D[1] == D[n]"])
def test_a_call_that_is_left_out_because_its_result_seems_to_be_there_is_found(pairwise, test):
    """Such a kernel would be timed as if it computed nothing: its ring comes round again and again."""
    folder = pairwise(LOOPS.replace("{\n        for", f"{{\n        if ({test}) return;\n        for", 1))
    state, mine = ring(folder, 4), opened(folder, "mine")
    results(mine, ring(folder, 4, seed=7))  # as the steps before a sample are: from another start

    assert not np.allclose(results(mine, state, 30)["D"], distances(state))


def test_a_library_without_the_function_is_told_with_its_declaration(pairwise):
    folder = pairwise("void pairwise(void) { }")

    with pytest.raises(MeasurementFailed) as raised:
        opened(folder, "mine")
    assert str(raised.value) == (
        "the library does not export pairwise_f64: expected void pairwise_f64(int64_t n, int64_t d, const double *X, "
        'double *D); in C++ within extern "C". See: paragone header pairwise'
    )


def test_the_first_error_of_the_compiler_is_told(pairwise):
    with pytest.raises(MeasurementFailed) as raised:
        opened(pairwise(LOOPS.replace("const real *X", "const real X")), "mine")
    assert str(raised.value).startswith("gcc failed with code 1: include/pairwise.h:")
    assert "error: conflicting types for 'pairwise_f64'" in str(raised.value)


@pytest.mark.parametrize(
    ("toml", "missing"),
    [
        (TOML.replace("gcc ", "no-such-cc "), "no-such-cc was not found on PATH"),
        (TOML + '    requires = ["no_such_tool"]', "no_such_tool was not found on PATH"),
        (TOML.replace("gcc {flags}", "./make.sh {flags}"), "make.sh does not exist"),
        (
            TOML.replace("{flags}", "{flags} -I{no_such_package}") + '    packages = ["no_such_package"]',
            "no_such_package is not installed. Install: pip install no_such_package",
        ),
    ],
)
def test_what_it_takes_and_is_not_here_is_told(pairwise, toml, missing):
    reason = implementation_class(pairwise(toml=toml), "mine").missing()

    assert reason.endswith(missing)


def test_the_word_of_a_package_is_the_folder_of_its_files(pairwise):
    flags = "{flags} -I{scipy_openblas32}/include"
    toml = TOML.replace("{flags}", flags).replace("axes", 'packages = ["scipy_openblas32"]\n    axes')

    assert is_right(pairwise("    #include <openblas_config.h>\n" + LOOPS, toml))


def test_without_a_c_compiler_there_is_no_loop_and_its_installation_is_told(pairwise, monkeypatch):
    toml = TOML.replace('build = "gcc', 'build = "/bin/sh')
    monkeypatch.setattr(library, "C_COMPILERS", ("no-such-cc",))
    monkeypatch.setenv("PATH", "")

    assert implementation_class(pairwise(toml=toml), "mine").missing() == (
        "cc was not found on PATH. Install: apt install gcc (Debian, Ubuntu), xcode-select --install (macOS)"
    )


def test_a_library_is_built_again_for_its_own_files_and_not_for_a_neighbours(pairwise, monkeypatch):
    folder, builds = pairwise(), []
    build_into = build_module._build_into
    monkeypatch.setattr(build_module, "_build_into", lambda *a: builds.append(a) or build_into(*a))
    opened(folder, "mine")
    builds.clear()

    (folder / "other.toml").write_text(TOML)
    (folder / "other.c").write_text("")
    opened(folder, "mine")
    assert builds == []
    (folder / "mine.c").write_text(LOOPS + "\n/* changed */\n")
    opened(folder, "mine")
    assert len(builds) == 1
