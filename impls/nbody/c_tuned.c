/* Each body with all others, in columns: twice the roots of c_loops, but whole vectors of them at a time. On an EPYC
 * with AVX2, in float64, it was about twice as fast for 32 bodies and more, and slower for five. */
#include <tgmath.h>

#include "nbody.h"

static const real DT = 0.01;

void nbody(int64_t n, real *restrict positions, real *restrict velocities, const real *restrict m)
{
    real x[n], y[n], z[n];
    for (int64_t j = 0; j < n; j++)
        x[j] = positions[3 * j], y[j] = positions[3 * j + 1], z[j] = positions[3 * j + 2];

    for (int64_t i = 0; i < n; i++) {
        real ax = 0, ay = 0, az = 0;
#pragma omp simd reduction(+ : ax, ay, az)
        for (int64_t j = 0; j < n; j++) {
            real dx = x[j] - x[i], dy = y[j] - y[i], dz = z[j] - z[i];
            real square = dx * dx + dy * dy + dz * dz + (i == j); /* no body attracts itself */
            real factor = m[j] / (square * sqrt(square));
            ax += factor * dx, ay += factor * dy, az += factor * dz;
        }
        real *v = velocities + 3 * i, *place = positions + 3 * i;
        v[0] += DT * ax, v[1] += DT * ay, v[2] += DT * az;
        place[0] += DT * v[0], place[1] += DT * v[1], place[2] += DT * v[2];
    }
}
