# SparseArrays has compressed columns, counted from 1: so these rows are columns of the transpose, in copied indices.
module Sparse

using LinearAlgebra, SparseArrays

setup(n, k) = zeros(Int32, n + 1), zeros(Int32, n * k)

function run(n, k, indptr, indices, data, x, y, (colptr, rowval))
    colptr .= indptr .+ Int32(1)
    rowval .= indices .+ Int32(1)
    columns = SparseMatrixCSC(n, n, colptr, rowval, data)
    mul!(y, transpose(columns), x)
end

end
