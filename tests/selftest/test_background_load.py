"""The background load is there while it is open, and gone afterwards."""

import subprocess

from paragone.selftest.background_load import background_load


def test_the_load_burns_a_core_while_it_is_open_and_is_gone_afterwards(monkeypatch):
    started = []
    popen = subprocess.Popen
    monkeypatch.setattr(
        "paragone.selftest.background_load.Popen", lambda command: started.append(popen(command)) or started[0]
    )
    with background_load(1):
        assert started[0].poll() is None

    assert started[0].returncode is not None
