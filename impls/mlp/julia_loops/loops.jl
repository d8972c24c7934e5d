# One SGD step, one sample after the other, in plain loops: those of c_loops, in Julia.
#
# x is an image, y its label; z, a and delta hold the neurons of each layer, a[1] = x. W[l] is (fan_out, fan_in):
# columns come first in Julia, so that the innermost loops run over neurons that lie side by side. R scales the sum over
# the mini-batch; φ is the problem's hidden activation. The step is at the end.
#
# Longer than 100 lines: every product is a loop, and it holds the layers of neurons too.

module Loops

phase(name) = nothing  # from here on it is this phase of the step; only a profile puts a clock in its place

mutable struct Network{T,P}
    problem::P
    X::Matrix{T}
    labels::Vector{UInt8}
    W::Vector{Matrix{T}}
    b::Vector{Vector{T}}
    dW_previous::Vector{Matrix{T}}
    db_previous::Vector{Vector{T}}
    a::Vector{Vector{T}}      # of one sample: a[1] is the image
    z::Vector{Vector{T}}
    delta::Vector{Vector{T}}
    dW::Vector{Matrix{T}}     # sums over the mini-batch
    db::Vector{Vector{T}}
end

function load(problem::P, X::Matrix{T}, labels) where {P,T}
    neurons(sizes) = [zeros(T, n) for n in sizes]
    layers = problem.layers
    behind = layers[2:end]
    dW = [zeros(T, layers[l+1], layers[l]) for l in 1:length(behind)]
    Network{T,P}(problem, X, labels, [], [], [], [], neurons(layers), neurons(behind), neurons(behind), dW,
                 neurons(behind))
end

function reset!(network, W, b, dW, db)
    network.W, network.b, network.dW_previous, network.db_previous = W, b, dW, db
end

params(network) = (network.W, network.b, network.dW_previous, network.db_previous)

"a = 1 / (1 + exp(−z))"
function sigmoid!(a, z)
    @inbounds @simd for k in eachindex(a, z)
        a[k] = 1 / (1 + exp(-z[k]))
    end
end

"a = tanh z"
function tanh!(a, z)
    @inbounds @simd for k in eachindex(a, z)
        a[k] = tanh(z[k])
    end
end

"a = max(z, 0), which leaves NaN as it is"
function relu!(a, z)
    @inbounds @simd for k in eachindex(a, z)
        a[k] = ifelse(z[k] < 0, zero(z[k]), z[k])
    end
end

"delta ← delta ∘ a ∘ (1 − a)"
function times_sigmoid_slope!(delta, a)
    @inbounds @simd for k in eachindex(delta, a)
        delta[k] *= a[k] * (1 - a[k])
    end
end

"delta ← delta ∘ (1 − a²)"
function times_tanh_slope!(delta, a)
    @inbounds @simd for k in eachindex(delta, a)
        delta[k] *= 1 - a[k] * a[k]
    end
end

"delta ← delta ∘ [a > 0]"
function times_relu_slope!(delta, a)
    @inbounds @simd for k in eachindex(delta, a)
        delta[k] *= ifelse(a[k] > 0, one(a[k]), zero(a[k]))
    end
end

activate!(a, z, hidden) = hidden == "sigmoid" ? sigmoid!(a, z) : hidden == "tanh" ? tanh!(a, z) : relu!(a, z)

times_slope!(delta, a, hidden) = hidden == "sigmoid" ? times_sigmoid_slope!(delta, a) :
                                 hidden == "tanh" ? times_tanh_slope!(delta, a) : times_relu_slope!(delta, a)

"a = exp(z) / Σ exp(z), shifted by the largest logit"
function softmax!(a, z)
    top, total = maximum(z), zero(eltype(z))
    for j in eachindex(a, z)
        a[j] = exp(z[j] - top)
        total += a[j]
    end
    for j in eachindex(a)
        a[j] /= total
    end
end

"a = x; pixel by pixel, images come from 0"
function gather!(a, X, image)
    @inbounds for i in eachindex(a)
        a[i] = X[i, image+1]
    end
end

"z = W a + b"
function logits!(z, W, a, b)
    @inbounds for j in eachindex(z, b)
        z[j] = b[j]
    end
    @inbounds for i in eachindex(a)
        @simd for j in eachindex(z)
            z[j] += a[i] * W[j, i]
        end
    end
end

"z = W a + b, a of the next layer = φ(z); the last layer by the problem's output"
function forward!(network)
    problem, last = network.problem, length(network.W)
    for l in 1:last
        logits!(network.z[l], network.W[l], network.a[l], network.b[l])
        l < last && activate!(network.a[l+1], network.z[l], problem.hidden)
    end
    softmax = problem.output == "softmax cross_entropy"
    softmax ? softmax!(network.a[end], network.z[end]) : sigmoid!(network.a[end], network.z[end])
end

"delta = a − y, with the quadratic loss (a − y) ∘ a ∘ (1 − a)"
function output_delta!(delta, a, y, output)
    for j in eachindex(delta, a)
        delta[j] = a[j] - (j == y)
    end
    output == "sigmoid quadratic" && times_sigmoid_slope!(delta, a)
end

"dW += delta aᵀ, db += delta"
function add_gradient!(dW, db, delta, a)
    @inbounds for i in eachindex(a)
        @simd for j in eachindex(delta)
            dW[j, i] += delta[j] * a[i]
        end
    end
    @inbounds for j in eachindex(db, delta)
        db[j] += delta[j]
    end
end

"before = Wᵀ delta"
function delta_before!(before, W, delta)
    @inbounds for i in eachindex(before)
        total = zero(eltype(before))
        for j in eachindex(delta)
            total += W[j, i] * delta[j]
        end
        before[i] = total
    end
end

"delta of the output, then layer by layer the gradients and delta[l−1] = (W[l]ᵀ delta[l]) ∘ φ′"
function backward!(network, y)
    problem = network.problem
    output_delta!(network.delta[end], network.a[end], y, problem.output)
    for l in length(network.W):-1:1
        add_gradient!(network.dW[l], network.db[l], network.delta[l], network.a[l])
        if l > 1
            delta_before!(network.delta[l-1], network.W[l], network.delta[l])
            times_slope!(network.delta[l-1], network.a[l], problem.hidden)
        end
    end
end

"The loss of a sample; from the logits where log a would be −Inf as a rounds to 0"
function loss(z, a, y, output)
    if output == "sigmoid quadratic"   # ½ Σ (a − y)²
        sum((Float64(a[j]) - (j == y))^2 for j in eachindex(a)) / 2
    elseif output == "sigmoid log"     # Σ log(1 + exp(z)) − y z
        sum(max(Float64(z_j), 0) + log1p(exp(-abs(Float64(z_j)))) for z_j in z) - z[y]
    else                               # log Σ exp(z) − z of the label
        top = Float64(maximum(z))
        top + log(sum(exp(z_j - top) for z_j in z)) - z[y]
    end
end

"W ← W − η R dW; dW ← 0"
function plain_rule!(W, dW, eta, R)
    @inbounds @simd for k in eachindex(W, dW)
        W[k] -= eta * R * dW[k]
        dW[k] = 0
    end
end

"Δ = η (R dW + λ₂ W + λ₁ sign W), W ← W − (Δ + μ Δ_prev), Δ_prev ← Δ; dW ← 0"
function full_rule!(W, dW, previous, eta, R, momentum, l1, l2)
    @inbounds @simd for k in eachindex(W, dW, previous)
        change = eta * (R * dW[k] + l2 * W[k] + l1 * sign(W[k]))
        W[k] -= change + momentum * previous[k]
        previous[k] = change
        dW[k] = 0
    end
end

"Every layer; biases without the penalties"
function update!(network, eta, R)
    p = network.problem
    for l in eachindex(network.W)
        if p.has_plain_update
            plain_rule!(network.W[l], network.dW[l], eta, R)
            plain_rule!(network.b[l], network.db[l], eta, R)
        else
            full_rule!(network.W[l], network.dW[l], network.dW_previous[l], eta, R, p.momentum, p.l1, p.l2)
            full_rule!(network.b[l], network.db[l], network.db_previous[l], eta, R, p.momentum, zero(p.l1), zero(p.l2))
        end
    end
end

"Each image of the mini-batch once forward and back, then the update; the sum of the losses before it"
function step!(network, batch, eta, R, records_loss)
    batch_loss, output = 0.0, network.problem.output
    for image in batch
        phase(:gather)
        gather!(network.a[1], network.X, image)
        y = 1 + network.labels[image+1]
        phase(:forward)
        forward!(network)
        if records_loss
            phase(:loss)
            batch_loss += loss(network.z[end], network.a[end], y, output)
        end
        phase(:backward)
        backward!(network, y)
    end
    phase(:update)
    update!(network, eta, R)
    batch_loss
end

function train!(network, order, eta, R, losses)
    for step in axes(order, 2)
        batch_loss = step!(network, view(order, :, step), eta[step], R, !isempty(losses))
        isempty(losses) || (losses[step] = R * batch_loss)
    end
end

end
