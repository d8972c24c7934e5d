"""What `paragone new` and `paragone new-kernel` write works at once, and each mistake is one sentence."""

import shlex

import pytest

from paragone.files.paths import PROJECT

SHIPPED = {"mlp", *(path.parent.name for path in (PROJECT / "impls").glob("*/kernel.toml"))}


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("PARAGONE_CACHE", str(tmp_path / "cache"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


def commands(out):
    """The commands that a reader is told to type next."""
    return [line.partition("#")[0].split(None, 1)[1] for line in out.splitlines() if line.startswith("    paragone ")]


def test_a_new_kernel_and_a_starter_of_it_are_verified_by_the_commands_that_are_printed(paragone, without_processes):
    code, out, err = paragone("new-kernel", "my_kernel")
    assert (code, err) == (0, "")
    verify, new, _ = commands(out)
    code, out, err = paragone(*shlex.split(new))
    assert (code, err) == (0, "")

    for command in (verify, commands(out)[0]):
        code, out, err = paragone(*shlex.split(command), "--sizes", "10")
        assert (command, code, err) == (command, 0, "verifying …\n")
    assert "c_loops[dtype=float32,flags=O2]" in out


def test_a_starter_of_a_shipped_kernel_lies_in_a_folder_of_ones_own(paragone, tmp_path):
    code, out, _ = paragone("new", "mine", "--kernel", "pairwise", "--language", "fortran", "--into", "own")

    assert code == 0
    assert sorted(path.name for path in (tmp_path / "here" / "own" / "pairwise").iterdir()) == [
        *("kernel.toml", "mine.f90", "mine.toml")
    ]
    assert commands(out)[0].strip() == "verify mine -k pairwise --plugins own"
    assert "mine" in paragone("list", "-k", "pairwise", "--plugins", "own")[1]


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("new mine -k pairwize", "unknown kernel 'pairwize'. Did you mean 'pairwise'? A new one: paragone new-kernel"),
        (
            "verify -k my_kernel",
            f"unknown kernel 'my_kernel'. There are: {', '.join(sorted(SHIPPED))}. Where one of your own lies:",
        ),
        ("list -k heet", "unknown kernel 'heet'. Did you mean 'heat'? Where one of your own lies: --plugins PATH"),
        ("new mine -k pairwise -l rst", "unknown language 'rst'. Did you mean 'rust'?"),
        ("new mine -l rust", "--language rust: there are starters for kernels alone, by --kernel NAME"),
        ("new mine -l rst", "unknown language 'rst'"),
        ("new numpy_product -k pairwise", "the name 'numpy_product' is taken by"),
        ("new reference -k pairwise", "'reference' is the name of a file that every kernel has"),
        ("new-kernel Mine", "'Mine' is no name for a kernel: small letters"),
        ("new-kernel pairwise", "the name 'pairwise' is taken by"),
        ("new-kernel there", "there is there already; nothing was written. Choose another name"),
        ("new-kernel mine --into file", "file/mine cannot be written: "),
    ],
)
def test_a_mistake_is_one_sentence_and_nothing_is_written(command, sentence, paragone, tmp_path):
    (tmp_path / "here" / "there").mkdir()
    (tmp_path / "here" / "file").write_text("in the way")
    code, out, err = paragone(*shlex.split(command))

    assert (code, out) == (2, "")
    assert sentence in err
    assert len(err.splitlines()) == 1
    assert sorted(path.name for path in (tmp_path / "here").iterdir()) == ["file", "there"]
