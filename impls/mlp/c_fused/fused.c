/* One SGD step in tiles of registers, with no library. Samples lie in rows; W[l] is fan_in x fan_out.
 *
 * The arithmetic of a step is three products for each layer, A W, A' delta and delta W'. tiles.h computes them with
 * sums that stay in registers. What a library would cost besides is left out. Images are multiplied where they lie, and
 * no mini-batch is gathered. -eta R is in delta, so that the gradient is added straight to the weights. exp is
 * arithmetic (exponential.h), in vectors like the rest.
 *
 * Memory: a mini-batch is taken in blocks. A quarter of the second cache holds the images of a block, which come from
 * memory once, for A W, and are still there for A' delta. W passes by from the second cache, once for each tile of
 * samples: in strips that stay in the first cache it took longer. Each weight is read and written once for each block.
 * With one image there is nothing to keep: images.h.
 *
 * Longer than 100 lines: C names every size, and threads take turns at the blocks.
 */
#include "paragone.h"

#include "exponential.h"
#include "tiles.h"

#define LOGIT real /* the losses take the exp and log of a real, too */
#define EXP exponential
#define TANH hyperbolic_tangent
#define WEIGHT(j, i, fan_in, fan_out) ((i) * PADDED(fan_out) + (j))
#define FINISH finish
#include "paragone_network.h"
#ifdef NONZERO_PIXELS
#include "nonzero.h"
#else
#include "images.h"
#endif
#include "buffers.h"
#include "paragone_outputs.h"

/* Z = A W + b; A of the next layer from Z */
static void forward(const network *net, int64_t n, workspace *w)
{
    for (int64_t l = 0; l < net->n_layers; l++) {
        int64_t fan_in = net->fan[l], fan_out = net->fan[l + 1], width = PADDED(fan_out);
        real *Z = w->Z[l + 1], *A = w->A[l + 1];
        if (l == 0)
            images_product(net, n, &w->images, w->delta[1], Z);
        else
            product(n, fan_in, width, every(w, n, w->A[l], PADDED(fan_in)), net->W[l], net->b[l], Z);
        if (l < net->n_layers - 1)
            hidden_activation(net->hidden, n * width, Z, A);
        else if (net->output == PARAGONE_SOFTMAX_CROSS_ENTROPY)
            for (int64_t k = 0; k < n; k++)
                softmax(fan_out, Z + k * width, A + k * width);
        else
            sigmoid(n * width, Z, A);
    }
}

/* The sum of the losses of a block */
static double loss(const network *net, const int64_t *block, int64_t n, const workspace *w)
{
    int64_t last = net->n_layers, C = net->fan[last], width = PADDED(C);
    double total = 0;
    for (int64_t k = 0; k < n; k++)
        total = sample_loss(total, net->output, C, w->Z[last] + k * width, w->A[last] + k * width,
                            net->labels[block[k]]);
    return total;
}

/* V = W' of each layer but the first, which no delta goes through */
static void transpose(const network *net, buffers *s)
{
    for (int64_t l = 1; l < net->n_layers; l++) {
        int64_t fan_in = net->fan[l], fan_out = net->fan[l + 1];
        for (int64_t i = 0; i < fan_in; i++)
            for (int64_t j = 0; j < fan_out; j++)
                s->V[l][j * PADDED(fan_in) + i] = net->W[l][i * PADDED(fan_out) + j];
    }
}

/* delta of the outputs times `factor`, then delta of the layer before = delta W' times the slope of A */
static void backward(const network *net, const int64_t *block, int64_t n, real factor, workspace *w)
{
    int64_t last = net->n_layers, C = net->fan[last], width = PADDED(C);
    for (int64_t k = 0; k < n; k++)
        output_delta(net->output, C, w->A[last] + k * width, net->labels[block[k]], w->delta[last] + k * width);
    for (int64_t k = 0; k < n * width; k++)
        w->delta[last][k] *= factor;
    for (int64_t l = last - 1; l > 0; l--) {
        int64_t fan_out = net->fan[l + 1], width = PADDED(net->fan[l]);
        product(n, fan_out, width, every(w, n, w->delta[l + 1], PADDED(fan_out)), net->buffers->V[l],
                net->buffers->zeros, w->delta[l]);
        times_hidden_slope(net->hidden, n * width, w->A[l], w->delta[l]);
    }
}

/* W <- keep W + A' delta, b <- keep b + sum_block delta; keep is 0 or 1. `next` are the images of the next step. */
static void add_gradient(const network *net, int64_t n, const int64_t *next, int64_t n_next, int keep, workspace *w,
                         real **W, real **b)
{
    static const real ONE = 1;
    const real *zeros = net->buffers->zeros;
    for (int64_t l = 0; l < net->n_layers; l++) {
        int64_t fan_in = net->fan[l], width = PADDED(net->fan[l + 1]);
        const real *delta = w->delta[l + 1];
        if (l == 0)
            images_gradient(net, n, &w->images, next, n_next, delta, keep, zeros, W[0]);
        else
            transposed_product(n, fan_in, width, every(w, n, w->A[l], PADDED(fan_in)), delta, keep, zeros, W[l],
                               w->rows);
        transposed_product(n, 1, width, every(w, n, &ONE, 0), delta, keep, zeros, b[l], w->rows);
    }
}

/* d = eta (R dW + l2 W + l1 sign W), W <- W - (d + momentum d_previous), d_previous <- d */
static void full_rule(int64_t n, real *restrict W, const real *restrict dW, real *restrict d_previous, real eta, real R,
                      real momentum, real l1, real l2)
{
    for (int64_t k = 0; k < n; k++) {
        real d = eta * (R * dW[k] + l2 * W[k] + l1 * ((W[k] > 0) - (W[k] < 0)));
        W[k] -= d + momentum * d_previous[k];
        d_previous[k] = d;
    }
}

/* From the sums of the gradients of all threads; biases without the penalties */
static void update(const network *net, int n_threads, const workspace *of, real eta, real R)
{
    for (int64_t l = 0; l < net->n_layers; l++) {
        int64_t width = PADDED(net->fan[l + 1]), n_weights = net->fan[l] * width;
        for (int t = 1; t < n_threads; t++) {
            for (int64_t k = 0; k < n_weights; k++)
                of[0].dW[l][k] += of[t].dW[l][k];
            for (int64_t j = 0; j < width; j++)
                of[0].db[l][j] += of[t].db[l][j];
        }
        full_rule(n_weights, net->W[l], of[0].dW[l], net->dW_previous[l], eta, R, net->momentum, net->l1, net->l2);
        full_rule(width, net->b[l], of[0].db[l], net->db_previous[l], eta, R, net->momentum, 0, 0);
    }
}

/* V += delta A: what the gradient adds to W, it adds to its transpose, so that nothing is transposed again */
static void add_transposed_gradient(const network *net, int64_t n, workspace *w)
{
    for (int64_t l = 1; l < net->n_layers; l++) {
        int64_t fan_out = net->fan[l + 1];
        transposed_product(n, fan_out, PADDED(net->fan[l]), every(w, n, w->delta[l + 1], PADDED(fan_out)), w->A[l], 1,
                           NULL, net->buffers->V[l], w->rows);
    }
}

/* Of several threads, a profile is told the phases of the first. */
#define PHASE_OF(w, name)        \
    if ((w) == net->buffers->of) \
    PHASE(net, name)

/* Some blocks of a mini-batch, one after the other: the sums of their gradients and losses */
static void pass(network *net, const int64_t *batch, int64_t B, int64_t begin, int64_t end, int64_t n_blocks,
                 workspace *w)
{
    w->loss = 0;
    for (int64_t k = begin; k < end; k++) {
        const int64_t *block = batch + k * B / n_blocks;
        int64_t n = (k + 1) * B / n_blocks - k * B / n_blocks;
        PHASE_OF(w, GATHER);
        gather(net, block, n, &w->images);
        PHASE_OF(w, FORWARD);
        forward(net, n, w);
        if (net->records_loss) {
            PHASE_OF(w, LOSS);
            w->loss += loss(net, block, n, w);
        }
        PHASE_OF(w, BACKWARD);
        backward(net, block, n, 1, w);
        add_gradient(net, n, NULL, 0, k > begin, w, w->dW, w->db);
    }
}

/* A mini-batch in equal blocks, as many for each thread */
static double step_of_blocks(network *net, const int64_t *batch, int64_t B, real eta, real R)
{
    buffers *s = net->buffers;
    int64_t each = (B + s->most * s->n_threads - 1) / (s->most * s->n_threads), n_blocks = each * s->n_threads;
    double batch_loss = 0;
    transpose(net, s);
#pragma omp parallel for num_threads(s->n_threads) schedule(static) if (s->n_threads > 1)
    for (int t = 0; t < s->n_threads; t++)
        pass(net, batch, B, t * each, (t + 1) * each, n_blocks, s->of + t);
    PHASE(net, UPDATE);
    update(net, s->n_threads, s->of, eta, R);
    s->has_V = 0;
    for (int t = 0; t < s->n_threads; t++)
        batch_loss += s->of[t].loss;
    return batch_loss;
}

/* One SGD step; the sum of the losses before it. A plain update goes straight to the weights: -eta R is in delta. */
static double step(network *net, const int64_t *batch, int64_t B, real eta, real R)
{
    buffers *s = net->buffers;
    workspace *w = s->of;
    const int64_t *next = batch + B;
    double batch_loss = 0;
    if (B > s->most)
        return step_of_blocks(net, batch, B, eta, R);
    PHASE(net, GATHER);
    gather(net, batch, B, &w->images);
    if (B == 1 && net->has_plain_update)
        begin_one_image(net, &w->images, w->delta[1]);
    PHASE(net, FORWARD);
    forward(net, B, w);
    if (net->records_loss) {
        PHASE(net, LOSS);
        batch_loss = loss(net, batch, B, w);
    }
    PHASE(net, BACKWARD);
    if (!s->has_V)
        transpose(net, s);
    backward(net, batch, B, net->has_plain_update ? -eta * R : 1, w);
    PHASE(net, UPDATE);
    if (net->has_plain_update) {
        add_gradient(net, B, next, next < net->order_end ? B : 0, 1, w, net->W, net->b);
        add_transposed_gradient(net, B, w);
    } else {
        add_gradient(net, B, NULL, 0, 0, w, w->dW, w->db);
        update(net, 1, w, eta, R);
    }
    s->has_V = net->has_plain_update;
    return batch_loss;
}

/* The weights may be others when the next training begins. */
static void finish(network *net)
{
    workspace *w = net->buffers->of;
    finish_images(net, &w->images, w->delta[1], w->Z[1]);
    net->buffers->has_V = 0;
}
