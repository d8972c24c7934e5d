"""A release is one command: version, changelog and citation agree, and nothing is half done."""

import datetime
import importlib.util
import re

import pytest
from small_project import GIT, commit, run_git

from paragone import __version__
from paragone.files.paths import PROJECT

_spec = importlib.util.spec_from_file_location("release", PROJECT / "scripts" / "release.py")
release = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(release)

DAY = datetime.date(2027, 1, 2)
CHANGELOG = """# Changelog

## Unreleased

### Added
- A thing.

## 0.2.0 (2026-11-29)

### Fixed
- Another.
"""
MODULE, CITATION = "harness/paragone/__init__.py", "CITATION.cff"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A repository with the three files that say the version, all committed."""
    for name, value in GIT.items():
        monkeypatch.setenv(name, value)
    folder = tmp_path / "project"
    (folder / "harness" / "paragone").mkdir(parents=True)
    (folder / "CHANGELOG.md").write_text(CHANGELOG)
    (folder / MODULE).write_text('"""A map."""\n\n__version__ = "0.2.0"\n\nMETHOD_VERSION = 2\n')
    (folder / CITATION).write_text("cff-version: 1.2.0\nversion: 0.2.0\ndate-released: 2026-11-29\nlicense: MIT\n")
    run_git(folder, "init", "--quiet", "--initial-branch", "trunk")
    commit(folder, "the first one")
    return folder


def test_a_release_dates_the_entries_sets_the_version_commits_and_tags(project):
    release.release("0.3.0", project, DAY)

    begin = "# Changelog\n\n## Unreleased\n\n## 0.3.0 (2027-01-02)\n\n### Added\n- A thing.\n\n## 0.2.0 (2026-11-29)\n"
    assert (project / "CHANGELOG.md").read_text().startswith(begin)
    assert '\n__version__ = "0.3.0"\n\nMETHOD_VERSION = 2\n' in (project / MODULE).read_text()
    citation = "cff-version: 1.2.0\nversion: 0.3.0\ndate-released: 2027-01-02\nlicense: MIT\n"
    assert (project / CITATION).read_text() == citation
    assert run_git(project, "log", "-1", "--format=%s", "v0.3.0") == "release: 0.3.0\n"
    assert run_git(project, "cat-file", "-t", "v0.3.0") == "tag\n"
    assert run_git(project, "status", "--porcelain") == ""


def test_two_releases_follow_each_other(project):
    release.release("0.3.0", project, DAY)
    path = project / "CHANGELOG.md"
    path.write_text(path.read_text().replace("## Unreleased\n", "## Unreleased\n\n### Fixed\n- A third.\n"))
    commit(project, "a fix")
    release.release("0.10.0", project, DAY)

    assert re.findall(r"^## (.*)$", path.read_text(), re.MULTILINE) == [
        *("Unreleased", "0.10.0 (2027-01-02)", "0.3.0 (2027-01-02)", "0.2.0 (2026-11-29)"),
    ]


def refused(project, version, words):
    """Fail unless the release is refused in these words and nothing is changed."""
    before = run_git(project, "log", "--format=%H", "--all"), run_git(project, "status", "--porcelain")
    with pytest.raises(release.Refused, match=words):
        release.release(version, project, DAY)

    assert before == (run_git(project, "log", "--format=%H", "--all"), run_git(project, "status", "--porcelain"))


@pytest.mark.parametrize("version", ["", "1", "v0.3.0", "0.3", "0.3.0.dev0", "0.03.0", "0.3.0\n"])
def test_what_is_no_version_is_refused(project, version):
    refused(project, version, "expected a version such as 0.3.0, got")


@pytest.mark.parametrize("version", ["0.2.0", "0.1.9"])
def test_a_version_that_is_not_a_later_one_is_refused(project, version):
    refused(project, version, "expected a version after 0.2.0")


@pytest.mark.parametrize("change", ["CHANGELOG.md", "new.txt"])
def test_a_working_tree_with_changes_is_refused(project, change):
    path = project / change
    path.write_text((path.read_text() if path.exists() else "") + "more\n")

    refused(project, "0.3.0", f"the working tree has changes(.|\n)*{change}")


@pytest.mark.parametrize("unreleased", ["## Unreleased\n", "## Unreleased\n\n### Added\n", ""])
def test_a_release_without_an_entry_is_refused(project, unreleased):
    (project / "CHANGELOG.md").write_text(CHANGELOG.replace("## Unreleased\n\n### Added\n- A thing.\n", unreleased))
    commit(project, "no entry")

    refused(project, "0.3.0", 'no entry under "## Unreleased"')


def test_a_tag_that_is_there_is_refused(project):
    run_git(project, "tag", "v0.3.0")

    refused(project, "0.3.0", "the tag v0.3.0 is there already")


def test_a_file_that_says_no_version_is_refused(project):
    (project / CITATION).write_text("cff-version: 1.2.0\n")
    commit(project, "no version")

    refused(project, "0.3.0", "CITATION.cff: expected one line")


def test_changelog_version_and_citation_agree():
    changelog = (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8")
    citation = (PROJECT / CITATION).read_text(encoding="utf-8")
    version, date = release.RELEASED.findall(changelog)[0]

    assert re.findall(r"^(?:version|date-released): (.*)$", citation, re.MULTILINE) == [version, date]
    assert __version__ == version


def test_the_released_versions_of_the_changelog_descend_and_each_has_entries():
    changelog = (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = [release.numbers(version) for version, _ in release.RELEASED.findall(changelog)]
    titles, sections = re.findall(r"^## (.*)$", changelog, re.MULTILINE), re.split(r"^## .*$", changelog, flags=re.M)

    assert titles[0] == "Unreleased"
    assert len(titles) == 1 + len(versions)
    assert versions == sorted(set(versions), reverse=True)
    assert all("\n- " in section for section in sections[2:])
    kinds = set(re.findall(r"^### (.*)$", changelog, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Renamed", "Removed", "Fixed", "Measurement"}
