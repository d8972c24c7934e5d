# One SGD step with samples in columns, as one writes it in Julia: broadcasting, column slices, updates in place.
#
# X (D, B), Y (C, B), W[l] (fan_out, fan_in), b[l] (fan_out,), A[l] and delta (fan_out, B), A[1] = X.
# R scales the sum over the mini-batch; eta is the learning rate; φ is the problem's hidden activation.
#
# Where a step goes (nielsen, 10 images, float32, one thread of an EPYC with AVX-512, Julia 1.5.3): of 82 µs the products
# of the first layer take 22. dW is written by its product, written again times R, and read by the update: 17 more, and
# 184 kB of new arrays. Taken again and again on the same images, the step takes 54: the other 28 are images that come
# from anywhere in memory, into caches that the new arrays have filled. The garbage collector takes 5. julia_views keeps
# its arrays.
#
# Longer than 100 lines: it holds the output layers, too, and what the harness calls.

module BroadcastStep  # Broadcast alone is a module of Julia itself

phase(name) = nothing  # from here on it is this phase of the step; only a profile puts a clock in its place

mutable struct Network{T}
    problem
    X::Matrix{T}
    Y::Matrix{T}
    W::Vector{Matrix{T}}
    b::Vector{Vector{T}}
    dW_previous::Vector{Matrix{T}}
    db_previous::Vector{Vector{T}}
end

"Y = one-hot columns"
one_hot(T, labels, n_classes) = T[label == class for class in 0:n_classes-1, label in labels]

load(problem, X::Matrix{T}, labels) where {T} =
    Network{T}(problem, X, one_hot(T, labels, problem.layers[end]), [], [], [], [])

function reset!(network, W, b, dW, db)
    network.W, network.b, network.dW_previous, network.db_previous = W, b, dW, db
end

params(network) = (network.W, network.b, network.dW_previous, network.db_previous)

"1 / (1 + exp(−z))"
sigmoid(z) = 1 / (1 + exp(-z))

"exp(Z) / Σ_classes exp(Z), shifted by the largest logit of each sample"
function softmax(Z)
    E = exp.(Z .- maximum(Z, dims=1))
    E ./ sum(E, dims=1)
end

sigmoids(Z) = sigmoid.(Z)

tanhs(Z) = tanh.(Z)

"max(Z, 0)"
relu(Z) = max.(Z, 0)

"A ∘ (1 − A)"
sigmoid_slope(A) = A .* (1 .- A)

"1 − A²"
tanh_slope(A) = 1 .- A .^ 2

"1 where A > 0, else 0"
relu_slope(A) = A .> 0

const HIDDEN = Dict("sigmoid" => (sigmoids, sigmoid_slope), "tanh" => (tanhs, tanh_slope), "relu" => (relu, relu_slope))

"(A − Y) ∘ A ∘ (1 − A)"
quadratic_delta(A, Y) = (A .- Y) .* A .* (1 .- A)

"A − Y: sigmoid with log loss, softmax with cross-entropy"
difference_delta(A, Y) = A .- Y

"½ Σ (A − Y)²"
quadratic_loss(Z, A, Y) = sum(abs2, A .- Y) / 2

"Σ log(1 + exp(Z)) − Y∘Z, from the logits: log A would be −Inf where A rounds to 0"
log_loss(Z, A, Y) = sum(max.(Z, 0) .+ log1p.(exp.(.-abs.(Z))) .- Y .* Z)

"Σ log Σ_classes exp(Z) − Y∘Z, from the logits"
function cross_entropy(Z, A, Y)
    top = maximum(Z, dims=1)
    sum(top .+ log.(sum(exp.(Z .- top), dims=1))) - sum(Y .* Z)
end

const OUTPUTS = Dict(
    "sigmoid quadratic" => (sigmoids, quadratic_delta, quadratic_loss),
    "sigmoid log" => (sigmoids, difference_delta, log_loss),
    "softmax cross_entropy" => (softmax, difference_delta, cross_entropy),
)

function train!(network, order, eta, R, losses)
    hidden, output = HIDDEN[network.problem.hidden], OUTPUTS[network.problem.output]
    for k in 1:size(order, 2)
        loss = step!(network, hidden, output, order[:, k], eta[k], R, !isempty(losses))
        isempty(losses) || (losses[k] = loss)
    end
end

"The images `batch`, once forward and back, and the update; the loss is that from before it"
function step!(network, (hidden_activation, slope), output, batch, eta, R, records_loss)
    activation, output_delta, batch_loss = output
    phase(:gather)
    X, Y = gather(network.X, network.Y, batch)
    phase(:forward)
    Z, A = forward(X, network.W, network.b, hidden_activation, activation)
    records_loss && phase(:loss)
    loss = records_loss ? R * batch_loss(Z, A[end], Y) : zero(R)
    phase(:backward)
    dW, db = backward(A, output_delta(A[end], Y), network.W, R, slope)
    phase(:update)
    update!(network, dW, db, eta)
    loss
end

"X[:, batch], Y[:, batch]; indices come from 0"
function gather(X, Y, batch)
    batch = batch .+ 1
    X[:, batch], Y[:, batch]
end

"Z = W[l] A[l] + b[l], A[l+1] = φ(Z); the last layer by the problem's output"
function forward(X, W, b, hidden_activation, activation)
    A = [X]
    for l in 1:length(W)-1
        push!(A, hidden_activation(W[l] * A[l] .+ b[l]))
    end
    Z = W[end] * A[end] .+ b[end]
    Z, push!(A, activation(Z))
end

"dW[l] = R delta A[l]ᵀ, db[l] = R Σ_batch delta, delta ← W[l]ᵀ delta ∘ φ′(Z[l−1])"
function backward(A, delta, W, R, slope)
    dW, db = similar(W), similar(W, Vector{typeof(R)})
    for l in length(W):-1:1
        dW[l] = R .* (delta * A[l]')
        db[l] = R .* vec(sum(delta, dims=2))
        if l > 1
            delta = (W[l]' * delta) .* slope(A[l])
        end
    end
    dW, db
end

"W ← W − η dW, b ← b − η db; another rule where the problem has momentum or penalties"
function update!(network, dW, db, eta)
    network.problem.has_plain_update || return update_with_momentum!(network, dW, db, eta)
    for l in 1:length(dW)
        network.W[l] .-= eta .* dW[l]
        network.b[l] .-= eta .* db[l]
    end
end

"Δ = η (dW + λ₂ W + λ₁ sign W), W ← W − (Δ + μ Δ_prev), Δ_prev ← Δ; biases without the penalties"
function update_with_momentum!(network, dW, db, eta)
    problem = network.problem
    for l in 1:length(dW)
        change = eta .* (dW[l] .+ problem.l2 .* network.W[l] .+ problem.l1 .* sign.(network.W[l]))
        network.W[l] .-= change .+ problem.momentum .* network.dW_previous[l]
        network.dW_previous[l] = change
        change = eta .* db[l]
        network.b[l] .-= change .+ problem.momentum .* network.db_previous[l]
        network.db_previous[l] = change
    end
end

"The class of the largest logit of each sample, from 0"
function predict(network, X)
    hidden_activation, _ = HIDDEN[network.problem.hidden]
    activation, _ = OUTPUTS[network.problem.output]
    Z, _ = forward(X, network.W, network.b, hidden_activation, activation)
    UInt8[argmax(z) - 1 for z in eachcol(Z)]
end

end
