"""Kernels in Python: who writes and who returns, workspaces, prepared inputs, and packages that are not there."""

import numpy as np
import pytest
from small_kernels import distances, kernel_folder, opened, order, results, ring

from paragone.errors import HarnessError, MeasurementFailed, VerificationFailed
from paragone.implementation.importing import implementation_class

BODY = "((X[:, None] - X) ** 2).sum(axis=2)"


@pytest.fixture
def pairwise(tmp_path):
    """Return a function that opens a kernel's file of this text."""

    def open_file(text, name="mine", dtype="float64", kernel="pairwise", **axis):
        lines = "\n".join(text.splitlines())
        folder = kernel_folder(tmp_path, kernel, files={f"{name}.py": f'"""Mine."""\n{lines}\n'})
        return opened(folder, name, dtype, **axis)

    return open_file


def ring_of(implementation, size=4):
    return ring(implementation.declared.path.parent, size)


def is_right(implementation, size=4):
    state = ring_of(implementation, size)
    return np.allclose(results(implementation, state)["D"], distances(state), rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    "text",
    [
        f"def run(X, D):\n D[:] = {BODY}",
        f"def run(X):\n return {BODY}",
        f"def run(n, d, X, D):\n assert X.shape == (n, d)\n D[:] = {BODY}",
        f"def run(X, n):\n assert len(X) == n\n return {BODY}",
        f"def run(X, /, block=3):\n return {BODY}",
        f"from functools import partial\ndef any(f, X, D):\n D[:] = f({BODY})\nrun = partial(any, abs)",
        "def setup(n, d, dtype):\n import numpy as np\n return np.empty((n, n, d), dtype)\n"
        "def run(X, D, workspace):\n import numpy as np\n np.subtract(X[:, None], X, out=workspace)\n"
        " workspace *= workspace\n workspace.sum(axis=2, out=D)",
        "def prepare(array):\n return array.tolist()\n"
        "def run(X):\n return [[sum((a - b) ** 2 for a, b in zip(x, y)) for y in X] for x in X]",
    ],
)
def test_results_are_written_or_returned_as_the_parameters_say(pairwise, text, dtype):
    mine = pairwise(text, dtype=dtype)

    assert is_right(mine, 4)
    assert is_right(mine, 9), "a workspace is made for each size"


@pytest.mark.parametrize("axis", ["C", "F"])
def test_the_axis_order_is_that_of_the_arrays(pairwise, axis):
    mine = pairwise(
        f'ORDERS = ("C", "F")\ndef run(X, D):\n assert X.flags.{axis.lower()}_contiguous\n D[:] = {BODY}', order=axis
    )

    assert is_right(mine)


def test_an_array_that_is_computed_later_is_waited_for_in_each_call(pairwise):
    mine = pairwise(
        "import numpy as np\nWAITED = []\n"
        "class Later:\n dtype = np.dtype('f8')\n def __init__(self, x):\n  self.x = x\n"
        " def block_until_ready(self):\n  WAITED.append(1)\n"
        " def __array__(self, dtype=None, copy=None):\n  return self.x\n"
        f"def run(X):\n return Later({BODY})"
    )
    results(mine, ring_of(mine), 6)

    assert len(mine.module.WAITED) == 6


LATER = (
    "class Later:\n made = []\n"
    " def __init__(self, X):\n  self.X, self.dtype = X, X.dtype\n"
    " def __array__(self, dtype=None, copy=None):\n  X = self.X\n  self.made.append(1)\n"
    f"  return {BODY}\n"
)


def test_a_result_that_would_be_computed_when_it_is_read_is_computed_in_each_call(pairwise):
    mine = pairwise(LATER + "def run(X):\n return Later(X)")
    state = ring_of(mine)
    mine.reset(state)
    mine.train(order(60))

    assert len(mine.module.Later.made) == 60
    assert np.allclose(mine.params().arrays["D"], distances(state))


def test_results_of_which_only_the_first_is_an_array_are_refused(pairwise):
    first = f"FIRST = []\ndef run(X):\n FIRST.append(1)\n return {BODY} if len(FIRST) == 1 else Later(X)"

    mine = pairwise(LATER + first)
    with pytest.raises(VerificationFailed, match="run returns arrays of NumPy and Later in turn: return one kind"):
        results(mine, ring_of(mine), 30)


@pytest.mark.parametrize("text", ["def run(u, k):\n u += k * u", "def run(u, k):\n return u + k * u"])
def test_a_state_evolves_over_the_steps_and_over_the_parts_of_a_train(pairwise, text):
    mine = pairwise(text, kernel="heat")
    state = ring_of(mine, 6)
    u, k = state.arrays["u"], state.arrays["k"]
    mine.reset(state)
    for n_steps in (1, 4):
        mine.train(np.zeros((n_steps, 1), np.int64))

    assert np.allclose(mine.params().arrays["u"], u * (1 + k) ** 5, rtol=1e-14)


def test_of_arrays_that_are_all_changed_in_place_the_first_call_tells_that_nothing_is_returned(pairwise, tmp_path):
    only_inout = "import numpy as np\ndef run(a, places, total):\n places[:] = 0\n total[...] = a.sum()\n a.sort()"
    mine = pairwise(only_inout, kernel="sort")
    state = ring_of(mine, 5)

    assert (results(mine, state)["a"] == np.sort(state.arrays["a"], axis=1)).all()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"def run(X, D):\n X[0, 0] += 1\n D[:] = {BODY}", "it changes its input X"),
        ("def run(X, D):\n pass", None),
        ("def run(X):\n return X", "D: expected the shape (4, 4), run returns (4, 3)"),
        (f"def run(X):\n return {BODY}, X", "run returns 2 values; expected D"),
        (f"def run(X):\n return ({BODY}).astype('f4')", "D: expected float64, run returns float32"),
        ("def run(X):\n return None", "D: run returns nothing"),
        (f"import numpy as np\ndef run(X):\n return np.broadcast_to({BODY}[0], (4, 4))", "D: run returns a view with"),
        (f"import numpy as np\nD = np.empty((4, 4))\ndef run(X):\n D[:] = {BODY}\n return D", "the same memory in two"),
        (
            "from numpy.lib.stride_tricks import as_strided as at\ndef run(X, D):\n at(D, (5, 4))[4] = 1",
            "it writes outside of D",
        ),
    ],
)
def test_what_is_wrong_with_a_result_is_told(pairwise, text, reason):
    mine = pairwise(text)
    if reason is None:
        assert np.isnan(results(mine, ring_of(mine))["D"]).any()
        return
    with pytest.raises(VerificationFailed) as raised:
        results(mine, ring_of(mine))
    assert reason in str(raised.value)


def test_a_result_that_is_memory_of_an_input_is_refused(pairwise):
    mine = pairwise("def run(a):\n return a, a.view('i8'), a.sum()", kernel="sort")

    with pytest.raises(VerificationFailed, match="places: run returns memory of its argument a: return a copy"):
        results(mine, ring_of(mine, 5))


def test_an_input_that_was_prepared_must_not_change_either(pairwise):
    mine = pairwise(
        f"import numpy as np\nclass Other:\n def __init__(self, x):\n  self.x = x.copy()\n  self.dtype = x.dtype\n"
        " def __array__(self, dtype=None, copy=None):\n  return self.x\n"
        f"def prepare(array):\n return Other(array)\n"
        f"def run(X):\n X.x[0] = 5\n X = X.x\n return {BODY}"
    )

    with pytest.raises(VerificationFailed, match="it changes its input X"):
        results(mine, ring_of(mine))


def test_preparing_may_not_change_the_dtype(pairwise):
    mine = pairwise(f"def prepare(array):\n return array.astype('f4')\ndef run(X):\n return {BODY}")

    with pytest.raises(MeasurementFailed, match=r"prepare\(X\): expected float64, as it is given; got float32"):
        mine.reset(ring_of(mine))


def test_a_file_beside_it_can_be_imported(tmp_path):
    mine = '"""Mine."""\nfrom ._shared import square\ndef run(X, D):\n    D[:] = square(X[:, None] - X).sum(axis=2)\n'
    folder = kernel_folder(tmp_path, files={"mine.py": mine, "_shared.py": "def square(x):\n    return x * x\n"})

    assert is_right(opened(folder, "mine"))


def test_parameters_that_only_an_import_can_tell_are_checked_when_it_is_loaded(pairwise):
    with pytest.raises(MeasurementFailed, match=r"run: expected run\(X, D\), or run\(X\) that returns the others"):
        pairwise("def other(X, Y):\n pass\nrun = other")


def test_a_package_that_is_not_there_is_told_with_the_command_that_installs_it(tmp_path):
    text = '"""Mine."""\nimport no_such_package\nREQUIRES = ("no_such_package",)\ndef run(X, D):\n    pass\n'
    folder = kernel_folder(tmp_path, files={"mine.py": text})

    assert implementation_class(folder, "mine").missing() == (
        "no_such_package is not installed. Install: pip install no_such_package"
    )


def test_the_versions_of_required_packages_are_kept(pairwise):
    mine = pairwise(f'REQUIRES = ("numpy",)\ndef run(X, D):\n D[:] = {BODY}')

    assert mine.build_info() == {"numpy": np.__version__}


def test_there_is_no_implementation_of_another_name(tmp_path):
    folder = kernel_folder(tmp_path, files={"mine.py": '"""Mine."""\ndef run(X, D):\n    pass\n'})

    with pytest.raises(HarnessError, match="there is no implementation 'reference'; it has mine"):
        implementation_class(folder, "reference")


def test_calls_come_in_the_order_that_was_asked_for(pairwise):
    mine = pairwise("SEEN = []\ndef run(X, D):\n SEEN.append(X[0, 0])\n D[:] = 0")
    state = ring_of(mine)
    mine.reset(state)
    calls = order(7)
    mine.train(calls)

    assert mine.module.SEEN == state.arrays["X"][calls[:, 0], 0, 0].tolist()


LAZY_STATE = """
class Later:
    def __init__(self, u, k, n_steps):
        self.u, self.k, self.n_steps, self.dtype = u, k, n_steps, u.dtype
    def __array__(self, dtype=None, copy=None):
        return self.u * (1 + self.k) ** self.n_steps
"""


def test_a_state_that_would_be_worked_out_when_it_is_read_is_worked_out_in_each_step(pairwise):
    mine = pairwise(
        LAZY_STATE + "GIVEN = []\ndef run(u, k):\n GIVEN.append(type(u))\n return Later(u, k, 1)", kernel="heat"
    )
    mine.reset(ring_of(mine, 6))
    mine.train(np.zeros((5, 1), np.int64))

    assert [np.ndarray] * 5 == mine.module.GIVEN


def test_a_state_that_is_an_array_first_and_something_else_later_is_refused(pairwise):
    text = "def run(u, k):\n return Later(u.u, k, u.n_steps + 1) if isinstance(u, Later) else Later(u, k, 1)"
    mine = pairwise(
        LAZY_STATE + "N = []\n" + text.replace("else Later", "else u + k * u if N.append(1) or len(N) < 2 else Later"),
        kernel="heat",
    )
    mine.reset(ring_of(mine, 6))

    with pytest.raises(VerificationFailed, match="run returns ndarray and Later in turn: return one kind"):
        mine.train(np.zeros((5, 1), np.int64))


def test_a_list_that_holds_what_is_no_number_yet_is_refused(pairwise):
    mine = pairwise(LATER + "def run(X):\n return [Later(X)]")

    with pytest.raises(VerificationFailed, match="D: run returns a list that holds a Later: return numbers"):
        results(mine, ring_of(mine))


SLOW_PREPARE = "import time\nN = []\ndef prepare(X):\n N.append(1)\n SLEEP\n return X\ndef run(X, D):\n pass"


def test_preparing_may_not_take_the_time_of_a_computation(pairwise):
    mine = pairwise(SLOW_PREPARE.replace("SLEEP", "time.sleep(2e-4)"))

    with pytest.raises(MeasurementFailed, match=r"prepare\(X\) takes .* µs, 102 µs are allowed: it is not timed"):
        mine.reset(ring_of(mine))


def test_preparing_for_the_first_time_may_take_long(pairwise):
    mine = pairwise(SLOW_PREPARE.replace("SLEEP", "time.sleep(2e-3) if len(N) < 4 else None"))
    mine.reset(ring_of(mine))

    assert 3 < len(mine.module.N)


@pytest.mark.parametrize("text", [f"def run(X, D):\n D[:] = {BODY}", f"def run(X):\n return {BODY}"])
def test_a_result_that_is_written_after_the_clock_has_stopped_is_refused(pairwise, text):
    mine = pairwise(text)
    state = ring_of(mine)
    mine.reset(state)
    mine.train(order(3))
    mine.note_results()
    mine.params()
    for results_of_a_call in (*mine.slots.memory["D"].slots, *filter(lambda D: D is not None, mine.returned.by_slot)):
        results_of_a_call += 1

    with pytest.raises(VerificationFailed, match="its results change after the last call has returned"):
        mine.params()


def test_what_is_noted_of_a_sample_says_nothing_of_the_next(pairwise):
    mine = pairwise(f"def run(X, D):\n D[:] = {BODY}")
    for _ in range(2):
        mine.reset(ring_of(mine))
        mine.train(order(3))
        mine.params()
        mine.note_results()
