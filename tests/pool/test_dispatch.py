"""Launches are handed out until each is done: not twice, not to a busy host, and elsewhere where a host has gone."""

import json
from types import SimpleNamespace

import pytest

from paragone.errors import HarnessError
from paragone.files.json_lines import read_rows
from paragone.pool import dispatch
from paragone.pool.dispatch import MOST_TRIES, Dispatch
from paragone.pool.orders import Line
from paragone.store.run_folder import RunFolder

LAUNCHES, ROUNDS = 3, 2
CELL = {"problem": "p", "variant": "v", "size": 1, "threads": 1}


def sample(order, round_):
    place = {"wave": 0, "launch": order["launch"], "attempt": order["attempt"], "round": round_, "kind": "timed"}
    times = {"n_steps": 1, "elapsed_ns": 1, "cpu_ns": 1, "waiting_cpu_ns": 0, "digest": "d"}
    return Line(table="samples", rows=[{**CELL, **place, **times}])


def whole(order):
    """Return the lines of a host that does what it was asked, from where the launch stands."""
    there = {row["round"] for row in order["tables"]["samples"]}
    samples = [sample(order, round_) for round_ in range(ROUNDS) if round_ not in there]
    return [Line(busy_cpus=0.1), *samples, Line(is_done=True)], "done"


class ScriptedPool:
    """Answers each order by the next entry of a script, a function of the order; then by what is whole."""

    def __init__(self, script=(), hosts=("a", "b")):
        self.hosts = [SimpleNamespace(name=name) for name in hosts]
        self.script, self.asked, self.running, self.most_at_once = list(script), [], [], 0
        self.connection = SimpleNamespace(wait=self.wait)

    def there(self):
        return self.hosts

    def ask(self, take, hosts=(), **order):
        self.asked.append(order)
        lines, ended = (self.script.pop(0) if self.script else whole)(order)
        answer = SimpleNamespace(ended="")
        taken = {answer_host for _, _, _, answer_host in self.running}
        free = [host.name for host in hosts or self.hosts if host.name not in taken]
        host = (free or [hosts[0].name])[0]
        self.running.append((answer, lambda: [take(line) for line in (Line(host=host), *lines)], ended, host))
        self.most_at_once = max(self.most_at_once, len(self.running))
        return answer

    def wait(self, seconds):
        answer, deliver, ended, _ = self.running.pop(0)
        deliver()
        answer.ended = ended


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "plan.json").write_text(json.dumps({"created": "2026-01-02T03:04:05+00:00", "cells": [{"wave": 0}]}))
    (tmp_path / "environment.json").write_text("{}")
    cell = SimpleNamespace(contender=("p", "v", 1), size=1, wave=0, once_per_launch=False)
    plan = SimpleNamespace(launches=LAUNCHES, rounds=ROUNDS, cells=[cell])
    monkeypatch.setattr(dispatch, "read_plan", lambda folder: plan)
    return tmp_path


def run(folder, pool):
    said = []
    with RunFolder(folder) as rows:
        Dispatch(pool, rows, said.append, lambda what, seconds: None).run_launches()
    return said


def samples(folder):
    return sorted((row["launch"], row["round"]) for row in read_rows(folder / "samples.jsonl"))


EVERY = [(launch, round_) for launch in range(LAUNCHES) for round_ in range(ROUNDS)]


def test_every_launch_is_made_once_and_no_more_at_once_than_there_are_hosts(folder):
    pool = ScriptedPool()
    run(folder, pool)

    assert samples(folder) == EVERY
    assert [order["launch"] for order in pool.asked] == [0, 1, 2]
    assert pool.most_at_once == 2
    assert {row["host"] for row in read_rows(folder / "hosts.jsonl")} == {"a", "b"}


def test_what_a_host_that_has_gone_had_sent_is_kept_and_the_rest_is_made_elsewhere(folder):
    def goes(order):
        return [Line(busy_cpus=0.0), sample(order, 0)], "its host has gone"

    pool = ScriptedPool([goes])
    said = run(folder, pool)

    assert samples(folder) == EVERY
    assert [(order["launch"], order["attempt"]) for order in pool.asked[:1] + pool.asked[2:3]] == [(0, 0), (0, 1)]
    assert "Launch 1 on a: its host has gone" in said[0]


def test_a_host_that_goes_before_it_has_said_anything_costs_an_attempt_and_leaves_a_reason(folder):
    run(folder, ScriptedPool([lambda order: ([], "its host has gone")]))

    reasons = [row["reason"] for row in read_rows(folder / "hosts.jsonl") if row["launch"] == 0]
    assert reasons == ["its host has gone", None]
    assert samples(folder) == EVERY


def test_a_busy_host_is_marked_and_the_launch_is_made_elsewhere(folder):
    pool = ScriptedPool([lambda order: ([Line(busy_cpus=1.7, is_busy=True), Line(is_done=True)], "done")])
    run(folder, pool)

    assert samples(folder) == EVERY
    first = next(row for row in read_rows(folder / "hosts.jsonl") if row["launch"] == 0)
    assert {row["host"] for row in read_rows(folder / "hosts.jsonl")[1:] if row["launch"] == 0} == {"b"}
    assert (first["host"], first["busy_cpus"], first["reason"]) == ("a", 1.7, "others keep the host busy")


def test_where_every_host_is_busy_the_launch_is_made_all_the_same(folder):
    def busy(order):
        return [Line(busy_cpus=1.7, is_busy=True), Line(is_done=True)], "done"

    pool = ScriptedPool([busy], hosts=("a",))
    run(folder, pool)

    assert [order["most_busy_cpus"] for order in pool.asked[:2]] == [dispatch.BUSY_WORTH_A_NOTE, None]
    assert samples(folder) == EVERY


def test_a_launch_that_ends_on_no_host_ends_the_run_with_the_reason(folder):
    def refuses(order):
        return [Line(refused="a: numpy is not installed there")], "done"

    with pytest.raises(HarnessError, match=f"numpy is not installed there.*tried {MOST_TRIES} times"):
        run(folder, ScriptedPool([refuses] * MOST_TRIES, hosts=("a",)))


def test_a_run_goes_on_from_the_rows_that_it_has(folder):
    run(folder, ScriptedPool())
    lines = (folder / "samples.jsonl").read_text().splitlines(keepends=True)
    (folder / "samples.jsonl").write_text("".join(line for line in lines if '"launch": 1' not in line))
    pool = ScriptedPool()
    run(folder, pool)

    assert [(order["launch"], order["attempt"]) for order in pool.asked] == [(1, 1)]
    assert samples(folder) == EVERY


def test_rows_of_another_launch_are_refused(folder):
    def lies(order):
        return [Line(busy_cpus=0.0), sample({**order, "launch": order["launch"] + 1}, 0)], "done"

    with pytest.raises(HarnessError, match="rows of another launch"):
        run(folder, ScriptedPool([lies]))


def test_what_is_no_row_is_refused(folder):
    def lies(order):
        return [Line(busy_cpus=0.0), Line(table="samples", rows=[{"elapsed_ns": "x"}])], "done"

    with pytest.raises(HarnessError, match="no row"):
        run(folder, ScriptedPool([lies]))
