"""Which files of a path are one data set: a file by itself, or those whose names say which part they hold.

train-images-idx3-ubyte.gz, emnist-letters-test-labels-idx1-ubyte     IDX, four files or two
mnist.npz; kmnist-train-imgs.npz and its three others                 npz
mnist.pkl.gz                                                          Nielsen's pickle
train-00000-of-00001.parquet, test-…                                  Parquet
mnist_train.csv, mnist_test.csv; letters.csv.gz                       CSV
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from paragone.errors import DataUnusable
from paragone.task.mlp.forms.content import Found
from paragone.task.mlp.forms.first_bytes import GZIP_MAGIC, PARQUET_MAGIC, PICKLE_MAGIC, ZIP_MAGIC, looks_like, start_of
from paragone.task.mlp.forms.idx import read_idx_files
from paragone.task.mlp.forms.nielsen_pickle import read_pickle_files
from paragone.task.mlp.forms.npz import read_npz_files
from paragone.task.mlp.forms.parquet import read_parquet_files
from paragone.task.mlp.forms.table import read_csv_files

Files = tuple[Path, ...]
# By form, the best first: what reads it, and what the first bytes of its files are; () where any text may be one.
FORMS: dict[str, tuple[Callable[[Sequence[Path], Sequence[Path]], Found], tuple[bytes, ...]]] = {
    "IDX": (read_idx_files, ()),
    "npz": (read_npz_files, (ZIP_MAGIC,)),
    "pickle": (read_pickle_files, (GZIP_MAGIC, PICKLE_MAGIC)),
    "Parquet": (read_parquet_files, (PARQUET_MAGIC,)),
    "CSV": (read_csv_files, ()),
}
ENDINGS = {
    "npz": r"\.npz",
    "pickle": r"\.pkl(?:\.gz)?",
    "Parquet": r"(?:-\d{5}-of-\d{5})?\.parquet",
    "CSV": r"\.csv(?:\.gz)?",
    "IDX": r"[-.]idx[1-4]-ubyte(?:\.gz)?",
}
NAME = re.compile(
    r"(?P<set>.*?)(?P<dash>[-_.]?)(?P<part>train(?:ing)?|t10k|test(?:ing)?)(?:[-_.](?P<what>images|imgs|labels))?",
    re.IGNORECASE,
)
NO_SET = "sample_submission.csv"  # a form that Kaggle gives beside train.csv and test.csv
TWO_FILES = ("images", "labels")
TO_LABELS = {"images": "labels", "imgs": "labels", "idx3": "idx1"}
TO_IMAGES = {"labels": "images", "idx1": "idx3"}
EXPECTED = (
    "Expected IDX (train-images-idx3-ubyte, train-labels-idx1-ubyte and t10k-…, plain or .gz), or mnist.npz, or "
    "mnist.pkl.gz, or Parquet (train-….parquet), or CSV (…train.csv, …test.csv)."
)


@dataclass(frozen=True)
class Source:
    """A data set in one of its forms, located but not read."""

    form: str
    name: str  # by its files
    train: Files  # images and labels, or all there is
    test: Files

    def read(self) -> Found:
        """Raises DataUnusable."""
        read, starts = FORMS[self.form]
        for path in (*self.train, *self.test):
            start = start_of(path)
            if starts and not start.startswith(starts):
                expected = " or ".join(magic.hex() for magic in starts)
                like = f", and looks{looks_like(start)}" if looks_like(start) else ""
                got = f"a file that starts with {start.hex() or 'nothing'}{like}"
                raise DataUnusable(f"{path}: expected {self.form}, which starts with {expected}; got {got}.")
        return read(self.train, self.test)

    def fingerprint(self) -> str:
        """A text that changes with the files: their paths, sizes, and times of last change."""
        seen = [(str(file.resolve()), file.stat()) for file in (*self.train, *self.test)]
        return json.dumps([(path, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns) for path, stat in seen])


def locate(path: Path) -> Source:
    """The data set of this file, or of this folder or one level below it.

    A file whose name says which part it holds stands for its whole set. `MNIST/raw`, the folder of torchvision, counts
    as one level. Raises DataUnusable.
    """
    if _is_file(path):
        return _of_file(path)
    if not path.is_dir():
        what = "neither a file nor a folder, but a pipe or a device: give a file" if path.exists() else None
        raise DataUnusable(f"{path}: {what or 'there is no such file or folder'}.")
    incomplete: list[str] = []
    for folder in [path, *sorted(entry for entry in path.iterdir() if _is_folder(entry)), path / "MNIST" / "raw"]:
        groups = _groups(folder)
        incomplete += [missing for group in groups if (missing := group.missing())]
        complete = [group for group in groups if not group.missing()]
        best = [group for group in complete if group.form == min((g.form for g in complete), key=[*FORMS].index)]
        if len(best) > 1:
            files = ", ".join(group.first.name for group in best[:8])
            raise DataUnusable(f"{folder}: holds {len(best)} data sets: name one by a file of it: {files}.")
        if best:
            return best[0].source(folder.name)
    if incomplete:
        raise DataUnusable(incomplete[0])
    raise DataUnusable(f"{path}: no images with labels in this folder or one level below. {EXPECTED}")


@dataclass(frozen=True)
class _Group:
    """The files of one form that share the beginning of their names, by part and by what they hold."""

    form: str
    prefix: str
    files: dict[tuple[str, str], list[Path]]

    @property
    def first(self) -> Path:
        """A file that stands for all, of the part to train where there is one."""
        return min(self.files.items(), key=lambda each: each[0][0] == "test")[1][0]

    def missing(self) -> str:
        """Which files are missing, in a sentence; "" where none is."""
        held = {what for _, what in self.files}
        wanted = [("train", what) for what in (TWO_FILES if self.form == "IDX" or {*TWO_FILES} & held else ("",))]
        wanted += [("test", what) for _, what in wanted if any(part == "test" for part, _ in self.files)]
        if ("", "") in self.files or not (missing := [each for each in wanted if each not in self.files]):
            return ""
        files = ", ".join(path.name for paths in self.files.values() for path in paths[:4])
        lacking = ", ".join(dict.fromkeys(self._like(*each) for each in missing))
        return f"{self.first.parent}: holds {files}, but not {lacking}."

    def _like(self, part: str, what: str) -> str:
        """The name of a missing file, like that of its partner; the part, where all of it is missing."""
        to_other = TO_LABELS if what == "labels" else TO_IMAGES
        for (other, _), (path, *_) in self.files.items():
            if other == part and what:
                return re.sub("|".join(to_other), lambda found: to_other[found[0]], path.name)
        return f"a part to {part}"

    def source(self, folder: str) -> Source:
        by_part = {part: sorted(key for key in self.files if key[0] == part) for part in ("train", "test")}
        train, test = (tuple(path for key in by_part[part] for path in self.files[key]) for part in ("train", "test"))
        return Source(self.form, self.prefix or folder, train or (self.first,), test)


def _of_file(path: Path) -> Source:
    group = next((g for g in _groups(path.parent) if any(path in files for files in g.files.values())), None)
    if group is None:  # its name says nothing: its content does
        start = start_of(path)
        form = next((form for form, (_, starts) in FORMS.items() if starts and start.startswith(starts)), "")
        if not form:
            like = f", and looks{looks_like(start)}" if looks_like(start) else ""
            raise DataUnusable(f"{path}: got a file that starts with {start.hex() or 'nothing'}{like}. {EXPECTED}")
        return Source(form, path.name, (path,), ())
    if missing := group.missing():
        raise DataUnusable(missing)
    return group.source(path.parent.name or str(path.parent))


def _groups(folder: Path) -> list[_Group]:
    groups: dict[tuple[str, str], _Group] = {}
    for path in sorted(folder.iterdir()) if _is_folder(folder) else ():
        form = next(
            (form for form, ending in ENDINGS.items() if re.search(f"{ending}$", path.name, re.IGNORECASE)), None
        )
        if form is None or path.name == NO_SET or not _is_file(path):
            continue
        stem = re.sub(f"{ENDINGS[form]}$", "", path.name, flags=re.IGNORECASE)
        if named := NAME.fullmatch(stem):
            part = "train" if named["part"].lower().startswith("train") else "test"
            prefix, key = named["set"], (part, (named["what"] or "").lower().replace("imgs", "images"))
        else:
            prefix, key = path.name, ("", "")
        group = groups.setdefault((form, prefix), _Group(form, prefix, {}))
        twins = group.files.setdefault(key, [])
        if form == "Parquet" or not twins:  # the same file, plain and compressed, is one; Parquet comes in pieces
            twins.append(path)
    return list(groups.values())


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a folder without permission to read counts as empty
        return False


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False
