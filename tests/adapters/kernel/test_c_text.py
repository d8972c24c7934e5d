"""A kernel in C: the header compiles alone, in C and in C++, under any names that a kernel may have."""

import subprocess
from dataclasses import replace

import pytest
from small_kernels import kernel_folder

from paragone.adapters.kernel.c_text import call_loop, declaration, declarations
from paragone.task.kernel.kernel_file import read_kernel


@pytest.fixture
def spec(tmp_path):
    return lambda name="pairwise": read_kernel(kernel_folder(tmp_path, name))


def compiled(tmp_path, text, *options, compiler="gcc"):
    """Whether a compiler takes a text without a word."""
    (tmp_path / "text").write_text(text)
    language = "c++" if compiler == "g++" else "c"
    command = [compiler, "-x", language, "-Wall", "-Wextra", "-Wno-unused-parameter", "-c", *options, "text"]
    done = subprocess.run([*command, "-o", "object"], cwd=tmp_path, capture_output=True, text=True)
    return done.stdout + done.stderr


def test_the_sizes_come_first_then_the_arrays_of_which_inputs_are_constant(spec):
    assert declaration(spec(), "float32") == "void pairwise_f32(int64_t n, int64_t d, const float *X, float *D)"
    assert declaration(spec("sort"), "float64") == (
        "void sort_f64(int64_t n, double *a, int64_t *places, double *total)"
    )


@pytest.mark.parametrize("compiler", ["gcc", "g++"])
@pytest.mark.parametrize("options", [(), ("-DPARAGONE_REAL=float",), ("-DPARAGONE_REAL=double",)])
def test_the_header_compiles_alone_and_twice(spec, tmp_path, compiler, options):
    for name in ("pairwise", "sort", "heat"):
        assert compiled(tmp_path, declarations(spec(name)) * 2, *options, compiler=compiler) == ""


@pytest.mark.parametrize(("real", "suffix"), [("float", "f32"), ("double", "f64")])
def test_one_text_defines_the_function_of_the_dtype_that_the_build_command_names(spec, tmp_path, real, suffix):
    text = declarations(spec()) + "void pairwise(int64_t n, int64_t d, const real *X, real *D) { *D = *X; }\n"
    text += "void pairwise_setup(int64_t n, int64_t d) { }\n"

    assert compiled(tmp_path, text, f"-DPARAGONE_REAL={real}") == ""
    symbols = subprocess.run(["nm", "object"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert [line.split()[-1] for line in symbols.splitlines()] == [f"pairwise_{suffix}", f"pairwise_setup_{suffix}"]


def test_a_function_of_other_arguments_is_refused_by_the_compiler_that_reads_the_header(spec, tmp_path):
    text = declarations(spec()) + "void pairwise_f64(int64_t n, const double *X, double *D) { }\n"

    assert "conflicting types for" in compiled(tmp_path, text)


def test_names_that_c_keeps_for_itself_are_written_with_an_underscore(spec, tmp_path):
    plain = spec()
    arrays = (replace(plain.arrays[0], name="double"), replace(plain.arrays[1], name="new"))
    awkward = replace(plain, arrays=arrays, size_name="int", size_names=("int", "real"), constants=(("real", "3"),))

    for compiler in ("gcc", "g++"):
        assert compiled(tmp_path, declarations(awkward), "-DPARAGONE_REAL=float", compiler=compiler) == ""
    assert compiled(tmp_path, call_loop(awkward, "float64")) == ""


def test_a_description_cannot_end_the_comment_that_it_stands_in(spec, tmp_path):
    assert compiled(tmp_path, declarations(replace(spec(), description="a */ #error b"))) == ""
