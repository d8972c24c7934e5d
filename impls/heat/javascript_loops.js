"use strict";

require("paragone").serve({
    run(n, u, w) {
        timeStep(n, u, w);
        timeStep(n, w, u);
    },
});

function timeStep(n, u, w) {
    for (let i = 1; i < n - 1; i++)
        for (let j = 1; j < n - 1; j++) {
            const k = i * n + j;
            w[k] = 0.5 * u[k] + 0.125 * (u[k - n] + u[k + n] + u[k - 1] + u[k + 1]);
        }
}
