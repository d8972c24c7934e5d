import sys
from dataclasses import replace

import pytest
from described_here import describe_files
from everyone import EVERYONE, UNUSABLE

from paragone.errors import HarnessError, Misuse, UnknownName
from paragone.files.hashing import folder_hash
from paragone.files.paths import PACKAGE
from paragone.implementation import registry
from paragone.implementation.registry import IMPLEMENTATIONS, discover, find_variant, read_folder, select

OUTPUT_LAYERS = PACKAGE / "adapters" / "numpy_outputs.py"

GOOD = """
from paragone.implementation.contract import Implementation


class Mine(Implementation):
    name = "mine"
    language = "Python"
    layout = "samples in rows"
    source = "S0"
    idea = "One."
    maths = ("maths.py",)
    axes = {"dtype": ("float32", "float64")}

    def load(self, problem, images, labels): pass
    def reset(self, state): pass
    def train(self, order): pass
    def params(self): pass
"""


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch):
    """What is read and refused is the same in the process that describes; that is its own test's affair."""
    monkeypatch.setattr(registry, "describe_files", describe_files)


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a folder of implementations, one good, and returns their folder."""

    def write(folder="mine", code=GOOD, maths="1\n\n2\n"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "impl.py").write_text(code, encoding="utf-8")
        if maths is not None:
            (tmp_path / folder / "maths.py").write_text(maths, encoding="utf-8")
        return tmp_path

    return write


def named(name):
    return GOOD.replace('"mine"', f'"{name}"')


def broken_beside_a_good_one(write, code, folder="bad", maths=""):
    """Return why a folder is broken, having checked that the good one beside it is found all the same."""
    write("good", named("good"))
    found, broken = discover(write(folder, code, maths))
    assert [entry.name for entry in found] == ["good"]
    [entry] = broken
    assert entry.name == folder
    assert entry.reason.startswith(f"{found[0].folder.parent / folder / 'impl.py'}: ")
    return entry.reason


def test_a_good_implementation_is_found_with_its_folder(write):
    [found], broken = discover(write())

    assert (found.name, found.folder.name, broken) == ("mine", "mine", [])


def test_every_shipped_implementation_is_whole():
    found, broken = EVERYONE, UNUSABLE

    assert broken == []
    assert "numpy_rows" in [entry.name for entry in found]
    assert len(found) >= len(list(IMPLEMENTATIONS.glob("*/impl.py")))


def test_an_empty_folder_holds_nothing(tmp_path):
    assert discover(tmp_path) == ([], [])
    assert discover(tmp_path / "nowhere") == ([], [])


def test_implementations_are_sorted_by_name_whatever_their_folders_are_called(write):
    write("a", named("zeta"))
    found, _ = discover(write("b", named("alpha")))

    assert [entry.name for entry in found] == ["alpha", "zeta"]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import no_such_module", "cannot be imported: ModuleNotFoundError: No module named 'no_such_module'"),
        ("def (", "cannot be imported: SyntaxError: "),
        ("1 / 0", "cannot be imported: ZeroDivisionError: division by zero"),
        ("raise SystemExit(3)", "cannot be imported: SystemExit: 3"),
        ("import sys; sys.exit('no licence')", "cannot be imported: SystemExit: no licence"),
        ("from . import other", "cannot be imported: ImportError: "),
        ("x = 1", "expected a class derived from Implementation, found none"),
        ("class Mine: name = 'mine'", "expected a class derived from Implementation, found none"),
        ("from paragone.adapters.arrays import ArrayImplementation", "expected a class derived from Implementation"),
    ],
    ids=lambda text: text[:40],
)
def test_a_folder_that_gives_no_implementation_is_named_with_the_reason_and_the_rest_goes_on(write, code, reason):
    assert reason in broken_beside_a_good_one(write, code)


@pytest.mark.parametrize("attribute", ["name", "language", "layout", "source", "idea", "maths"])
def test_each_declaration_that_is_missing_is_named(write, attribute):
    code = "".join(line for line in GOOD.splitlines(True) if not line.startswith(f"    {attribute} ="))

    assert f"Mine: declare '{attribute}'" in broken_beside_a_good_one(write, code)


@pytest.mark.parametrize("attribute", ["name", "language", "layout", "source", "idea"])
@pytest.mark.parametrize("value", ["None", "3", "''", "' '"])
def test_each_declaration_that_is_no_text_is_named(write, attribute, value):
    lines = [f"    {attribute} = {value}\n" if f"    {attribute} =" in line else line for line in GOOD.splitlines(True)]

    assert f"Mine: {attribute}: expected a text, got" in broken_beside_a_good_one(write, "".join(lines))


def test_the_verbs_left_unwritten_are_named(write):
    code = "".join(line for line in GOOD.splitlines(True) if "def reset" not in line and "def params" not in line)

    assert broken_beside_a_good_one(write, code).endswith("Mine: write params, reset")


@pytest.mark.parametrize("name", ["a b", "a[b]", "a-b", "../a", "_"])
def test_a_name_that_could_not_be_typed_or_stored_is_refused(write, name):
    assert f"expected letters, digits and underscores, 64 at most; got '{name}'" in broken_beside_a_good_one(
        write, named(name)
    )


@pytest.mark.parametrize(
    ("maths", "reason"),
    [
        ('("maths.py", "gone.py")', "there is no file 'gone.py' beside impl.py"),
        ('"maths.py"', "expected a tuple of file names"),
        ("(1,)", "expected a tuple of file names"),
        ("None", "expected a tuple of file names"),
    ],
)
def test_maths_files_that_are_missing_or_badly_declared_are_named(write, maths, reason):
    assert reason in broken_beside_a_good_one(write, GOOD.replace('("maths.py",)', maths))


@pytest.mark.parametrize(
    ("axes", "reason"),
    [
        ('{"order": ("C", "F")}', '"dtype" must list float32, float64 or both, got ()'),
        ('{"dtype": ("float16",)}', '"dtype" must list float32, float64 or both'),
        ('{"dtype": ()}', "'dtype' must be a tuple of texts, got ()"),
        ('{"dtype": "float32"}', "'dtype' must be a tuple of texts, got 'float32'"),
        ('{"dtype": 5}', "'dtype' must be a tuple of texts, got 5"),
        ('{"dtype": ("float32",), "order": (1, 2)}', "'order' must be a tuple of texts"),
        ('{"dtype": ("float32",), "order": "CF"}', "'order' must be a tuple of texts, got 'CF'"),
        ('{"dtype": ([],)}', "'dtype' must be a tuple of texts"),
        ('{"dtype": ("float32", "float32")}', "'dtype' has a value twice"),
        ('{"dtype": ("float32",), "block": ("1,2",)}', "'1,2' cannot be part of a name"),
        ('{"dtype": ("float32",), "a=b": ("c",)}', "'a=b' cannot be part of a name"),
        ('{"dtype": ("float32",), "order": ("",)}', "'' cannot be part of a name"),
        ('{"dtype": ("float32",), 3: ("C",)}', "3 must be a tuple of texts"),
        ('["dtype"]', "expected a table of axis and values, got ['dtype']"),
        ("None", "expected a table of axis and values, got None"),
    ],
)
def test_each_bad_axis_is_named(write, axes, reason):
    code = GOOD.replace('{"dtype": ("float32", "float64")}', axes)

    assert f"Mine: axes: {reason}" in broken_beside_a_good_one(write, code)


def test_a_name_that_is_taken_is_refused_with_who_has_it(write):
    write("first", named("same"))
    folder = write("second", named("same"))
    [found], [broken] = discover(folder)

    assert found.folder.name == "first"
    assert broken.name == "same"
    assert str(folder / "second" / "impl.py") in broken.reason
    assert str(folder / "first" / "impl.py") in broken.reason


def test_one_file_may_hold_several_implementations(write):
    second = "\n\nclass Second(Mine):\n    name = 'second'\n\nAlias = Second\n"
    found, broken = discover(write(code=GOOD + second))

    assert [entry.name for entry in found] == ["mine", "second"]
    assert broken == []


def test_maths_is_imported_relatively_and_each_folder_gets_its_own(write):
    code = "from . import maths as formulas\n" + GOOD + "    value = formulas.value\n"
    write("one", code.replace('"mine"', '"one"'), "value = 1")
    found, _ = discover(write("two", code.replace('"mine"', '"two"'), "value = 2"))

    assert [entry.implementation.kind.value for entry in found] == [1, 2]


def test_folders_of_the_same_name_in_two_places_do_not_mix(tmp_path):
    values = []
    for place in ("here", "there"):
        folder = tmp_path / place / "mine"
        folder.mkdir(parents=True)
        (folder / "maths.py").write_text(f"value = {place!r}")
        (folder / "impl.py").write_text("from . import maths as formulas\n" + GOOD + "    value = formulas.value\n")
        values.append(read_folder(folder)[0].value)

    assert values == ["here", "there"]


def test_a_folder_called_like_a_library_does_not_hide_the_library(write, tmp_path):
    write("numpy", "import numpy as np\n" + GOOD + "    float = np.float64\n")
    numpy = sys.modules["numpy"]
    [found], broken = discover(tmp_path)

    assert found.implementation.kind.float is numpy.float64
    assert sys.modules["numpy"] is numpy
    assert broken == []


def test_a_folder_that_was_mended_can_be_read_without_starting_anew(write, tmp_path):
    write(code="import no_such_module")
    with pytest.raises(HarnessError, match="no_such_module"):
        read_folder(tmp_path / "mine")
    (tmp_path / "mine" / "impl.py").write_text(GOOD)

    assert [implementation.name for implementation in read_folder(tmp_path / "mine")] == ["mine"]


def test_the_hash_of_an_implementation_sees_its_maths(write, tmp_path):
    [found], _ = discover(write())
    before = found.source_hash()
    (tmp_path / "mine" / "maths.py").write_text("3\n")

    assert found.source_hash() == before, "a run goes by what it began with"
    assert found.source_changes() == ["maths.py"]
    assert replace(found).source_hash() != before


SHARED = GOOD.replace("    maths =", '    shared_maths = ("adapters/numpy_outputs.py",)\n    maths =')


def test_the_formulas_that_an_implementation_shares_are_kept_and_hashed_but_not_counted(write):
    [shares], _ = discover(write(code=SHARED))
    kept = shares.kept_source()

    assert [*kept.files] == ["maths.py", "paragone/adapters/numpy_outputs.py", "impl.py"]
    assert kept.files["paragone/adapters/numpy_outputs.py"] == OUTPUT_LAYERS.read_text(encoding="utf-8")
    assert kept.hash == shares.source_hash() != folder_hash(shares.folder)
    assert shares.maths_lines() == 2


@pytest.mark.parametrize("name", ["adapters/no_such.py", "adapters", "../../README.md", "/etc/hostname"])
def test_shared_formulas_are_files_of_the_package(write, name):
    reason = broken_beside_a_good_one(write, SHARED.replace("adapters/numpy_outputs.py", name))

    assert reason.endswith(f"shared_maths: there is no file {name!r} in the package paragone")


def test_shared_formulas_are_a_tuple(write):
    reason = broken_beside_a_good_one(write, SHARED.replace('("adapters/numpy_outputs.py",)', '"adapters"'))

    assert "shared_maths: expected a tuple of file names" in reason


def test_hidden_activations_are_a_tuple(write):
    code = GOOD.replace("    maths =", '    hidden_activations = "relu"\n    maths =')

    assert 'hidden_activations: expected a tuple such as ("sigmoid", "relu"), got' in broken_beside_a_good_one(
        write, code
    )


def test_what_leaves_out_zeros_declares_it_by_a_truth_value_and_is_so_described(write):
    def declaring(value):
        return GOOD.replace("    maths =", f"    skips_zeros = {value}\n    maths =")

    assert "skips_zeros: expected True or False, got 'yes'" in broken_beside_a_good_one(write, declaring("'yes'"))
    found, _ = discover(write("zeros", declaring("True").replace('"mine"', '"zeros"')))
    assert {entry.name: entry.implementation.skips_zeros for entry in found} == {"good": False, "zeros": True}


def test_of_all_that_is_shipped_c_sparse_alone_declares_that_it_leaves_out_zeros():
    assert [entry.name for entry in EVERYONE if entry.implementation.skips_zeros] == ["c_sparse"]


def test_a_file_with_output_layers_is_kept_with_every_implementation_that_uses_it():
    """In Python through ArrayImplementation, in C by an include."""
    kept = {found.name: found.kept_source().files for found in EVERYONE}

    def uses(files, words):
        return any(words in text for name, text in files.items() if not name.startswith("paragone/"))

    for name, files in kept.items():
        array = uses(files, "(ArrayImplementation)") or uses(files, ", ArrayImplementation)")
        assert ("paragone/adapters/numpy_outputs.py" in files) == (array and name != "python_lists"), name
        assert ("paragone/adapters/paragone_outputs.h" in files) == uses(files, '#include "paragone_outputs.h"'), name


def test_blank_lines_of_the_maths_are_not_counted(write):
    [found], _ = discover(write(maths="a\n\n  \nb\n"))

    assert found.maths_lines() == 2


@pytest.fixture
def three(write):
    for name in ("numpy_rows", "numpy_columns", "julia_loops"):
        folder = write(name, named(name).replace('{"dtype"', '{"order": ("C", "F"), "dtype"'))
    return discover(folder)[0]


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        (["numpy_*"], ["numpy_columns", "numpy_rows"]),
        (["numpy_rows", "*_rows", "julia_loops"], ["julia_loops", "numpy_rows"]),
        (["*"], ["julia_loops", "numpy_columns", "numpy_rows"]),
        ([], []),
    ],
)
def test_patterns_select_by_name_each_once_and_in_order(three, patterns, names):
    assert [entry.name for entry in select(three, patterns)] == names


def test_a_pattern_that_selects_nothing_is_answered_with_the_closest_name(three):
    with pytest.raises(UnknownName, match=r"unknown implementation 'numpy_row'\. Did you mean 'numpy_rows'\?"):
        select(three, ["numpy_columns", "numpy_row"])


def test_a_variant_is_found_by_its_whole_name(three):
    variant = find_variant(three, "numpy_rows[order=F,dtype=float32]")

    assert variant.name == "numpy_rows[order=F,dtype=float32]"


@pytest.mark.parametrize("text", ["numpy_rows[dtype=float64,order=F]", "numpy_rows[order=F,dtype=float64]"])
def test_the_axes_of_a_variant_may_be_given_in_any_order(three, text):
    assert find_variant(three, text).name == "numpy_rows[order=F,dtype=float64]"


@pytest.mark.parametrize("text", ["numpy_rows", "numpy_rows[]", "numpy_rows[dtype=float32]"])
def test_axes_left_out_take_their_first_value(three, text):
    assert find_variant(three, text).name == "numpy_rows[order=C,dtype=float32]"


def test_a_variant_of_an_unknown_implementation_is_answered_with_the_closest(three):
    with pytest.raises(UnknownName, match="Did you mean 'julia_loops'"):
        find_variant(three, "julia_loop[dtype=float32]")


@pytest.mark.parametrize("values", ["dtype=float16", "colour=red", "float32", "dtype"])
def test_an_unknown_value_of_an_axis_is_answered_with_the_variants_there_are(three, values):
    with pytest.raises(Misuse, match=r"There are: numpy_rows\[order=C,dtype=float32\], numpy_rows"):
        find_variant(three, f"numpy_rows[{values}]")


@pytest.mark.parametrize(
    ("verb", "written", "said"),
    [
        (
            "train(self, order)",
            "train(self, order, eta)",
            "train: expected train(self, order), got train(self, order, eta)",
        ),
        ("reset(self, state)", "reset(self)", "reset: expected reset(self, state), got reset(self)"),
        ("params(self)", "params(self, *, copy)", "params: expected params(self), got params(self, copy)"),
    ],
)
def test_a_verb_with_other_arguments_is_named_with_those_expected(write, verb, written, said):
    reason = broken_beside_a_good_one(write, GOOD.replace(verb, written))

    assert reason.endswith(said)


@pytest.mark.parametrize("written", ["train(self, *orders)", "train(self, batches, eta=None)"])
def test_a_verb_that_takes_what_it_is_given_may_name_it_otherwise(write, written):
    [found], broken = discover(write(code=GOOD.replace("train(self, order)", written)))

    assert (found.name, broken) == ("mine", [])


def test_a_bridge_that_is_no_text_is_refused(write):
    code = GOOD.replace('    idea = "One."', '    idea = "One."\n    bridge = 3')

    assert "bridge: expected a text or None, got 3" in broken_beside_a_good_one(write, code)


@pytest.mark.parametrize("name", ["3.5", "'../elsewhere'", "'a b'", "None"])
def test_an_environment_that_is_no_name_of_a_folder_is_refused(write, name):
    code = GOOD.replace('    idea = "One."', f'    idea = "One."\n    own_environment = {name}')

    assert "own_environment: expected the name of a folder" in broken_beside_a_good_one(write, code)


def test_a_maths_file_that_is_no_text_is_refused(write):
    (write("binary", named("binary")) / "binary" / "maths.py").write_bytes(b"\xff\xfe\x00")
    _, [broken] = discover(write("good", named("good")))

    assert "maths: 'maths.py' cannot be read as text" in broken.reason
