# Julia counts from 1, the indices from 0.
module Loops

function run(n, k, indptr, indices, data, x, y)
    @inbounds for i in 1:n
        sum = zero(eltype(y))
        for e in indptr[i]+1:indptr[i+1]
            sum += data[e] * x[indices[e]+1]
        end
        y[i] = sum
    end
end

end
