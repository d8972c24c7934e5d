/* paragone_outputs.h — the three output layers in C, of one sample: n logits z, n activations a, the label y; and the
 * activations of the hidden layers, of n neurons of one sample or of many.
 *
 * `output` and `hidden` are of the enums in paragone.h. Losses come from the logits where log a would be -inf as a rounds to 0.
 * They are computed in double; define LOGIT as real before the include where exp and log are to be those of a real, and
 * EXP and TANH where the activations are to take functions of your own.
 */
#ifndef PARAGONE_OUTPUTS_H
#define PARAGONE_OUTPUTS_H

#ifdef __cplusplus
#include <math.h>
#else
#include <tgmath.h>
#endif /* in both, exp of a float is a float */

#include "paragone.h"

#ifndef LOGIT
#define LOGIT double
#endif
#ifndef EXP
#define EXP exp
#endif
#ifndef TANH
#define TANH tanh
#endif

/* a = 1 / (1 + exp(-z)) */
static void sigmoid(int64_t n, const real *__restrict z, real *__restrict a)
{
    for (int64_t j = 0; j < n; j++)
        a[j] = 1 / (1 + EXP(-z[j]));
}

/* a = 1 / (1 + exp(-z)), tanh z, or max(z, 0) that keeps NaN */
static inline void hidden_activation(int hidden, int64_t n, const real *__restrict z, real *__restrict a)
{
    if (hidden == PARAGONE_HIDDEN_SIGMOID)
        sigmoid(n, z, a);
    else if (hidden == PARAGONE_HIDDEN_TANH)
        for (int64_t j = 0; j < n; j++)
            a[j] = TANH(z[j]);
    else
        for (int64_t j = 0; j < n; j++)
            a[j] = z[j] < 0 ? 0 : z[j];
}

/* delta <- delta times the derivative, written in the activation: a (1 - a), 1 - a^2, or 1 where a > 0 */
static inline void times_hidden_slope(int hidden, int64_t n, const real *__restrict a, real *__restrict delta)
{
    if (hidden == PARAGONE_HIDDEN_SIGMOID)
        for (int64_t j = 0; j < n; j++)
            delta[j] *= a[j] * (1 - a[j]);
    else if (hidden == PARAGONE_HIDDEN_TANH)
        for (int64_t j = 0; j < n; j++)
            delta[j] *= 1 - a[j] * a[j];
    else
        for (int64_t j = 0; j < n; j++)
            delta[j] *= a[j] > 0;
}

/* a = exp(z) / sum exp(z), shifted by the largest logit. The sum has its own loop, so that exp can be vectorised. */
static void softmax(int64_t n, const real *z, real *a)
{
    real top = z[0], sum = 0;
    for (int64_t j = 1; j < n; j++)
        top = z[j] > top ? z[j] : top;
    for (int64_t j = 0; j < n; j++)
        a[j] = EXP(z[j] - top);
    for (int64_t j = 0; j < n; j++)
        sum += a[j];
    for (int64_t j = 0; j < n; j++)
        a[j] /= sum;
}

/* delta = a - y, with the quadratic loss (a - y) a (1 - a) */
static void output_delta(int output, int64_t n, const real *a, int y, real *delta)
{
    for (int64_t j = 0; j < n; j++)
        delta[j] = a[j] - (j == y);
    if (output == PARAGONE_SIGMOID_QUADRATIC)
        for (int64_t j = 0; j < n; j++)
            delta[j] *= a[j] * (1 - a[j]);
}

/* total + the loss of one sample */
static double sample_loss(double total, int output, int64_t n, const real *z, const real *a, int y)
{
    double top = z[0], sum = 0;
    switch (output) {
    case PARAGONE_SIGMOID_QUADRATIC: /* 1/2 sum (a - y)^2 */
        for (int64_t j = 0; j < n; j++)
            total += 0.5 * (a[j] - (j == y)) * (a[j] - (j == y));
        return total;
    case PARAGONE_SIGMOID_LOG: /* sum log(1 + exp(z)) - y z */
        for (int64_t j = 0; j < n; j++)
            total += (z[j] > 0 ? z[j] : 0) + log1p(exp(-fabs((LOGIT)z[j])));
        return total - z[y];
    default: /* log(sum exp(z)) - z of the label */
        for (int64_t j = 1; j < n; j++)
            top = z[j] > top ? z[j] : top;
        for (int64_t j = 0; j < n; j++)
            sum += exp(z[j] - top);
        return total + (top + log(sum) - z[y]);
    }
}

#endif
