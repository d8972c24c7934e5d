# A Julia of its own for a kernel: julia kernel_runner.jl FILE.jl speaks the process protocol as docs/kernel-implementations.md has it.

include("calls.jl")

const path = abspath(ARGS[1])
const NOTED = 64  # numbers of a sample
include("messages.jl")

# Of each slot in turn, what one field holds of an array.
function arrays(fields, (name, T, size), n_slots)
    numbers = reshape(array(T, fields, name), size..., n_slots)
    [copy(selectdim(numbers, ndims(numbers), i)) for i in 1:n_slots]
end

function reset!(state, fields)
    n_slots = number(Int, fields, "slots")
    columns = [arrays(fields, wanted, n_slots) for wanted in state[:arrays]]
    slots = [Tuple(column[i] for column in columns) for i in 1:n_slots]
    state[:slots], state[:noted] = slots, noted(slots, UInt8[0])  # compiled here: the clock of a sample runs on
    state[:kernel] = Base.invokelatest(Calls.kernel, Paragone.read_once(path), state[:sizes], slots, state[:workspace])
end

function run(kernel, order)
    began_ns = time_ns()
    Base.invokelatest(Calls.calls, kernel, order)
    "began_ns" => string(Int64(began_ns)), "ended_ns" => string(Int64(time_ns()))
end

# Numbers at random places of slots that were called: as they are when the clock stops, they must be given out.
function noted(slots, order)
    map(1:(isempty(order) ? 0 : NOTED)) do _
        slot = Int(rand(order)) + 1
        k = rand(1:length(slots[slot]))
        i = rand(1:length(slots[slot][k]))
        slot, k, i, slots[slot][k][i]
    end
end

function result(state, fields)
    all(state[:slots][slot][k][i] === x for (slot, k, i, x) in state[:noted]) || error(
        "its results change after the last call has returned: a task or a thread is still at work; wait for it in the call",
    )
    wanted = array(Int32, fields, "slots")
    map(enumerate(state[:arrays])) do (k, (name, T, _))
        name => reduce(vcat, [reinterpret(UInt8, vec(state[:slots][slot+1][k])) for slot in wanted]; init=UInt8[])
    end
end

function answer(verb, fields, state)
    if verb == "version"
        return Paragone.identification()
    elseif verb == "load"
        state[:sizes] = Calls.sizes_of(text(fields, "sizes"))
        state[:arrays] = Calls.arrays_of(text(fields, "arrays"))
        state[:workspace] = Base.invokelatest(Calls.workspace, Paragone.read_once(path), state[:sizes])
    elseif verb == "reset"
        Paragone.uncollected(() -> reset!(state, fields))
    elseif verb == "run"
        is_short = length(fields["order"]) == number(Int, fields, "calls")
        order = is_short ? fields["order"] : array(Int32, fields, "order")
        times = run(state[:kernel], order)
        state[:noted] = noted(state[:slots], order)
        return times
    elseif verb == "result"
        return result(state, fields)
    else
        error("unknown verb $verb")
    end
    ()
end

serve(answer, path)
