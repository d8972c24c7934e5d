"""A training step of a small network on MNIST: problem, data, reference, tolerance, judge."""
