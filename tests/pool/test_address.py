"""What --on may be, and which schedulers are refused."""

import pytest

from paragone.errors import Misuse
from paragone.pool.address import place_of


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("dask://127.0.0.1:8786", "tcp://127.0.0.1:8786"),
        ("dask://localhost:8786", "tcp://localhost:8786"),
        ("dask://[::1]:8786", "tcp://[::1]:8786"),
        ("dask+tls://head.example.org:8786", "tls://head.example.org:8786"),
    ],
)
def test_a_scheduler_is_named_by_its_address(text, address):
    assert place_of(text).address == address


@pytest.mark.parametrize("host", ["10.0.0.7", "head.example.org", "[fe80::1]", "0.0.0.0"])
def test_a_scheduler_elsewhere_is_refused_without_encryption_unless_the_user_says_so(host):
    with pytest.raises(Misuse, match=r"not encrypted.*dask\+tls://.*--unencrypted"):
        place_of(f"dask://{host}:8786")
    assert place_of(f"dask://{host}:8786", unencrypted=True).address == f"tcp://{host}:8786"


@pytest.mark.parametrize(
    "text", ["", "dask://host", "tcp://127.0.0.1:8786", "local:0", "local:two", "local", "dask://h:8786/x", "slurm"]
)
def test_anything_else_is_refused_with_what_was_expected(text):
    with pytest.raises(Misuse, match="--on"):
        place_of(text)


def test_slurm_has_options():
    place = place_of("slurm:partition=debug,jobs=4,walltime=00:30:00")

    assert place.options == {"partition": "debug", "jobs": "4", "walltime": "00:30:00"}
    assert place_of("slurm:").options == {}


@pytest.mark.parametrize("option", ["nodes=4", "jobs=0", "jobs=many", "jobs", "partition="])
def test_a_wrong_option_of_slurm_is_named(option):
    with pytest.raises(Misuse, match=option.partition("=")[0]):
        place_of(f"slurm:partition=debug,{option}")
