#include <tgmath.h> /* the root of the type: sqrtf or sqrt */

#include "nbody.h"

static const real DT = 0.01;

void nbody(int64_t n, real *x, real *v, const real *m)
{
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = i + 1; j < n; j++) {
            real dx = x[3 * j] - x[3 * i], dy = x[3 * j + 1] - x[3 * i + 1], dz = x[3 * j + 2] - x[3 * i + 2];
            real square = dx * dx + dy * dy + dz * dz;
            real factor = DT / (square * sqrt(square));
            real to_i = factor * m[j], to_j = factor * m[i];
            v[3 * i] += to_i * dx;
            v[3 * i + 1] += to_i * dy;
            v[3 * i + 2] += to_i * dz;
            v[3 * j] -= to_j * dx;
            v[3 * j + 1] -= to_j * dy;
            v[3 * j + 2] -= to_j * dz;
        }
    for (int64_t k = 0; k < 3 * n; k++)
        x[k] += DT * v[k];
}
