# A Julia of its own: julia runner.jl MATHS.jl speaks the process protocol (docs/process.md) on standard input and output.

include("network.jl")

const path = abspath(ARGS[1])
include("messages.jl")

function load(fields, maths)
    T = text(fields, "dtype") == "float32" ? Float32 : Float64
    layers = parse.(Int64, split(text(fields, "layers")))
    coefficients = (number(Float64, fields, key) for key in ("momentum", "l1", "l2"))
    images = reshape(array(T, fields, "images"), layers[1], :)  # rows of pixels in C order are columns here
    records_loss = text(fields, "losses") == "1"
    hidden = haskey(fields, "hidden") ? text(fields, "hidden") : "sigmoid"
    # The file's functions are younger than this one: invokelatest lets it call them.
    Base.invokelatest(Paragone.load, maths, T, layers, hidden, text(fields, "output"), coefficients...,
                      records_loss, images, fields["labels"])
end

function train(session, fields)
    order = reshape(array(Int64, fields, "order"), number(Int, fields, "batch"), :)
    losses = zeros(session.problem.records_loss ? size(order, 2) : 0)
    eta, R = array(Float64, fields, "eta"), number(Float64, fields, "R")
    began_ns = time_ns()
    Base.invokelatest(Paragone.train!, session, order, eta, R, losses)
    "began_ns" => string(Int64(began_ns)), "ended_ns" => string(Int64(time_ns())), "losses" => losses
end

function clocked_train(session, fields, clock)
    Paragone.start!(clock)
    answered = train(session, fields)
    Paragone.enter!(clock, Paragone.NO_PHASE)
    (answered..., "phases" => Paragone.times(clock))
end

# The fields that answer a message. `state` lasts from one message to the next: session, length of the state, clock.
function answer(verb, fields, state)
    if verb == "version"
        return Paragone.identification()
    elseif verb == "load"
        delete!(state, :session)  # it may come again, and one training set in memory is enough
        if get(fields, "phases", UInt8[]) == b"1"
            state[:clock] = Paragone.PhaseClock()
            state[:session] = load(fields, Paragone.clocked_maths(path, state[:clock]))
        else
            delete!(state, :clock)
            state[:session] = load(fields, Paragone.read_once(path))
        end
    elseif verb == "reset"
        vector = array(Float64, fields, "state")
        state[:numbers] = length(vector)
        Paragone.uncollected(() -> Base.invokelatest(Paragone.reset!, state[:session], vector))
    elseif verb == "train"
        haskey(state, :clock) && return clocked_train(state[:session], fields, state[:clock])
        return train(state[:session], fields)
    elseif verb == "params"
        vector = zeros(state[:numbers])
        Paragone.uncollected(() -> Base.invokelatest(Paragone.params!, state[:session], vector))
        return ("state" => vector,)
    elseif verb == "test"
        session = state[:session]
        state[:test] = reshape(array(Paragone.number_type(session), fields, "images"), session.problem.layers[1], :)
    elseif verb == "predict"
        return ("classes" => Base.invokelatest(Paragone.predict, state[:session], state[:test]),)
    else
        error("unknown verb $verb")
    end
    ()
end

serve(answer, path)
