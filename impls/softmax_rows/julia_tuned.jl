# Columns come first in Julia: X[:, i] is row i of X.
module Tuned

function run(n, m, X, Y)
    for i in 1:n
        @views softmax!(Y[:, i], X[:, i])
    end
end

function softmax!(y, x)
    largest = x[1]
    @inbounds @simd for j in eachindex(x) # max would look for NaN
        largest = ifelse(x[j] > largest, x[j], largest)
    end
    @inbounds for j in eachindex(x)
        y[j] = exp(x[j] - largest)
    end
    total = zero(eltype(y))
    @inbounds @simd for j in eachindex(y)
        total += y[j]
    end
    factor = 1 / total
    @inbounds @simd for j in eachindex(y)
        y[j] *= factor
    end
end

end
