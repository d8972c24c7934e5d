# Shared by embedded.jl and runner.jl, the two ways to a network's maths file: the problem, the state as one vector, phases.
#
# A maths file defines one module with
#
#     load(problem, X, labels) -> network         X (pixels, N), labels (N,) from 0; the module may keep both
#     reset!(network, W, b, dW, db)               W[l] (fan_out, fan_in), b[l] (fan_out,); it may keep them
#     train!(network, order, eta, R, losses)      order (B, n_steps) of indices from 0; eta (n_steps,) and R of its
#                                                 type; losses (n_steps,) to be written, or empty
#     params(network) -> W, b, dW, db
#
# for an implementation that predicts
#
#     predict(network, X) -> classes              X (pixels, n) of other images, classes (n,) UInt8 from 0
#
# and, to tell the phases of its step apart, phase(name) = nothing, called where one begins: :gather, :forward, :loss,
# :backward, :update. Julia compiles these calls away; a profile reads the file once more and defines a phase that reads a
# clock. The file must be valid from Julia 1.5 on.
module Paragone

include("maths_file.jl")

struct Problem{T}
    layers::Vector{Int64}
    hidden::String           # "sigmoid", "tanh" or "relu": what the hidden layers compute
    output::String           # "sigmoid quadratic", "sigmoid log" or "softmax cross_entropy"
    momentum::T
    l1::T
    l2::T
    has_plain_update::Bool   # W <- W - eta dW and nothing else
    records_loss::Bool
end

const PHASES = (:gather, :forward, :loss, :backward, :update)
const NO_PHASE = length(PHASES) + 1

mutable struct PhaseClock
    ns::Vector{Int64}       # by phase; the last entry is the time outside of every phase
    phase::Int
    since_ns::Int64
end

PhaseClock() = PhaseClock(zeros(Int64, NO_PHASE), NO_PHASE, 0)

function enter!(clock::PhaseClock, phase::Int)
    now_ns = Int64(time_ns())
    clock.ns[clock.phase] += now_ns - clock.since_ns
    clock.phase, clock.since_ns = phase, now_ns
    nothing
end

function start!(clock::PhaseClock)
    enter!(clock, NO_PHASE)
    fill!(clock.ns, 0)
end

# "gather 120 forward 3400": nanoseconds of the last train; empty where the maths file calls no phase.
times(clock::PhaseClock) = join(("$name $(clock.ns[k])" for (k, name) in enumerate(PHASES) if clock.ns[k] > 0), ' ')

# Written out as a chain, so that the compiler turns a literal name into its number.
number_of(name) = name === :gather ? 1 : name === :forward ? 2 : name === :loss ? 3 : name === :backward ? 4 :
                  name === :update ? 5 : NO_PHASE

# The module of a maths file read once more, in which `phase` reads the clock.
function clocked_maths(path, clock)
    maths = read_maths(path, Module(:Clocked))
    if Base.invokelatest(isdefined, maths, :phase)
        Core.eval(maths, :(phase(name) = $enter!($clock, $number_of(name))))
    end
    maths
end

struct Session{T,Network}
    maths::Module
    problem::Problem{T}
    network::Network
end

function load(maths, ::Type{T}, layers, hidden, output, momentum, l1, l2, records_loss, images, labels) where {T}
    problem = Problem{T}(layers, hidden, output, momentum, l1, l2, momentum == l1 == l2 == 0, records_loss)
    Session(maths, problem, maths.load(problem, images, labels))
end

# The state is W1, b1, W2, b2, … dW1, db1, …; W is (fan_out, fan_in) row after row, which are columns here.
function reset!(session::Session{T}, state) where {T}
    layers, taken = session.problem.layers, 0
    function next(rows, columns)
        taken += rows * columns
        convert(Matrix{T}, transpose(reshape(state[taken-rows*columns+1:taken], columns, rows)))
    end
    function next_layers()
        pairs = [(next(layers[l+1], layers[l]), vec(next(layers[l+1], 1))) for l in 1:length(layers)-1]
        first.(pairs), last.(pairs)
    end
    session.maths.reset!(session.network, next_layers()..., next_layers()...)
    nothing
end

function params!(session, state)
    W, b, dW, db = session.maths.params(session.network)
    tensors = [x for (weights, biases) in ((W, b), (dW, db)) for layer in zip(weights, biases) for x in layer]
    state .= reduce(vcat, [vec(permutedims(x)) for x in tensors])
    nothing
end

function train!(session::Session{T}, order, eta, R, losses) where {T}
    session.maths.train!(session.network, order, convert(Vector{T}, eta), T(R), losses)
    nothing
end

# The type of the network's numbers; test images are converted to it.
number_type(::Session{T}) where {T} = T

predict(session, X) = session.maths.predict(session.network, X)

end
