"""Runs made up by hand that several tests of the report share: one with every figure, an empty one."""

from io import StringIO

from made_up_run import BASE, CONTROL, OTHER, made_up_run
from rich.console import Console

from paragone.analyse.results import Results
from paragone.report.figures.catalogue import run_figures
from paragone.report.terminal.run import print_summary
from paragone.report.text.run_report import run_report

IN_F = BASE.replace("order=C", "order=F")
TIMES = {
    **{(name, size): [[2e-5, 2.1e-5, 2e-5], [2e-5] * 3] for name in (BASE, CONTROL) for size in (1, 10, 1000)},
    **{(IN_F, size): [[3e-5] * 3, [3.1e-5] * 3] for size in (1, 10, 1000)},
    **{(OTHER, size): [[1e-5] * 3, [1.02e-5] * 3] for size in (1, 10, 1000)},
}
QUIET = {(BASE, 10): [[2e-5] * 3] * 2, (CONTROL, 10): [[2e-5] * 3] * 2}
EPOCHS = [
    {"problem": "nielsen", "variant": name, "size": 10, "epoch": epoch, "correct": 1000 + 4000 * epoch,
     "n_test": 10_000, "elapsed_s": epoch * 1.5}
    for name in (BASE, OTHER) for epoch in range(3)
]  # fmt: skip


def full_run(folder, **others):
    return made_up_run(folder, TIMES, **{"accuracy": EPOCHS, **others})


def empty_run(folder):
    return made_up_run(folder, {}, cells=[], launches=[])


def results_of(run):
    """Return what follows from a run; given that already, return it."""
    return run if isinstance(run, Results) else Results(run)


def text_of(run):
    """Return report.md without its figures."""
    return run_report(results_of(run), [], [])


def text_with_figures_of(run):
    """Return report.md with its links to figures, which are laid out and not rendered."""
    results = results_of(run)
    return run_report(results, *run_figures(results))


def printed(run, width=80):
    out = StringIO()
    print_summary(results_of(run), Console(width=width, file=out))
    return out.getvalue()
