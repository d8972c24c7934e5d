module Loops

function run(n, m, x, counts)
    fill!(counts, 0)
    @inbounds for i in 1:n
        counts[trunc(Int, m * x[i]) + 1] += 1
    end
end

end
