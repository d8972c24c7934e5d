"use strict";

require("paragone").serve({
    run(n, m, x, counts) {
        const found = new Int32Array(m);
        for (let i = 0; i < n; i++) found[Math.trunc(m * x[i])]++;
        for (let bin = 0; bin < m; bin++) counts[bin] = BigInt(found[bin]);
    },
});
