"""The small kernels of calibrate_kernel_bounds.py.

    sums           ways to add up
    small_kernel   a kernel with its reference and its honest variants
    vectors        those that the judge is calibrated with, of vectors
    matrices       and of matrices
    calibrated     all of these, in the order of the tables
    held_out       those with which nothing was calibrated
    unstable       those that lose digits, and must be rejected

Letters are those of the formulas.
"""
