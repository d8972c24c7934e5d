"""Libraries are built once for each source, command, compiler and CPU, and a compiler that fails says why."""

import shutil
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from paragone.adapters import build as build_module
from paragone.adapters.build import BUILD_INFO, build, compiler_version
from paragone.errors import MeasurementFailed

COMPILER = """#!{python} -P
import pathlib, sys
if "--version" in sys.argv:
    print("made-up compiler 1.0\\nmore")
    sys.exit()
log = pathlib.Path({log!r})
log.write_text(log.read_text() + "built\\n" if log.exists() else "built\\n")
{body}
"""
WRITES_ITS_LIBRARY = 'pathlib.Path(sys.argv[1]).write_text(pathlib.Path("source.c").read_text())'


class Compilers:
    """Compilers that are Python scripts, an implementation's folder, and a cache."""

    def __init__(self, folder: Path):
        self.bin, self.source, self.cache, self.log = (folder / name for name in ("bin", "source", "cache", "log"))
        self.bin.mkdir()
        self.source.mkdir()
        (self.source / "source.c").write_text("int x;")

    def compiler(self, body=WRITES_ITS_LIBRARY, name="compiler"):
        path = self.bin / name
        path.write_text(COMPILER.format(python=sys.executable, log=str(self.log), body=body))
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return str(path)

    def build(self, compiler, *words):
        return build([compiler, "{library}", *words], self.source, self.cache)

    @property
    def entries(self):
        """The names in the cache, without those of locks."""
        return [path.name for path in self.cache.iterdir() if path.suffix != ".lock"]

    @property
    def n_built(self):
        return len(self.log.read_text().splitlines()) if self.log.exists() else 0


@pytest.fixture
def compilers(tmp_path):
    return Compilers(tmp_path)


def reason_of(call):
    with pytest.raises(MeasurementFailed) as raised:
        call()
    return str(raised.value)


def test_the_command_runs_in_the_implementations_folder_and_its_library_comes_back_with_its_build_info(compilers):
    library, build_info = compilers.build(compilers.compiler(), "-O2")

    assert library.read_text() == "int x;"
    assert build_info.compiler == "made-up compiler 1.0"
    assert build_info.command.endswith("{library} -O2")
    assert str(compilers.cache) not in build_info.command


def test_what_is_in_the_cache_is_not_built_again(compilers):
    compiler = compilers.compiler()
    first, _ = compilers.build(compiler)
    second, _ = compilers.build(compiler)

    assert (first, 1) == (second, compilers.n_built)


def test_what_several_want_at_once_is_compiled_once(compilers):
    compiler = compilers.compiler(f"import time; time.sleep(0.5)\n{WRITES_ITS_LIBRARY}")
    with ThreadPoolExecutor() as pool:
        built = [pool.submit(compilers.build, compiler) for _ in range(3)]
        libraries = {each.result()[0].read_text() for each in built}

    assert ({"int x;"}, 1) == (libraries, compilers.n_built)


@pytest.mark.parametrize("change", ["source", "flags", "compiler", "header", "cpu"])
def test_whatever_decides_the_code_has_a_library_of_its_own(compilers, change, monkeypatch, tmp_path):
    compiler = compilers.compiler()
    before, _ = compilers.build(compiler)
    if change == "source":
        (compilers.source / "source.c").write_text("int y;")
    elif change == "compiler":
        Path(compiler).write_text(Path(compiler).read_text().replace("compiler 1.0", "compiler 1.1"))
    elif change == "header":
        (tmp_path / "paragone.h").write_text("/* another */")
        monkeypatch.setattr(build_module, "HEADERS", tmp_path)
    elif change == "cpu":
        monkeypatch.setattr(build_module, "_cpu", lambda: ["another"])
    after, _ = compilers.build(compiler, *(["-O3"] if change == "flags" else []))

    assert before != after
    assert compilers.n_built == 2


@pytest.mark.parametrize("damage", ["library gone", "library cut", "build info torn", "build info of another"])
def test_a_damaged_entry_is_built_again(compilers, damage):
    compiler = compilers.compiler()
    library, _ = compilers.build(compiler)
    if damage == "library gone":
        library.unlink()
    elif damage == "library cut":
        library.write_text("int")
    elif damage == "build info torn":
        (library.parent / BUILD_INFO).write_text('{"source": ')
    else:
        (library.parent / BUILD_INFO).write_text('{"source": "another"}')
    again, _ = compilers.build(compiler)

    assert again.read_text() == "int x;"
    assert compilers.n_built == 2


def test_another_process_that_was_faster_keeps_its_entry(compilers):
    compiler = compilers.compiler()
    library, _ = compilers.build(compiler)
    whole = compilers.cache / "whole"
    library.parent.rename(whole)
    compilers.compiler(
        WRITES_ITS_LIBRARY + f"\nimport shutil; shutil.copytree({str(whole)!r}, {str(library.parent)!r})"
    )
    again, _ = compilers.build(compiler)

    assert again == library
    assert sorted(compilers.entries) == sorted(["whole", library.parent.name])


def test_a_failing_compiler_gives_its_first_error_and_leaves_nothing(compilers, monkeypatch, tmp_path):
    monkeypatch.setenv("PARAGONE_CACHE", str(tmp_path / "elsewhere"))
    body = 'print("note: x\\nloops.c:3:5: error: expected a thing\\nmore\\nloops.c:9:1: error: b"); sys.exit(1)'
    reason = reason_of(lambda: compilers.build(compilers.compiler(body)))

    assert "failed with code 1: loops.c:3:5: error: expected a thing. All that it printed: " in reason
    assert "loops.c:9:1: error: b" in Path(reason.partition("printed: ")[2]).read_text()
    assert compilers.entries == []


def test_a_compiler_that_fails_without_a_word_is_told_so(compilers):
    assert "failed with code 1: it printed nothing" in reason_of(
        lambda: compilers.build(compilers.compiler("sys.exit(1)"))
    )


def test_a_compiler_that_writes_no_library_is_found_out(compilers):
    assert "wrote no {library}" in reason_of(lambda: compilers.build(compilers.compiler("pass")))


def test_a_compiler_that_hangs_is_given_up(compilers, monkeypatch):
    monkeypatch.setattr(build_module, "SECONDS_TO_COMPILE", 0.2)

    assert "did not end within 0.2 s" in reason_of(
        lambda: compilers.build(compilers.compiler("import time; time.sleep(60)"))
    )


def test_a_compiler_that_is_not_there_is_named():
    assert "no-such-compiler cannot be started: No such file" in reason_of(lambda: compiler_version("no-such-compiler"))


def test_a_command_without_a_place_for_the_library_is_refused(compilers):
    assert "expected {library}" in reason_of(lambda: build([compilers.compiler()], compilers.source, compilers.cache))


def test_a_cache_that_cannot_be_written_is_told_with_the_way_out(compilers):
    compilers.cache.write_text("a file where a folder should be")

    assert "Set PARAGONE_CACHE to another folder" in reason_of(lambda: compilers.build(compilers.compiler()))


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
def test_a_true_compiler_names_file_line_and_error(tmp_path):
    (tmp_path / "broken.c").write_text("int f(void)\n{\n    return x;\n}\n")
    command = ["gcc", "-shared", "-fPIC", "-o{library}", "broken.c"]
    reason = reason_of(lambda: build(command, tmp_path, tmp_path / "cache"))

    assert "gcc failed with code 1: broken.c:3:12: error: 'x' undeclared" in reason


def test_a_cache_on_a_mount_that_allows_no_programs_is_told_as_such(monkeypatch, tmp_path):
    def refused(path):
        raise OSError(f"{path}: failed to map segment from shared object")

    monkeypatch.setattr(build_module.ctypes, "CDLL", refused)

    assert "noexec): set PARAGONE_CACHE to another folder" in reason_of(lambda: build_module.opened(tmp_path / "a.so"))
