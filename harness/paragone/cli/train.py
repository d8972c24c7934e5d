"""paragone train."""

from __future__ import annotations

from typing import Annotated

import typer

from paragone.cli.app import err, out
from paragone.cli.display import TerminalDisplay
from paragone.cli.options import DataOption, LimitOption, MemoryOption, PluginsOption, SeedOption
from paragone.cli.request import data_set, on_data
from paragone.cli.values import bytes_of, dtypes_of, read_problems
from paragone.implementation.registry import discover, find_variant, refuse_unusable
from paragone.plan.request import Request


def train(
    implementation: Annotated[str, typer.Argument(help="A name, or a variant: 'numpy_rows[dtype=float32,order=F]'.")],
    problem: Annotated[str, typer.Option("--problem", "-p")] = "nielsen",
    epochs: Annotated[int, typer.Option(min=1)] = 10,
    size: Annotated[int, typer.Option(min=1)] = 10,
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

    (chosen,), most_bytes = read_problems([problem]), bytes_of(memory_limit)
    registered, unusable = discover(plugins=plugins or ())
    refuse_unusable([implementation.partition("[")[0]], registered, unusable)
    variant = find_variant(registered, _with_dtype(implementation, dtype))
    display = TerminalDisplay(err)
    loaded = data_set(data, display)
    chosen = on_data(chosen, loaded, display)
    request = Request(
        (chosen,),
        sizes=(size,),
        threads=(threads,),
        seed=seed,
        time_limit_s=time_limit,
        memory_limit_bytes=most_bytes,
    )
    out.print(f"{variant.name} on {chosen.name}, batch size {size}, data: {loaded.name}", highlight=False)
    for at in learn(request, registered, variant, loaded, epochs):
        out.print(
            f"Epoch {at.epoch}: {at.correct} / {at.n_test}, elapsed time: {at.elapsed_seconds:.2f} s "
            f"(training {at.training_seconds:.2f} s)",
            highlight=False,
        )


def _with_dtype(name: str, dtype: str | None) -> str:
    """`numpy_rows[order=F,dtype=float32]` of `numpy_rows[order=F]` and float32."""
    if dtype is None:
        return name
    (dtype,) = dtypes_of([dtype])
    return f"{name.removesuffix(']')}{',' if '[' in name else '['}dtype={dtype}]"
