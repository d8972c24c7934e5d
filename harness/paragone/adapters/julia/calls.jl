# The calls of a kernel, for both ways to a Julia file. The file defines one module with
#
#     run(n, d, X, D)        the sizes, then the arrays: X[k, i] is element k of row i, since rows are columns here
#     setup(n, d)            optional, once for each size, untimed; what it returns is the last argument of run
#
module Paragone
include("maths_file.jl")
end

module Calls

struct Kernel{Run,Sizes,Slots}
    run::Run
    sizes::Sizes
    slots::Slots       # a tuple of arrays for each
end

const NUMBER_TYPES = Dict("float64" => Float64, "float32" => Float32, "int32" => Int32, "int64" => Int64, "uint8" => UInt8)

# "n=100 d=3" -> (100, 3)
sizes_of(text) = Tuple(parse(Int64, split(size, '=')[2]) for size in split(text))

# "X in float64 100 3\n…" -> a (name, type, lengths in Julia's order) for each array
function arrays_of(text)
    map(split(text, '\n')) do line
        words = split(line, ' ')
        String(words[1]), NUMBER_TYPES[words[3]], Tuple(reverse(parse.(Int64, words[4:end])))
    end
end

# What one size needs beside its slots: the module's setup is called here.
workspace(maths, sizes) = isdefined(maths, :setup) ? (maths.setup(sizes...),) : ()

# `slots` has the arrays of each. A slot becomes one tuple with the workspace behind, all of one type.
kernel(maths, sizes, slots, workspace) = Kernel(maths.run, sizes, [(slot..., workspace...) for slot in slots])

# One call for each entry of `order`, the numbers of slots from 0.
function calls(kernel::Kernel, order)
    run, sizes, slots = kernel.run, kernel.sizes, kernel.slots
    for slot in order
        run(sizes..., slots[Int(slot)+1]...)
    end
end

end
