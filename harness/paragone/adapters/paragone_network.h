/* paragone_network.h — the part of paragone.h that C implementations share: the network in memory and all functions.
 *
 * Include it in the implementation's one file and write three functions:
 *
 *     open_buffers(net, batch_size)    allocate net->buffers for a mini-batch of this size; called when it grows
 *     close_buffers(net)               free them
 *     step(net, batch, B, eta, R)      one SGD step on the B images of batch; returns the sum of their losses
 *
 * paragone_outputs.h has the output layers and the activations of the hidden ones. In step, PHASE(net, GATHER) marks
 * where a phase begins; likewise FORWARD, LOSS, BACKWARD, UPDATE. A profile compiles with -DPARAGONE_PHASES, and each
 * mark reads the clock; without it the marks compile to nothing.
 *
 * W[l] is fan_out x fan_in, row after row. Define WEIGHT before the include where another layout suits the loops, and
 * PADDED where its rows, and the biases, are longer in memory than they have numbers. Define FINISH as
 * the name of a function that does what the last step of a training has left to the next one.
 * It is C and C++ alike; in C++ the void * of zeros() needs a cast.
 */
#ifndef PARAGONE_NETWORK_H
#define PARAGONE_NETWORK_H

#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

#include "paragone.h"

#ifndef WEIGHT
#define WEIGHT(j, i, fan_in, fan_out) ((j) * (fan_in) + (i)) /* where the weight from input i to output j lies */
#endif
#ifndef PADDED
#define PADDED(n) (n) /* how many numbers a row of n outputs takes */
#endif

typedef struct buffers buffers; /* the implementation's own */

/* Layers count from 0; layer l has fan[l] inputs and fan[l + 1] outputs. */
typedef struct {
    int64_t n_train, n_layers, *fan;
    int hidden, output, has_plain_update, records_loss;
    real momentum, l1, l2;
    real *X; /* n_train x fan[0], one image after the other */
    uint8_t *labels;
    real **W, **b;
    real **dW_previous, **db_previous;
    const int64_t *order_end; /* of this training: up to there, the images of the next steps follow those of this one */
    int64_t room;             /* the largest batch size that the buffers can hold */
    struct buffers *buffers;
#ifdef PARAGONE_PHASES
    int phase; /* the one that is going on */
    int64_t since_ns, phase_ns[PARAGONE_N_PHASES + 1]; /* the last is for what belongs to none */
#endif
} network;

#ifdef PARAGONE_PHASES
#include <time.h>

static void enter_phase(network *net, int phase)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t now_ns = now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
    net->phase_ns[net->phase] += now_ns - net->since_ns;
    net->phase = phase, net->since_ns = now_ns;
}

void paragone_phases(void *network_, int64_t *ns)
{
    memcpy(ns, ((network *)network_)->phase_ns, PARAGONE_N_PHASES * sizeof *ns);
}

#define PHASE(net, name) enter_phase(net, PARAGONE_##name)
#else
#define PHASE(net, name) ((void)0)
#endif

#ifdef FINISH
static void FINISH(network *net);
#else
#define FINISH(net) ((void)0)
#endif

static void open_buffers(network *net, int64_t batch_size);
static void close_buffers(network *net);
static double step(network *net, const int64_t *batch, int64_t B, real eta, real R);

/* Its name in paragone 0.1. A file that still has it would be linked with the `step` that the C library has. */
#define take_step _Pragma("GCC error \"since paragone 0.2 take_step is called step, see paragone_network.h\"") take_step

/* Return memory of whole cache lines, filled with zeros. From 4 MB on it is asked for in huge pages, as NumPy asks for its
 * arrays: images lie anywhere in the training set, and the processor looks up fewer pages. */
static void *zeros(int64_t n, size_t item_bytes)
{
    size_t bytes = ((size_t)n * item_bytes + 63) / 64 * 64;
#ifdef MADV_HUGEPAGE
    if (bytes >= (size_t)1 << 22) {
        size_t page = (size_t)1 << 21;
        void *memory = aligned_alloc(page, (bytes + page - 1) / page * page);
        if (memory == NULL)
            return NULL;
        madvise(memory, bytes, MADV_HUGEPAGE); /* refused, it is slower and nothing else */
        return memset(memory, 0, bytes);
    }
#endif
    void *memory = aligned_alloc(64, bytes);
    return memory == NULL ? NULL : memset(memory, 0, bytes);
}

static real **layers_of_zeros(const network *net, int is_matrix)
{
    real **layers = (real **)zeros(net->n_layers, sizeof *layers);
    for (int64_t l = 0; l < net->n_layers; l++)
        layers[l] = (real *)zeros((is_matrix ? net->fan[l] : 1) * PADDED(net->fan[l + 1]), sizeof(real));
    return layers;
}

static void free_layers(const network *net, real **layers)
{
    for (int64_t l = 0; l < net->n_layers; l++)
        free(layers[l]);
    free(layers);
}

int32_t paragone_abi(void) { return PARAGONE_ABI; }

const char *paragone_load(const paragone_problem *problem, const real *images, const uint8_t *labels, void **result)
{
    if (problem->real_bytes != sizeof(real))
        return "compiled for another dtype: give -DPARAGONE_REAL=float or double";
    network *net = (network *)zeros(1, sizeof *net);
    int64_t n_pixels = problem->n_train * problem->sizes[0];
    net->n_train = problem->n_train, net->n_layers = problem->n_layers;
    size_t fan_bytes = (net->n_layers + 1) * sizeof *net->fan;
    net->fan = (int64_t *)memcpy(zeros(net->n_layers + 1, sizeof *net->fan), problem->sizes, fan_bytes);
    net->hidden = problem->hidden, net->output = problem->output;
    net->momentum = problem->momentum, net->l1 = problem->l1, net->l2 = problem->l2;
    net->has_plain_update = problem->momentum == 0 && problem->l1 == 0 && problem->l2 == 0;
    net->X = (real *)zeros(n_pixels, sizeof(real));
    net->labels = (uint8_t *)zeros(problem->n_train, 1);
    if (net->X == NULL || net->labels == NULL)
        return "not enough memory for the training set";
    memcpy(net->X, images, n_pixels * sizeof(real));
    memcpy(net->labels, labels, problem->n_train);
    net->W = layers_of_zeros(net, 1), net->b = layers_of_zeros(net, 0);
    net->dW_previous = layers_of_zeros(net, 1), net->db_previous = layers_of_zeros(net, 0);
    *result = net;
    return NULL;
}

static const double *store(const network *net, const double *from, real **W, real **b)
{
    for (int64_t l = 0; l < net->n_layers; l++) {
        int64_t fan_in = net->fan[l], fan_out = net->fan[l + 1];
        for (int64_t j = 0; j < fan_out; j++)
            for (int64_t i = 0; i < fan_in; i++)
                W[l][WEIGHT(j, i, fan_in, fan_out)] = (real)*from++;
        for (int64_t j = 0; j < fan_out; j++)
            b[l][j] = (real)*from++;
    }
    return from;
}

static double *give_back(const network *net, double *to, real **W, real **b)
{
    for (int64_t l = 0; l < net->n_layers; l++) {
        int64_t fan_in = net->fan[l], fan_out = net->fan[l + 1];
        for (int64_t j = 0; j < fan_out; j++)
            for (int64_t i = 0; i < fan_in; i++)
                *to++ = W[l][WEIGHT(j, i, fan_in, fan_out)];
        for (int64_t j = 0; j < fan_out; j++)
            *to++ = b[l][j];
    }
    return to;
}

void paragone_reset(void *network_, const double *state)
{
    network *net = (network *)network_;
    store(net, store(net, state, net->W, net->b), net->dW_previous, net->db_previous);
}

void paragone_params(void *network_, double *state)
{
    network *net = (network *)network_;
    give_back(net, give_back(net, state, net->W, net->b), net->dW_previous, net->db_previous);
}

void paragone_train(void *network_, const int64_t *order, int64_t n_steps, int64_t batch_size, const double *eta,
                    double R, double *losses)
{
    network *net = (network *)network_;
    if (batch_size > net->room) {
        if (net->room > 0)
            close_buffers(net);
        open_buffers(net, batch_size);
        net->room = batch_size;
    }
    net->records_loss = losses != NULL;
    net->order_end = order + n_steps * batch_size;
    PHASE(net, N_PHASES);
#ifdef PARAGONE_PHASES
    memset(net->phase_ns, 0, sizeof net->phase_ns);
#endif
    for (int64_t k = 0; k < n_steps; k++) {
        double batch_loss = step(net, order + k * batch_size, batch_size, (real)eta[k], (real)R);
        if (losses != NULL)
            losses[k] = R * batch_loss;
    }
    FINISH(net);
    PHASE(net, N_PHASES);
}

void paragone_free(void *network_)
{
    network *net = (network *)network_;
    if (net->room > 0)
        close_buffers(net);
    free_layers(net, net->W), free_layers(net, net->b);
    free_layers(net, net->dW_previous), free_layers(net, net->db_previous);
    free(net->X), free(net->labels), free(net->fan), free(net);
}

#endif
