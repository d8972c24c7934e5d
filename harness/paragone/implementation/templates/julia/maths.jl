# One SGD step with samples in columns: `step!`, and below it the formulas, top to bottom in the order of a step.
#
# X (D, B), Y (C, B), W[l] (fan_out, fan_in), b[l] (fan_out), A[l] and delta (fan_out, B); A[1] = X.
# R scales the sum over the mini-batch; eta is the learning rate. T is Float32 or Float64.
#
# The harness calls load, reset!, train! and params, at the end. Change a formula, then ask
# `paragone verify starter_name_process` whether it is still the same step.

module StarterNameMaths

phase(name) = nothing   # marks where a phase begins; Julia compiles it away, and a profile puts a clock here

# All of it is timed, the gathering of the mini-batch included. Change first: `forward` and `backward`.

# One SGD step on the images `batch`, in place. Returns their loss before the update, or 0.
function step!(network, batch, eta, R, records_loss)
    hidden, output = network.hidden, network.output
    phase(:gather)
    X, Y = gather(network, batch)
    phase(:forward)
    Z, A = forward(X, network.W, network.b, hidden, output)
    records_loss && phase(:loss)
    batch_loss = records_loss ? R * loss(Z, A[end], Y, output) : zero(R)
    phase(:backward)
    dW, db = backward(A, Y, network.W, R, hidden, output)
    phase(:update)
    update!(network, dW, db, eta)
    batch_loss
end

# X[:, batch], Y[:, batch]; indices count from 0
gather(network, batch) = network.X[:, batch .+ 1], network.Y[:, batch .+ 1]

sigmoid(z) = 1 / (1 + exp(-z))

# exp(Z) / sum over the classes, shifted by the largest logit of each sample, so that exp cannot overflow
function softmax(Z)
    E = exp.(Z .- maximum(Z, dims=1))
    E ./ sum(E, dims=1)
end

hidden_activation(Z, hidden) = hidden == "sigmoid" ? sigmoid.(Z) : hidden == "tanh" ? tanh.(Z) : max.(Z, 0)

# Its derivative, written in A: A (1 - A), 1 - A^2, or 1 where A > 0
slope(A, hidden) = hidden == "sigmoid" ? A .* (1 .- A) : hidden == "tanh" ? 1 .- A .^ 2 : A .> 0

# Z = W A + b, A from Z; in the last layer by the problem's output
function forward(X, W, b, hidden, output)
    A = [X]
    Z = X
    for l in eachindex(W)
        Z = W[l] * A[l] .+ b[l]
        l < length(W) && push!(A, hidden_activation(Z, hidden))
    end
    push!(A, output == "softmax cross_entropy" ? softmax(Z) : sigmoid.(Z))
    Z, A
end

# From the logits, as log A would be -Inf where A rounds to 0
function loss(Z, A, Y, output)
    if output == "sigmoid quadratic"   # sum (A - Y)^2 / 2
        sum((A .- Y) .^ 2) / 2
    elseif output == "sigmoid log"     # sum log(1 + exp(Z)) - Y Z
        sum(max.(Z, 0) .+ log1p.(exp.(.-abs.(Z))) .- Y .* Z)
    else                               # sum log(sum exp(Z)) - Y Z
        Z = Z .- maximum(Z, dims=1)
        sum(log.(sum(exp.(Z), dims=1))) - sum(Y .* Z)
    end
end

# A - Y, with the quadratic loss times A (1 - A)
output_delta(A, Y, output) = output == "sigmoid quadratic" ? (A .- Y) .* A .* (1 .- A) : A .- Y

# dW = R delta A', db = R sum delta, delta <- W' delta times the slope, from the last layer to the first
function backward(A, Y, W, R, hidden, output)
    delta = output_delta(A[end], Y, output)
    dW, db = similar(W), similar(W, Vector{eltype(delta)})
    for l in reverse(eachindex(W))
        dW[l] = R .* (delta * A[l]')
        db[l] = R .* vec(sum(delta, dims=2))
        if l > 1
            delta = (W[l]' * delta) .* slope(A[l], hidden)
        end
    end
    dW, db
end

# Every layer; no penalties on the biases
function update!(network, dW, db, eta)
    for l in eachindex(dW)
        move!(network.W[l], network.dW_previous[l], dW[l], eta, network.momentum, network.l1, network.l2)
        move!(network.b[l], network.db_previous[l], db[l], eta, network.momentum, zero(eta), zero(eta))
    end
end

# d = eta (gradient + l2 theta + l1 sign(theta)), theta <- theta - (d + momentum previous), previous <- d
function move!(theta, previous, gradient, eta, momentum, l1, l2)
    d = eta .* (gradient .+ l2 .* theta .+ l1 .* sign.(theta))
    theta .-= d .+ momentum .* previous
    previous .= d
end

# What the harness calls. Only train! is timed.

mutable struct Network{T}
    X::Matrix{T}            # the training set, (D, N)
    Y::Matrix{T}            # its labels, one-hot, (C, N)
    hidden::String
    output::String
    momentum::T
    l1::T
    l2::T
    W::Vector{Matrix{T}}
    b::Vector{Vector{T}}
    dW_previous::Vector{Matrix{T}}
    db_previous::Vector{Vector{T}}
end

function load(problem, X::Matrix{T}, labels) where {T}
    Y = T[label == class for class in 0:problem.layers[end]-1, label in labels]
    none = (Matrix{T}[], Vector{T}[])
    coefficients = (problem.momentum, problem.l1, problem.l2)
    Network{T}(X, Y, problem.hidden, problem.output, coefficients..., none..., none...)
end

function reset!(network, W, b, dW, db)
    network.W, network.b, network.dW_previous, network.db_previous = copy.(W), copy.(b), copy.(dW), copy.(db)
    nothing
end

# A step per column of `order`; losses is empty where none are asked for
function train!(network, order, eta, R, losses)
    records_loss = !isempty(losses)
    for k in axes(order, 2)
        loss_k = step!(network, order[:, k], eta[k], R, records_loss)
        records_loss && (losses[k] = loss_k)
    end
end

params(network) = network.W, network.b, network.dW_previous, network.db_previous

end
