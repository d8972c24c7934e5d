"""What a reader must know of how the numbers came about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from paragone.calls.at_size import AtSize
from paragone.calls.launches import ENOUGH_LAUNCHES, Launches
from paragone.calls.statistics import is_undisturbed, samples_of
from paragone.report.text import formatting
from paragone.store.plan_records import FEWEST_LAUNCHES

NOTABLE = 0.05
SHORT_S = 1e-6  # a shorter call takes not much longer than calling
WAYS = {
    "used up": "returns an iterator, and is timed until that is used up, into a list",
    "waited for": "is timed until its result is computed (block_until_ready)",
    "synchronised": "is timed until the device has finished (torch.cuda.synchronize)",
}


def on_launches(launches: Launches) -> Iterator[str]:
    """How many launches of how many rounds there were, where, and what would tell more."""
    n = len(launches.times)
    counted = f"{formatting.plural(n, 'launch')} of {formatting.plural(launches.n_rounds, 'round')}"
    took = f"in {formatting.seconds(launches.elapsed_s)}"
    if launches.here:
        yield f"{counted} {took}, all in this process, because {launches.here}."
        more = f" In fresh ones: seconds={launches.enough_s:.0f}." if launches.enough_s else ""
        yield f"So the intervals hold nothing of what differs from process to process.{more}"
    else:
        yield f"{counted} {took}, each in a fresh process. Times alternate in parts of about 5 ms."
    samples = samples_of(launches.task, launches.times)
    if (lost := 1 - is_undisturbed(samples).mean()) > NOTABLE:
        yield f"The machine is busy: {formatting.percent(lost)} of the parts waited for a CPU and do not count."
    if n < FEWEST_LAUNCHES:
        longest = formatting.seconds(launches.launch_s)
        wanted = ENOUGH_LAUNCHES * launches.elapsed_s / max(1, n)
        more = "" if launches.enough_s else f" For more: seconds={wanted:.0f}."
        yield f"So few launches give no verdict, and one takes up to {longest}.{more}"


def too_slow(round_s: float, seconds: float) -> tuple[str, ...]:
    """Why nothing but first calls is shown."""
    needed = FEWEST_LAUNCHES * 2 * round_s
    return (
        f"These are first calls alone: a round of calls takes {formatting.seconds(round_s)}, and there were "
        f"{formatting.seconds(seconds)} for all. For a verdict: seconds={needed:.0f}.",
    )


def on_calls(looked_at: Iterable[AtSize]) -> Iterator[str]:
    """What is peculiar to a callable, said once for all sizes."""
    said: dict[str, None] = {}
    for at in looked_at:
        for name, found in at.first_calls.items():
            if found.way in WAYS:
                said[f"{name} {WAYS[found.way]}."] = None
            if found.changes_arguments:
                changed = formatting.listed([*found.outcome.changed])
                said[f"{name} changes {changed}: every call, of the others too, has a copy, made untimed."] = None
            if found.outcome.gives_nothing:
                said[f"{name} returns None and changes no argument: there is nothing by which it could be checked."] = (
                    None
                )
        if any(seconds < SHORT_S for seconds in at.call_s.values()):
            said["Of a call below 1 µs, a part is the calling itself, some tens of ns: differences look smaller."] = (
                None
            )
    yield from said
