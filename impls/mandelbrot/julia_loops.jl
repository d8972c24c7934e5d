# Columns come first in Julia: counts[:, i] is row i of the grid.
module Loops

function run(n, limit, x, y, counts)
    @inbounds for i in 1:n, j in 1:n
        counts[j, i] = iterations(complex(x[j], y[i]), limit)
    end
end

function iterations(c, limit)
    z = c
    for k in 0:limit-1
        abs2(z) > 4 && return k
        z = z * z + c
    end
    limit
end

end
