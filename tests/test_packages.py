"""What is said of a library that is not installed."""

import sys

import numpy as np

from harness.adapters.packages import PackageImplementation, reason_against_package


def test_a_package_that_is_not_installed_comes_with_two_commands_that_install_it():
    reason = reason_against_package("no_such_library", "nothing")

    assert reason == "no_such_library is not installed. Install: make peers, or pip install 'paragone[nothing]'"


def test_a_package_that_is_installed_is_not_imported_to_find_out():
    sys.modules.pop("juliacall", None)

    assert reason_against_package("juliacall", "julia") is None
    assert "juliacall" not in sys.modules


def test_the_receipt_names_the_version_of_the_package():
    class InNumpy(PackageImplementation):
        package, extra = "numpy", "numpy"
        load = reset = train = params = None

    assert InNumpy(dtype="float32").receipt() == {"numpy": np.__version__}
