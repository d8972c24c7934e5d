"""paragone train."""

from __future__ import annotations

from typing import Annotated

import typer

from paragone.cli.app import err, out
from paragone.cli.display import TerminalDisplay
from paragone.cli.options import (
    DataOption,
    LimitOption,
    MemoryOption,
    PluginsOption,
    SeedOption,
    bytes_of,
    data_set,
    dtypes_of,
    everyone,
    read_problems,
)
from paragone.implementation.registry import find_variant, refuse_unusable
from paragone.plan.request import Request


def train(
    implementation: Annotated[str, typer.Argument(help="A name, or a variant: 'numpy_rows[dtype=float32,order=F]'.")],
    problem: Annotated[str, typer.Option("--problem", "-p")] = "nielsen",
    epochs: Annotated[int, typer.Option(min=1)] = 10,
    batch_size: Annotated[int, typer.Option(min=1)] = 10,
    dtype: Annotated[str | None, typer.Option(help="float32 or float64.")] = None,
    threads: Annotated[int, typer.Option(min=1)] = 1,
    data: DataOption = None,
    plugins: PluginsOption = None,
    seed: SeedOption = 1,
    time_limit: LimitOption = 3600,
    memory_limit: MemoryOption = None,
) -> None:
    """Train one variant and print its test accuracy after every epoch; elapsed time includes evaluating."""
    from paragone.measure.learning_curves import learn

    found, broken = everyone(plugins)
    refuse_unusable([implementation.partition("[")[0]], found, broken)
    name = implementation
    if dtype is not None:
        name = (
            f"{implementation.removesuffix(']')}{',' if '[' in implementation else '['}dtype={dtypes_of([dtype])[0]}]"
        )
    variant = find_variant(found, name)
    display = TerminalDisplay(err)
    loaded = data_set(data, display)
    (chosen,) = read_problems([problem])
    request = Request((chosen,), batch_sizes=(batch_size,), threads=(threads,), seed=seed,
                      time_limit_s=time_limit, memory_limit_bytes=bytes_of(memory_limit))  # fmt: skip
    out.print(f"{variant.name} on {chosen.name}, batch size {batch_size}, data: {loaded.name}", highlight=False)
    for at in learn(request, found, variant, loaded, epochs):
        out.print(
            f"Epoch {at.epoch}: {at.correct} / {at.n_test}, elapsed time: {at.elapsed_seconds:.2f} s "
            f"(training {at.training_seconds:.2f} s)",
            highlight=False,
        )
