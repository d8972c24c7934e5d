"use strict";
// The process protocol, for programs that run under Node.js. Of a kernel:
//
//     require("paragone").serve({
//         run(n, d, X, D) { ... },      // the sizes, then the arrays as typed arrays, one row after the other
//         setup(n, d) { ... },          // optional: once for each size, before the calls, untimed
//     });
//
// Of networks, a function for each message of docs/process.md, from its fields to those of the answer:
//
//     require("paragone").answer({ version() { ... }, load(message) { ... }, reset ..., train ..., params ... });
//
// The program's standard output belongs to the protocol: print to standard error (console.error).

const fs = require("fs");

const ARRAYS = {
    float32: Float32Array,
    float64: Float64Array,
    int32: Int32Array,
    int64: BigInt64Array,
    uint8: Uint8Array,
};

let buffered = Buffer.alloc(0);

// The next bytes of standard input, at least n of them in `buffered`; false where it has ended before.
function fill(n) {
    if (buffered.length >= n) return true;
    const whole = Buffer.allocUnsafe(Math.max(65536, n));
    let have = buffered.copy(whole);
    let read = 1;
    while (have < n && read > 0) {
        try {
            read = fs.readSync(0, whole, have, whole.length - have, null);
        } catch (error) {
            if (error.code === "EAGAIN") continue;
            if (error.code === "EOF") read = 0;
            else throw error;
        }
        have += read;
    }
    buffered = whole.subarray(0, have);
    return have >= n;
}

function readUntilColon() {
    let colon = buffered.indexOf(":");
    while (colon < 0) {
        if (!fill(buffered.length + 1)) return null;
        colon = buffered.indexOf(":");
    }
    const text = buffered.toString("latin1", 0, colon);
    buffered = buffered.subarray(colon + 1);
    return text;
}

// The fields of the next message by key, or null at the end of the input.
function readMessage() {
    const fields = {};
    for (;;) {
        const key = readUntilColon();
        if (key === null) return null;
        const length = Number(readUntilColon());
        if (!fill(length + 1)) return null;
        if (key === "end") {
            buffered = buffered.subarray(length + 1);
            return fields;
        }
        fields[key] = buffered.subarray(0, length);
        buffered = buffered.subarray(length + 1);
    }
}

function writeAll(bytes) {
    for (let written = 0; written < bytes.length; ) {
        try {
            written += fs.writeSync(1, bytes, written);
        } catch (error) {
            if (error.code !== "EAGAIN") throw error;
        }
    }
}

function writeMessage(fields) {
    const parts = [];
    for (const [key, value] of [...Object.entries(fields), ["end", ""]]) {
        const raw = Buffer.isBuffer(value) ? value : Buffer.from(String(value));
        parts.push(Buffer.from(`${key}:${raw.length}:`), raw, Buffer.from("\n"));
    }
    writeAll(Buffer.concat(parts));
}

// A typed array of its own memory with these bytes.
function typed(kind, bytes) {
    const array = new ARRAYS[kind](bytes.length / ARRAYS[kind].BYTES_PER_ELEMENT);
    Buffer.from(array.buffer).set(bytes);
    return array;
}

// The loop over the calls, written out for this number of arguments: a call with `...slot` would copy them each time.
function loopFor(nSizes, nArrays) {
    const sizes = Array.from({ length: nSizes }, (_, i) => `s${i}`);
    const given = [...sizes, ...Array.from({ length: nArrays }, (_, i) => `slot[${i}]`)].join(", ");
    return new Function(
        "run", "sizes", "slots", "order",
        `"use strict"; const [${sizes.join(", ")}] = sizes;
         for (let i = 0; i < order.length; i++) { const slot = slots[order[i]]; run(${given}); }`
    );
}

exports.VERSION = `Node.js ${process.version}, V8 ${process.versions.v8}`;
exports.typed = typed;

// Answer messages until standard input ends, each by the function of its verb.
exports.answer = function (verbs) {
    for (let message = readMessage(); message !== null; message = readMessage()) {
        const verb = message.do.toString();
        let answer;
        try {
            answer = verbs[verb] ? verbs[verb](message) : { error: `unknown verb ${verb}` };
        } catch (error) {
            const line = String(error.stack).split("\n").find((text) => text.includes(process.argv[1])) || "";
            answer = { error: `${error.name}: ${error.message} ${line.trim()}` };
        }
        writeMessage(answer);
    }
};

exports.serve = function (kernel) {
    let sizes, arrays, slots, loop;

    exports.answer({
        version: () => ({ protocol: 1, version: exports.VERSION, threads: 1 }),
        load(message) {
            sizes = message.sizes.toString().split(" ").filter(Boolean).map((text) => Number(text.split("=")[1]));
            arrays = message.arrays.toString().split("\n").map((line) => {
                const [name, , kind] = line.split(" ");
                return { name, kind };
            });
            loop = loopFor(sizes.length, arrays.length);
            if (kernel.setup) kernel.setup(...sizes);
            return {};
        },
        reset(message) {
            const n = Number(message.slots.toString());
            slots = Array.from({ length: n }, (_, i) =>
                arrays.map(({ name, kind }) => {
                    const width = message[name].length / n;
                    return typed(kind, message[name].subarray(i * width, (i + 1) * width));
                })
            );
            return {};
        },
        run(message) {
            const order = typed(message.order.length === Number(message.calls.toString()) ? "uint8" : "int32", message.order);
            const began = process.hrtime.bigint();
            loop(kernel.run, sizes, slots, order);
            return { began_ns: began, ended_ns: process.hrtime.bigint() };
        },
        result(message) {
            const wanted = Array.from(typed("int32", message.slots));
            const bytes = (array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);
            return Object.fromEntries(
                arrays.map(({ name }, place) => [name, Buffer.concat(wanted.map((slot) => bytes(slots[slot][place])))])
            );
        },
    });
};
