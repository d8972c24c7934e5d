"""A run that was made before 0.2 is read with the names of today."""

import json
from pathlib import Path

from paragone.analyse.results import Results
from paragone.store.old_names import renamed_plan, renamed_row
from paragone.store.reader import read_run

OLD_RUN = Path(__file__).with_name("old_run")  # a run of 0.1, cut down to three variants at one batch size
LOOPS = "c_loops[dtype=float32,flags=O2]"


def test_an_old_run_is_read_with_the_names_of_today():
    run = read_run(OLD_RUN)

    assert {"resolvable_difference", "workloads", "broken"} <= json.loads((OLD_RUN / "plan.json").read_text()).keys()
    assert run.plan.minimum_detectable_difference == 0.0894357372900082
    assert run.plan.problem_arguments == {"nielsen": "nielsen"}
    assert [entry.name for entry in run.plan.unusable] == ["half"]
    assert [call.size for call in run.plan.calls] == [1, 50000, 1, 50000]
    assert {"head", "tail", "stress", "replay"} == set(run.outcomes["stage"])
    built = run.launches.set_index("variant")["build_info"]
    assert built[LOOPS].iloc[0]["compiler"] == "gcc (Debian 12.2.0-14+deb12u1) 12.2.0"


def test_an_old_run_is_summed_up():
    summary = Results(read_run(OLD_RUN)).summary.set_index("variant")

    assert summary.loc["numpy_rows[dtype=float32,order=C]", "status"] == "passed"
    assert summary.loc[LOOPS, ["status", "reason"]].tolist() == ["failed", "remembers"]


def test_names_of_today_stay_as_they_are():
    assert renamed_plan({"unusable": [], "rounds": 3}) == {"unusable": [], "rounds": 3}
    assert renamed_row("outcomes", {"stage": "head"}) == {"stage": "head"}
    assert renamed_row("samples", {"stage": "twin"}) == {"stage": "twin"}
