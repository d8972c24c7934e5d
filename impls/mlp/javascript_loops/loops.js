"use strict";
// One SGD step, one sample after the other, in plain loops.
//
// x is an image, y its label; z, a and delta hold the neurons of each layer, a[0] = x. W[l] is fan_in x fan_out, row
// after row in one typed array, so that the innermost loops run over numbers that lie side by side. What is stored in a
// Float32Array is rounded to float32; between two stores all is float64. The step is at the end.
//
// Longer than 100 lines: every product is a loop.

const { outputDelta, loss } = require("./outputs");

// a[0] = x: where it lies, nothing is copied; y
function gather(net, image) {
    const { X, fan, a, labels } = net;
    a[0] = X.subarray(image * fan[0], (image + 1) * fan[0]);
    return labels[image];
}

// z = W' a + b, a of the next layer from z
function forward(net) {
    const { W, b, z, a, hidden, output } = net;
    for (let l = 0; l < W.length; l++) {
        logits(W[l], a[l], b[l], z[l]);
        if (l < W.length - 1) hidden.activation(z[l], a[l + 1]);
        else output.activation(z[l], a[l + 1]);
    }
}

// z = W' a + b
function logits(W, a, b, z) {
    z.set(b);
    for (let i = 0; i < a.length; i++) {
        const a_i = a[i], row = i * z.length;
        for (let j = 0; j < z.length; j++) z[j] += a_i * W[row + j];
    }
}

// delta of the output, then layer by layer the gradients and the delta of the layer before
function backward(net, y) {
    const { W, a, delta, dW, db, hidden, output } = net;
    const last = W.length - 1;
    outputDelta(output, a[last + 1], y, delta[last]);
    for (let l = last; l >= 0; l--) {
        addGradient(a[l], delta[l], dW[l], db[l]);
        if (l > 0) {
            deltaBefore(W[l], delta[l], delta[l - 1]);
            hidden.timesSlope(a[l], delta[l - 1]);
        }
    }
}

// dW += a delta', db += delta
function addGradient(a, delta, dW, db) {
    for (let i = 0; i < a.length; i++) {
        const a_i = a[i], row = i * delta.length;
        for (let j = 0; j < delta.length; j++) dW[row + j] += a_i * delta[j];
    }
    for (let j = 0; j < delta.length; j++) db[j] += delta[j];
}

// delta of the layer before = W delta, without the slope
function deltaBefore(W, delta, before) {
    for (let i = 0; i < before.length; i++) {
        const row = i * delta.length;
        let sum = 0;
        for (let j = 0; j < delta.length; j++) sum += W[row + j] * delta[j];
        before[i] = sum;
    }
}

// W <- W - eta R dW; dW <- 0
function plainRule(W, dW, eta, R) {
    for (let k = 0; k < W.length; k++) {
        W[k] -= eta * R * dW[k];
        dW[k] = 0;
    }
}

// d = eta (R dW + l2 W + l1 sign W), W <- W - (d + momentum d_previous), d_previous <- d; dW <- 0
function fullRule(W, dW, previous, eta, R, momentum, l1, l2) {
    for (let k = 0; k < W.length; k++) {
        const d = eta * (R * dW[k] + l2 * W[k] + l1 * Math.sign(W[k]));
        W[k] -= d + momentum * previous[k];
        previous[k] = d;
        dW[k] = 0;
    }
}

// Every layer; biases without the penalties
function update(net, eta, R) {
    const { W, b, dW, db, dWPrevious, dbPrevious, momentum, l1, l2 } = net;
    for (let l = 0; l < W.length; l++)
        if (net.hasPlainUpdate) {
            plainRule(W[l], dW[l], eta, R);
            plainRule(b[l], db[l], eta, R);
        } else {
            fullRule(W[l], dW[l], dWPrevious[l], eta, R, momentum, l1, l2);
            fullRule(b[l], db[l], dbPrevious[l], eta, R, momentum, 0, 0);
        }
}

// Each image of the mini-batch once forward and back, then the update; the sum of their losses before it
function step(net, batch, eta, R) {
    let batchLoss = 0;
    for (let k = 0; k < batch.length; k++) {
        net.enter("gather");
        const y = gather(net, Number(batch[k]));
        net.enter("forward");
        forward(net);
        if (net.recordsLoss) {
            net.enter("loss");
            batchLoss += loss(net.output, net.z[net.z.length - 1], net.a[net.a.length - 1], y);
        }
        net.enter("backward");
        backward(net, y);
    }
    net.enter("update");
    update(net, eta, R);
    return batchLoss;
}

module.exports = { step };
