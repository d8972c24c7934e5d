"""Debian's SLURM on this machine: a controller, and nodes in network namespaces with addresses of their own.

As root, with the packages slurm-wlm and munge. Everything lies in one folder; no service of the system is touched.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
from contextlib import contextmanager, suppress

from cluster_here import wait_for

BRIDGE, NET = "paragone0", "10.213.77"
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "sinfo", "ip", "nsenter")
CONFIGURATION = """
ClusterName=here
SlurmctldHost={controller}({net}.1)
SlurmctldPort=16817
SlurmdPort=16818
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CryptoType=crypto/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/linear
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
{nodes}
PartitionName=debug Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def reason_against():
    """Return why it cannot be started here; "" where it can."""
    lacking = [name for name in PROGRAMS if not shutil.which(name)]
    if lacking:
        return f"{', '.join(lacking)} is not installed: apt-get install slurm-wlm munge iproute2"
    return "" if os.geteuid() == 0 else "network namespaces and SLURM's daemons need root"


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class SlurmHere:
    """Nodes h1, h2 … that can be cut off from the network."""

    def __init__(self, folder, n_nodes):
        self.folder, self.nodes, self.processes = folder, [f"h{i + 1}" for i in range(n_nodes)], []
        self.variables = {**os.environ, "SLURM_CONF": str(folder / "slurm.conf")}

    def start(self):
        self._network()
        key = self.folder / "munge.key"
        key.write_bytes(secrets.token_bytes(128))
        key.chmod(0o400)
        nodes = "\n".join(
            f"NodeName={name} NodeHostname={name} NodeAddr={NET}.{11 + i} CPUs={os.cpu_count()} State=UNKNOWN"
            for i, name in enumerate(self.nodes)
        )
        text = CONFIGURATION.format(controller=socket.gethostname(), net=NET, folder=self.folder, nodes=nodes)
        (self.folder / "slurm.conf").write_text(text)
        (self.folder / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\n")  # needs nothing that is mounted
        for name in ("state", *(f"spool-{node}" for node in self.nodes)):
            (self.folder / name).mkdir()
        here = {
            name: f"--{name}={self.folder}/munge.{name.split('-')[0]}" for name in ("socket", "key-file", "pid-file")
        }
        self._run("munged", "--force", "--foreground", *here.values(), f"--log-file={self.folder}/munge.log",
                  f"--seed-file={self.folder}/munge.seed")  # fmt: skip
        wait_for((self.folder / "munge.socket").exists, 20)
        self._run("slurmctld", "-D")
        for node in self.nodes:
            self._run("nsenter", f"--net=/run/netns/{node}", "slurmd", "-D", "-N", node)
        wait_for(lambda: self._idle() == len(self.nodes), 60)

    def _network(self):
        run("ip", "link", "add", BRIDGE, "type", "bridge")
        run("ip", "addr", "add", f"{NET}.1/24", "dev", BRIDGE)
        run("ip", "link", "set", BRIDGE, "up")
        for i, node in enumerate(self.nodes):
            run("ip", "netns", "add", node)
            run("ip", "link", "add", f"to-{node}", "type", "veth", "peer", "name", BRIDGE, "netns", node)
            run("ip", "link", "set", f"to-{node}", "master", BRIDGE, "up")
            run("ip", "-n", node, "addr", "add", f"{NET}.{11 + i}/24", "dev", BRIDGE)
            for device in (BRIDGE, "lo"):
                run("ip", "-n", node, "link", "set", device, "up")

    def _run(self, *command):
        with (self.folder / f"{command[-1]}.out".replace("/", "-")).open("wb") as log:
            self.processes.append(
                subprocess.Popen(command, env=self.variables, stdout=log, stderr=log, start_new_session=True)
            )

    def _idle(self):
        found = subprocess.run(["sinfo", "-h", "-N", "-o", "%t"], env=self.variables, capture_output=True, text=True)
        return found.stdout.split().count("idle")

    def cut(self, node):
        """Cut a node off, as when its cable is drawn."""
        run("ip", "link", "set", f"to-{node}", "down")

    def mend(self, node):
        run("ip", "link", "set", f"to-{node}", "up")

    def stop(self):
        with suppress(subprocess.SubprocessError):
            subprocess.run(["scancel", "--full", "-u", "root"], env=self.variables, timeout=10, capture_output=True)
        for process in reversed(self.processes):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
        for node in self.nodes:
            for pid in run("ip", "netns", "pids", node).split():
                with suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
            subprocess.run(["ip", "netns", "del", node], capture_output=True)
        subprocess.run(["ip", "link", "del", BRIDGE], capture_output=True)


@contextmanager
def slurm_here(folder, n_nodes=3):
    slurm = SlurmHere(folder, n_nodes)
    try:
        slurm.start()
        yield slurm
    finally:
        slurm.stop()
