"""Proofs that the statistics tell the truth: simulated samples and real copies, whose true ratios are known."""
