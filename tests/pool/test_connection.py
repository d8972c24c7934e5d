"""Nothing that a host computes is unpickled here, and a function travels to a host that has no paragone."""

import os
import subprocess
import sys

import pytest

pytest.importorskip("distributed", reason="--on needs Dask: pip install 'paragone[dask]'")

from paragone.pool import on_host
from paragone.pool.address import place_of
from paragone.pool.by_value import by_value
from paragone.pool.connection import Connection

READS = """
import builtins, pickle, sys
sys.modules["paragone"] = None
print(pickle.load(sys.stdin.buffer)("0" * 64).decode())
"""


class Bomb:
    def __reduce__(self):
        return os.kill, (os.getpid(), 9)


def test_a_function_travels_whole():
    from distributed.protocol.pickle import dumps

    sent = dumps(by_value(on_host.is_kept))
    read = subprocess.run([sys.executable, "-c", READS], input=sent, capture_output=True, check=True)

    assert read.stdout.decode().strip() == "false"


@pytest.mark.slow
def test_a_result_that_is_no_text_of_bytes_is_refused_before_it_is_unpickled():
    connection = Connection(place_of("local:1"))
    try:
        (address,) = connection.wait_for_workers(1, 30)
        future = connection._client.submit(lambda: Bomb(), workers=[address])
        with pytest.raises(Exception, match="Could not serialize object of type Bomb"):
            future.result(timeout=30)
    finally:
        connection.close()
