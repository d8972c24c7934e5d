# A kernel's Julia file inside Python: what harness/paragone/adapters/kernel/julia.py calls; embedded.jl says how. The arrays
# stay Python's, which keeps them as long as they are used here.

module EmbeddedKernel

include("calls.jl")

const opened = Dict{Int64,Any}()    # number that Python gave => (module, path of its file)
const sized = Dict{Int64,Any}()     # number => (sizes, workspace)
const kernels = Dict{Int64,Any}()   # number => what to call

function open_file(number, path)
    Paragone.told(path) do
        opened[number] = (Paragone.read_once(path), path)
    end
end

function resize(number, sizes)
    maths, path = opened[number]
    Paragone.told(path) do
        given = Calls.sizes_of(sizes)
        # The file's functions are younger than this one: invokelatest lets it call them.
        sized[number] = (given, Base.invokelatest(Calls.workspace, maths, given))
    end
end

# `addresses` has that of each array in each slot, one slot after the other.
function arm(number, arrays, addresses, n_slots)
    maths, path = opened[number]
    Paragone.told(path) do
        wanted = Calls.arrays_of(arrays)
        places = Paragone.lent(Int64, addresses, (length(wanted), Int64(n_slots)))
        array(k, i) = Paragone.lent(wanted[k][2], places[k, i], wanted[k][3])
        slots = [Tuple(array(k, i) for k in 1:length(wanted)) for i in 1:Int64(n_slots)]
        sizes, workspace = sized[number]
        Paragone.uncollected(() -> kernels[number] = Base.invokelatest(Calls.kernel, maths, sizes, slots, workspace))
    end
end

function run(number, order, n_calls)
    _, path = opened[number]
    Paragone.told(path) do
        Base.invokelatest(Calls.calls, kernels[number], Paragone.lent(Int64, order, (Int64(n_calls),)))
    end
end

function drop(number)
    foreach(known -> delete!(known, number), (opened, sized, kernels))
    ""
end

end
