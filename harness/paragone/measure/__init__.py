"""Launches and rounds, and the passes beside them: A/A pilot, limits, memory, learning curves, profile."""
