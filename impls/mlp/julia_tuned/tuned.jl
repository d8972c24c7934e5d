# One SGD step with samples in columns and nothing allocated: BLAS in place, fused loops, the batch in blocks.
#
# Of a block of n samples: A[1] is (D, n), gathered; Z[l], A[l+1], delta[l] are (fan_out, n). V[l] is (fan_in, fan_out),
# the transpose of W[l]: loops over its long columns beat BLAS where samples are few. φ is the problem's hidden
# activation. The step is at the end.
#
# Longer than 100 lines: every buffer has a name, and every sum that broadcasting would allocate for is a loop.

module Tuned

using LinearAlgebra: BLAS

phase(name) = nothing        # from here on it is this phase of the step; only a profile puts a clock in its place

const BLOCK_BYTES = 1 << 20  # of gathered pixels: they stay in the cache for the way back
const FEW = 16               # samples for which BLAS takes longer to rearrange V than a loop to multiply

struct Buffers{T}
    A::Vector{Matrix{T}}
    Z::Vector{Matrix{T}}
    delta::Vector{Matrix{T}}
    dV::Vector{Matrix{T}}
    db::Vector{Vector{T}}
end

mutable struct Network{T,P}
    problem::P
    X::Matrix{T}
    labels::Vector{UInt8}
    V::Vector{Matrix{T}}
    b::Vector{Vector{T}}
    dV_previous::Vector{Matrix{T}}
    db_previous::Vector{Vector{T}}
    block::Int                         # samples in a block
    buffers::Dict{Int,Buffers{T}}      # by the number of samples
end

function load(problem::P, X::Matrix{T}, labels) where {P,T}
    block = max(1, BLOCK_BYTES ÷ (size(X, 1) * sizeof(T)))
    Network{T,P}(problem, X, labels, [], [], [], [], block, Dict())
end

function reset!(network, W, b, dW, db)
    network.V, network.dV_previous = collect.(transpose.(W)), collect.(transpose.(dW))
    network.b, network.db_previous = b, db
end

params(network) = (collect.(transpose.(network.V)), network.b, collect.(transpose.(network.dV_previous)),
                   network.db_previous)

function Buffers{T}(layers, n) where {T}
    matrices(sizes) = [zeros(T, size, n) for size in sizes]
    Buffers{T}(matrices(layers), matrices(layers[2:end]), matrices(layers[2:end]),
               [zeros(T, layers[l], layers[l+1]) for l in 1:length(layers)-1], [zeros(T, n) for n in layers[2:end]])
end

buffers(network::Network{T}, n) where {T} = get!(() -> Buffers{T}(network.problem.layers, n), network.buffers, n)

"A = 1 / (1 + exp(−Z))"
function sigmoid!(A, Z)
    @inbounds @simd for k in eachindex(A, Z)
        A[k] = 1 / (1 + exp(-Z[k]))
    end
end

"A = tanh Z"
function tanh!(A, Z)
    @inbounds @simd for k in eachindex(A, Z)
        A[k] = tanh(Z[k])
    end
end

"A = max(Z, 0), which leaves NaN as it is"
function relu!(A, Z)
    @inbounds @simd for k in eachindex(A, Z)
        A[k] = ifelse(Z[k] < 0, zero(Z[k]), Z[k])
    end
end

"delta ← delta ∘ A ∘ (1 − A)"
function times_sigmoid_slope!(delta, A)
    @inbounds @simd for k in eachindex(delta, A)
        delta[k] *= A[k] * (1 - A[k])
    end
end

"delta ← delta ∘ (1 − A²)"
function times_tanh_slope!(delta, A)
    @inbounds @simd for k in eachindex(delta, A)
        delta[k] *= 1 - A[k] * A[k]
    end
end

"delta ← delta ∘ [A > 0]"
function times_relu_slope!(delta, A)
    @inbounds @simd for k in eachindex(delta, A)
        delta[k] *= ifelse(A[k] > 0, one(A[k]), zero(A[k]))
    end
end

activate!(A, Z, hidden) = hidden == "sigmoid" ? sigmoid!(A, Z) : hidden == "tanh" ? tanh!(A, Z) : relu!(A, Z)

times_slope!(delta, A, hidden) = hidden == "sigmoid" ? times_sigmoid_slope!(delta, A) :
                                 hidden == "tanh" ? times_tanh_slope!(delta, A) : times_relu_slope!(delta, A)

"a = exp(z) / Σ exp(z) of each sample, shifted by its largest logit"
function softmax!(A, Z)
    @inbounds for n in axes(Z, 2)
        top, total = Z[1, n], zero(eltype(Z))
        for j in axes(Z, 1)
            top = max(top, Z[j, n])
        end
        for j in axes(Z, 1)
            A[j, n] = exp(Z[j, n] - top)
            total += A[j, n]
        end
        for j in axes(Z, 1)
            A[j, n] /= total
        end
    end
end

"A = X[:, batch]; indices come from 0"
function gather!(A, X, order, samples, step)
    for (k, n) in enumerate(samples)
        @inbounds copyto!(A, 1 + (k - 1) * size(A, 1), X, 1 + order[n, step] * size(X, 1), size(X, 1))
    end
end

"Z = V[l]ᵀ A + b"
function product!(Z, V, A, b)
    if size(A, 2) <= FEW
        @inbounds for n in axes(A, 2), j in axes(V, 2)
            z = b[j]
            @simd for i in axes(V, 1)
                z += V[i, j] * A[i, n]
            end
            Z[j, n] = z
        end
    else
        Z .= b
        BLAS.gemm!('T', 'N', one(eltype(A)), V, A, one(eltype(A)), Z)
    end
end

"Z[l] = V[l]ᵀ A[l] + b[l], A[l+1] = φ(Z[l]); the last layer by the problem's output"
function forward!(network, s)
    problem, last = network.problem, length(network.V)
    for l in 1:last
        product!(s.Z[l], network.V[l], s.A[l], network.b[l])
        l < last && activate!(s.A[l+1], s.Z[l], problem.hidden)
    end
    problem.output == "softmax cross_entropy" ? softmax!(s.A[end], s.Z[end]) : sigmoid!(s.A[end], s.Z[end])
end

"delta = A − Y, with the quadratic loss (A − Y) ∘ A ∘ (1 − A)"
function output_delta!(delta, A, labels, order, samples, step, output)
    copyto!(delta, A)
    @inbounds for (k, n) in enumerate(samples)
        delta[1+labels[1+order[n, step]], k] -= 1
    end
    if output == "sigmoid quadratic"
        times_sigmoid_slope!(delta, A)
    end
end

"delta[l−1] = V[l] delta[l] ∘ φ′(Z[l−1])"
function backward!(network::Network{T}, s) where {T}
    for l in length(network.V):-1:2
        before = s.delta[l-1]
        BLAS.gemm!('N', 'N', one(T), network.V[l], s.delta[l], zero(T), before)
        times_slope!(before, s.A[l], network.problem.hidden)
    end
end

"V ← keep V + factor A deltaᵀ; keep is true or false, and false * NaN is 0"
function add_product!(V, factor, A, delta, keep)
    if size(A, 2) == 1
        @inbounds for j in axes(V, 2)
            change = factor * delta[j]
            @simd for i in axes(V, 1)
                V[i, j] = keep * V[i, j] + change * A[i]
            end
        end
    else
        BLAS.gemm!('N', 'T', factor, A, delta, eltype(V)(keep), V)
    end
end

"V ← keep V + factor A deltaᵀ, b ← keep b + factor Σ_batch delta"
function add_gradient!(s::Buffers{T}, factor, keep, V, b) where {T}
    for l in eachindex(V)
        add_product!(V[l], factor, s.A[l], s.delta[l], keep)
        for j in eachindex(b[l])
            total = zero(T)
            @inbounds @simd for n in axes(s.delta[l], 2)
                total += s.delta[l][j, n]
            end
            b[l][j] = keep * b[l][j] + factor * total
        end
    end
end

"Δ = η (R dV + λ₂ V + λ₁ sign V), V ← V − (Δ + μ Δ_prev), Δ_prev ← Δ"
function full_rule!(V, dV, previous, eta, R, momentum, l1, l2)
    @inbounds @simd for k in eachindex(V, dV, previous)
        change = eta * (R * dV[k] + l2 * V[k] + l1 * sign(V[k]))
        V[k] -= change + momentum * previous[k]
        previous[k] = change
    end
end

"Σ of the losses of a block; from the logits where log A would be −Inf as A rounds to 0"
function loss(Z, A, labels, order, samples, step, output)
    total = 0.0
    @inbounds for (k, n) in enumerate(samples)
        y = 1 + labels[1+order[n, step]]
        if output == "sigmoid quadratic"   # ½ Σ (a − y)²
            total += sum((A[j, k] - (j == y))^2 for j in axes(A, 1)) / 2
        elseif output == "sigmoid log"     # Σ log(1 + exp(z)) − y z
            total += sum(max(Z[j, k], 0) + log1p(exp(-abs(Z[j, k]))) for j in axes(Z, 1)) - Z[y, k]
        else                               # log Σ exp(z) − z of the label
            top = maximum(Z[j, k] for j in axes(Z, 1))
            total += top + log(sum(exp(Z[j, k] - top) for j in axes(Z, 1))) - Z[y, k]
        end
    end
    total
end

"The mini-batch, block by block forward and back, and the update; the sum of the losses before it"
function step!(network::Network{T}, order, step, eta, R, records_loss) where {T}
    problem, B = network.problem, size(order, 1)
    sums, batch_loss = buffers(network, min(B, network.block)), 0.0
    for first in 1:network.block:B
        samples = first:min(B, first + network.block - 1)
        s = buffers(network, length(samples))
        phase(:gather)
        gather!(s.A[1], network.X, order, samples, step)
        phase(:forward)
        forward!(network, s)
        if records_loss
            phase(:loss)
            batch_loss += loss(s.Z[end], s.A[end], network.labels, order, samples, step, problem.output)
        end
        phase(:backward)
        output_delta!(s.delta[end], s.A[end], network.labels, order, samples, step, problem.output)
        backward!(network, s)
        is_direct(network, B) || add_gradient!(s, one(T), first > 1, sums.dV, sums.db)
    end
    phase(:update)
    update!(network, sums, B, eta, R)
    batch_loss
end

"A plain update of one block goes straight to the weights; no later block needs the old ones"
is_direct(network, B) = network.problem.has_plain_update && B <= network.block

"From the sums of the gradients, or directly; biases without the penalties"
function update!(network, sums, B, eta, R)
    is_direct(network, B) && return add_gradient!(sums, -eta * R, true, network.V, network.b)
    p = network.problem
    for l in eachindex(network.V)
        full_rule!(network.V[l], sums.dV[l], network.dV_previous[l], eta, R, p.momentum, p.l1, p.l2)
        full_rule!(network.b[l], sums.db[l], network.db_previous[l], eta, R, p.momentum, zero(p.l1), zero(p.l2))
    end
end

function train!(network, order, eta, R, losses)
    for step in axes(order, 2)
        batch_loss = step!(network, order, step, eta[step], R, !isempty(losses))
        isempty(losses) || (losses[step] = R * batch_loss)
    end
end

end
