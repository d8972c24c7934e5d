"""A Dask cluster on this machine whose scheduler and workers are processes that a test may kill."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager


class ClusterHere:
    def __init__(self, folder, names, protocol):
        self.folder, self.names, self.processes, self.protocol = folder, names, {}, protocol
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.start("scheduler")
        for name in names:
            self.start(name)

    @property
    def place(self):
        return f"dask{'+tls' if self.protocol == 'tls' else ''}://127.0.0.1:{self.port}"

    def start(self, name):
        if name == "scheduler":
            command = ["dask_scheduler", "--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard"]
            command += ["--protocol", self.protocol]
        else:
            command = [
                "dask_worker",
                f"{self.protocol}://127.0.0.1:{self.port}",
                "--nthreads",
                "1",
                "--resources",
                "paragone=1",
            ]
            command += ["--no-dashboard", "--memory-limit", "0", "--local-directory", str(self.folder / name)]
        variables = {**os.environ, "PARAGONE_HOST": name, "PARAGONE_CACHE": str(self.folder / f"cache-{name}")}
        (self.folder / name).mkdir(exist_ok=True)
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.{command[0]}", *command[1:]],
                env=variables, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def kill(self, name):
        """Kill a process and those of its group: of a worker, the nanny too, as when a host loses its power."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def cluster_here(folder, names=("one", "two"), protocol="tcp"):
    cluster = ClusterHere(folder, names, protocol)
    try:
        yield cluster
    finally:
        for name in list(cluster.processes):
            cluster.kill(name)


def wait_for(what, seconds=90):
    """Return what the function gives once it is true."""
    until = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < until, f"waited {seconds} s in vain"
        time.sleep(0.05)
    return found
