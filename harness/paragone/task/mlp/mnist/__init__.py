"""MNIST: its parts, the download, the embedded digits in its place; and the cache of every data set."""
