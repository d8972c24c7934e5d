"""`--cpus`: which CPUs a list names, and which are refused."""

import pytest

from paragone.cli import cpu_list
from paragone.cli.cpu_list import kept_to_cpus
from paragone.errors import Misuse


@pytest.fixture
def confined(monkeypatch):
    """The CPUs to which this process would be kept, of those that it may use: 0, 1, 2, 3, 6."""
    kept = []
    monkeypatch.setattr(cpu_list, "usable_cpus", lambda: (0, 1, 2, 3, 6))
    monkeypatch.setattr(cpu_list, "confine_to", kept.extend)
    return kept


@pytest.mark.parametrize(
    ("text", "cpus"), [("1", [1]), ("0-2", [0, 1, 2]), ("6,1-2", [1, 2, 6]), ("1, 1-1", [1]), ("2 3", [2, 3])]
)
def test_a_command_is_kept_to_a_list_of_cpus(confined, text, cpus):
    assert text == kept_to_cpus(text)
    assert cpus == confined


@pytest.mark.parametrize("text", ["", ",", "a", "1-", "-1", "3-1", "1.5", "0x1", "1-2-3", "99999", "²"])
def test_what_is_no_list_of_cpus_is_told_with_an_example(confined, text):
    with pytest.raises(Misuse, match="expected CPUs such as 2-5,7"):
        kept_to_cpus(text)
    assert [] == confined


@pytest.mark.parametrize("text", ["4", "2-4", "6-7"])
def test_a_cpu_that_is_not_there_is_told_with_those_that_are(confined, text):
    with pytest.raises(Misuse, match=r"--cpus: CPU [47] is not there.*: it may use 0-3,6"):
        kept_to_cpus(text)
    assert [] == confined


def test_a_system_that_cannot_keep_a_process_to_cpus_says_so(monkeypatch):
    monkeypatch.setattr(cpu_list, "usable_cpus", lambda: ())
    with pytest.raises(Misuse, match="this system cannot keep a process to some CPUs"):
        kept_to_cpus("0")


def test_without_the_option_nothing_is_confined(confined):
    assert kept_to_cpus(None) is None
    assert [] == confined
