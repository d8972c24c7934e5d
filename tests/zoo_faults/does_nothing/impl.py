"""No fault at all."""

from zoo_faults.honest import Honest


class DoesNothing(Honest):
    name = "does_nothing"
