"""A new kernel passes as it is written, and shows every key that its author may want."""

import re

import pytest
from small_kernels import opened

from paragone.errors import Misuse
from paragone.implementation.new_kernel import write_kernel
from paragone.task.kernel.check import StartChecks
from paragone.task.kernel.kernel_file import read_kernel
from paragone.task.kernel.kernel_values import ARRAY_KEYS, KEYS
from paragone.task.kernel.problem import KernelProblem


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("case", ["random", "constant"])
def test_its_baseline_passes_in_every_case_and_dtype(case, dtype, tmp_path):
    write_kernel("my_kernel", tmp_path)
    problem = KernelProblem.of(tmp_path / "my_kernel")
    start, order = problem.draw_start(1, 100, case), problem.order(1, 16, 100)
    baseline = opened(tmp_path / "my_kernel", problem.spec.baseline, dtype)
    baseline.reset(start)
    baseline.train(order)

    assert StartChecks(problem, start, case).check(order, baseline.params(), dtype).reason == ""


def test_the_mistake_that_it_names_is_told(tmp_path):
    write_kernel("my_kernel", tmp_path)
    path = tmp_path / "my_kernel" / "wrong.py"
    path.write_text('"""Wrong."""\n\n\ndef run(A, x, y):\n    y[:] = A[:, :-1] @ x[:-1]\n')
    problem = KernelProblem.of(path.parent)
    start, order = problem.draw_start(1, 10), problem.order(1, 16, 10)
    wrong = opened(path.parent, "wrong")
    wrong.reset(start)
    wrong.train(order)
    result = StartChecks(problem, start).check(order, wrong.params(), "float64")

    assert result.reason.endswith("it looks as if the last column were missed")


def test_its_files_are_three_and_the_toml_is_first(tmp_path):
    paths = write_kernel("my_kernel", tmp_path / "kernels")

    assert [path.name for path in paths] == ["kernel.toml", "numpy_product.py", "reference.py"]
    assert read_kernel(paths[0].parent).name == "my_kernel"


def test_every_key_stands_in_it_or_in_a_comment(tmp_path):
    text = write_kernel("my_kernel", tmp_path)[0].read_text()
    keys = [key for section in KEYS.values() for key in section] + list(ARRAY_KEYS)

    assert [key for key in keys if not re.search(rf"\b{key} = ", text)] == []
    assert [section for section in KEYS if section and f"[{section}]" not in text] == []


def test_every_commented_line_with_a_key_is_one_that_may_be_turned_on(tmp_path):
    (path, *_) = write_kernel("my_kernel", tmp_path)
    for line in re.findall(r"^# \w+ = .*$", path.read_text(), re.MULTILINE):
        if "not_finite" in line or "steps" in line:  # they need a case, or an array, of the author's
            continue
        write_kernel("other", tmp_path / str(abs(hash(line))))
        other = tmp_path / str(abs(hash(line))) / "other" / "kernel.toml"
        other.write_text(other.read_text().replace(line, line[2:]))

        assert read_kernel(other.parent).name == "other"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("MyKernel", "small letters, digits and underscores, 41 at most, a letter first"),
        ("2d", "a letter first"),
        ("", "a letter first"),
        ("../up", "small letters"),
        ("lambda", "a word of one of the languages. Say more: lambda_first"),
        ("double", "a word of one of the languages"),
        ("exp", "a name of mathematics"),
        ("mlp", "the name 'mlp' is taken by the project's networks"),
        ("pairwise", "taken by .*pairwise. .*an implementation of it: paragone new NAME --kernel pairwise"),
    ],
)
def test_a_bad_name_is_refused_with_the_reason(name, reason, tmp_path):
    with pytest.raises(Misuse, match=reason):
        write_kernel(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_is_not_touched(tmp_path):
    write_kernel("my_kernel", tmp_path)
    (tmp_path / "empty").mkdir()

    with pytest.raises(Misuse, match=r"my_kernel is there already; nothing .*paragone new NAME --kernel my_kernel"):
        write_kernel("my_kernel", tmp_path)
    with pytest.raises(Misuse, match=r"empty is there already; nothing was written\. Choose another name$"):
        write_kernel("empty", tmp_path)


def test_a_kernel_of_a_plugin_has_its_name_for_itself(tmp_path):
    write_kernel("my_kernel", tmp_path / "plugins")

    with pytest.raises(Misuse, match="the name 'my_kernel' is taken by"):
        write_kernel("my_kernel", tmp_path / "here", [str(tmp_path / "plugins")])
