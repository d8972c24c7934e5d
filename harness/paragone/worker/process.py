"""The worker process: it hosts one variant and carries out commands. It loads neither pandas nor matplotlib.

    python -m paragone.worker.process INCOMING OUTGOING    (two open file descriptors)

`HostedVariant.execute` (hosted_variant.py) is the table of commands. An exception becomes a response with `error`;
output of the hosted code goes to the worker's log.
"""

from __future__ import annotations

import faulthandler
import signal
import sys

import msgspec

from paragone.implementation.failure_reason import describe_error
from paragone.machine.memory import (
    be_first_oom_victim,
)
from paragone.machine.process_tree import adopt_orphans, die_with_parent
from paragone.task.families import decode
from paragone.worker import commands, replies
from paragone.worker.hosted_variant import HostedVariant
from paragone.worker.pipe import Pipe
from paragone.worker.sample import cpu_time_ns


def serve(pipe: Pipe) -> None:
    """Carry out commands until the harness closes the pipe."""
    hosted = HostedVariant()
    cpu_at_reply_ns = cpu_time_ns()
    while True:
        try:
            body, arrays = pipe.receive()
        except EOFError:
            return
        request = msgspec.json.decode(body, type=commands.Request, dec_hook=decode)
        hosted.waiting_cpu_ns = waiting_cpu_ns = cpu_time_ns() - cpu_at_reply_ns
        try:
            result = hosted.execute(request.command, arrays)
            reply, results = result if isinstance(result, tuple) else (result, {})
            encoded = msgspec.Raw(msgspec.json.encode(reply))
            pipe.send(replies.Response(id=request.id, waiting_cpu_ns=waiting_cpu_ns, reply=encoded), results)
        except Exception as error:
            reason = describe_error(error, hosted.folder)
            failed = replies.Response(id=request.id, waiting_cpu_ns=waiting_cpu_ns, error=reason, raised_by=hosted.verb)
            pipe.send(failed)
        cpu_at_reply_ns = cpu_time_ns()


def main() -> None:
    """Serve on the two file descriptors that the command line names."""
    die_with_parent()
    adopt_orphans()
    be_first_oom_victim()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the harness answers Ctrl-C
    faulthandler.enable()  # a crash tells in the log where it was
    faulthandler.register(commands.STACK_SIGNAL)
    incoming, outgoing = map(int, sys.argv[1:3])
    pipe = Pipe(incoming, outgoing)
    pipe.close_in_children()
    serve(pipe)


if __name__ == "__main__":
    main()
