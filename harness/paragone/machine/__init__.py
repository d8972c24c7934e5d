"""This machine: what it is, what it is doing, what its shell hands on, and how threads and memory are read."""
