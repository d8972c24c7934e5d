"""A computation given as data, a kernel: its file, its reference, the inputs of its calls, and the judge of results.

    expressions    "2*n + min(d, 8)": whole numbers from the names of sizes
    spec           what kernel.toml says, once it is known to be right
    kernel_values  the keys of kernel.toml, and what the value of each may be
    kernel_file    reading kernel.toml; every mistake at once, each with its place
    reference      reference.py: inputs and right results, and whose mistake it is where there are none
    ring           the distinct input sets of one round, and the order of calls on them
    problem        the kernel as the core sees it
    perturbation   how far rounding may move a result, measured on the reference
    tolerance      how much error is allowed, and its calibration
    place          where wrong results lie
    judge          whether one result is what honest arithmetic makes of its inputs
    mistakes       what wrong results look like, with and without an author's help
    diagnose       which mistake explains a wrong result
    check          a whole sample compared with the reference
    checks         every check of a run: the cases of the pilot, the samples of the rounds
    family         what the core is given for every kernel

A module imports only from those above it.
"""
