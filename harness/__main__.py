"""`python -m harness` is `paragone`."""

from harness.cli import main

main()
