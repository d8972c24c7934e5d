/* paragone.h — what a shared library exports to be measured, from any language with a C ABI.
 *
 * The harness calls, in this order:
 *
 *     paragone_abi()                        once: must return PARAGONE_ABI
 *     paragone_load(problem, images, labels, &network)      once: copy the training set, allocate
 *     paragone_reset(network, state)        before every train
 *     paragone_train(network, order, ...)   TIMED: one SGD step per row of order
 *     paragone_params(network, state)       the state now
 *     paragone_free(network)                once
 *
 * Two networks may live at the same time: keep everything in `network`, nothing in global variables.
 * Numbers of the network are `real`: define PARAGONE_REAL as float or double when compiling.
 */
#ifndef PARAGONE_H
#define PARAGONE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PARAGONE_ABI 1

#ifndef PARAGONE_REAL
#define PARAGONE_REAL double
#endif
typedef PARAGONE_REAL real;

/* What the output layer computes. */
enum {
    PARAGONE_SIGMOID_QUADRATIC = 0,      /* loss: 1/2 sum (a - y)^2 */
    PARAGONE_SIGMOID_LOG = 1,            /* loss: -sum (y log a + (1 - y) log(1 - a)), from the logits */
    PARAGONE_SOFTMAX_CROSS_ENTROPY = 2   /* loss: -sum y log a, from the logits */
};

/* What the hidden layers compute. Other than sigmoid is asked of a class alone that declares it: hidden_activations. */
enum {
    PARAGONE_HIDDEN_SIGMOID = 0,   /* 1 / (1 + exp(-z)), derivative a (1 - a) */
    PARAGONE_HIDDEN_TANH = 1,      /* tanh z, derivative 1 - a^2 */
    PARAGONE_HIDDEN_RELU = 2       /* max(z, 0), derivative 1 where a > 0, else 0 */
};

/* The problem. It and what it points to live until paragone_load returns: copy what is needed later. */
typedef struct {
    int64_t n_train;        /* images, N */
    int64_t n_layers;       /* layers of weights, L */
    const int64_t *sizes;   /* L + 1 numbers of neurons, pixels first, classes last */
    int32_t output;         /* one of the first enum above */
    int32_t real_bytes;     /* 4 or 8: the size of a real, as the harness sees it */
    double momentum, l1, l2; /* all zero: the plain update W <- W - eta g */
    int32_t hidden;         /* one of the second enum; last, so that a library of older days reads what it knows */
} paragone_problem;

/* Return the PARAGONE_ABI that the library was compiled with. */
int32_t paragone_abi(void);

/* Put a new network into *network and return NULL, or return what is wrong, in a sentence that stays in memory.
 *
 * images   n_train x sizes[0], row after row, pixels in 0 ... 1; read-only, gone after the call
 * labels   n_train, 0 ... the last size - 1; read-only, gone after the call
 */
const char *paragone_load(const paragone_problem *problem, const real *images, const uint8_t *labels, void **network);

/* Start from this state: W1, b1, W2, b2, ... then the previous updates dW1, db1, ..., one after the other.
 * W is fan_out x fan_in, row after row. The previous updates matter only where momentum is not zero.
 */
void paragone_reset(void *network, const double *state);

/* Take n_steps steps. With g = R sum_batch dl/dW + l2 W + l1 sign(W), the penalties on weights only:
 *
 *     d = eta g;   W <- W - (d + momentum d_previous);   d_previous <- d      (biases too)
 *
 * order   n_steps x batch_size indices of images, row after row, from 0
 * eta     n_steps learning rates
 * R       what the sums over the mini-batch are scaled by: 1/batch_size, or 1
 * losses  NULL, or n_steps losses to be written: R sum_batch loss, before the update, without the penalties
 */
void paragone_train(void *network, const int64_t *order, int64_t n_steps, int64_t batch_size, const double *eta,
                    double R, double *losses);

/* Write the state as paragone_reset reads it. */
void paragone_params(void *network, double *state);

/* Free the network. */
void paragone_free(void *network);

/* Optional, for a profile, which builds the library anew with -DPARAGONE_PHASES: write the nanoseconds that the last
 * paragone_train spent in each phase, in the order of the enum; 0 for a phase that it does not have. Without that macro
 * the library must not read a clock.
 */
enum { PARAGONE_GATHER, PARAGONE_FORWARD, PARAGONE_LOSS, PARAGONE_BACKWARD, PARAGONE_UPDATE, PARAGONE_N_PHASES };
void paragone_phases(void *network, int64_t *ns);

/* Optional: the library says what it is made of ("OpenBLAS 0.3.34 SkylakeX"), and how many threads it uses. */
const char *paragone_version(void);
int32_t paragone_threads(void);

#ifdef __cplusplus
}
#endif
#endif
