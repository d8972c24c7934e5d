"""A training step of a small network on MNIST or another set of images: problem, data, reference, tolerance, judge."""
