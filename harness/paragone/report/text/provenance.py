"""The provenance of a run: its implementations, plan, data and machine. Unknown facts are left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from paragone.analyse.needs import needs
from paragone.implementation.kernel_declaration import SOURCE
from paragone.report.text import formatting, markdown
from paragone.report.text.ranking import what_it_needs
from paragone.report.text.rows import each_row

if TYPE_CHECKING:
    from paragone.machine.environment_record import BlasPool, Environment, Machine, MachineLoad, Revision
    from paragone.machine.threads import InheritedVariable
    from paragone.store.plan_records import DataRecord
    from paragone.store.reader import Run

Pairs = list[tuple[str, str]]


def plan_pairs(run: Run) -> Pairs:
    plan = run.plan
    lengths = run.samples.loc[run.samples["kind"] == "timed", "elapsed_ns"]
    sample = formatting.seconds(float(lengths.median()) / 1e9) if len(lengths) else ""
    resolvable = plan.minimum_detectable_difference
    return [
        ("made", markdown.escaped(plan.created)),
        ("launches × rounds", f"{plan.launches} × {plan.rounds}"),
        ("length of a sample (median)", sample),
        ("problems", ", ".join(markdown.code(name) for name in plan.problems)),
        ("baseline", markdown.code(plan.baseline)),
        ("threads", ", ".join(map(str, plan.threads))),
        ("cells", str(len(plan.cells))),
        ("estimated time", formatting.seconds(float(plan.eta_seconds))),
        (
            "smallest difference expected to be found",
            "" if resolvable is None else formatting.percent(float(resolvable)),
        ),
        ("seed", str(plan.seed)),
        ("method version", str(plan.method_version)),
    ]


def data_pairs(run: Run) -> Pairs:
    data = run.plan.data
    return [
        ("data set", "" if data.is_drawn else markdown.escaped(data.name)),
        ("from", markdown.escaped(data.origin)),
        *_members(run),
        ("SHA-256 of the content", markdown.code(data.sha256)),
    ]


def _members(run: Run) -> Pairs:
    """Return how many members the data set has, by the family's name for them; [] where a family has no data set."""
    data = run.plan.data
    if not data.n_train:
        return []
    return [(run.plan.words_of().unit, members(data))]


def members(data: DataRecord) -> str:
    """Return "60 000 to train, 10 000 to test; 784 pixels, 10 classes"."""
    counts = f"{formatting.size(data.n_train)} to train, {formatting.size(data.n_test)} to test"
    return f"{counts}; {markdown.escaped(data.each)}" if data.each else counts


def environment_pairs(run: Run) -> Pairs:
    about = run.environment
    system, python = about.os, about.python
    return [
        *_machine_pairs(about.machine),
        ("system", _words(system.system, system.release, system.c_library)),
        ("Python", _words(python.version, python.implementation, python.compiler)),
        ("packages", _versions(about.packages or {})),
        *_own_environments(about),
        ("BLAS", _blas(about.blas or ())),
        ("threads found in the workers", _threads_found(run)),
        ("revision", _revision(about.revision)),
        ("load before the run", _load(about.load)),
        ("environment variables", _inherited(about.inherited)),
    ]


def _machine_pairs(machine: Machine) -> Pairs:
    usable, n_bytes = machine.usable_cpus, machine.memory_bytes
    return [
        ("CPU", _value(machine.cpu)),
        ("cores", _value(machine.physical_cores)),
        ("logical CPUs", _value(machine.logical_cpus)),
        ("usable CPUs", f"{len(usable)} (numbered {', '.join(map(str, usable))})" if usable else ""),
        ("CPU quota", _value(machine.cpu_quota)),
        ("vector instructions", markdown.escaped(", ".join(machine.vector_flags))),
        ("frequency governor", markdown.escaped(", ".join(machine.governors))),
        ("memory", f"{formatting.significant(n_bytes / 2**30)} GiB" if n_bytes else ""),
    ]


def _value(value: float | str | None) -> str:
    return "" if value is None else markdown.escaped(value)


def _words(*words: str | None) -> str:
    """The known words, separated by blanks."""
    return " ".join(markdown.escaped(word) for word in words if word)


def _revision(revision: Revision) -> str:
    changed = " with changes that are not committed" if revision.dirty else ""
    commit = f"{markdown.code(revision.commit)}{changed}, " if revision.commit else ""
    return f"{commit}source hash {markdown.code(revision.source_hash)}" if revision.source_hash else commit


def _load(load: MachineLoad) -> str:
    averages = ", ".join(f"{average:.2f}" for average in load.load_average or ())
    parts = [
        f"load average {averages}" if averages else "",
        "" if load.busy_cpus is None else f"others kept {load.busy_cpus:.1f} CPUs busy",
    ]
    return "; ".join(part for part in parts if part)


def _versions(packages: Mapping[str, str]) -> str:
    return ", ".join(f"{markdown.escaped(name)} {markdown.escaped(version)}" for name, version in packages.items())


def _own_environments(about: Environment) -> Pairs:
    """The packages of each separate Python environment; a different NumPy version is pointed out."""
    pairs = []
    for name, own in about.own_environments.items():
        words = f"Python {markdown.escaped(own.python)}, {_versions(own.packages)}"
        numpys = own.packages.get("numpy"), (about.packages or {}).get("numpy")
        if None not in numpys and numpys[0] != numpys[1]:
            words += f"; the other implementations use NumPy {markdown.escaped(numpys[1])}"
        pairs.append((f"environment {markdown.code(name)}", words))
    return pairs


def _blas(pools: Sequence[BlasPool]) -> str:
    named = dict.fromkeys(_words(pool.library, pool.version, pool.architecture) for pool in pools)
    return "; ".join(named)


def _threads_found(run: Run) -> str:
    """Return the thread counts that workers read back from their libraries, by the count asked for."""
    found: dict[int, set[int]] = {}
    for row in each_row(run.launches):
        pools = row.threads_found.get("pools", []) if isinstance(row.threads_found, Mapping) else []
        found.setdefault(row.threads, set()).update(pool["num_threads"] for pool in pools if "num_threads" in pool)
    known = {asked: counts for asked, counts in sorted(found.items()) if counts}
    return "; ".join(
        f"{asked} asked for, {', '.join(map(str, sorted(counts)))} found" for asked, counts in known.items()
    )


def _inherited(variables: Sequence[InheritedVariable] | None) -> str:
    if variables is None:
        return ""
    listed = ", ".join(
        f"{markdown.code(f'{variable.name}={variable.value}')} {markdown.escaped(variable.treatment)}"
        for variable in variables
    )
    return listed or "none that changes what is measured"


def implementations(run: Run) -> str:
    """Return a table; without the column of sources where no implementation of a kernel names one of its own.

    What they need beside Python and NumPy has a column where the run recorded it.
    """
    known = needs(run)
    by_name = {variant.implementation: variant for variant in run.plan.variants}
    names_sources = {variant.source for variant in by_name.values()} != {SOURCE}
    columns = ["language", "layout", *(["source"] if names_sources else []), "idea"]
    lines = [
        [
            markdown.code(name),
            *(markdown.escaped(getattr(variant, column)) for column in columns),
            str(variant.maths_lines),
            *([markdown.escaped(what_it_needs(known.get(variant.variant)))] if known else []),
        ]
        for name, variant in sorted(by_name.items())
    ]
    return (
        markdown.table(
            ["", *columns, "own lines of maths", *(["needs beside Python and NumPy"] if known else [])], lines
        )
        if lines
        else ""
    )
