# Columns come first in Julia: X[:, i] is row i of X, a point.
module Loops

function run(n, d, X, D)
    @inbounds for i in 1:n, j in 1:n
        squares = zero(eltype(X))
        for k in 1:d
            squares += (X[k, i] - X[k, j])^2
        end
        D[j, i] = sqrt(squares)
    end
end

end
