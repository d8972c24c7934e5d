"""Parquet: images as PNG files, as lists or as columns are the same arrays; what is malformed is told with its row."""

import builtins
import io

import pytest
from PIL import Image
from small_mnist import ARRAYS, assert_same

from paragone.errors import DataUnusable
from paragone.task.mlp.forms.content import checked_set
from paragone.task.mlp.forms.locate import locate

X, Y, X_TEST, Y_TEST = ARRAYS


def png(image, mode="L"):
    stream = io.BytesIO()
    Image.fromarray(image).convert(mode).save(stream, "PNG")
    return stream.getvalue()


def hugging_face(images):
    return [{"bytes": png(image.reshape(28, 28)), "path": None} for image in images]


FORMS = {
    "PNG in a struct": lambda images: {"image": hugging_face(images)},
    "PNG": lambda images: {"image": [png(image.reshape(28, 28)) for image in images]},
    "flat lists": lambda images: {"pixels": images.tolist()},
    "lists of rows": lambda images: {"image": images.reshape(-1, 28, 28).tolist()},
    "a column for each pixel": lambda images: {f"pixel{i}": images[:, i] for i in range(784)},
}


def write(path, columns, labels):
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed: pip install 'paragone[parquet]'")
    import pyarrow

    parquet.write_table(pyarrow.table({**columns, "label": labels}), path)
    return path


def read(path):
    return checked_set(locate(path).read())[0]


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_images_in_every_form_are_the_same_arrays(tmp_path, form):
    write(tmp_path / "train-00000-of-00002.parquet", form(X[:40]), Y[:40])
    write(tmp_path / "train-00001-of-00002.parquet", form(X[40:]), Y[40:])
    write(tmp_path / "test-00000-of-00001.parquet", form(X_TEST), Y_TEST)

    assert_same(read(tmp_path))


@pytest.mark.parametrize(
    ("columns", "labels", "words"),
    [
        ({"image": [png(X[0].reshape(28, 28)), png(X[0].reshape(14, 56))]}, [0, 1], "row 1: expected an image of 28"),
        ({"image": [png(X[0].reshape(28, 28), "RGB")] * 2}, [0, 1], "row 0: expected a grey image .* mode RGB"),
        ({"image": [png(X[0].reshape(28, 28))[:100]] * 2}, [0, 1], "row 0: not a PNG"),
        ({"image": [b"<html>"] * 2}, [0, 1], "row 0: not a PNG"),
        ({"image": [None, png(X[0].reshape(28, 28))]}, [0, 1], "row 0: there is no image"),
        ({"image": [[1, 2], [1, 2, 3]]}, [0, 1], "row 1: expected an image of 2, as the first; got 3"),
        ({"image": [[[1, 2], [3]]] * 2}, [0, 1], "row 0: expected the bytes of a PNG, or lists of numbers"),
        ({"image": [[1, 2]] * 2}, [0, None], "label: row 1: there is no value"),
        ({"image": [[1, 2]] * 2}, [0, -1], "label 1: expected a whole number from 0 on, got -1"),
        ({"image": [[1, 2]] * 2}, ["cat", "dog"], "expected labels as whole numbers.* such as 'cat'"),
    ],
)
def test_what_is_malformed_is_told_with_its_row(tmp_path, columns, labels, words):
    path = write(tmp_path / "set.parquet", columns, labels)

    with pytest.raises(DataUnusable, match=f"set.parquet.*{words}"):
        read(path)


def test_a_file_cut_short_is_damaged(tmp_path):
    path = write(tmp_path / "set.parquet", FORMS["flat lists"](X), Y)
    path.write_bytes(path.read_bytes()[:-20])

    with pytest.raises(DataUnusable, match=r"set\.parquet: damaged"):
        read(path)


def test_without_pyarrow_the_command_that_installs_it_is_told(tmp_path, monkeypatch):
    def without(name, *arguments):
        if name == "pyarrow":
            raise ImportError(name)
        return imported(name, *arguments)

    imported = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", without)
    (tmp_path / "set.parquet").write_bytes(b"PAR1")

    with pytest.raises(DataUnusable, match=r"needs pyarrow, which is not installed. Install: pip install 'paragone"):
        read(tmp_path / "set.parquet")
