"""Ends the program as scripts do."""

import sys

from zoo_faults.honest import Honest


class Exits(Honest):
    name = "exits"

    def train(self, order):
        sys.exit("not on a Sunday")
