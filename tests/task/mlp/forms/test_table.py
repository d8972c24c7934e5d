"""CSV: with a header or without, the label first or where the header says; damage is told with its line."""

import gzip

import numpy as np
import pytest
from small_mnist import ARRAYS, assert_same

from paragone.errors import DataUnusable
from paragone.task.mlp.forms import table
from paragone.task.mlp.forms.content import checked_set
from paragone.task.mlp.forms.locate import locate


def text(images, labels, header=None):
    rows = [",".join(map(str, (label, *image))) for image, label in zip(images.tolist(), labels.tolist(), strict=True)]
    return "\n".join([*([header] if header else []), *rows]) + "\n"


HEADER = "label," + ",".join(f"pixel{i}" for i in range(784))
TRAIN, TEST = text(*ARRAYS[:2]), text(*ARRAYS[2:])


def read(path):
    return checked_set(locate(path).read())


@pytest.mark.parametrize("header", [None, HEADER, HEADER.replace("label", '"Class"')])
def test_two_tables_are_one_data_set(tmp_path, header):
    (tmp_path / "mnist_train.csv").write_text(text(*ARRAYS[:2], header))
    (tmp_path / "mnist_test.csv").write_text(text(*ARRAYS[2:], header))

    assert_same(read(tmp_path)[0])
    assert_same(read(tmp_path / "mnist_train.csv")[0])


def test_a_compressed_table_is_read(tmp_path):
    (tmp_path / "s-train.csv.gz").write_bytes(gzip.compress(TRAIN.encode()))
    (tmp_path / "s-test.csv.gz").write_bytes(gzip.compress(TEST.encode()))

    assert_same(read(tmp_path)[0])


def test_the_label_may_be_the_last_column_where_the_header_says_so(tmp_path):
    rows = np.column_stack([ARRAYS.train_images, ARRAYS.train_labels]).tolist()
    lines = [HEADER.partition(",")[2] + ",class", *(",".join(map(str, row)) for row in rows)]
    (tmp_path / "set.csv").write_text("\n".join(lines))

    np.testing.assert_array_equal(ARRAYS.train_images[:50], read(tmp_path / "set.csv")[0].train_images)


def test_a_test_table_without_labels_is_left_out_and_it_is_said(tmp_path):
    """Kaggle's test.csv."""
    (tmp_path / "train.csv").write_text(text(*ARRAYS[:2], HEADER))
    (tmp_path / "test.csv").write_text("\n".join([HEADER.partition(",")[2], ",".join(["0"] * 784)]))

    arrays, remarks = read(tmp_path)

    assert len(arrays.test_labels) == 10
    assert remarks[0] == "test.csv has no labels and is left out"


def test_a_table_longer_than_what_is_read_at_once_is_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(table, "ROWS", 7)
    (tmp_path / "s_train.csv").write_text(TRAIN)
    (tmp_path / "s_test.csv").write_text(TEST)

    assert_same(read(tmp_path)[0])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "expected a label and pixels, separated by commas; got an empty file"),
        ("hello", "expected a label and pixels, separated by commas; got 'hello'"),
        ("<!DOCTYPE html><html>, </html>", "it looks like an HTML page: the download failed"),
        ("5,1,2\n3,4\n", "line 2, column 3: there is no number. Write one"),
        ("5,1,2\n3,4,nan\n", "line 2, column 3: there is no number. Write one"),
        ("5,1,2\n3,x,6\n", "line 2, column 2: expected a number, got 'x'"),
        ("label,a,b\n5,1,2\n3,x,6\n", "line 3, column 2: expected a number, got 'x'.*factorize"),
        ("5,1,2\n3,4,5,6\n", "not a table: .*line 2"),
        ("a,b,c\n1,2,3\n", "expected a column called label or .*; got a, b, c"),
        ("label,a,b\n", "expected a row for each image, got none"),
        ("5,1,2\n-3,4,5\n", "label 1: expected a whole number from 0 on, got -3"),
    ],
)
def test_what_is_malformed_is_told_with_its_line(tmp_path, content, words):
    (tmp_path / "set.csv").write_text(content)

    with pytest.raises(DataUnusable, match=f"set.csv: .*{words}"):
        read(tmp_path / "set.csv")


def test_a_compressed_table_cut_short_is_damaged(tmp_path):
    content = gzip.compress(TRAIN.encode())
    (tmp_path / "set.csv.gz").write_bytes(content[: len(content) // 2])

    with pytest.raises(DataUnusable, match=r"set\.csv\.gz: damaged"):
        read(tmp_path / "set.csv.gz")


def test_a_line_without_an_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(table, "LONGEST_LINE", 100_000)
    (tmp_path / "set.csv.gz").write_bytes(gzip.compress(b"5,1,2\n" + b"1," * 10_000_000))

    with pytest.raises(DataUnusable, match=r"expected lines of at most 100,000 characters"):
        read(tmp_path / "set.csv.gz")


def test_rows_that_are_longer_than_the_header_are_refused(tmp_path):
    """The parser would drop their last column, with a warning."""
    (tmp_path / "set.csv").write_text(text(*ARRAYS[:2], HEADER).replace("\n", ",1\n").replace(",1\n", "\n", 1))
    with pytest.raises(DataUnusable, match=r"set.csv: not a table: its rows are longer than its first line"):
        read(tmp_path / "set.csv")


def test_the_index_of_a_data_frame_is_not_taken_for_a_pixel(tmp_path):
    lines = text(*ARRAYS[:2], HEADER).splitlines()
    (tmp_path / "set.csv").write_text("\n".join(f"{i - 1 if i else ''},{line}" for i, line in enumerate(lines)))
    with pytest.raises(DataUnusable, match=r"its first column has no name: .* Write it with index=False"):
        read(tmp_path / "set.csv")


def test_a_number_that_no_float_holds_is_named_with_its_line(tmp_path):
    lines = text(*ARRAYS[:2], HEADER).splitlines()
    lines[4] += "9" * 400
    (tmp_path / "set.csv").write_text("\n".join(lines))
    with pytest.raises(DataUnusable, match=r"line 5, column 785: expected a number, got '\d+9999"):
        read(tmp_path / "set.csv")


def test_kaggle_s_form_to_fill_in_is_no_data_set(tmp_path):
    (tmp_path / "train.csv").write_text(text(*ARRAYS[:2], HEADER))
    (tmp_path / "sample_submission.csv").write_text("ImageId,Label\n1,0\n")

    assert locate(tmp_path).train == (tmp_path / "train.csv",)
