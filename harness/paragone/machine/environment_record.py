"""The record of environment.json. Other keys may be there; a default stands for what an older run did not record."""

from __future__ import annotations

import msgspec

from paragone.files.schema import Count, Number
from paragone.machine.threads import InheritedVariable


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """The hardware, and the limits that the system sets on its use."""

    id: str | None = None
    architecture: str | None = None
    cpu: str | None = None
    vector_flags: tuple[str, ...] = ()
    logical_cpus: Count | None = None
    physical_cores: Count | None = None
    usable_cpus: tuple[Count, ...] = ()
    cpu_quota: Number | None = None
    smt: bool | None = None
    caches: dict[str, Count] = {}
    governors: dict[str, Count] = {}
    turbo: bool | None = None
    virtualised: bool | None = None
    memory_bytes: Count | None = None
    memory_available_bytes: Count | None = None
    memory_limit_bytes: Count | None = None
    swap_used_bytes: Count = 0
    page_bytes: Count | None = None
    transparent_hugepages: str | None = None
    on_battery: bool | None = None


class OperatingSystem(msgspec.Struct, frozen=True, kw_only=True):
    """The system and its C library."""

    system: str | None = None
    release: str | None = None
    c_library: str | None = None


class PythonBuild(msgspec.Struct, frozen=True, kw_only=True):
    """The interpreter of the harness."""

    version: str | None = None
    implementation: str | None = None
    compiler: str | None = None
    gil: bool | None = None


class OwnEnvironment(msgspec.Struct, frozen=True, kw_only=True):
    """A Python environment of some implementation's own."""

    python: str
    packages: dict[str, str]


class Library(msgspec.Struct, frozen=True, kw_only=True):
    """An installed package: the bytes of its files, the modules that it provides, and the packages that it requires."""

    version: str
    n_bytes: Count
    modules: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()


class BlasPool(msgspec.Struct, frozen=True, kw_only=True):
    """A thread pool of NumPy or SciPy: `architecture` names the kernels that it chose, `user_api` tells BLAS apart."""

    user_api: str | None = None
    library: str | None = None
    version: str | None = None
    architecture: str | None = None
    threading_layer: str | None = None
    file: str | None = None


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """The code of the harness; `commit` and `dirty` are None outside a git checkout.

    `unknown` says why git tells nothing of a checkout, and what mends it.
    """

    commit: str | None = None
    dirty: bool | None = None
    source_hash: str | None = None
    unknown: str = ""


class BusyProcess(msgspec.Struct, frozen=True, kw_only=True):
    """A process and its share of one CPU."""

    name: str
    cpu_share: Number


class MachineLoad(msgspec.Struct, frozen=True, kw_only=True):
    """The load before the run.

    `load_average` is of the last 1, 5 and 15 minutes, None where the system has none; `busy_cpus` and `steal_cpus` are
    numbers of CPUs; `busy_processes` has the busiest first.
    """

    load_average: tuple[Number, ...] | None = None
    busy_cpus: Number | None = None
    steal_cpus: Number = 0.0
    busy_processes: tuple[BusyProcess, ...] = ()


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """The machine, the versions, the load and the inherited variables of a run."""

    machine: Machine = Machine()
    os: OperatingSystem = OperatingSystem()
    python: PythonBuild = PythonBuild()
    packages: dict[str, str] | None = None
    libraries: dict[str, Library] = {}
    own_environments: dict[str, OwnEnvironment] = {}
    blas: tuple[BlasPool, ...] | None = None
    revision: Revision = Revision()
    load: MachineLoad = MachineLoad()
    inherited: tuple[InheritedVariable, ...] | None = None
    warnings: tuple[str, ...] = ()
