"""What a revision, the working tree or a folder gives to a live comparison, and what is none of them."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from kernel_folder import write_kernel
from small_project import commit, make_project, run_git, write

from paragone.comparison.home import Home, home_of
from paragone.comparison.revisions import find_side, find_sides, side_of
from paragone.errors import Misuse
from paragone.files.paths import PROJECT
from paragone.task.kernel.problem import KernelProblem


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """The cache and the current folder are the test's own."""
    monkeypatch.setenv("PARAGONE_CACHE", str(tmp_path / "cache"))
    (tmp_path / "somewhere").mkdir()
    monkeypatch.chdir(tmp_path / "somewhere")


@pytest.fixture
def project(tmp_path):
    return make_project(tmp_path / "project")


def home(project):
    """Where that project holds implementations of networks."""
    return Home(project, Path("impls/mlp"))


def version(side):
    return (side.folder / "one" / "rows.py").read_text()


def test_a_revision_gives_what_was_committed_then_whatever_lies_there_now(project):
    write(project / "impls" / "mlp" / "one", "VERSION = 3\n")

    assert "VERSION = 1\n" == version(find_side("HEAD~1", home(project)))
    assert "VERSION = 2\n" == version(find_side("trunk", home(project)))


def test_a_revision_is_labelled_by_its_commit_and_said_in_words(project):
    label = run_git(project, "rev-parse", "--short", "HEAD").strip()
    side = find_side("HEAD", home(project))

    assert label == side.label
    assert side.words.startswith(f"revision {label} (HEAD, 20")
    assert side.words.endswith("): the second one")
    assert "HEAD" not in find_side(label, home(project)).words


@pytest.mark.parametrize("text", [".", "worktree"])
def test_the_working_tree_is_as_it_is_committed_or_not(project, text):
    write(project / "impls" / "mlp" / "one", "VERSION = 3\n")
    write(project / "impls" / "mlp" / "brand_new", "VERSION = 1\n")
    side = find_side(text, home(project))

    assert "worktree" == side.label
    assert "VERSION = 3\n" == version(side)
    assert (side.folder / "brand_new" / "impl.py").is_file()
    assert side.words.endswith(" and 2 changed files")


def test_what_is_edited_afterwards_does_not_change_what_was_taken_out(project):
    before = find_side("worktree", home(project))
    write(project / "impls" / "mlp" / "one", "VERSION = 3\n")
    after = find_side("worktree", home(project))

    assert ("VERSION = 2\n", "VERSION = 3\n") == (version(before), version(after))


def test_taking_out_a_revision_leaves_index_and_working_tree_alone(project):
    write(project / "impls" / "mlp" / "one", "VERSION = 3\n")
    run_git(project, "add", "--all")
    write(project / "impls" / "mlp" / "other", "VERSION = 4\n")
    before = run_git(project, "status", "--porcelain=v2", "--branch")
    find_side("HEAD~1", home(project))

    assert before == run_git(project, "status", "--porcelain=v2", "--branch")


def test_what_was_altered_in_the_cache_is_taken_out_anew(project):
    side = find_side("HEAD", home(project))
    (side.folder / "one" / "rows.py").write_text("VERSION = 99\n")

    assert side == find_side("HEAD", home(project))
    assert "VERSION = 2\n" == version(side)


def test_compiled_python_in_the_cache_is_no_alteration(project):
    side = find_side("HEAD", home(project))
    (side.folder / "one" / "__pycache__").mkdir()
    find_side("HEAD", home(project))

    assert (side.folder / "one" / "__pycache__").is_dir()


def test_a_project_may_lie_inside_a_larger_repository(tmp_path):
    whole = make_project(tmp_path / "whole")
    (whole / "part").mkdir()
    shutil.move(whole / "impls", whole / "part" / "impls")
    commit(whole, "moved")

    assert "VERSION = 2\n" == version(find_side("HEAD", home(whole / "part")))
    with pytest.raises(Misuse, match=r"HEAD~1: that revision has no impls/mlp/ in .*/part"):
        find_side("HEAD~1", home(whole / "part"))


def test_a_folder_of_implementations_stays_where_it_is(project, tmp_path):
    mine = write(tmp_path / "my own=[things]" / "one", "VERSION = 5\n").parent
    side = find_side(str(mine), home(project))

    assert (mine, "my-own-things") == (side.folder, side.label)
    assert side.folder == side_of(side.to_text()).folder
    assert side.label == side_of(side.to_text()).label


def test_a_single_implementation_is_a_side_too(project):
    side = find_side(str(project / "impls" / "mlp" / "one"), home(project))

    assert ("one", project / "impls" / "mlp" / "one") == (side.label, side.folder)


def test_a_folder_called_impls_is_labelled_by_the_one_around_it(project):
    assert "project" == find_side(str(project / "impls" / "mlp"), home(project)).label


def test_in_a_folder_of_implementations_the_dot_is_that_folder(project, tmp_path, monkeypatch):
    mine = write(tmp_path / "mine" / "one", "VERSION = 5\n").parent
    monkeypatch.chdir(mine)

    assert mine == find_side(".", home(project)).folder
    assert "worktree" == find_side("worktree", home(project)).label


def test_two_sides_of_one_label_are_told_apart(project):
    a, b = find_sides("HEAD", "trunk", home(project))

    assert a.folder == b.folder
    assert (f"{a.label[:-2]}-A", f"{a.label[:-2]}-B") == (a.label, b.label)
    assert ["worktree"] == [side.label for side in find_sides("HEAD", ".", home(project))][1:]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("no-such-branch", r"'no-such-branch' is no revision of .*/project\. A side is"),
        ("--all", "'--all' is no revision"),
        ("HEAD:impls", "'HEAD:impls' is no revision"),
        ("~nobody-of-that-name/impls", "is no revision"),
        ("", "'' is no revision"),
        ("x" * 5000, "is no revision"),
        ("a\0b", "is no revision"),
        ("..", "'..' is a folder without implementations"),
    ],
)
def test_what_is_no_side_is_said_with_what_would_be_one(project, text, reason):
    with pytest.raises(Misuse, match=reason):
        find_side(text, home(project))


def test_without_a_git_checkout_there_are_no_revisions_but_folders(tmp_path):
    write(tmp_path / "plain" / "impls" / "mlp" / "one", "VERSION = 1\n")

    with pytest.raises(Misuse, match=r"'HEAD' is no folder with implementations, and .*plain is no git checkout"):
        find_side("HEAD", home(tmp_path / "plain"))
    assert "VERSION = 1\n" == version(find_side("worktree", home(tmp_path / "plain")))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
def test_a_checkout_of_another_user_is_not_called_none_and_the_remedy_is_named(project, tmp_path, monkeypatch):
    """Git refuses it: it might run what another user has configured there."""
    monkeypatch.setenv("HOME", str(tmp_path))  # where nothing is called safe
    for path in (project, project / ".git"):
        os.chown(path, 12345, -1)

    with pytest.raises(Misuse, match=r"git refuses .*project.*git config --global --add safe\.directory .*project"):
        find_side("HEAD", home(project))


def test_in_a_shallow_clone_an_unknown_revision_is_answered_with_how_to_fetch_all(project, tmp_path):
    run_git(project, "commit", "--quiet", "--allow-empty", "--no-verify", "-m", "one more")
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", "--depth", "1", project.as_uri(), str(clone)], check=True)

    with pytest.raises(
        Misuse, match=r"'HEAD~1' is no revision .*This clone is shallow: git -C .*clone fetch --unshall"
    ):
        find_side("HEAD~1", home(clone))


def test_a_revision_without_implementations_is_said(project):
    run_git(project, "rm", "-r", "--quiet", "impls")
    commit(project, "emptied")

    with pytest.raises(Misuse, match="HEAD: that revision has no impls/"):
        find_side("HEAD", home(project))
    with pytest.raises(Misuse, match="there are no implementations in the working tree"):
        find_side("worktree", home(project))


def test_a_revision_from_before_0_2_is_told_why_it_cannot_be_compared_live(tmp_path):
    project = make_project(tmp_path / "flat")
    run_git(project, "mv", "impls/mlp/one", "impls/one")
    run_git(project, "rm", "-r", "--quiet", "impls/mlp")
    commit(project, "as it was before 0.2")

    with pytest.raises(Misuse, match=r"^HEAD: that revision .* in impls/, not in impls/mlp/: revisions before 0\.2 ca"):
        find_side("HEAD", home(project))


def test_a_cache_that_cannot_be_written_is_said(project, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PARAGONE_CACHE", str(tmp_path / "file"))

    with pytest.raises(Misuse, match="Set PARAGONE_CACHE to another folder"):
        find_side("HEAD", home(project))


@pytest.fixture
def reach(tmp_path):
    """The problem of a kernel in a repository, with two commits of the implementation `one` beside it."""
    folder = write_kernel(tmp_path)
    run_git(tmp_path, "init", "--quiet", "--initial-branch", "trunk")
    for number in (1, 2):
        (folder / "one.py").write_text(f'"""An idea."""\nVERSION = {number}\ndef run(X, centre, D): pass\n')
        run_git(tmp_path, "add", "reach")
        run_git(tmp_path, "commit", "--quiet", "--message", f"number {number}")
    return KernelProblem.of(folder)


def kernel_version(side):
    return (side.folder / "one.py").read_text().splitlines()[1]


def test_the_revisions_of_a_kernel_of_ones_own_are_those_of_its_repository(reach):
    a, b = find_sides("HEAD~1", "HEAD", home_of(reach))

    assert ("VERSION = 1", "VERSION = 2") == (kernel_version(a), kernel_version(b))
    assert ("reach", "reach") == (a.folder.name, b.folder.name)
    assert b.words.endswith("): number 2")
    with pytest.raises(Misuse, match="'v9' is no revision of "):
        find_side("v9", home_of(reach))


def test_the_working_tree_of_a_kernel_is_a_copy_of_it_as_it_is_now(reach, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    own = Path(reach.folder)
    (own / "one.py").write_text((own / "one.py").read_text().replace("2", "3"))
    side = find_side(".", home_of(reach))

    assert ("worktree", "VERSION = 3") == (side.label, kernel_version(side))
    assert not side.folder.is_relative_to(own)
    assert side.words.endswith(" and 1 changed file")


@pytest.mark.parametrize("at", ["", "reach"])
def test_another_folder_of_the_kernel_is_a_side_called_after_what_is_around_it(reach, tmp_path, at):
    shutil.copytree(reach.folder, tmp_path / "old" / "reach")
    side = find_side(str(tmp_path / "old" / at), home_of(reach))

    assert ("old", tmp_path / "old" / "reach") == (side.label, side.folder)


def test_a_folder_with_another_kernel_is_no_side(reach, tmp_path):
    (tmp_path / "old" / "other").mkdir(parents=True)
    shutil.copy(Path(reach.folder, "kernel.toml"), tmp_path / "old" / "other")

    with pytest.raises(Misuse, match="is a folder without implementations of reach"):
        find_side(str(tmp_path / "old"), home_of(reach))


def test_a_kernel_that_ships_has_the_revisions_of_this_project_or_of_a_plugin_that_adds_to_it(tmp_path):
    shipped = KernelProblem.of(PROJECT / "impls" / "pairwise")
    added = shutil.copytree(shipped.folder, tmp_path / "mine" / "pairwise")

    assert Home(PROJECT, Path("impls/pairwise"), "pairwise") == home_of(shipped)
    assert Home(tmp_path / "mine", Path("pairwise"), "pairwise") == home_of(shipped, [str(added.parent)])
    assert "impls" not in find_side(str(added), home_of(shipped)).label


def test_a_revision_without_the_kernel_is_said(reach, tmp_path):
    run_git(tmp_path, "rm", "-r", "--quiet", "--cached", "reach")
    run_git(tmp_path, "commit", "--quiet", "--message", "gone")

    with pytest.raises(Misuse, match="HEAD: that revision has no reach/ in "):
        find_side("HEAD", home_of(reach))
