"""The entry of `paragone`, and of `python -m paragone`: Ctrl-C is answered from the first moment on."""

import os
import sys

EXIT_INTERRUPTED = 130


def open_standard_streams() -> None:
    """Open /dev/null in the place of each standard stream that is closed (`paragone bench 0<&- 1>&- 2>&-`).

    Otherwise the next file or pipe gets its number, and a child that is given streams of its own loses that.
    """
    for descriptor, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number: this one
            os.set_inheritable(descriptor, True)
            setattr(sys, name, open(descriptor, mode, closefd=False))  # noqa: SIM115 -- as long as the process


def run() -> None:
    """Run the command line."""
    open_standard_streams()
    try:
        from paragone.cli.main import main

        main()
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)


if __name__ == "__main__":
    run()
