"""Files of claims: what ships, what is wrong with one of one's own, and how an interval lies to what is claimed."""

import math
import os
import re
import tempfile
import tomllib
from functools import partial
from pathlib import Path

import pytest
from everyone import EVERYONE
from hypothesis import given
from hypothesis import strategies as st

from paragone.analyse.verdicts import place_of_interval, widened
from paragone.claims.claim import CLAIMS, KEYS, MOST_BYTES, Claim, _claim, _problem, read_claims, shipped_claims
from paragone.errors import InvalidClaims
from paragone.files.paths import PROJECT
from paragone.implementation.registry import discover, find_variant, implementations_of

GOOD = """
[[claim]]
id = "mine"
source = "me"
says = "Rows are twice as fast as columns"
problem = "nielsen"
quantity = "train"
variant = "numpy_rows[dtype=float32,order=C]"
than = "numpy_columns[dtype=float32,order=C]"
batch_size = 10
at_least = 2
"""


def read(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return read_claims(path)


def read_with(tmp_path, ratio):
    (claim,) = read(tmp_path, GOOD.replace("at_least = 2", ratio))
    return claim


def test_a_claim_of_ones_own_is_read_with_its_cells_and_its_ratio(tmp_path):
    (claim,) = read(tmp_path, GOOD)

    assert (claim.id, claim.source, claim.quantity, claim.problem.name) == ("mine", "me", "train", "nielsen")
    assert (claim.size, claim.than_size, claim.threads) == (10, 10, 1)
    assert (claim.low, claim.high, claim.expected) == (2, math.inf, "at least 2×")


@pytest.mark.parametrize(
    ("ratio", "low", "high", "words"),
    [
        ("at_least = 1", 1, math.inf, "faster"),
        ("at_most = 0.5", 0, 0.5, "at most 0.5×"),
        ("range = [1.2, 1.3]", 1.2, 1.3, "1.2× to 1.3×"),
        ("ratio = 3.5\nwithin = 0.10", 3.5 / 1.1, 3.5 * 1.1, "3.5× within 10 %"),
        ("less_time = [0.15, 0.22]", 1 / 0.85, 1 / 0.78, "15 % to 22 % less time, 1.18× to 1.28×"),
    ],
)
def test_each_form_of_the_ratio_gives_limits_and_words(tmp_path, ratio, low, high, words):
    claim = read_with(tmp_path, ratio)

    assert claim.limits(1.0) == pytest.approx((low, high))
    assert claim.expected == words


def test_seconds_over_so_many_epochs_become_limits_by_what_an_epoch_takes(tmp_path):
    claim = read_with(tmp_path, "within_seconds = 0.2\nepochs = 10")

    assert claim.limits(1.0) == pytest.approx((10 / 10.2, 10 / 9.8))  # about 2 % of 10 s
    assert claim.limits(0.1) == pytest.approx((1 / 1.2, 1 / 0.8))  # 20 % of 1 s
    assert claim.limits(0.01) == pytest.approx((0.1 / 0.3, math.inf))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('id = "mine"', 'name = "mine"', "claim number 1: unknown key 'name'"),
        ("at_least", "atleast", "unknown key 'atleast'. Did you mean 'at_least'?"),
        ('problem = "nielsen"', 'problem = "nielson"', "problem: unknown problem 'nielson'. Did you mean 'nielsen'?"),
        ('problem = "nielsen"', 'problem = "no.toml"', "there is no such file"),
        ('problem = "nielsen"', "", "missing key 'problem'"),
        ('quantity = "train"', 'quantity = "fast"', "quantity: expected one of train, epoch with evaluation"),
        ('quantity = "train"', "quantity = []", "quantity: expected one of"),
        ("batch_size = 10", "batch_size = 0", "batch_size: expected a whole number from 1 to 9007199254740992, got 0"),
        ("batch_size = 10", "batch_size = 50001", "batch_size: nielsen has no batch size 50001: expected 1 to 50000"),
        (
            "batch_size = 10",
            "batch_size = 10\nthreads = true",
            "threads: expected a whole number from 1 to 9007199254740992",
        ),
        ("batch_size = 10", "", "missing key 'size'"),
        ("batch_size = 10", "batch_size = 10\nsize = 10", "batch_size: it is size already"),
        ("at_least = 2", 'at_least = 2\ncase = "far"', "case: expected a case that is shown"),
        ("at_least = 2", "at_least = -2", "at_least: expected a number above 0, got -2"),
        ("at_least = 2", "at_least = nan", "at_least: expected a number above 0, got nan"),
        ("at_least = 2", "range = [2, 1]", "range: expected two numbers, the smaller first; got [2, 1]"),
        ("at_least = 2", "less_time = [0.5, 1.5]", "less_time: expected fractions below 1"),
        ("at_least = 2", "ratio = 2", "missing key 'within'"),
        ("at_least = 2", "at_least = 2\nat_most = 3", "expected one form of the claimed ratio, got 2"),
        ("at_least = 2", "", "expected one form of the claimed ratio, got 0"),
        ("at_least = 2", 'at_least = 2\ncannot = "no"', "a claim with `cannot` has neither cells nor a ratio"),
        ("numpy_columns", "numpy_rows", "than: expected another cell than that of `variant`"),
        ('source = "me"', f'source = "{"x" * 501}"', "source: expected a text of 1 to 500 characters"),
        ('variant = "', "variant = [7]\n#", "variant: expected a text"),
    ],
)
def test_what_is_wrong_is_told_with_the_file_the_claim_and_the_key(tmp_path, old, new, words):
    assert old in GOOD
    with pytest.raises(InvalidClaims) as told:
        read(tmp_path, GOOD.replace(old, new, 1))

    assert words in str(told.value)
    assert "mine.toml: claim " in str(told.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("= 3", "not a TOML file"),
        ("a = " + "[" * 100_000, "not a TOML file"),
        ("", "expected [[claim]] tables and nothing else, got nothing"),
        ("claim = 3", "expected [[claim]] tables"),
        ("claim = [3]", "expected [[claim]] tables"),
        (GOOD + "[other]\n", "got claim, other"),
        (GOOD + GOOD, "claim mine: id: another claim has it already"),
        ("#" * (MOST_BYTES + 1), "expected a file of at most 1000000 bytes"),
    ],
)
def test_what_is_no_file_of_claims_is_told(tmp_path, text, words):
    with pytest.raises(InvalidClaims) as told:
        read(tmp_path, text)

    assert words in str(told.value)


@pytest.mark.parametrize("name", ["missing.toml", ".", "~nobody-of-this-name/x.toml", "null\0byte"])
def test_a_file_that_cannot_be_read_is_told(tmp_path, name):
    with pytest.raises(InvalidClaims, match="cannot be read"):
        read_claims(tmp_path / name)


def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.toml")

    with pytest.raises(InvalidClaims, match="cannot be read: not a regular file"):
        read_claims(tmp_path / "pipe.toml")


def test_a_mark_of_the_byte_order_before_the_text_is_no_fault(tmp_path):
    """Some editors put one there, and no reader sees it."""
    (tmp_path / "mine.toml").write_bytes(b"\xef\xbb\xbf" + CLAIMS.read_bytes())

    assert len(read_claims(tmp_path / "mine.toml")) == len(shipped_claims())


OF_A_KERNEL = """
[[claim]]
id = "mine"
source = "me"
says = "A product is less exact"
problem = "pairwise"
quantity = "error"
case = "far"
variant = "numpy_product[dtype=float32]"
than = "numpy_broadcast[dtype=float32]"
size = 320
at_least = 1
"""


def test_a_claim_may_be_about_a_kernel_its_size_and_a_case_that_is_shown(tmp_path):
    (claim,) = read(tmp_path, OF_A_KERNEL)

    assert (claim.family, claim.problem.name, claim.size, claim.than_size) == ("pairwise", "pairwise", 320, 320)
    assert (claim.quantity, claim.case, claim.expected) == ("error", "far", "less exact")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"error"', '"train"', "quantity: expected one of run, error; got 'train'"),
        ('case = "far"', 'case = "uniform"', "case: expected a case that is shown and not judged (far)"),
        ('"error"', '"run"', "case: expected a case that is shown and not judged (far), and the quantity error"),
        ("size = 320", 'size = "full"', "size: expected a whole number"),
        ("at_least = 1", "within_seconds = 1\nepochs = 2", "within_seconds: expected the quantity train"),
    ],
)
def test_what_is_wrong_with_a_claim_about_a_kernel_is_told(tmp_path, old, new, words):
    with pytest.raises(InvalidClaims) as told:
        read(tmp_path, OF_A_KERNEL.replace(old, new, 1))

    assert words in str(told.value)


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        ("at_least = 10", "an error at least 10×"),
        ("at_most = 1", "more exact"),
        ("at_most = 0.5", "an error at most 0.5×"),
    ],
)
def test_ratios_of_errors_have_words_of_their_own(tmp_path, ratio, words):
    (claim,) = read(tmp_path, OF_A_KERNEL.replace("at_least = 1", ratio))

    assert claim.expected == words


# --- what ships ---


def test_the_claims_that_ship_name_their_variants_in_full_so_that_a_run_judges_them_without_the_implementations():
    known = {"mlp": EVERYONE}
    for claim in shipped_claims():
        if claim.family not in known:
            known[claim.family], _ = discover(implementations_of(claim.problem))
        for name in (*claim.variant, *claim.than):
            assert find_variant(known[claim.family], name).name == name


def test_every_source_has_a_claim_and_every_claim_cells_or_a_reason_why_not():
    claims = shipped_claims()

    of_networks = {claim.source.partition(",")[0] for claim in claims if claim.family == "mlp"}
    assert of_networks == {"S0", "S1", "S2", "S3", "S4"}
    kernels = {path.parent.name for path in (PROJECT / "impls").glob("*/kernel.toml")}
    assert {"mlp", "pairwise", "heat"} <= {claim.family for claim in claims} <= {"mlp", *kernels}
    assert all(bool(claim.cannot) != bool(claim.variant) for claim in claims)


# --- how an interval lies ---


@pytest.mark.parametrize(
    ("interval", "said"),
    [
        ((1.19, 1.27), "inside"),
        ((1.2, 1.3), "inside"),
        ((1.31, 1.4), "above"),
        ((1.0, 1.1), "below"),
        ((1.1, 1.25), "across"),
        ((1.1, 1.4), "across"),
        ((math.nan, 1.2), ""),
    ],
)
def test_an_interval_lies_inside_above_below_or_across_what_is_claimed(interval, said):
    assert place_of_interval((1.18, 1.3), *interval) == said


def test_an_interval_is_made_as_wide_as_the_margin_and_never_narrower():
    assert widened(2.0, 1.99, 2.01, 0.05) == pytest.approx((2 / 1.05, 2.1))
    assert widened(2.0, 1.5, 2.5, 0.05) == (1.5, 2.5)
    assert all(map(math.isnan, widened(2.0, 1.5, 2.5, math.nan)))


def test_a_claim_without_cells_has_a_reason():
    assert Claim("a", "b", "c", cannot="d").variant == ()


# --- any value, any bytes ---

VALUES = st.recursive(
    st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["full", "train", "x.toml", "\0"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
ENTRIES = tomllib.loads(CLAIMS.read_text(encoding="utf-8"))["claim"]


@given(entry=st.sampled_from(ENTRIES), key=st.sampled_from([*KEYS, "unknown"]), value=VALUES)
def test_any_value_under_any_key_gives_a_claim_or_a_sentence(entry, key, value):
    said = "a claim of ten words at least"
    try:
        _claim({**entry, key: value}, partial(_problem, folder=CLAIMS.parent, plugins=()))
    except ValueError as error:
        said = str(error)
    assert 10 < len(said) < 1500


@given(st.binary(max_size=200))
def test_any_bytes_give_claims_or_a_sentence_with_the_file(content):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mine.toml"
        path.write_bytes(content)
        with pytest.raises(InvalidClaims, match=re.escape(str(path))):
            read_claims(path)
