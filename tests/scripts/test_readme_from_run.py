"""README's table and figure are those of a run that is kept beside them."""

import importlib.util
import tarfile

import pandas as pd
import pytest

from paragone.files.paths import PROJECT

_spec = importlib.util.spec_from_file_location("readme_from_run", PROJECT / "scripts" / "readme_from_run.py")
readme_from_run = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(readme_from_run)

README = (PROJECT / "README.md").read_text(encoding="utf-8")
KEPT = sorted(readme_from_run.KEPT.glob("*.tar.xz"))


def test_the_table_of_the_readme_is_what_the_kept_run_gives():
    with readme_from_run.results_in(readme_from_run.OF_README) as results:
        assert readme_from_run.with_numbers(README, readme_from_run.cells_of_table(results)) == README


@pytest.mark.parametrize("kept", KEPT, ids=lambda kept: kept.name)
def test_a_kept_run_is_small_and_names_no_user_and_no_folder_of_theirs(kept):
    assert kept.stat().st_size <= readme_from_run.MOST_BYTES
    with tarfile.open(kept) as packed:
        assert {(file.uname, file.gname, file.mtime) for file in packed} == {("", "", 0)}
        texts = [packed.extractfile(file).read() for file in packed]
    assert [word for word in (b"/home/", b"/root/", b"/tmp/") if any(word in text for text in texts)] == []


def test_the_words_of_a_row_stay_and_its_numbers_are_those_of_its_variant():
    text = "| a row: `numpy_rows F` | 1 | 2 |\n| **the baseline: `numpy_rows`** | 3 |\n| no name | 4 |\n"
    cells = pd.DataFrame(
        [
            ("numpy_rows", "numpy_rows[order=F,dtype=float32]", 2e3, 0.5, "not enough data"),
            ("numpy_rows", "numpy_rows[order=C,dtype=float32]", 4e3, 1.0, "baseline"),
        ],
        columns=["implementation", "variant", "work_per_second", "ratio_to_baseline", "verdict"],
    )

    assert readme_from_run.with_numbers(text, cells) == (
        "| a row: `numpy_rows F` | 2.00 k · ?0.50× |\n| **the baseline: `numpy_rows`** | 4.00 k |\n| no name | 4 |\n"
    )


def test_a_row_that_the_run_does_not_have_is_an_error_that_names_it():
    cells = pd.DataFrame(columns=["implementation", "variant"])

    with pytest.raises(SystemExit, match="the run has no c_blas"):
        readme_from_run.with_numbers("| C: `c_blas` | 1 |\n", cells)
