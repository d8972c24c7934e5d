# The process protocol (docs/process.md) on standard input and output: for a Julia of its own, which has a module Paragone.

# The protocol has standard output for itself; text that the maths file prints goes to standard error.
const output = open(Libc.dup(RawFD(1)))
redirect_stdout(stderr)

# The fields of the next message, or nothing at the end of the input.
function read_message()
    fields = Dict{String,Vector{UInt8}}()
    while true
        key = readuntil(stdin, ':')
        isempty(key) && return nothing
        value = read(stdin, parse(Int, readuntil(stdin, ':')))
        read(stdin, UInt8)  # the line feed
        key == "end" && return fields
        fields[key] = value
    end
end

function write_message(fields...)
    message = IOBuffer()
    for (key, value) in (fields..., "end" => "")
        write(message, key, ':', string(sizeof(value)), ':', value, '\n')
    end
    write(output, take!(message))
    flush(output)
end

text(fields, key) = String(copy(fields[key]))
number(T, fields, key) = parse(T, text(fields, key))

function array(T, fields, key)
    bytes = fields[key]
    numbers = Vector{T}(undef, length(bytes) ÷ sizeof(T))
    GC.@preserve bytes numbers unsafe_copyto!(Ptr{UInt8}(pointer(numbers)), pointer(bytes), sizeof(numbers))
    numbers
end

# Answer each message by `answer(verb, fields, state)`, which gives the fields of the answer; `state` is its own. What it
# throws is told with its place in the maths file at `path`.
function serve(answer, path)
    state = Dict{Symbol,Any}()
    while (fields = read_message()) !== nothing
        fields_of_answer = try
            answer(text(fields, "do"), fields, state)
        catch thrown
            ("error" => Paragone.description(thrown, catch_backtrace(), path),)
        end
        write_message(fields_of_answer...)
    end
end
