# Columns come first in Julia: x[:, i] is body i.
module Loops

function run(n, x, v, m)
    dt = eltype(x)(0.01)
    @inbounds for i in 1:n, j in i+1:n
        dx, dy, dz = x[1, j] - x[1, i], x[2, j] - x[2, i], x[3, j] - x[3, i]
        square = dx^2 + dy^2 + dz^2
        factor = dt / (square * sqrt(square))
        to_i, to_j = factor * m[j], factor * m[i]
        v[1, i] += to_i * dx
        v[2, i] += to_i * dy
        v[3, i] += to_i * dz
        v[1, j] -= to_j * dx
        v[2, j] -= to_j * dy
        v[3, j] -= to_j * dz
    end
    x .+= dt .* v
end

end
