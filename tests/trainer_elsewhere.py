"""A trainer in a process of its own: over a socket it does what the member that connects would do itself.

python trainer_elsewhere.py ADDRESS    (of a Unix socket)
"""

from __future__ import annotations

import sys
import threading
from multiprocessing.connection import Connection, Listener

from zoo_faults.right import Right


def serve(connection: Connection) -> None:
    """Answer each (verb, arguments) with what the verb returns, until the member has ended."""
    member = Right(dtype="float32")
    while True:
        try:
            name, arguments = connection.recv()
            connection.send(getattr(member, name)(*arguments))
        except (EOFError, OSError):
            return


if __name__ == "__main__":
    with Listener(sys.argv[1], "AF_UNIX") as listener:
        while True:
            threading.Thread(target=serve, args=(listener.accept(),), daemon=True).start()
