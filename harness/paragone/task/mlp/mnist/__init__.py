"""MNIST: readers of its usual forms, the download, the embedded digits in its place, and the cache."""
