"""Runs of one machine, made by hand, of which a cell gets slower: as nightly runs would leave them."""

from datetime import UTC, datetime, timedelta

from made_up_run import ENVIRONMENT
from pair_of_runs import OTHERS, SLOWED, noisy_run

FIRST = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
VARIANTS_OF_FEW = OTHERS[:2]


def past(number, slower=None, environment=None, commit="abc1234", plan=None, **noise):
    """Return the run of a night: `number` days after the first; `slower` maps variants to factors of their time."""
    created = FIRST + timedelta(days=number)
    name = created.strftime("%Y-%m-%dT%H%M%SZ")
    revision = {**ENVIRONMENT["revision"], "commit": commit}
    return noisy_run(
        name,
        number,
        slower=slower,
        plan={"created": created.isoformat(), **(plan or {})},
        environment={"revision": revision, **(environment or {})},
        **{"own": 0.006, "of_run": 0.003, **noise},
    )


def nights(count, at=None, factor=1.1, variant=SLOWED, **others):
    """Return so many runs; from run `at` on one variant takes `factor` times as long, with another NumPy and commit."""
    runs = []
    for number in range(count):
        is_after = at is not None and number >= at
        packages = {"packages": {"numpy": "2.5.0"}} if is_after else {}
        commit = "def5678" if is_after else "abc1234"
        runs.append(past(number, {variant: factor} if is_after else None, packages, commit, **others))
    return runs
