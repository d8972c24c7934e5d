"""The provenance of a run: its implementations, plan, data and machine. Unknown facts are left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from paragone.report.text import formatting, markdown
from paragone.report.text.rows import each_row

if TYPE_CHECKING:
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
        ("data set", markdown.escaped(data.name)),
        ("from", markdown.escaped(data.origin)),
        ("images", f"{formatting.batch(data.n_train)} to train, {formatting.batch(data.n_test)} to test"),
        ("SHA-256 of the content", markdown.code(data.sha256)),
    ]


def environment_pairs(run: Run) -> Pairs:
    about = run.environment
    pairs: Pairs = [("CPU", _value(about, "machine", "cpu")), *_cpus(about), ("memory", _memory(about))]
    pairs += [("system", _values(about.get("os"), "system", "release", "c_library"))]
    pairs += [("Python", _values(about.get("python"), "version", "implementation", "compiler"))]
    pairs += [("packages", _versions(about.get("packages"))), *_own_environments(about)]
    pairs += [("BLAS", _blas(about.get("blas")))]
    pairs += [("threads found in the workers", _threads_found(run)), ("revision", _revision(about.get("revision")))]
    pairs += [("load before the run", _load(about.get("load"))), ("environment variables", _inherited(about))]
    return pairs


def _value(about: Mapping[str, Any], *keys: str) -> str:
    value: Any = about
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return "" if value is None else markdown.escaped(value)


def _cpus(about: Mapping[str, Any]) -> Pairs:
    machine = about.get("machine", {})
    usable = machine.get("usable_cpus")
    return [
        ("cores", _value(about, "machine", "physical_cores")),
        ("logical CPUs", _value(about, "machine", "logical_cpus")),
        ("usable CPUs", f"{len(usable)} (numbered {', '.join(map(str, usable))})" if usable else ""),
        ("CPU quota", _value(about, "machine", "cpu_quota")),
        ("vector instructions", markdown.escaped(", ".join(machine.get("vector_flags", [])))),
        ("frequency governor", markdown.escaped(", ".join(machine.get("governors", {})))),
    ]


def _memory(about: Mapping[str, Any]) -> str:
    size = about.get("machine", {}).get("memory_bytes")
    return f"{formatting.significant(size / 2**30)} GiB" if size else ""


def _values(about: Mapping[str, Any] | None, *keys: str) -> str:
    """Return the known values of these keys, separated by blanks."""
    return " ".join(markdown.escaped((about or {})[key]) for key in keys if (about or {}).get(key))


def _revision(about: Mapping[str, Any] | None) -> str:
    about = about or {}
    changed = " with changes that are not committed" if about.get("dirty") else ""
    commit = f"{markdown.code(about['commit'])}{changed}, " if about.get("commit") else ""
    return f"{commit}source hash {markdown.code(about['source_hash'])}" if about.get("source_hash") else commit


def _load(about: Mapping[str, Any] | None) -> str:
    about = about or {}
    averages = ", ".join(f"{average:.2f}" for average in about.get("load_average") or [])
    busy = about.get("busy_cpus")
    parts = [
        f"load average {averages}" if averages else "",
        "" if busy is None else f"others kept {busy:.1f} CPUs busy",
    ]
    return "; ".join(part for part in parts if part)


def _versions(packages: Mapping[str, str] | None) -> str:
    return ", ".join(
        f"{markdown.escaped(name)} {markdown.escaped(version)}" for name, version in (packages or {}).items()
    )


def _own_environments(about: Mapping[str, Any]) -> Pairs:
    """Return the packages of each separate Python environment; a different NumPy version is pointed out."""
    pairs = []
    for name, own in (about.get("own_environments") or {}).items():
        words = f"Python {markdown.escaped(own['python'])}, {_versions(own['packages'])}"
        numpys = own["packages"].get("numpy"), (about.get("packages") or {}).get("numpy")
        if None not in numpys and numpys[0] != numpys[1]:
            words += f"; the other implementations use NumPy {markdown.escaped(numpys[1])}"
        pairs.append((f"environment {markdown.code(name)}", words))
    return pairs


def _blas(pools: list[Mapping[str, Any]] | None) -> str:
    named = dict.fromkeys(
        " ".join(str(pool[key]) for key in ("library", "version", "architecture", "kernel") if pool.get(key))
        for pool in pools or []
    )
    return "; ".join(markdown.escaped(name) for name in named)


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


def _inherited(about: Mapping[str, Any]) -> str:
    variables = about.get("inherited")
    if not isinstance(variables, list):
        return ""
    entries = [(f"{entry['name']}={entry['value']}", entry["treatment"]) for entry in variables]
    listed = ", ".join(f"{markdown.code(setting)} {markdown.escaped(treatment)}" for setting, treatment in entries)
    return listed or "none that changes what is measured"


def implementations(run: Run) -> str:
    by_name = {variant.implementation: variant for variant in run.plan.variants}
    lines = [
        [
            markdown.code(name),
            *(markdown.escaped(text) for text in (variant.language, variant.layout, variant.source, variant.idea)),
            str(variant.maths_lines),
        ]
        for name, variant in sorted(by_name.items())
    ]
    return markdown.table(["", "language", "layout", "source", "idea", "own lines of maths"], lines) if lines else ""
