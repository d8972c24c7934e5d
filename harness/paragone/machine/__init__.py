"""This machine: hardware, cgroups, memory, threads, load, scheduling, environment variables, Python environments."""
