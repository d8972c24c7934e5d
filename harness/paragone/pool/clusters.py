"""The clusters that are started for one command: processes of this machine, or jobs of SLURM."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Sequence
from typing import Any

from paragone.errors import Misuse
from paragone.machine.cpus import affinity
from paragone.pool.address import Place

DASK = "pip install 'paragone[dask]'"
# Dask's own pages are not encrypted: nobody else may see them.
NO_PAGES = {"dashboard": False, "dashboard_address": "127.0.0.1:0"}
SLURM = "pip install 'paragone[slurm]'"


def cluster_of(place: Place) -> Any:
    """The cluster that has to be started for it; None for a scheduler that runs. Raises Misuse without Dask."""
    try:
        import distributed  # noqa: F401
    except ImportError:
        raise Misuse(f"--on needs Dask, which is not installed: {DASK}") from None
    if place.kind == "local":
        return _local(place.n_hosts)
    return _slurm(place) if place.kind == "slurm" else None


def shares_of(cpus: Sequence[int], n_hosts: int) -> list[tuple[int, ...]]:
    """As many CPUs for each host, so that all are of one kind; one, shared by turns, where there are too few."""
    size = max(1, len(cpus) // n_hosts)
    return [tuple(cpus[i * size : (i + 1) * size]) or (cpus[i % len(cpus)],) for i in range(n_hosts)]


def _local(n_hosts: int) -> Any:
    """So many processes, each a host by itself with CPUs of its own as far as there are any."""
    from distributed import Nanny, Scheduler, SpecCluster

    shares = shares_of(affinity(), n_hosts)
    workers = {
        f"local-{i}": {
            "cls": Nanny,
            "options": {
                "nthreads": 1,
                "memory_limit": 0,  # Dask's own limit is of its process; workers of the harness have theirs
                "resources": {"paragone": 1},
                "env": {"PARAGONE_HOST": f"local-{i}", "PARAGONE_HOST_CPUS": ",".join(map(str, share))},
                "silence_logs": logging.ERROR,
                "local_directory": tempfile.gettempdir(),
            },
        }
        for i, share in enumerate(shares)
    }
    scheduler = {"cls": Scheduler, "options": {"host": "127.0.0.1", "port": 0, **NO_PAGES}}
    return SpecCluster(workers=workers, scheduler=scheduler, silence_logs=logging.ERROR)


def _slurm(place: Place) -> Any:
    """Jobs of one worker each, on nodes that they have for themselves; connections are encrypted."""
    try:
        from dask_jobqueue import SLURMCluster
    except ImportError:
        raise Misuse(f"--on slurm: needs dask-jobqueue, which is not installed: {SLURM}") from None
    asked = place.options
    cluster = SLURMCluster(
        queue=asked.get("partition"),
        account=asked.get("account"),
        cores=1,
        processes=1,
        job_cpu=int(asked["cpus"]) if "cpus" in asked else None,
        memory="1GB",  # for Dask's own arithmetic
        job_mem=asked.get("memory", "0"),  # 0: all of the node's
        walltime=asked.get("walltime", "01:00:00"),
        interface=asked.get("interface"),
        python=asked.get("python"),
        protocol="tls://",
        security=True,  # certificates for this cluster alone
        shared_temp_directory=asked.get("shared"),
        job_extra_directives=["--exclusive"],
        worker_extra_args=["--resources", "paragone=1", "--memory-limit", "0"],
        scheduler_options=NO_PAGES,
        silence_logs=logging.ERROR,
    )
    cluster.scale(jobs=int(asked.get("jobs", "1")))
    return cluster
