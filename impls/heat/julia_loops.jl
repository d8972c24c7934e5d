# Columns come first in Julia: the inner loop is over i.
module Loops

function run(n, u, w)
    time_step!(w, u)
    time_step!(u, w)
end

function time_step!(w, u)
    half, eighth = eltype(u)(0.5), eltype(u)(0.125)
    @inbounds for j in 2:size(u, 2)-1
        @simd ivdep for i in 2:size(u, 1)-1
            w[i, j] = half * u[i, j] + eighth * (u[i, j-1] + u[i, j+1] + u[i-1, j] + u[i+1, j])
        end
    end
end

end
