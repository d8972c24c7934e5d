"""MNIST in every form in which people have it, the digits that stand in for it, and the cache of both."""
