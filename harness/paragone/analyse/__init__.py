"""Samples to estimates, estimates to ratios, ratios to verdicts."""
