"use strict";

require("paragone").serve({
    run(n, x, v, m) {
        const dt = 0.01;
        for (let i = 0; i < 3 * n; i += 3)
            for (let j = i + 3; j < 3 * n; j += 3) {
                const dx = x[j] - x[i], dy = x[j + 1] - x[i + 1], dz = x[j + 2] - x[i + 2];
                const square = dx * dx + dy * dy + dz * dz;
                const factor = dt / (square * Math.sqrt(square));
                const toI = factor * m[j / 3], toJ = factor * m[i / 3];
                v[i] += toI * dx;
                v[i + 1] += toI * dy;
                v[i + 2] += toI * dz;
                v[j] -= toJ * dx;
                v[j + 1] -= toJ * dy;
                v[j + 2] -= toJ * dz;
            }
        for (let k = 0; k < 3 * n; k++) x[k] += dt * v[k];
    },
});
