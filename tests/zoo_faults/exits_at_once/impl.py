"""Ends the process without a word, as if all were well."""

import os

from zoo_faults.honest import Honest


class ExitsAtOnce(Honest):
    name = "exits_at_once"

    def train(self, order):
        os._exit(0)
