"""Keep a run in docs/runs/, and write the table and the figure of README.md from the one that is kept for it.

    python scripts/readme_from_run.py keep RESULTS/RUN NAME      what was measured, packed into docs/runs/NAME.tar.xz
    python scripts/readme_from_run.py write                      README.md and docs/throughput-nielsen.svg

A row of the table is found by the implementation that it names in backticks. Its words stay; its numbers are those of
the run, at the problem, dtype and number of threads below. The picture is the report's own. What the words around them
say is the author's: read it again.
"""

from __future__ import annotations

import io
import re
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from paragone.analyse.results import Results
from paragone.report.figures import throughput
from paragone.report.figures.figure import figure_style
from paragone.report.text import formatting
from paragone.report.text.noise import noise_sentence
from paragone.store.reader import read_run

PROJECT = Path(__file__).parent.parent
KEPT = PROJECT / "docs" / "runs"
OF_README = KEPT / "amd-epyc-avx2.tar.xz"
FIGURE = PROJECT / "docs" / "throughput-nielsen.svg"
README = PROJECT / "README.md"
PROBLEM, DTYPE, THREADS = "nielsen", "float32", 1
MOST_BYTES = 2 << 20  # of a kept run
ROW = re.compile(r"^\| (?P<words>.*`(?P<name>\w+)( (?P<order>[CF]))?`\**) \|.*$", re.MULTILINE)


def keep(run: Path, name: str) -> Path:
    """Pack what was measured: the files of the run's folder but for those that are computed from the others.

    The project's own folder is "." in them.
    """
    archive = KEPT / f"{name}.tar.xz"
    KEPT.mkdir(exist_ok=True)
    with tarfile.open(archive, "w:xz", preset=9) as packed:
        for path in sorted([*run.glob("*.json"), *run.glob("*.jsonl")]):
            content = path.read_bytes().replace(str(PROJECT).encode(), b".")
            file = tarfile.TarInfo(f"{name}/{path.name}")  # without owner and time
            file.size = len(content)
            packed.addfile(file, io.BytesIO(content))
    if archive.stat().st_size > MOST_BYTES:
        sys.exit(f"{archive}: expected at most {MOST_BYTES} bytes, got {archive.stat().st_size}")
    return archive


@contextmanager
def results_in(archive: Path) -> Iterator[Results]:
    """The results of a kept run."""
    with tempfile.TemporaryDirectory() as folder, tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
        (run,) = Path(folder).iterdir()
        yield Results(read_run(run))


def cells_of_table(results: Results) -> pd.DataFrame:
    """The cells of the table, in the order of their batch sizes."""
    cells = results.summary
    is_in_table = (cells["problem"] == PROBLEM) & (cells["dtype"] == DTYPE) & (cells["threads"] == THREADS)
    return cells[is_in_table & ~cells["control"]].sort_values("size")


def with_numbers(text: str, cells: pd.DataFrame) -> str:
    """README's text with the numbers of these cells in its table."""
    return ROW.sub(lambda row: _row(row, cells), text)


def _row(row: re.Match[str], cells: pd.DataFrame) -> str:
    own = cells[cells["implementation"] == row["name"]]
    own = own[own["variant"].map(lambda variant: _is_of_order(variant, row["order"]))]
    if own.empty:
        sys.exit(f"{README}: the run has no {row['name']} {row['order'] or ''} in {DTYPE}")
    is_baseline = "the baseline" in row["words"]
    numbers = [
        formatting.rate(cell.work_per_second) + ("" if is_baseline else f" · {_ratio(cell)}")
        for cell in own.itertuples()
    ]
    return f"| {row['words']} | {' | '.join(numbers)} |"


def _ratio(cell: Any) -> str:
    """The ratio to the baseline, behind "?" where nothing is sure and behind "≈" where it is the same."""
    sign = {"not enough data": "?", "same": "≈"}
    found = [mark for word, mark in sign.items() if cell.verdict.startswith(word)]
    return f"{''.join(found)}{formatting.ratio(cell.ratio_to_baseline)}"


def _is_of_order(variant: str, order: str | None) -> bool:
    """Whether it has the order in memory, C unless another is named, and -O3 where it has flags."""
    of_order = f"order={order or 'C'}" in variant or "order=" not in variant
    return of_order and ("flags=" not in variant or "flags=O3_native" in variant)


def figure(results: Results) -> bytes:
    """The figure of the throughput, as the report has it."""
    cells = results.summary[(results.summary["problem"] == PROBLEM) & (results.summary["threads"] == THREADS)]
    words = results.run.plan.words_of(PROBLEM)
    with figure_style():
        drawing = throughput.draw(cells, FIGURE.stem, words, noise_sentence(results, PROBLEM))
        if drawing is None:
            sys.exit("nothing was measured")
        return drawing.svg


def main() -> None:
    if len(sys.argv) == 4 and sys.argv[1] == "keep":
        print(keep(Path(sys.argv[2]), sys.argv[3]))
        return
    if sys.argv[1:] != ["write"]:
        sys.exit(__doc__)
    with results_in(OF_README) as results:
        README.write_text(with_numbers(README.read_text(encoding="utf-8"), cells_of_table(results)), encoding="utf-8")
        FIGURE.write_bytes(figure(results))


if __name__ == "__main__":
    main()
