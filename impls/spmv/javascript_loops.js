"use strict";

require("paragone").serve({
    run(n, k, indptr, indices, data, x, y) {
        for (let i = 0; i < n; i++) {
            let sum = 0;
            for (let e = indptr[i]; e < indptr[i + 1]; e++) sum += data[e] * x[indices[e]];
            y[i] = sum;
        }
    },
});
