# Columns come first in Julia: A[k, i] is number k of row i, and the inner loop is over j.
module Loops

function run(n, A, B, C)
    fill!(C, 0)
    @inbounds for i in 1:n, k in 1:n
        a = A[k, i]
        @simd for j in 1:n
            C[j, i] += a * B[j, k]
        end
    end
end

end
