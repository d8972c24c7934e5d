"""The implementations that ship, described once for all tests of a process."""

from paragone.implementation.registry import discover

EVERYONE, UNUSABLE = discover()
FOUND = {entry.name: entry for entry in EVERYONE}
