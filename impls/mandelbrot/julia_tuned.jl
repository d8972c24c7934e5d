# A few vectors of points at a time, until the last of them has left: what has left goes on to infinity.
# On an EPYC with AVX2 it was two to three times as fast as julia_loops.
# Columns come first in Julia: counts[:, i] is row i of the grid.
module Tuned

const POINTS = 16

function run(n, limit, x, y, counts)
    places, re, im, stayed = (zeros(eltype(x), POINTS) for _ in 1:4)
    for i in 1:n, first in 1:POINTS:n
        some = first:min(first + POINTS - 1, n)
        fill!(places, 3)  # leaves at once
        copyto!(places, 1, x, first, length(some))
        iterations!(stayed, re, im, places, y[i], limit)
        for (p, j) in enumerate(some)
            counts[j, i] = unsafe_trunc(Int32, stayed[p])
        end
    end
end

function iterations!(stayed, re, im, x, y, limit)
    fill!(stayed, 0)
    copyto!(re, x)
    fill!(im, y)
    for _ in 1:limit
        inside = zero(y)
        @inbounds @simd for p in 1:POINTS
            re_square, im_square = re[p]^2, im[p]^2
            stays = ifelse(re_square + im_square <= 4, one(y), zero(y))  # never true of what has overflowed
            stayed[p] += stays
            inside += stays
            im[p] = 2 * re[p] * im[p] + y
            re[p] = re_square - im_square + x[p]
        end
        inside == 0 && break
    end
end

end
