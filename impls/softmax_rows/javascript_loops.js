"use strict";

require("paragone").serve({
    run(n, m, X, Y) {
        for (let i = 0; i < n; i++) softmax(X.subarray(i * m, (i + 1) * m), Y.subarray(i * m, (i + 1) * m));
    },
});

function softmax(x, y) {
    let largest = x[0];
    for (let j = 1; j < x.length; j++) if (x[j] > largest) largest = x[j];
    let total = 0;
    for (let j = 0; j < x.length; j++) total += y[j] = Math.exp(x[j] - largest);
    for (let j = 0; j < x.length; j++) y[j] /= total;
}
