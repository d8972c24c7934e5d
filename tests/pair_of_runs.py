"""Runs of the same code with noise as real ones show it: what all cells share, and what each has of its own."""

import msgspec
import numpy as np
import pandas as pd
from made_up_run import BASE, CONTROL, N_STEPS, made_up_run, with_environment, with_plan

from paragone.files.atomic import write_json

OTHERS = [f"numpy_{letter}[dtype=float32]" for letter in "abcdef"]
SLOWED = OTHERS[0]
VARIANTS = [BASE, CONTROL, *OTHERS]
SIZES = (10, 1000)
LAUNCHES, ROUNDS = 5, 5


def noisy_samples(
    seed, *, variants=VARIANTS, slower=None, own=0.01, of_run=0.005, shared=0.03, within=0.015, launches=LAUNCHES
):
    """Return timed samples as the harness measures them: a launch moves a cell by `own`, a run by `of_run`.

    `shared` is what a launch, and the run, do to all cells alike; `slower` maps variants to factors of their time.
    """
    random = np.random.Generator(np.random.PCG64(seed))
    shape = (len(variants), len(SIZES), launches, ROUNDS)
    logs = np.log(1e-5 * np.arange(1, len(variants) + 1))[:, None, None, None] + within * random.normal(size=shape)
    logs = logs + of_run * random.normal(size=(*shape[:2], 1, 1)) + own * random.normal(size=(*shape[:3], 1))
    logs = logs + shared * random.normal() + shared * random.normal(size=(1, 1, launches, 1))
    logs[1] += np.log(0.5)  # the control takes as long as the baseline
    for variant, factor in (slower or {}).items():
        logs[variants.index(variant)] += np.log(factor)
    index = pd.MultiIndex.from_product(
        [variants, SIZES, range(launches), range(ROUNDS)], names=["variant", "size", "launch", "round"]
    )
    frame = pd.Series(np.exp(logs).ravel(), index, name="step_seconds").reset_index()
    return frame.assign(problem="nielsen", threads=1, wave=0, attempt=0)


def cells(changed=(), variants=VARIANTS, margin=0.02):
    """Return the cells of such samples as `estimates` takes them."""
    rows = [
        {
            **{"problem": "nielsen", "variant": variant, "size": size, "threads": 1, "dtype": "float32"},
            **{"implementation": variant.partition("[")[0], "language": "NumPy", "control": variant == CONTROL},
            **{"source": "changed" if variant in changed else "same", "is_anchor": variant not in changed},
            **{"work_per_second_a": 1.0, "work_per_second_b": 1.0, "margin_a": margin, "margin_b": margin},
        }
        for variant in variants
        for size in SIZES
    ]
    return pd.DataFrame(rows)


def noisy_run(name, seed, changed=(), environment=None, folder=None, plan=None, tables=None, **noise):
    """Return a run of that name; `changed` variants have other code than those of other runs."""
    samples = noisy_samples(seed, **noise)
    times = {
        (variant, int(size)): list(rows.groupby("launch")["step_seconds"].apply(list))
        for (variant, size), rows in samples.groupby(["variant", "size"], sort=False)
    }
    run = made_up_run(folder, times, cold=False, memory=[], **(tables or {}))
    sources = {f"source of {variant.implementation}": "one" for variant in run.plan.variants}
    sources |= {f"source of {variant.partition('[')[0]}": f"of {name}" for variant in changed}
    run = with_plan(run, **{"run": name, "identity": sources, **(plan or {})})
    return with_environment(run, **(environment or {}))


def written(run, results):
    """Write a run as the harness does; return its folder."""
    folder = results / run.plan.run
    folder.mkdir(parents=True)
    write_json(folder / "plan.json", msgspec.to_builtins(run.plan))
    write_json(folder / "environment.json", msgspec.to_builtins(run.environment))
    write_json(folder / "finished.json", msgspec.to_builtins(run.finished))
    for table in ("samples", "launches", "outcomes"):
        frame = getattr(run, table)
        (folder / f"{table}.jsonl").write_text(frame.to_json(orient="records", lines=True))
    return folder


assert N_STEPS >= 1000, "times are stored in whole nanoseconds: shorter samples would round them"
