"""Tells which heavy libraries its process has imported."""

import sys

from zoo_faults.honest import Honest


class TellsWhatIsLoaded(Honest):
    name = "tells_what_is_loaded"

    def train(self, order):
        heavy = {"pandas", "matplotlib", "scipy", "sklearn", "rich", "typer", "jinja2", "pooch"}
        raise RuntimeError(f"loaded: {sorted(heavy & set(sys.modules))}")
