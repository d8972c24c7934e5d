# What can be asked of a maths file in Julia alone: julia julia_network.jl NETWORK.JL MATHS.JL … prints a line per answer,
# "broadcast.jl Float32 sigmoid softmax cross_entropy<TAB>question<TAB>yes or no, or what was thrown".

using LinearAlgebra

include(abspath(ARGS[1]))

# A number that knows whole numbers and its own kind: a Float64 in a formula of Float32 would throw.
struct Strict <: AbstractFloat
    value::Float64
    Strict(x::Union{Float64,Integer}) = new(x)
end
for f in (:+, :-, :*, :/)
    @eval Base.$f(a::Strict, b::Strict) = Strict($f(a.value, b.value))
end
for f in (:-, :exp, :log, :log1p, :tanh)
    @eval Base.$f(a::Strict) = Strict($f(a.value))
end
for f in (:<, :<=, :(==))
    @eval Base.$f(a::Strict, b::Strict) = $f(a.value, b.value)
end
Base.Float64(a::Strict) = a.value
Base.promote_rule(::Type{Strict}, ::Type{<:Integer}) = Strict

transposed(t, A) = t == 'T' ? transpose(A) : A
BLAS.gemm!(s::Char, t::Char, a::Strict, A, B, b::Strict, C) = (C .= a .* (transposed(s, A) * transposed(t, B)) .+ b .* C)
BLAS.gemv!(t::Char, a::Strict, A, x, b::Strict, y) = (y .= a .* (transposed(t, A) * x) .+ b .* y)
BLAS.ger!(a::Strict, x, y, A::Matrix{Strict}) = (A .+= a .* x .* transpose(y))

const LAYERS = Int64[20, 6, 5, 10]
const N = 40
# The hidden layers, and the output.
const KINDS = (("sigmoid", "sigmoid quadratic"), ("sigmoid", "sigmoid log"), ("sigmoid", "softmax cross_entropy"),
               ("tanh", "sigmoid log"), ("relu", "softmax cross_entropy"))

# Numbers without a generator, whose sequence may change with Julia's version.
numbers(n, scale) = [scale * sin(12.9898k) for k in 1:n]

function session(maths, T, (hidden, output), coefficient, records_loss, scale)
    images = T.(reshape(abs.(numbers(LAYERS[1] * N, 1)), LAYERS[1], N))
    made = Paragone.load(maths, T, LAYERS, hidden, output, coefficient, coefficient, coefficient, records_loss,
                         images, UInt8[k % 10 for k in 1:N])
    n = 2 * sum((LAYERS[l] + 1) * LAYERS[l+1] for l in 1:length(LAYERS)-1)
    Paragone.reset!(made, numbers(n, scale))
    made, n
end

order(B, n_steps) = Int64[(7k) % N for k in reshape(0:B*n_steps-1, B, n_steps)]
trained(made, T, B, n_steps, losses) = Paragone.train!(made, order(B, n_steps), fill(0.1, n_steps), 1 / B, losses)

# In Float32 by a number that would betray anything else. The losses are summed in Float64 where the file likes it so.
function keeps_its_kind(maths, kind)
    for coefficient in (0.0, 0.1), B in (1, 7)
        made, _ = session(maths, Strict, kind, coefficient, false, 1)
        trained(made, Strict, B, 2, Float64[])
    end
    true
end

function saturated_is_finite(maths, T, kind)
    made, n = session(maths, T, kind, 0.0, true, 1e5)
    losses, state = zeros(3), zeros(n)
    trained(made, T, 7, 3, losses)
    Paragone.params!(made, state)
    all(isfinite, losses) && all(isfinite, state)
end

# A training that went to NaN leaves nothing behind that a reset does not clear.
function forgets_at_reset(maths, T, kind)
    all((1, 7, N)) do B
        states = map((false, true)) do has_diverged
            made, n = session(maths, T, kind, 0.1, true, 1)
            if has_diverged
                Paragone.reset!(made, fill(NaN, n))
                trained(made, T, B, 2, zeros(2))
            end
            state = numbers(n, 1)
            Paragone.reset!(made, state)
            trained(made, T, B, 2, zeros(2))
            Paragone.params!(made, state)
            state
        end
        all(isfinite, states[1]) && states[1] == states[2]
    end
end

# Bytes allocated by as many steps.
function allocated(made, T, B, n_steps)
    indices, eta, R = order(B, n_steps), fill(T(0.1), n_steps), T(1) / B
    losses = zeros(made.problem.records_loss ? n_steps : 0)
    @allocated made.maths.train!(made.network, indices, eta, R, losses)
end

function more_steps_allocate_no_more(maths, T, kind)
    all(Iterators.product((0.0, 0.1), (false, true), (1, 7, N))) do (coefficient, records_loss, B)
        made, _ = session(maths, T, kind, coefficient, records_loss, 1)
        allocated(made, T, B, 1)
        allocated(made, T, B, 2) == allocated(made, T, B, 20)
    end
end

function tell(path, T, kind, question, answer)
    said = try
        Base.invokelatest(answer) ? "yes" : "no"
    catch thrown
        Paragone.description(thrown, catch_backtrace(), path)
    end
    println(basename(path), ' ', T, ' ', join(kind, ' '), '\t', question, '\t', said)
end

println("network.jl\tsets the threads of BLAS\t", [Paragone.blas_threads(n) for n in (2, 1)])

for path in abspath.(ARGS[2:end])
    maths = Paragone.read_maths(path)
    for kind in KINDS
        tell(path, Float32, kind, "keeps its kind", () -> keeps_its_kind(maths, kind))
        for T in (Float32, Float64)
            tell(path, T, kind, "forgets at reset", () -> forgets_at_reset(maths, T, kind))
            kind[1] == "relu" ||  # it does not saturate
                tell(path, T, kind, "is finite where saturated", () -> saturated_is_finite(maths, T, kind))
            tell(path, T, kind, "allocates nothing", () -> more_steps_allocate_no_more(maths, T, kind))
        end
    end
end
