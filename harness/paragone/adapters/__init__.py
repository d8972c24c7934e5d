"""How another language, or a library, is reached: each adapter turns its code into an `Implementation`.

What the families share, and what is their own:

    language        shared                                       of networks              of kernels (kernel/)
    Python          the import of a folder                       arrays, tensors, …       python: `run`
    shared library  build: command, cache, opening               c_abi: paragone.h, as    library, c_text: a header
                                                                 it was, of version 1     from kernel.toml, a loop
    any program     klv: the form of messages; program: requests process: load, reset,    program: load, reset, run,
                    and their clock; hosted_program: start, end; train, params            result
                    programs/: it, in JavaScript and Java
    Julia           julia: EmbeddedFile; maths_file.jl,          julia, julia_process:    kernel/julia: calls.jl,
                    messages.jl                                  network.jl               embedded_kernel.jl

Arrays cross by name to a kernel, in every language. A network's state crosses as one vector of float64, W1, b1 …, which
is what version 1 of the header and of the protocol promises: a library or a program that was written for it goes on.
"""
