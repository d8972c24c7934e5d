"""One folder per run: append-only, checked when it is read."""
