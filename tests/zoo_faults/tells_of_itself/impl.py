"""No fault at all; says what it was built with and how often it was closed."""

from pathlib import Path

from zoo_faults.honest import Honest


class TellsOfItself(Honest):
    name = "tells_of_itself"
    n_closed = 0

    def close(self):
        TellsOfItself.n_closed += 1

    def build_info(self):
        return {"compiler": "cc 1.0", "closed before": str(self.n_closed), "flags": f"-I{Path.home()}/include"}

    def threads(self):
        return {"its BLAS": 1}
