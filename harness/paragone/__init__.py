"""paragone: one training step, written many times over, verified, measured and compared."""

__version__ = "0.1.0"

# History of the method, newest first; any change that moves a number gets a line and raises the version.
# 2  2026-11-26  an untimed step before a sample of long steps too: it began with pages that the host had taken away.
# 1  2026-11-22  first version: interleaved rounds over fresh launches, ratios within rounds.
METHOD_VERSION = 2
