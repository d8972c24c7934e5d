# Inside a module, what every family does with a file of maths: reads it, calls it, and tells what it throws and where.

using LinearAlgebra: BLAS
using Libdl

# No garbage is collected in the untimed calls around a train: trains make it, and pay for it while they are timed.
function uncollected(act)
    GC.enable(false)
    try
        act()
    finally
        GC.enable(true)
    end
end

const maths_files = Dict{String,Module}()

# A file is read once: reading it again compiles it again.
read_once(path) = get!(() -> read_maths(path), maths_files, path)

# The module that a maths file defines.
function read_maths(path, into=Main)
    found = Base.include(into, path)
    found isa Module || error("the file must end with the end of the one module that it defines")
    found
end

const MOST_MESSAGE_LINES = 6  # Julia shows a syntax error as place, code and words, on lines of their own
const MOST_CHARACTERS = 400  # a BoundsError shows every index
const MOST_FRAMES = 3

# "BoundsError: attempt to access … (forward! at broadcast.jl:40, train! at broadcast.jl:61)"
function description(thrown, trace, path)
    file = basename(path)
    places = [string(frame.func, " at ", file, ":", frame.line) for frame in stacktrace(trace)
              if basename(string(frame.file)) == file && frame.func != Symbol("top-level scope")]
    while thrown isa LoadError  # what include wraps around an error of the file
        pushfirst!(places, string(basename(thrown.file), ":", thrown.line))
        thrown = thrown.error
    end
    lines = split(first(split(Base.invokelatest(sprint, showerror, thrown), "\nClosest candidates")), '\n')
    message = first(join(Iterators.take(filter(!isempty, strip.(lines)), MOST_MESSAGE_LINES), " "), MOST_CHARACTERS)
    shown = collect(Iterators.take(unique(places), MOST_FRAMES))
    isempty(shown) ? message : string(message, " (", join(shown, ", "), ")")
end

# Set the number of threads of BLAS and return how many it has; 0 where this BLAS does not say.
function blas_threads(n)
    BLAS.set_num_threads(n)
    isdefined(BLAS, :get_num_threads) && return Int64(BLAS.get_num_threads())  # Julia 1.6 and newer
    BLAS.vendor() === :openblas64 || return Int64(0)
    Int64(ccall(Libdl.dlsym(Libdl.dlopen(BLAS.libblas), :openblas_get_num_threads64_), Cint, ()))
end

# "libopenblas64_.so (OpenBLAS 0.3.23, SkylakeX)": the library, and for OpenBLAS its version and its CPU.
function blas_library()
    isdefined(BLAS, :get_config) || return described(BLAS.libblas, string(BLAS.vendor()))  # before Julia 1.7
    join((described(library.libname, basename(library.libname)) for library in BLAS.get_config().loaded_libs), ", ")
end

function described(library, name)
    handle = Libdl.dlopen(library; throw_error=false)
    handle === nothing && return name
    functions = (:openblas_get_config64_, :openblas_get_corename64_)
    addresses = [Libdl.dlsym(handle, function_name; throw_error=false) for function_name in functions]
    nothing in addresses && return name
    config, cpu = (unsafe_string(ccall(address, Cstring, ())) for address in addresses)
    string(name, " (", join(split(config)[1:2], ' '), ", ", cpu, ')')
end

# "" once it is done, or a sentence that says what was thrown, and where in the maths file at `path`.
function told(act, path)
    try
        act()
        ""
    catch thrown
        description(thrown, catch_backtrace(), path)
    end
end

# An array that lies in Python's memory, at this address.
lent(T, address, size) = unsafe_wrap(Array, Ptr{T}(UInt(address)), size)

# How a Julia of its own answers the message "version".
function identification()
    threads = max(blas_threads(parse(Int, get(ENV, "OPENBLAS_NUM_THREADS", "1"))), Threads.nthreads())
    "protocol" => "1", "version" => "Julia $VERSION, $(blas_library())", "threads" => string(threads)
end
