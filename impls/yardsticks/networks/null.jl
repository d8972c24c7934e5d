# Accepts everything and trains nothing: the state that went in comes out.
module Null

mutable struct Network{T}
    state::Tuple{Vararg{Vector}}
    Network{T}() where {T} = new{T}(())
end

load(problem, X::Matrix{T}, labels) where {T} = Network{T}()

function reset!(network, W, b, dW, db)
    network.state = (W, b, dW, db)
    return nothing
end

train!(network, order, eta, R, losses) = nothing

params(network) = network.state

end
