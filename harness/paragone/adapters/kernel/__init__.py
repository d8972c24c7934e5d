"""How a call of a kernel is reached in every language: a host makes an `Implementation` of a file beside kernel.toml.

    slots     the memory of the calls: distinct inputs, copies of them, poison, guards
    host      the verbs of the contract for all languages
    python    NAME.py: a function `run`
    c_text    the header of a kernel, and the loop that calls one, as C
    library   NAME.toml with a build command: a function of a shared library
    program   NAME.toml with a program, which speaks the process protocol
    julia     NAME.toml with a Julia file, in this process or in one of its own

`programs/` beside this folder has `paragone.js` and `Paragone.java`, for the authors of programs.
"""
