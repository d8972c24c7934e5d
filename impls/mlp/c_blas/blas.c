/* One SGD step with samples in rows, the products left to BLAS.
 *
 * A mini-batch is taken in blocks of at most BLOCK samples, which stay in the cache. Of a block of n samples: A[0] is
 * n x fan_in, gathered; Z[l], A[l + 1] and delta[l] are n x fan_out; W[l] is fan_out x fan_in.
 */
#ifdef VECTOR_EXP /* before math.h: these two exist for whole vectors of arguments */
__attribute__((simd("notinbranch"))) extern float expf(float);
__attribute__((simd("notinbranch"))) extern double exp(double);
#endif
#include <cblas.h>
#include <tgmath.h> /* exp of a float is a float */

#include "paragone_network.h"

#ifdef REAL_IS_FLOAT
#define BLAS(name) scipy_cblas_s##name
enum { BLOCK = 256 };
#else
#define BLAS(name) scipy_cblas_d##name
enum { BLOCK = 128 };
#endif

struct buffers {
    real **A, **Z, **delta; /* one block */
    real **dW, **db;        /* sums over the mini-batch */
};

static real **blocks(const network *net, int64_t first, int64_t n_samples)
{
    real **layers = zeros(net->n_layers + 1, sizeof *layers);
    for (int64_t l = first; l <= net->n_layers; l++)
        layers[l - first] = zeros(n_samples * net->fan[l], sizeof(real));
    return layers;
}

static void free_blocks(const network *net, int64_t first, real **layers)
{
    for (int64_t l = first; l <= net->n_layers; l++)
        free(layers[l - first]);
    free(layers);
}

static void open_buffers(network *net, int64_t batch_size)
{
    buffers *s = net->buffers = zeros(1, sizeof *s);
    int64_t n_samples = batch_size < BLOCK ? batch_size : BLOCK;
    s->A = blocks(net, 0, n_samples), s->Z = blocks(net, 1, n_samples), s->delta = blocks(net, 1, n_samples);
    s->dW = layers_of_zeros(net, 1), s->db = layers_of_zeros(net, 0);
}

static void close_buffers(network *net)
{
    buffers *s = net->buffers;
    free_blocks(net, 0, s->A), free_blocks(net, 1, s->Z), free_blocks(net, 1, s->delta);
    free_layers(net, s->dW), free_layers(net, s->db), free(s);
}

/* A = 1 / (1 + exp(-Z)) */
static void sigmoid(int64_t n, const real *restrict Z, real *restrict A)
{
    for (int64_t k = 0; k < n; k++)
        A[k] = 1 / (1 + exp(-Z[k]));
}

/* a = exp(z) / sum exp(z) of each sample, shifted by its largest logit */
static void softmax(int64_t n, int64_t n_classes, const real *Z, real *A)
{
    for (const real *end = Z + n * n_classes; Z < end; Z += n_classes, A += n_classes) {
        real top = Z[0], sum = 0;
        for (int64_t j = 1; j < n_classes; j++)
            top = Z[j] > top ? Z[j] : top;
        for (int64_t j = 0; j < n_classes; j++)
            A[j] = exp(Z[j] - top);
        for (int64_t j = 0; j < n_classes; j++)
            sum += A[j];
        for (int64_t j = 0; j < n_classes; j++)
            A[j] /= sum;
    }
}

/* A[0] = X[batch] */
static void gather(const network *net, const int64_t *batch, int64_t n, real *A)
{
    for (int64_t k = 0; k < n; k++)
        memcpy(A + k * net->fan[0], net->X + batch[k] * net->fan[0], net->fan[0] * sizeof(real));
}

/* Z = A W' + b; of one sample W a + b */
static void forward(const network *net, int64_t n, buffers *s)
{
    for (int64_t l = 0; l < net->n_layers; l++) {
        int64_t fan_in = net->fan[l], fan_out = net->fan[l + 1];
        for (int64_t k = 0; k < n; k++)
            memcpy(s->Z[l] + k * fan_out, net->b[l], fan_out * sizeof(real));
        if (n == 1)
            BLAS(gemv)(CblasRowMajor, CblasNoTrans, fan_out, fan_in, 1, net->W[l], fan_in, s->A[l], 1, 1, s->Z[l], 1);
        else
            BLAS(gemm)(CblasRowMajor, CblasNoTrans, CblasTrans, n, fan_out, fan_in, 1, s->A[l], fan_in, net->W[l],
                       fan_in, 1, s->Z[l], fan_out);
        if (l == net->n_layers - 1 && net->output == PARAGONE_SOFTMAX_CROSS_ENTROPY)
            softmax(n, fan_out, s->Z[l], s->A[l + 1]);
        else
            sigmoid(n * fan_out, s->Z[l], s->A[l + 1]);
    }
}

/* delta = A - Y, with the quadratic loss (A - Y) A (1 - A) */
static void output_delta(const network *net, const int64_t *batch, int64_t n, const real *restrict A,
                         real *restrict delta)
{
    int64_t n_classes = net->fan[net->n_layers];
    memcpy(delta, A, n * n_classes * sizeof(real));
    for (int64_t k = 0; k < n; k++)
        delta[k * n_classes + net->labels[batch[k]]] -= 1;
    if (net->output == PARAGONE_SIGMOID_QUADRATIC)
        for (int64_t k = 0; k < n * n_classes; k++)
            delta[k] *= A[k] * (1 - A[k]);
}

/* delta of the layer before = (delta W) A (1 - A) */
static void backward(const network *net, int64_t n, buffers *s)
{
    for (int64_t l = net->n_layers - 1; l > 0; l--) {
        int64_t fan_in = net->fan[l], fan_out = net->fan[l + 1];
        const real *restrict A = s->A[l];
        real *restrict before = s->delta[l - 1];
        if (n == 1)
            BLAS(gemv)(CblasRowMajor, CblasTrans, fan_out, fan_in, 1, net->W[l], fan_in, s->delta[l], 1, 0, before, 1);
        else
            BLAS(gemm)(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, fan_in, fan_out, 1, s->delta[l], fan_out,
                       net->W[l], fan_in, 0, before, fan_in);
        for (int64_t k = 0; k < n * fan_in; k++)
            before[k] *= A[k] * (1 - A[k]);
    }
}

/* W <- keep W + factor delta' A, b <- keep b + factor sum_batch delta */
static void add_gradient(const network *net, int64_t n, const buffers *s, real factor, real keep, real **W, real **b)
{
    for (int64_t l = 0; l < net->n_layers; l++) {
        int64_t fan_in = net->fan[l], fan_out = net->fan[l + 1];
        if (n == 1 && keep == 1)
            BLAS(ger)(CblasRowMajor, fan_out, fan_in, factor, s->delta[l], 1, s->A[l], 1, W[l], fan_in);
        else
            BLAS(gemm)(CblasRowMajor, CblasTrans, CblasNoTrans, fan_out, fan_in, n, factor, s->delta[l], fan_out,
                       s->A[l], fan_in, keep, W[l], fan_in);
        for (int64_t j = 0; j < fan_out; j++) {
            real sum = 0;
            for (int64_t k = 0; k < n; k++)
                sum += s->delta[l][k * fan_out + j];
            b[l][j] = keep * b[l][j] + factor * sum;
        }
    }
}

/* The sum of the losses of a block; from the logits where log a would be -inf as a rounds to 0 */
static double block_loss(const network *net, const int64_t *batch, int64_t n, const real *Z, const real *A)
{
    int64_t n_classes = net->fan[net->n_layers];
    double loss = 0;
    for (int64_t k = 0; k < n; k++, Z += n_classes, A += n_classes) {
        int y = net->labels[batch[k]];
        double top = Z[0], sum = 0;
        switch (net->output) {
        case PARAGONE_SIGMOID_QUADRATIC: /* 1/2 sum (a - y)^2 */
            for (int64_t j = 0; j < n_classes; j++)
                loss += 0.5 * (A[j] - (j == y)) * (A[j] - (j == y));
            break;
        case PARAGONE_SIGMOID_LOG: /* sum log(1 + exp(z)) - y z */
            for (int64_t j = 0; j < n_classes; j++)
                loss += (Z[j] > 0 ? Z[j] : 0) + log1p(exp(-fabs(Z[j])));
            loss -= Z[y];
            break;
        default: /* log(sum exp(z)) - z of the label */
            for (int64_t j = 1; j < n_classes; j++)
                top = Z[j] > top ? Z[j] : top;
            for (int64_t j = 0; j < n_classes; j++)
                sum += exp(Z[j] - top);
            loss += top + log(sum) - Z[y];
        }
    }
    return loss;
}

/* d = eta (R dW + l2 W + l1 sign W), W <- W - (d + momentum d_previous), d_previous <- d */
static void update(int64_t n, real *restrict W, const real *restrict dW, real *restrict d_previous, real eta, real R,
                   real momentum, real l1, real l2)
{
    for (int64_t k = 0; k < n; k++) {
        real d = eta * (R * dW[k] + l2 * W[k] + l1 * ((W[k] > 0) - (W[k] < 0)));
        W[k] -= d + momentum * d_previous[k];
        d_previous[k] = d;
    }
}

static double take_step(network *net, const int64_t *batch, int64_t B, real eta, real R)
{
    buffers *s = net->buffers;
    /* A plain update of one block goes straight to the weights; no later block needs the old ones. */
    int is_direct = net->has_plain_update && B <= BLOCK;
    double loss = 0;
    for (int64_t first = 0; first < B; first += BLOCK) {
        const int64_t *block = batch + first;
        int64_t n = B - first < BLOCK ? B - first : BLOCK, last = net->n_layers - 1;
        PHASE(net, GATHER);
        gather(net, block, n, s->A[0]);
        PHASE(net, FORWARD);
        forward(net, n, s);
        if (net->records_loss) {
            PHASE(net, LOSS);
            loss += block_loss(net, block, n, s->Z[last], s->A[last + 1]);
        }
        PHASE(net, BACKWARD);
        output_delta(net, block, n, s->A[last + 1], s->delta[last]);
        backward(net, n, s);
        if (is_direct) {
            PHASE(net, UPDATE);
            add_gradient(net, n, s, -eta * R, 1, net->W, net->b);
        } else {
            add_gradient(net, n, s, 1, first > 0, s->dW, s->db);
        }
    }
    PHASE(net, UPDATE);
    for (int64_t l = 0; l < net->n_layers && !is_direct; l++) { /* biases without the penalties */
        int64_t fan_out = net->fan[l + 1], n_weights = net->fan[l] * fan_out;
        update(n_weights, net->W[l], s->dW[l], net->dW_previous[l], eta, R, net->momentum, net->l1, net->l2);
        update(fan_out, net->b[l], s->db[l], net->db_previous[l], eta, R, net->momentum, 0, 0);
    }
    return loss;
}

const char *paragone_version(void) { return scipy_openblas_get_config(); }
