"""The entry of `paragone`, and of `python -m paragone`: Ctrl-C is answered from the first moment on."""

import sys

EXIT_INTERRUPTED = 130


def run() -> None:
    """Run the command line."""
    try:
        from paragone.cli.main import main

        main()
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)


if __name__ == "__main__":
    run()
