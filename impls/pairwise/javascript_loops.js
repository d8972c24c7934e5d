"use strict";

require("paragone").serve({
    run(n, d, X, D) {
        for (let i = 0; i < n; i++)
            for (let j = 0; j < n; j++) {
                let squares = 0;
                for (let k = 0; k < d; k++) {
                    const difference = X[i * d + k] - X[j * d + k];
                    squares += difference * difference;
                }
                D[i * n + j] = Math.sqrt(squares);
            }
    },
});
