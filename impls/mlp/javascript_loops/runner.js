"use strict";
// What the harness asks of the program (docs/process.md): it keeps the network on which loops.js takes its steps.

const { answer, typed, VERSION } = require("paragone");
const { step } = require("./loops");
const { HIDDEN, OUTPUTS } = require("./outputs");

const PHASES = ["gather", "forward", "loss", "backward", "update"];
let net; // of the last load
let numbersOf; // the kind of typed array that holds them

answer({
    version: () => ({ protocol: 1, version: VERSION, threads: 1 }),

    load(message) {
        const dtype = message.dtype.toString();
        const fan = message.layers.toString().split(" ").map(Number), behind = fan.slice(1);
        numbersOf = dtype === "float32" ? Float32Array : Float64Array;
        const neurons = (sizes) => sizes.map((n) => new numbersOf(n));
        const weights = () => behind.map((n, l) => new numbersOf(fan[l] * n));
        const [momentum, l1, l2] = ["momentum", "l1", "l2"].map((key) => Number(message[key].toString()));
        net = {
            fan, momentum, l1, l2,
            X: typed(dtype, message.images), labels: typed("uint8", message.labels),
            hidden: HIDDEN[message.hidden.toString()], output: OUTPUTS[message.output.toString()],
            hasPlainUpdate: momentum === 0 && l1 === 0 && l2 === 0, recordsLoss: message.losses.toString() === "1",
            W: weights(), b: neurons(behind), dW: weights(), db: neurons(behind),
            dWPrevious: weights(), dbPrevious: neurons(behind),
            z: neurons(behind), a: neurons(fan), delta: neurons(behind),
            enter() {}, // from here on it is this phase of the step; only a profile puts a clock in its place
        };
        if (message.phases) putClock(net);
        return {};
    },

    reset(message) {
        walk(typed("float64", message.state), (state, place, array, k) => (array[k] = state[place]));
        return {};
    },

    train(message) {
        const order = typed("int64", message.order), eta = typed("float64", message.eta);
        const B = Number(message.batch.toString()), R = Number(message.R.toString());
        const losses = new Float64Array(eta.length);
        const began = process.hrtime.bigint();
        if (net.times) net.enter("start");
        for (let k = 0; k < eta.length; k++) losses[k] = R * step(net, order.subarray(k * B, (k + 1) * B), eta[k], R);
        const ended = process.hrtime.bigint();
        return {
            began_ns: began, ended_ns: ended,
            ...(net.recordsLoss && { losses: Buffer.from(losses.buffer) }),
            ...(net.times && { phases: net.times() }),
        };
    },

    params() {
        const state = new Float64Array(2 * net.W.reduce((sum, W, l) => sum + W.length + net.b[l].length, 0));
        walk(state, (state, place, array, k) => (state[place] = array[k]));
        return { state: Buffer.from(state.buffer) };
    },
});

// Visit each number of the state with its place in W, b and the previous updates: W of the harness is (fan_out, fan_in).
function walk(state, visit) {
    let place = 0;
    for (const [weights, biases] of [[net.W, net.b], [net.dWPrevious, net.dbPrevious]])
        weights.forEach((W, l) => {
            const fanIn = net.fan[l], fanOut = net.fan[l + 1];
            for (let j = 0; j < fanOut; j++)
                for (let i = 0; i < fanIn; i++) visit(state, place++, W, i * fanOut + j);
            for (let j = 0; j < fanOut; j++) visit(state, place++, biases[l], j);
        });
}

// Let each phase note how long the one before it took.
function putClock(net) {
    let ns = {}, phase = "", since = 0n;
    net.enter = (next) => {
        const now = process.hrtime.bigint();
        if (next === "start") ns = Object.fromEntries(PHASES.map((name) => [name, 0n]));
        else if (phase) ns[phase] += now - since;
        [phase, since] = [next === "start" ? "" : next, now];
    };
    net.times = () => {
        net.enter("");
        return PHASES.filter((name) => ns[name] > 0n).map((name) => `${name} ${ns[name]}`).join(" ");
    };
}
