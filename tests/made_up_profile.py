"""A profile made by hand for the tests of what reads profiles: phases chosen, everything else plausible."""

import msgspec
from made_up_run import variant

from paragone import METHOD_VERSION
from paragone.analyse.breakdown import breakdowns
from paragone.analyse.profiled import Profiled
from paragone.store.plan_records import DataRecord, ProfilePlan, VariantRecord
from paragone.store.records import Pair
from paragone.task.mlp.problem_files import find_problem

ROWS, TUNED, LISTS = "numpy_rows[dtype=float32,order=C]", "numpy_tuned[dtype=float32]", "python_lists[dtype=float64]"
PROBLEMS = {"nielsen": find_problem("nielsen")}


def rows(name, whole_us, size=10, parts=None, excess=0, **other):
    """Three rounds of a variant: 10 % gather, 30 % forward, 40 % backward, 15 % update, 5 % other."""
    shares = {"gather": 10, "forward": 30, "backward": 40, "update": 15 + excess}
    for _ in range(3):
        yield Pair(
            **{
                "problem": "nielsen",
                "round": 0,
                "variant": name,
                "size": size,
                "threads": 1,
                "n_steps": 1,
                "is_same": True,
            },
            **{"plain_ns": int(whole_us * 990), "clocked_ns": int(whole_us * 1000), "parts": parts or {}},
            phases={phase: int(whole_us * 10 * share) for phase, share in shares.items()},
            **other,
        )


def profiled(*of_variants, outcomes=(), names=(ROWS, TUNED, LISTS), speeds=None):
    plan = ProfilePlan(
        method_version=METHOD_VERSION,
        run="2025-03-04T050607Z-profile",
        command="paragone profile",
        created="2025-03-04T05:06:07+00:00",
        rounds=3,
        seed=1,
        data=DataRecord(name="digits", origin="", sha256=""),
        problems=PROBLEMS,
        variants=tuple(msgspec.convert(variant(name), VariantRecord) for name in names),
        cells=(),
    )
    cells = breakdowns([row for of_variant in of_variants for row in of_variant])
    return Profiled(None, plan, cells, list(outcomes), 40.0, finished=True, speeds=speeds or {})
