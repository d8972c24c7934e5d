# Julia inside Python: what harness/paragone/adapters/julia.py calls. Numbers and texts cross; an array crosses as its address.
#
# load, reset, train, params and drop return "", or a sentence that says what was thrown, and where.
# An array that Python lends is valid during the call only, so an array that is kept is copied.

module Embedded

include("network.jl")

const sessions = Dict{Int64,Any}()      # number that Python gave => (session, path of its maths file)
const test_sets = Dict{Int64,Matrix}()  # number => test images, for sessions that predict
const clocks = Dict{Int64,Paragone.PhaseClock}()   # number => clock, for the sessions of a profile

load(number, path, arguments...) = load(() -> Paragone.read_once(path), number, path, arguments...)

function load_clocked(number, path, arguments...)
    clocks[number] = Paragone.PhaseClock()
    load(() -> Paragone.clocked_maths(path, clocks[number]), number, path, arguments...)
end

function load(read_maths::Function, number, path, dtype, layers, hidden, output, momentum, l1, l2, records_loss, n_images,
              images, labels)
    Paragone.told(path) do
        T = dtype == "float32" ? Float32 : Float64
        sizes = Int64[parse(Int64, size) for size in split(layers)]
        X = copied(T, images, (sizes[1], Int64(n_images)))  # rows of pixels in C order are columns here
        y = copied(UInt8, labels, (Int64(n_images),))
        coefficients = (Float64(momentum), Float64(l1), Float64(l2))
        maths = read_maths()
        # The file's functions are younger than this one: invokelatest lets it call them.
        session = Base.invokelatest(Paragone.load, maths, T, sizes, hidden, output, coefficients..., Bool(records_loss),
                                    X, y)
        sessions[number] = (session, path)
    end
end

function reset(number, state, n_numbers)
    session, path = sessions[number]
    Paragone.told(path) do
        Paragone.uncollected(() -> Base.invokelatest(Paragone.reset!, session, copied(Float64, state, (Int64(n_numbers),))))
    end
end

function train(number, order, batch_size, n_steps, eta, R, losses)
    session, path = sessions[number]
    Paragone.told(path) do
        indices = Paragone.lent(Int64, order, (Int64(batch_size), Int64(n_steps)))
        rates = Paragone.lent(Float64, eta, (Int64(n_steps),))
        recorded = losses == 0 ? Float64[] : Paragone.lent(Float64, losses, (Int64(n_steps),))
        Base.invokelatest(Paragone.train!, session, indices, rates, Float64(R), recorded)
    end
end

function clocked_train(number, arguments...)
    Paragone.start!(clocks[number])
    said = train(number, arguments...)
    Paragone.enter!(clocks[number], Paragone.NO_PHASE)
    said
end

phases(number) = Paragone.times(clocks[number])

function params(number, state, n_numbers)
    session, path = sessions[number]
    Paragone.told(path) do
        Paragone.uncollected(() -> Base.invokelatest(Paragone.params!, session, Paragone.lent(Float64, state, (Int64(n_numbers),))))
    end
end

function load_test(number, n_images, images)
    session, path = sessions[number]
    Paragone.told(path) do
        size = (session.problem.layers[1], Int64(n_images))
        test_sets[number] = copied(Paragone.number_type(session), images, size)
    end
end

function predict(number, n_images, classes)
    session, path = sessions[number]
    Paragone.told(path) do
        Paragone.lent(UInt8, classes, (Int64(n_images),)) .= Base.invokelatest(Paragone.predict, session, test_sets[number])
    end
end

function drop(number)
    delete!(sessions, number)
    delete!(test_sets, number)
    delete!(clocks, number)
    ""
end

function copied(T, address, size)
    array = Array{T}(undef, size)
    GC.@preserve array unsafe_copyto!(pointer(array), Ptr{T}(UInt(address)), length(array))
    array
end

julia_threads() = Int64(Threads.nthreads())

blas_threads(n) = Paragone.blas_threads(n)

# One line each, name and words separated by a tab.
build_info() = join(("Julia\t$VERSION", "BLAS\t$(Paragone.blas_library())", "CPU\t$(Sys.CPU_NAME), compiled for $(cpu_target())",
                  "optimisation\t-O$(optimisation_level())"), '\n')

function cpu_target()
    target = Base.JLOptions().cpu_target
    target == C_NULL ? "native" : unsafe_string(target)
end

function optimisation_level()
    options = Base.JLOptions()
    least = :opt_level_min in fieldnames(typeof(options)) ? options.opt_level_min : 0
    Int(max(options.opt_level, least))
end

end
