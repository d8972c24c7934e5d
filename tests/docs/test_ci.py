"""The page on CI: its YAML is a workflow, its commands are understood, and its script ends with the right codes."""

import re
import shlex
import subprocess

import pytest
import yaml
from typer.main import get_command

from paragone.cli.app import app
from paragone.files.paths import PROJECT
from paragone.report.export.forms import FORMS

PAGE = (PROJECT / "docs" / "ci.md").read_text(encoding="utf-8")
WORKFLOW, STEPS = (yaml.safe_load(block) for block in re.findall(r"^```yaml\n([\s\S]*?)^```$", PAGE, re.MULTILINE))
JOBS = WORKFLOW["jobs"]
ALL_STEPS = [*JOBS["compare"]["steps"], *JOBS["comment"]["steps"], *STEPS]
(COMPARE,) = (step["run"] for step in JOBS["compare"]["steps"] if "--live" in step.get("run", ""))


def commands():
    """The commands of paragone in all scripts of the page, their lines joined, without what the shell does to them."""
    text = "\n".join(step.get("run", "") for step in ALL_STEPS).replace("\\\n", " ")
    return [command.partition("||")[0].strip() for command in re.findall(r"^ *(paragone .*)$", text, re.MULTILINE)]


def test_the_commands_of_the_workflow_are_found():
    assert ["compare", "bench", "export", "export"] == [command.split()[1] for command in commands()]


@pytest.mark.parametrize("command", commands())
def test_every_command_of_the_workflow_is_understood(command):
    verb, *options = shlex.split(command)[1:]

    get_command(app).commands[verb].make_context(verb, options)


def test_every_step_runs_something_and_every_action_has_a_version():
    assert all(("run" in step) != ("uses" in step) for step in ALL_STEPS)
    assert all(re.search(r"@v\d", step["uses"]) for step in ALL_STEPS if "uses" in step)


def test_the_base_branch_is_there_to_be_compared_with():
    (checkout,) = (step for step in JOBS["compare"]["steps"] if "checkout" in step.get("uses", ""))

    assert "HEAD^1 HEAD" in COMPARE
    assert checkout["with"]["fetch-depth"] == 2
    assert "pull_request" in WORKFLOW[True], "YAML 1.1 reads the key `on` as true"


def test_the_code_of_a_pull_request_meets_no_token_that_may_write():
    assert {"contents": "read"} == WORKFLOW["permissions"]
    assert "permissions" not in JOBS["compare"]
    assert {"pull-requests": "write"} == JOBS["comment"]["permissions"]
    assert not [step for step in JOBS["comment"]["steps"] if "checkout" in step.get("uses", "")]
    assert "pull_request_target" not in WORKFLOW[True]


def test_the_cache_that_is_kept_is_the_one_that_is_used():
    (cache,) = (step["with"] for step in JOBS["compare"]["steps"] if "actions/cache" in step.get("uses", ""))

    assert JOBS["compare"]["env"]["PARAGONE_CACHE"] == "${{ github.workspace }}/" + cache["path"]


@pytest.mark.parametrize(
    ("paragone", "ends", "summary"),
    [(0, 0, "compared"), (1, 1, "compared"), (6, 0, "Nothing to compare: "), (2, 2, ""), (130, 130, "compared")],
)
def test_the_script_ends_with_the_code_of_the_comparison_and_shows_what_was_written(tmp_path, paragone, ends, summary):
    """In the place of paragone stands a program that ends with a code; with 2 and 6 it has written nothing."""
    writes = "" if paragone in (2, 6) else "echo compared > comment.md; "
    (tmp_path / "paragone").write_text(f"#!/bin/sh\n{writes}exit {paragone}\n")
    (tmp_path / "paragone").chmod(0o755)
    (tmp_path / "script").write_text(COMPARE)
    (tmp_path / "summary").touch()
    own = {"PATH": f"{tmp_path}:/usr/bin:/bin", "GITHUB_STEP_SUMMARY": str(tmp_path / "summary")}
    shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "script"]  # as the runner starts it
    ended = subprocess.run(shell, cwd=tmp_path, env=own, capture_output=True, text=True)

    assert (ends, "") == (ended.returncode, ended.stderr)
    assert (tmp_path / "summary").read_text().startswith(summary)
    assert bool(summary) == bool((tmp_path / "summary").read_text())


def test_the_page_has_every_form_of_export_and_no_other():
    named = re.findall(r"^\| `([\w-]+)` \|", PAGE.partition("## Following a number")[2], re.MULTILINE)

    assert [*FORMS] == named
