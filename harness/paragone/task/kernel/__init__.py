"""A computation given as data, a kernel: its file, its reference, the inputs of its calls, and the judge of results.

expressions   "2*n + min(d, 8)": whole numbers from the names of sizes
spec          what kernel.toml says, once it is known to be right
kernel_file   reading kernel.toml; every mistake at once, each with its place
kernel_values what a single value of it may be
reference     reference.py: inputs and right results, and whose mistake it is where there are none
ring          the distinct input sets of one round, and the order of calls on them
perturbation  how far rounding may move a result, measured on the reference
tolerance     how much error is allowed, and its calibration
judge         whether one result is what honest arithmetic makes of its inputs
mistakes      what wrong results look like, without and with an author's help
diagnose      which mistake explains a wrong result
problem       the kernel as the core sees it
"""
