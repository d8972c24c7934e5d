"use strict";

require("paragone").serve({
    run(n, A, B, C) {
        C.fill(0);
        for (let i = 0; i < n; i++)
            for (let k = 0; k < n; k++) {
                const a = A[i * n + k];
                for (let j = 0; j < n; j++) C[i * n + j] += a * B[k * n + j];
            }
    },
});
