"""The keys of environment.json that are read back and checked; it has others too."""

from __future__ import annotations

from typing import Any

import msgspec

from paragone.files.schema import Count, Number
from paragone.store.records import Record


class Machine(Record, frozen=True, kw_only=True):
    """The computer."""

    id: str | None = None
    architecture: str | None = None
    cpu: str | None = None
    vector_flags: tuple[str, ...] = ()
    logical_cpus: Number | None = None
    physical_cores: Number | None = None
    usable_cpus: tuple[Count, ...] | None = None
    governors: dict[str, Any] = msgspec.field(default_factory=dict)
    memory_bytes: Number | None = None


class PythonRecord(Record, frozen=True, kw_only=True):
    """The interpreter."""

    version: str | None = None
    implementation: str | None = None
    compiler: str | None = None


class OwnEnvironment(Record, frozen=True, kw_only=True):
    """A Python environment that belongs to an implementation."""

    python: str
    packages: dict[str, str]


class Revision(Record, frozen=True, kw_only=True):
    """The commit and the source hash of the harness."""

    commit: str | None = None
    dirty: bool | None = None
    source_hash: str | None = None


class MachineLoad(Record, frozen=True, kw_only=True):
    """How busy other processes kept the machine before the run."""

    load_average: tuple[Number, ...] | None = None
    busy_cpus: Number | None = None


class Inherited(Record, frozen=True, kw_only=True):
    """An inherited environment variable that can change a measurement, and how workers treat it."""

    name: str
    value: str
    treatment: str


class Environment(Record, frozen=True, kw_only=True):
    """The machine, the versions, and the inherited environment variables."""

    machine: Machine = Machine()
    os: dict[str, str | None] | None = None
    python: PythonRecord | None = None
    packages: dict[str, str] | None = None
    own_environments: dict[str, OwnEnvironment] | None = None
    blas: tuple[dict[str, str | None], ...] | None = None
    revision: Revision | None = None
    load: MachineLoad | None = None
    inherited: tuple[Inherited, ...] | None = None
    warnings: tuple[str, ...] = ()
