"""No fault at all; lives in an environment of its own, and imports what is installed in that one only."""

import sys

from zoo_faults.honest import Honest


class LivesElsewhere(Honest):
    name = "lives_elsewhere"
    own_environment = "elsewhere"

    def load(self, problem, images, labels):
        import only_elsewhere

        self.library = only_elsewhere
        super().load(problem, images, labels)

    def build_info(self):
        return {"only_elsewhere": self.library.__version__, "started from": sys.prefix}
