"use strict";
// The three output layers of one sample: logits z, activations a, the label y; and the activations of hidden layers.
//
// Losses come from the logits where log a would be -Infinity as a rounds to 0.

// a = 1 / (1 + exp(-z))
function sigmoid(z, a) {
    for (let j = 0; j < z.length; j++) a[j] = 1 / (1 + Math.exp(-z[j]));
}

// delta <- delta a (1 - a)
function timesSigmoidSlope(a, delta) {
    for (let j = 0; j < a.length; j++) delta[j] *= a[j] * (1 - a[j]);
}

function tanh(z, a) {
    for (let j = 0; j < z.length; j++) a[j] = Math.tanh(z[j]);
}

// delta <- delta (1 - a^2)
function timesTanhSlope(a, delta) {
    for (let j = 0; j < a.length; j++) delta[j] *= 1 - a[j] * a[j];
}

// a = max(z, 0), which keeps NaN
function relu(z, a) {
    for (let j = 0; j < z.length; j++) a[j] = z[j] < 0 ? 0 : z[j];
}

// delta <- delta where a > 0, else 0
function timesReluSlope(a, delta) {
    for (let j = 0; j < a.length; j++) delta[j] *= a[j] > 0 ? 1 : 0;
}

// a = exp(z) / sum exp(z), shifted by the largest logit
function softmax(z, a) {
    const top = Math.max(...z);
    let sum = 0;
    for (let j = 0; j < z.length; j++) sum += a[j] = Math.exp(z[j] - top);
    for (let j = 0; j < z.length; j++) a[j] /= sum;
}

// delta = a - y, with the quadratic loss (a - y) a (1 - a)
function outputDelta(output, a, y, delta) {
    for (let j = 0; j < a.length; j++) delta[j] = a[j] - (j === y ? 1 : 0);
    if (output.loss === quadraticLoss) timesSigmoidSlope(a, delta);
}

// 1/2 sum (a - y)^2
function quadraticLoss(z, a, y) {
    let total = 0;
    for (let j = 0; j < a.length; j++) total += 0.5 * (a[j] - (j === y ? 1 : 0)) ** 2;
    return total;
}

// sum log(1 + exp(z)) - z of the label
function logLoss(z, a, y) {
    let total = -z[y];
    for (let j = 0; j < z.length; j++) total += Math.max(z[j], 0) + Math.log1p(Math.exp(-Math.abs(z[j])));
    return total;
}

// log(sum exp(z)) - z of the label, shifted by the largest logit
function crossEntropy(z, a, y) {
    const top = Math.max(...z);
    let sum = 0;
    for (let j = 0; j < z.length; j++) sum += Math.exp(z[j] - top);
    return top + Math.log(sum) - z[y];
}

// The loss of one sample
function loss(output, z, a, y) {
    return output.loss(z, a, y);
}

const HIDDEN = {
    sigmoid: { activation: sigmoid, timesSlope: timesSigmoidSlope },
    tanh: { activation: tanh, timesSlope: timesTanhSlope },
    relu: { activation: relu, timesSlope: timesReluSlope },
};
const OUTPUTS = {
    "sigmoid quadratic": { activation: sigmoid, loss: quadraticLoss },
    "sigmoid log": { activation: sigmoid, loss: logLoss },
    "softmax cross_entropy": { activation: softmax, loss: crossEntropy },
};

module.exports = { HIDDEN, OUTPUTS, loss, outputDelta };
