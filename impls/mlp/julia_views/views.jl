# One SGD step with samples in columns: julia_broadcast with buffers, mul! and fused broadcasts that allocate nothing.
#
# X (D, B) and Y (C, B) are gathered into buffers: of columns at random places a view is no matrix for BLAS. Z[l], A[l+1]
# and delta[l] are (fan_out, B), A[1] = X. dW[l] is (fan_out, fan_in), as W[l]. R scales the sum over the mini-batch; eta
# is the learning rate; φ is the problem's hidden activation. The step is at the end.
#
# Longer than 100 lines: it holds the buffers and the output layers, too, and what the harness calls.

module Views

using LinearAlgebra: mul!

phase(name) = nothing  # from here on it is this phase of the step; only a profile puts a clock in its place

"What a mini-batch of one size needs"
struct Buffers{T}
    A::Vector{Matrix{T}}      # A[1] is the mini-batch X
    Y::Matrix{T}
    Z::Vector{Matrix{T}}
    delta::Vector{Matrix{T}}
    row::Matrix{T}            # a number for each sample
end

mutable struct Network{T,P}
    problem::P
    X::Matrix{T}
    Y::Matrix{T}
    W::Vector{Matrix{T}}
    b::Vector{Vector{T}}
    dW_previous::Vector{Matrix{T}}
    db_previous::Vector{Vector{T}}
    dW::Vector{Matrix{T}}
    db::Vector{Vector{T}}
    buffers::Dict{Int,Buffers{T}}  # by batch size
end

"Y = one-hot columns"
one_hot(T, labels, n_classes) = T[label == class for class in 0:n_classes-1, label in labels]

load(problem::P, X::Matrix{T}, labels) where {P,T} =
    Network{T,P}(problem, X, one_hot(T, labels, problem.layers[end]), [], [], [], [], [], [], Dict())

function reset!(network, W, b, dW, db)
    network.W, network.b, network.dW_previous, network.db_previous = W, b, dW, db
    network.dW, network.db = similar.(W), similar.(b)
end

params(network) = (network.W, network.b, network.dW_previous, network.db_previous)

function Buffers{T}(layers, B) where {T}
    matrices(sizes) = [Matrix{T}(undef, size, B) for size in sizes]
    behind = layers[2:end]
    Buffers{T}(matrices(layers), Matrix{T}(undef, layers[end], B), matrices(behind), matrices(behind),
               Matrix{T}(undef, 1, B))
end

"A = 1 / (1 + exp(−Z))"
sigmoid!(A, Z) = A .= 1 ./ (1 .+ exp.(.-Z))

"A = exp(Z) / Σ_classes exp(Z), shifted by the largest logit of each sample"
function softmax!(A, Z, row)
    maximum!(row, Z)
    A .= exp.(Z .- row)
    sum!(row, A)
    A ./= row
end

"A = φ(Z)"
activate!(A, Z, hidden) = hidden == "sigmoid" ? sigmoid!(A, Z) : hidden == "tanh" ? (A .= tanh.(Z)) : (A .= max.(Z, 0))

"delta ← delta ∘ φ′(Z), from A"
times_slope!(delta, A, hidden) = hidden == "sigmoid" ? (delta .*= A .* (1 .- A)) :
                                 hidden == "tanh" ? (delta .*= 1 .- A .^ 2) : (delta .*= A .> 0)

"delta = A − Y, with the quadratic loss (A − Y) ∘ A ∘ (1 − A)"
function output_delta!(delta, A, Y, output)
    delta .= A .- Y
    output == "sigmoid quadratic" && (delta .*= A .* (1 .- A))
end

"Σ of the losses; from the logits where log A would be −Inf as A rounds to 0"
function batch_loss(Z, A, Y, row, output)
    if output == "sigmoid quadratic"   # ½ Σ (A − Y)²
        sum(((a, y),) -> abs2(a - y), zip(A, Y)) / 2
    elseif output == "sigmoid log"     # Σ log(1 + exp(Z)) − Y∘Z
        sum(((z, y),) -> max(z, 0) + log1p(exp(-abs(z))) - y * z, zip(Z, Y))
    else                               # Σ log Σ_classes exp(Z) − Y∘Z
        maximum!(row, Z)
        A .= exp.(Z .- row)
        total = sum(row) + sum(log, sum(A, dims=1)) - sum(((z, y),) -> y * z, zip(Z, Y))
        softmax!(A, Z, row)
        total
    end
end

"X[:, batch], Y[:, batch], column by column; indices come from 0"
@views function gather!(s, X, Y, batch)
    for (k, image) in enumerate(batch)
        s.A[1][:, k] .= X[:, image+1]
        s.Y[:, k] .= Y[:, image+1]
    end
end

"Z[l] = W[l] A[l] + b[l], A[l+1] = φ(Z[l]); the last layer by the problem's output"
function forward!(network, s)
    problem, last = network.problem, length(network.W)
    for l in 1:last
        mul!(s.Z[l], network.W[l], s.A[l])
        s.Z[l] .+= network.b[l]
        l < last && activate!(s.A[l+1], s.Z[l], problem.hidden)
    end
    softmax = problem.output == "softmax cross_entropy"
    softmax ? softmax!(s.A[end], s.Z[end], s.row) : sigmoid!(s.A[end], s.Z[end])
end

"dW[l] = R delta[l] A[l]ᵀ, db[l] = R Σ_batch delta[l], delta[l−1] = W[l]ᵀ delta[l] ∘ φ′(Z[l−1])"
function backward!(network, s, R)
    output_delta!(s.delta[end], s.A[end], s.Y, network.problem.output)
    for l in length(network.W):-1:1
        mul!(network.dW[l], s.delta[l], s.A[l]', R, zero(R))
        sum!(network.db[l], s.delta[l])
        network.db[l] .*= R
        if l > 1
            mul!(s.delta[l-1], network.W[l]', s.delta[l])
            times_slope!(s.delta[l-1], s.A[l], network.problem.hidden)
        end
    end
end

"W ← W − η dW"
plain_rule!(W, dW, eta) = W .-= eta .* dW

"Δ = η (dW + λ₂ W + λ₁ sign W), W ← W − (Δ + μ Δ_prev), Δ_prev ← Δ; dW becomes Δ"
function full_rule!(W, dW, previous, eta, momentum, l1, l2)
    dW .= eta .* (dW .+ l2 .* W .+ l1 .* sign.(W))
    W .-= dW .+ momentum .* previous
    previous .= dW
end

"Every layer; biases without the penalties"
function update!(network, eta)
    p = network.problem
    for l in eachindex(network.W)
        if p.has_plain_update
            plain_rule!(network.W[l], network.dW[l], eta)
            plain_rule!(network.b[l], network.db[l], eta)
        else
            full_rule!(network.W[l], network.dW[l], network.dW_previous[l], eta, p.momentum, p.l1, p.l2)
            full_rule!(network.b[l], network.db[l], network.db_previous[l], eta, p.momentum, zero(p.l1), zero(p.l2))
        end
    end
end

"The images `batch`, once forward and back, and the update; the loss is that from before it"
function step!(network, s, batch, eta, R, records_loss)
    phase(:gather)
    gather!(s, network.X, network.Y, batch)
    phase(:forward)
    forward!(network, s)
    records_loss && phase(:loss)
    loss = records_loss ? R * batch_loss(s.Z[end], s.A[end], s.Y, s.row, network.problem.output) : zero(R)
    phase(:backward)
    backward!(network, s, R)
    phase(:update)
    update!(network, eta)
    loss
end

function train!(network::Network{T}, order, eta, R, losses) where {T}
    B = size(order, 1)
    s = get!(() -> Buffers{T}(network.problem.layers, B), network.buffers, B)
    for k in axes(order, 2)
        loss = step!(network, s, view(order, :, k), eta[k], R, !isempty(losses))
        isempty(losses) || (losses[k] = loss)
    end
end

end
