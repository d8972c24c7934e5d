"use strict";

require("paragone").serve({
    run(n, limit, x, y, counts) {
        for (let i = 0; i < n; i++)
            for (let j = 0; j < n; j++) counts[i * n + j] = iterations(x[j], y[i], limit);
    },
});

function iterations(x, y, limit) {
    let re = x, im = y;
    for (let k = 0; k < limit; k++) {
        const reSquare = re * re, imSquare = im * im;
        if (reSquare + imSquare > 4) return k;
        im = 2 * re * im + y;
        re = reSquare - imSquare + x;
    }
    return limit;
}
