"""paragone header: the C header of a kernel, shipped or in a plugin."""

from small_kernels import kernel_folder

from paragone.files.paths import PACKAGE


def test_the_header_of_a_shipped_kernel_is_printed(paragone):
    code, out, _ = paragone("header", "pairwise")

    assert code == 0
    assert "void pairwise_f32(int64_t n, int64_t d, const float *X, float *D);" in out


def test_that_of_the_networks_is_the_one_which_their_libraries_include(paragone):
    assert paragone("header", "mlp") == (0, (PACKAGE / "adapters" / "paragone.h").read_text(), "")


def test_a_kernel_in_a_plugin_has_one_too_and_it_can_be_written_to_a_file(paragone, tmp_path):
    folder = kernel_folder(tmp_path, "sort")
    code, out, _ = paragone("header", "sort", "--plugins", folder, "--output", tmp_path / "sort.h")

    assert (code, out) == (0, "")
    assert "void sort_f64(int64_t n, double *a, int64_t *places, double *total);" in (tmp_path / "sort.h").read_text()


def test_an_unknown_kernel_is_answered_with_the_closest(paragone):
    code, _, err = paragone("header", "pairwize")

    assert code == 2
    assert "unknown kernel 'pairwize'. Did you mean 'pairwise'?" in err


def test_a_wrong_kernel_toml_is_answered_with_its_mistakes(paragone, tmp_path):
    folder = kernel_folder(tmp_path, "sort", **{'work = "n"': 'work = "m"'})
    code, _, err = paragone("header", "sort", "--plugins", folder)

    assert code == 2
    assert "counts.work: unknown size 'm'" in err
