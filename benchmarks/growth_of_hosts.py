"""How the wall time of a run shrinks with hosts: launches that sleep, handed out by Dask as `--on` does it.

    python benchmarks/growth_of_hosts.py                   1, 4, 16, 64 and 256 hosts
    python benchmarks/growth_of_hosts.py 1 64 --launches 20

Hosts are Dask workers in one process, which take one launch at a time each. A launch sleeps for its length, made
shorter, and sends lines as often as a real one. So what is left over is the overhead of client, scheduler and workers
on one machine. The best possible wall time is that of the same launches in the same order, without any overhead.

All launches stand in one queue here, the longest first. `paragone bench -k all --on …` measures one kernel after the
other: a run of 20 launches uses at most 20 hosts, or as many more as its plan has waves. See `--launches 20`.
"""

from __future__ import annotations

import argparse
import heapq
import time
from collections.abc import Sequence

import numpy as np
from distributed import Client, LocalCluster, get_worker

SECONDS, SPREAD = 480.0, 0.2  # of a launch: mean, and standard deviation as a share of it
LINES = 400  # that a launch sends: 40 implementations, 10 rounds
SECONDS_SHOWN = 4.0  # that a launch sleeps for in the simulation


def lengths(n_launches: int) -> list[float]:
    """Seconds of every launch, as they would be, the longest first."""
    random = np.random.Generator(np.random.PCG64(1))
    return sorted(map(float, SECONDS * np.exp(SPREAD * random.standard_normal(n_launches))), reverse=True)


def best_possible(seconds: Sequence[float], n_hosts: int) -> float:
    """The wall time where each launch goes to the host that is free first."""
    free = [0.0] * n_hosts
    for each in seconds:
        heapq.heappush(free, heapq.heappop(free) + each)
    return max(free)


def launch(seconds: float, topic: str) -> bytes:
    """Sleep so long, and send lines all the while."""
    n_lines = round(LINES * SECONDS_SHOWN / SECONDS)
    for _ in range(n_lines):
        get_worker().log_event(topic, {"line": "x" * 300})
        time.sleep(seconds / n_lines)
    return b"x" * 300 * LINES


def simulated(n_hosts: int, seconds: Sequence[float]) -> float:
    """The wall time of launches that sleep, on so many hosts."""
    cluster = LocalCluster(
        n_workers=n_hosts,
        processes=False,
        threads_per_worker=1,
        resources={"paragone": 1},
        dashboard_address=None,
        memory_limit=0,
    )
    with cluster, Client(cluster, set_as_default=False) as client:
        client.wait_for_workers(n_hosts)
        client.subscribe_topic("rows", lambda event: None)
        waiting, running = list(seconds), []
        begin = time.perf_counter()
        while waiting or running:
            running = [future for future in running if not future.done()]
            while waiting and len(running) < n_hosts:
                given = waiting.pop(0), "rows"
                running.append(client.submit(launch, *given, resources={"paragone": 1}, pure=False))
            time.sleep(0.01)
        return time.perf_counter() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("hosts", nargs="*", type=int, default=[1, 4, 16, 64, 256])
    parser.add_argument("--launches", type=int, default=180, help="of all kernels together: 9 kernels, 20 launches")
    asked = parser.parse_args()
    whole = lengths(asked.launches)
    shrunk = [seconds * SECONDS_SHOWN / SECONDS for seconds in whole]
    shrink = SECONDS / SECONDS_SHOWN
    print(f"{asked.launches} launches, {SECONDS:.0f} s each: {sum(whole) / 3600:.1f} h; slept 1/{shrink:.0f}")
    print("| hosts | best possible wall time | slept | best possible | overhead of a launch | efficiency |")
    print("| --- | --- | --- | --- | --- | --- |")
    for n_hosts in asked.hosts:
        # One host would sleep for the sum of all: a part of the launches says what a launch costs.
        taken = shrunk[: max(8, 12 * n_hosts)]
        wall, best = simulated(n_hosts, taken), best_possible(taken, n_hosts)
        per_launch = (wall - best) * min(n_hosts, len(taken)) / len(taken)
        whole_best = best_possible(whole, n_hosts)
        rounds = len(whole) / min(n_hosts, len(whole))
        efficiency = sum(whole) / n_hosts / (whole_best + per_launch * rounds)
        print(
            f"| {n_hosts} | {whole_best / 60:.0f} min | {wall:.1f} s | {best:.1f} s | {1e3 * per_launch:.0f} ms "
            f"| {efficiency:.2f} |"
        )


if __name__ == "__main__":
    main()
