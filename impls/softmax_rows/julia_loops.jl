# Columns come first in Julia: X[:, i] is row i of X.
module Loops

function run(n, m, X, Y)
    @inbounds for i in 1:n
        largest = X[1, i]
        for j in 2:m
            largest = max(largest, X[j, i])
        end
        total = zero(eltype(X))
        for j in 1:m
            Y[j, i] = exp(X[j, i] - largest)
            total += Y[j, i]
        end
        for j in 1:m
            Y[j, i] /= total
        end
    end
end

end
