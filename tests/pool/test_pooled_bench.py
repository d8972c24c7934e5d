"""Runs on clusters of this machine: whole, each launch on one host, nothing lost or doubled, whoever is killed."""

import random
import shutil
import signal
import subprocess
import sys
import time

import pytest
from cluster_here import cluster_here, wait_for
from pooled_client import Client, checked, checked_alone
from pooled_run import write_plugins

from paragone.files.json_lines import read_rows

pytest.importorskip("distributed", reason="--on needs Dask: pip install 'paragone[dask]'")
pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path):
    write_plugins(tmp_path)
    return tmp_path


def test_two_processes_of_this_machine_share_the_launches(folder):
    said = Client(folder, "local:2").end()
    results = checked(folder)

    assert "finished" in said
    assert {*results.run.hosts["host"]} == {"local-0", "local-1"}
    assert results.run.hosts["reason"].isna().all()
    assert results.summary["ratio_low"].notna().any(), "two hosts give an interval"
    inherited = {variable.name for variable in results.run.environment.inherited or ()}
    assert "MALLOC_TRIM_THRESHOLD_" not in inherited, "Dask sets it for its workers, and it changes what is measured"


def test_a_host_that_is_killed_costs_its_launch_no_sample(folder, tmp_path):
    with cluster_here(tmp_path) as cluster:
        client = Client(folder, cluster.place)
        client.wait_for_samples(3)
        rows = read_rows(client.run.parent / "hosts.jsonl")
        before = read_rows(client.run.parent / "samples.jsonl")
        cluster.kill(rows[0]["host"])
        said = client.end()
    results = checked(folder)

    assert "its host has gone" in said
    assert read_rows(results.run.folder / "samples.jsonl")[: len(before)] == before, "what was reported is kept"


def test_a_client_that_is_killed_goes_on_when_it_is_started_again(folder, tmp_path):
    with cluster_here(tmp_path) as cluster:
        client = Client(folder, cluster.place)
        client.wait_for_samples(5)
        client.process.send_signal(signal.SIGKILL)
        client.process.communicate()
        before = read_rows(client.run.parent / "samples.jsonl")
        said = Client(folder, cluster.place).end()
    results = checked(folder)

    assert "Going on with run" in said
    assert read_rows(results.run.folder / "samples.jsonl")[: len(before)] == before


def test_a_scheduler_that_is_killed_and_started_again_costs_no_sample(folder, tmp_path):
    with cluster_here(tmp_path) as cluster:
        client = Client(folder, cluster.place)
        client.wait_for_samples(5)
        cluster.kill("scheduler")
        cluster.start("scheduler")
        for name in cluster.names:  # a worker may end with its scheduler; whoever runs the cluster starts it again
            cluster.kill(name)
            cluster.start(name)
        client.end()
    checked(folder)


def test_a_host_that_joins_later_takes_launches_too(folder, tmp_path):
    with cluster_here(tmp_path, ["one"]) as cluster:
        client = Client(folder, cluster.place, launches=6)
        client.wait_for_samples(1)
        cluster.start("late")
        client.end()

    assert {*checked(folder).run.hosts["host"]} == {"one", "late"}


def test_whoever_is_killed_at_whatever_moments_the_run_is_that_of_one_machine(folder, tmp_path):
    """Three hosts; six kills of the client, the scheduler or a host at random moments."""
    chance = random.Random(7)
    with cluster_here(tmp_path, ["one", "two", "three"]) as cluster:
        client = Client(folder, cluster.place, launches=9)
        for _ in range(6):
            time.sleep(chance.uniform(1, 8))
            victim = chance.choice(["client", "scheduler", *cluster.names])
            if victim == "client":
                client.process.kill()
                client.process.communicate()
                client = Client(folder, cluster.place, launches=9)
                continue
            cluster.kill(victim)
            cluster.start(victim)
        client.end()
    pooled = checked(folder)
    shutil.move(folder / "results", folder / "of the pool")
    Client(folder, "here", launches=9).end()
    alone = checked_alone(folder)

    cell = ["variant", "size", "threads"]
    verdicts = [each.summary.set_index(cell)["verdict"].sort_index() for each in (pooled, alone)]
    assert [*verdicts[0].index] == [*verdicts[1].index]
    for each in verdicts:
        assert {*each[each.index.get_level_values("variant").str.startswith("loops")]} == {"slower"}


def test_hosts_that_differ_are_refused_and_surveyed_kind_by_kind(folder, tmp_path, monkeypatch):
    """One worker has a variable that changes the allocator of what is measured."""
    with cluster_here(tmp_path, ["one"]) as cluster:
        monkeypatch.setenv("MALLOC_ARENA_MAX", "1")
        cluster.start("other")
        monkeypatch.delenv("MALLOC_ARENA_MAX")
        command = [sys.executable, "-m", "paragone", "survey", "-k", "twice", "--sizes", "10", "--dtype", "float64"]
        command += ["--plugins", str(folder / "plugins"), "--on", cluster.place, "--results", str(folder / "results")]
        wait_for(lambda: (tmp_path / "other.log").read_text().count("Registered to") == 1)
        refused = subprocess.run([*command[:3], "bench", *command[4:]], capture_output=True, text=True)
        surveyed = subprocess.run(command, capture_output=True, text=True)

    assert refused.returncode == 2
    assert "MALLOC_ARENA_MAX: " in refused.stderr
    assert "--each-kind" in refused.stderr
    assert surveyed.returncode == 0, surveyed.stderr
    hosts = [{row["host"] for row in read_rows(path)} for path in (folder / "results").glob("*/hosts.jsonl")]
    assert sorted(map(sorted, hosts)) == [["one"], ["other"]]
    assert "Side by side: " in surveyed.stdout


def test_a_scheduler_with_certificates_is_reached_by_those_of_dasks_settings(folder, tmp_path, monkeypatch):
    pytest.importorskip("cryptography", reason="certificates need it: pip install 'paragone[slurm]'")
    from distributed.security import Security

    made = Security.temporary()
    for name, text in {"ca": made.tls_ca_file, "key": made.tls_client_key, "cert": made.tls_client_cert}.items():
        (tmp_path / f"{name}.pem").write_text(text)
    monkeypatch.setenv("DASK_DISTRIBUTED__COMM__TLS__CA_FILE", str(tmp_path / "ca.pem"))
    for of in ("CLIENT", "SCHEDULER", "WORKER"):
        for what in ("CERT", "KEY"):
            monkeypatch.setenv(f"DASK_DISTRIBUTED__COMM__TLS__{of}__{what}", str(tmp_path / f"{what.lower()}.pem"))
    with cluster_here(tmp_path, protocol="tls") as cluster:
        assert cluster.place.startswith("dask+tls://")
        Client(folder, cluster.place).end()

    checked(folder)
