"""A stand-in for juliacall that needs no packages: any libjulia, loaded through ctypes; as much as the adapter uses.

    Main.seval(code)      the value of the last expression: int, float, str, bool, None; else something to call
    f(1, 2.0, "words")    calls it; what Julia throws is a JuliaError

PYTHON_JULIACALL_EXE names the julia to load. For tests, one process each: Julia cannot be started twice.
"""

import ctypes
import os
import platform
import subprocess

__version__ = "0.0.0"

WHERE = r"""
using Libdl
library = first(path for path in dllist() if startswith(basename(path), "libjulia."))
print(join((library, Sys.BINDIR, unsafe_string(Base.JLOptions().image_file)), "\n"))
"""

# Julia 1.5 does not know newer CPUs and would compile for none in particular.
FOR_CPU = ["-C", "haswell"] if platform.machine() == "x86_64" else []

STAND_IN = r"""
module StandIn
const held = Any[]
words(x::Union{Int64,Float64}) = string(x isa Int64 ? "i" : "f", x)
words(x::Bool) = x ? "b1" : "b"
words(x::String) = "s" * x
words(::Nothing) = "n"
words(x) = (push!(held, x); "h$(length(held))")
function answer(act, arguments...)
    try
        words(act(arguments...))
    catch thrown
        "e" * sprint(showerror, thrown, catch_backtrace())
    end
end
end
"""

CONVERSIONS = {"i": int, "f": float, "b": bool, "s": str, "n": lambda words: None}


class JuliaError(Exception):
    """What Julia threw, with its stack."""


class Held:
    """A value that stays in Julia, to be called."""

    def __init__(self, number):
        self.number = number

    def __call__(self, *arguments):
        return _answer(f"StandIn.held[{self.number}]", *arguments)


class Main:
    """The module in which code is evaluated."""

    @staticmethod
    def seval(code):
        return _answer("(code -> include_string(Main, code))", code)


def _literal(value):
    if isinstance(value, str):
        return f"String(UInt8[{', '.join(map(str, value.encode()))}])"
    if type(value) not in (int, float):
        raise TypeError(f"int, float or str, not {type(value).__name__}")
    return repr(value)


def _answer(function, *arguments):
    words = _evaluate(f"StandIn.answer({', '.join([function, *map(_literal, arguments)])})")
    kind, words = words[0], words[1:]
    if kind == "e":
        raise JuliaError(words)
    return Held(int(words)) if kind == "h" else CONVERSIONS[kind](words)


def _evaluate(code):
    value = _julia.jl_eval_string(code.encode())
    assert value, f"Julia could not evaluate {code}"
    return _julia.jl_string_ptr(value).decode()


def _start():
    executable = os.environ["PYTHON_JULIACALL_EXE"]
    asked = subprocess.run(
        [executable, *FOR_CPU, "--startup-file=no", "-e", WHERE], capture_output=True, text=True, check=True
    )
    library, folder, image = asked.stdout.split("\n")
    julia = ctypes.PyDLL(library, mode=ctypes.RTLD_GLOBAL)
    options = [b"julia", *map(str.encode, FOR_CPU), b"-O3", b"--handle-signals=no"]
    count = ctypes.c_int(len(options))
    values = ctypes.cast((ctypes.c_char_p * (len(options) + 1))(*options, None), ctypes.c_void_p)
    julia.jl_parse_opts(ctypes.byref(count), ctypes.byref(values))
    julia.jl_init_with_image__threading.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
    julia.jl_init_with_image__threading(folder.encode(), image.encode())
    julia.jl_eval_string.argtypes, julia.jl_eval_string.restype = [ctypes.c_char_p], ctypes.c_void_p
    julia.jl_string_ptr.argtypes, julia.jl_string_ptr.restype = [ctypes.c_void_p], ctypes.c_char_p
    assert julia.jl_eval_string(STAND_IN.encode())
    return julia


_julia = _start()
