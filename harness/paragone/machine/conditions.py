"""Conditions of a machine that spoil measurements, found in its description, each with a remedy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from paragone.machine.environment_record import BlasPool, Environment, Machine

GIB = 2**30
MIB = 2**20

# The kernels of OpenBLAS that use at least these instructions, by the names it reports.
AVX512_KERNELS = {"skylakex", "cooperlake", "sapphirerapids", "knl"}
AVX2_KERNELS = AVX512_KERNELS | {"haswell", "zen", "excavator"}

ENOUGH_MEMORY = 2 * GIB  # the data set takes 0.4 GB in float64, and each worker holds a copy
SWAP_WORTH_A_NOTE = 256 * MIB
BUSY_WORTH_A_NOTE = 0.3  # CPUs in use by other processes
STEAL_WORTH_A_NOTE = 0.02


@dataclass(frozen=True)
class Finding:
    """One condition of the machine.

    `severity` is "ok", "note" (results are less certain) or "problem" (something will fail, or mislead); `mend` is the
    remedy, often a command, and empty where none is needed.
    """

    severity: str
    what: str
    found: str
    mend: str = ""

    @property
    def sentence(self) -> str:
        return f"{self.what}: {self.found}." + (f" {self.mend}" if self.mend else "")


def findings(described: Environment, threads: int = 1) -> list[Finding]:
    """The findings on this machine as `environment.describe()` sees it; `threads` is the most that a worker has."""
    found = [finding for condition in CONDITIONS for finding in condition(described)]
    return [*found, *_room_for_threads(described.machine, threads)]


def _room_for_threads(machine: Machine, threads: int) -> Iterator[Finding]:
    """Yield the reason why so many threads cannot all run at once."""
    usable, quota = len(machine.usable_cpus), machine.cpu_quota
    if 1 < threads > usable:
        found = (
            f"{threads} are asked for on {usable} CPU{'s' * (usable > 1)}: they take turns, and libraries start fewer"
        )
        yield Finding("problem", "threads", found, f"Ask for at most {usable}, or give the process more CPUs.")
    elif quota is not None and 1 < threads > quota:
        found = f"{threads} are asked for with {quota:g} CPUs' worth of time: they are stopped within a sample"
        yield Finding("problem", "threads", found, "Start the container with --cpuset-cpus instead of --cpus.")


def _cpus(described: Environment) -> Iterator[Finding]:
    usable, logical = len(described.machine.usable_cpus), described.machine.logical_cpus
    if usable == 1:
        found = "one, shared by the harness and the worker; this adds a few per cent of noise; --threads 2 has no room"
        yield Finding("note", "CPUs", found, "Give the process a second CPU, if there is one.")
    elif logical and usable < logical:
        yield Finding("ok", "CPUs", f"{usable} of {logical} may be used (an affinity mask is set)")
    else:
        yield Finding("ok", "CPUs", str(usable))


def _quota(described: Environment) -> Iterator[Finding]:
    quota, usable = described.machine.cpu_quota, len(described.machine.usable_cpus)
    if quota is not None and quota < usable:
        found = f"{quota:g} CPUs' worth of time on {usable} CPUs; a process that uses it up is stopped within a sample"
        yield Finding("problem", "CPU quota", found, "Start the container with --cpuset-cpus instead of --cpus.")


def _governor(described: Environment) -> Iterator[Finding]:
    governors = described.machine.governors
    if others := sorted(set(governors) - {"performance"}):
        found = f"{', '.join(others)}; the clock rate follows the load"
        yield Finding("note", "frequency governor", found, "sudo cpupower frequency-set --governor performance")
    elif governors:
        yield Finding("ok", "frequency governor", "performance")


def _frequency(described: Environment) -> Iterator[Finding]:
    machine = described.machine
    if machine.turbo:
        yield Finding("ok", "turbo", "on; the clock rate depends on temperature and neighbours, which rounds cancel")
    if machine.smt:
        yield Finding("ok", "hyper-threading", "on; two threads on one core share its arithmetic units")
    if machine.virtualised:
        yield Finding("ok", "virtual machine", "yes; other guests of the host are not visible from here")
    if machine.on_battery:
        found = "the machine runs on its battery, and saves power"
        yield Finding("problem", "power", found, "Plug it in.")


def _memory(described: Environment) -> Iterator[Finding]:
    machine = described.machine
    if machine.memory_limit_bytes is None or machine.memory_available_bytes is None:
        return
    usable = min(machine.memory_limit_bytes, machine.memory_available_bytes)
    if usable < ENOUGH_MEMORY:
        found = f"{usable / GIB:.1f} GiB are free to use; few workers fit side by side"
        yield Finding("note", "memory", found, "Close programs, or raise the container's limit.")
    else:
        yield Finding("ok", "memory", f"{usable / GIB:.1f} GiB are free to use")
    if machine.swap_used_bytes > SWAP_WORTH_A_NOTE:
        found = f"{machine.swap_used_bytes / GIB:.1f} GiB are in use; memory has been short"
        yield Finding("note", "swap", found, "Close programs that hold much memory.")


def _neighbours(described: Environment) -> Iterator[Finding]:
    load = described.load
    if load.busy_cpus is None:
        return
    if load.busy_cpus > BUSY_WORTH_A_NOTE:
        names = ", ".join(f"{busy.name} ({busy.cpu_share:.0%})" for busy in load.busy_processes[:5])
        found = f"others keep {load.busy_cpus:.1f} CPUs busy" + (f": {names}" if names else "")
        yield Finding("note", "load", found, "Wait until they are done, or stop them.")
    else:
        yield Finding("ok", "load", f"others keep {load.busy_cpus:.1f} CPUs busy")
    averages, cpus = load.load_average, len(described.machine.usable_cpus)
    if averages and averages[1] > max(1.0, cpus / 2):
        found = f"{averages[1]:g} over the last five minutes on {cpus} CPU{'s' * (cpus != 1)}"
        yield Finding("note", "load average", found, "See what is running: top")
    if load.steal_cpus > STEAL_WORTH_A_NOTE:
        found = f"{load.steal_cpus:.2f} CPUs were taken by other guests of the host"
        yield Finding("note", "stolen time", found, "Measure at a quieter hour, or on a machine of your own.")


def _inherited(described: Environment) -> Iterator[Finding]:
    for variable in described.inherited or ():
        name = variable.name
        if variable.warning:
            yield Finding("note", "environment", variable.warning.rstrip("."), f"unset {name}")
        elif variable.treatment != "kept":
            found = f"{name}={variable.value} is {variable.treatment} in workers"
            yield Finding("ok", "environment", found, variable.reason)


def _blas(described: Environment) -> Iterator[Finding]:
    pools = [pool for pool in described.blas or () if pool.user_api == "blas"]
    if not pools:
        found = "none that reports its number of threads; one-thread launches are judged by their CPU time alone"
        yield Finding("note", "BLAS", found)
    for pool in pools:
        name = f"{pool.library} {pool.version} with {pool.architecture} kernels"
        if wanted := _better_kernels(pool, described.machine.vector_flags):
            forced = any(variable.name == "OPENBLAS_CORETYPE" for variable in described.inherited or ())
            mend = "unset OPENBLAS_CORETYPE" if forced else "pip install --upgrade numpy scipy"
            yield Finding("note", "BLAS", f"{name}, though the CPU has {wanted} ({pool.file})", mend)
        else:
            yield Finding("ok", "BLAS", f"{name} ({pool.file})")
    if len({(pool.library, pool.version, pool.architecture) for pool in pools}) > 1:
        found = "NumPy and SciPy bring different ones; implementations on SciPy's BLAS are compared across them"
        yield Finding("note", "BLAS", found)


def _better_kernels(pool: BlasPool, flags: tuple[str, ...]) -> str | None:
    """The vector instructions of the CPU that OpenBLAS's kernels leave unused, or None."""
    kernels = str(pool.architecture).lower()
    if pool.library != "openblas":
        return None
    if "avx512f" in flags and kernels not in AVX512_KERNELS:
        return "AVX-512"
    if "avx2" in flags and kernels not in AVX2_KERNELS:
        return "AVX2"
    return None


def _revision(described: Environment) -> Iterator[Finding]:
    revision = described.revision
    if revision.dirty and revision.commit:
        found = f"differs from commit {revision.commit[:10]}; nobody else has this code"
        yield Finding("note", "code", found, "git commit")
    if revision.unknown:
        yield Finding("note", "code", f"its commit is not recorded: {revision.unknown}")


CONDITIONS: tuple[Callable[[Environment], Iterator[Finding]], ...] = (
    _cpus,
    _quota,
    _governor,
    _frequency,
    _memory,
    _neighbours,
    _inherited,
    _blas,
    _revision,
)
