"""Local hosts; and SLURM as Debian has it: three nodes with networks of their own, one cut off in the middle."""

import pytest
from pooled_client import Client, checked
from pooled_run import write_plugins
from slurm_here import BRIDGE, reason_against, slurm_here

from paragone.files.json_lines import read_rows
from paragone.pool.clusters import shares_of


@pytest.mark.parametrize(
    ("cpus", "n_hosts", "shares"),
    [
        ((0, 1, 2, 3), 2, [(0, 1), (2, 3)]),
        ((0, 1, 2), 2, [(0,), (1,)]),
        ((4,), 2, [(4,), (4,)]),
        ((0, 1), 3, [(0,), (1,), (0,)]),
    ],
)
def test_local_hosts_have_as_many_cpus_each(cpus, n_hosts, shares):
    assert shares_of(cpus, n_hosts) == shares


@pytest.mark.slow
@pytest.mark.slurm
@pytest.mark.skipif(bool(reason_against()), reason=reason_against())
def test_the_launches_of_a_plan_are_spread_over_nodes_of_which_one_is_cut_off(tmp_path, monkeypatch):
    pytest.importorskip("dask_jobqueue", reason="--on slurm: needs dask-jobqueue: pip install 'paragone[slurm]'")
    write_plugins(tmp_path)
    place = f"slurm:partition=debug,jobs=3,interface={BRIDGE},shared={tmp_path},walltime=00:20:00"
    with slurm_here(tmp_path) as slurm:
        monkeypatch.setenv("SLURM_CONF", slurm.variables["SLURM_CONF"])
        client = Client(tmp_path, place, launches=6)
        client.wait_for_samples(3)
        began = [row for row in read_rows(client.run.parent / "hosts.jsonl") if row["reason"] is None]
        gone = began[-1]["host"]
        slurm.cut(gone)
        said = client.end()
    rows = checked(tmp_path).run.hosts
    hosts = {*rows.loc[rows["reason"].isna(), "host"]}

    assert "its host has gone" in said
    assert hosts - {gone} == {"h1", "h2", "h3"} - {gone}
