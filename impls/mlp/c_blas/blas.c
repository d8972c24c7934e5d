/* One SGD step with samples in rows, the products left to BLAS.
 *
 * A mini-batch is taken in blocks of at most BLOCK samples, which stay in the cache. Of a block of n samples: A[0] is
 * n x fan_in, gathered; Z[l], A[l + 1] and delta[l] are n x fan_out; W[l] is fan_out x fan_in. The step is at the end.
 *
 * Longer than 100 lines: BLAS names every size, and the buffers are opened and closed by hand.
 */
#ifdef VECTOR_EXP /* before math.h: these two exist for whole vectors of arguments */
__attribute__((simd("notinbranch"))) extern float expf(float);
__attribute__((simd("notinbranch"))) extern double exp(double);
#endif
#include <cblas.h>
#define LOGIT real /* the losses take the exp and log of a real, too */
#include "paragone_network.h"
#include "paragone_outputs.h"

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

/* A[0] = X[batch] */
static void gather(const network *net, const int64_t *batch, int64_t n, real *A)
{
    for (int64_t k = 0; k < n; k++)
        memcpy(A + k * net->fan[0], net->X + batch[k] * net->fan[0], net->fan[0] * sizeof(real));
}

/* Z = A W' + b, of one sample W a + b; A of the next layer from Z */
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
        if (l < net->n_layers - 1)
            hidden_activation(net->hidden, n * fan_out, s->Z[l], s->A[l + 1]);
        else if (net->output == PARAGONE_SOFTMAX_CROSS_ENTROPY)
            for (int64_t k = 0; k < n; k++)
                softmax(fan_out, s->Z[l] + k * fan_out, s->A[l + 1] + k * fan_out);
        else
            sigmoid(n * fan_out, s->Z[l], s->A[l + 1]);
    }
}

/* The sum of the losses of a block */
static double loss(const network *net, const int64_t *block, int64_t n, const buffers *s)
{
    int64_t last = net->n_layers - 1, C = net->fan[last + 1];
    double total = 0;
    for (int64_t k = 0; k < n; k++)
        total = sample_loss(total, net->output, C, s->Z[last] + k * C, s->A[last + 1] + k * C, net->labels[block[k]]);
    return total;
}

/* delta of the layer before = delta W times the slope of A */
static void backward(const network *net, const int64_t *block, int64_t n, buffers *s)
{
    int64_t last = net->n_layers - 1, C = net->fan[last + 1];
    for (int64_t k = 0; k < n; k++)
        output_delta(net->output, C, s->A[last + 1] + k * C, net->labels[block[k]], s->delta[last] + k * C);
    for (int64_t l = last; l > 0; l--) {
        int64_t fan_in = net->fan[l], fan_out = net->fan[l + 1];
        real *before = s->delta[l - 1];
        if (n == 1)
            BLAS(gemv)(CblasRowMajor, CblasTrans, fan_out, fan_in, 1, net->W[l], fan_in, s->delta[l], 1, 0, before, 1);
        else
            BLAS(gemm)(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, fan_in, fan_out, 1, s->delta[l], fan_out,
                       net->W[l], fan_in, 0, before, fan_in);
        times_hidden_slope(net->hidden, n * fan_in, s->A[l], before);
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

/* A plain update of one block goes straight to the weights; no later block needs the old ones. */
static int is_direct(const network *net, int64_t B) { return net->has_plain_update && B <= BLOCK; }

/* From the sums of the gradients, or directly; biases without the penalties */
static void update(const network *net, int64_t B, buffers *s, real eta, real R)
{
    if (is_direct(net, B)) {
        add_gradient(net, B, s, -eta * R, 1, net->W, net->b);
        return;
    }
    for (int64_t l = 0; l < net->n_layers; l++) {
        int64_t fan_out = net->fan[l + 1], n_weights = net->fan[l] * fan_out;
        full_rule(n_weights, net->W[l], s->dW[l], net->dW_previous[l], eta, R, net->momentum, net->l1, net->l2);
        full_rule(fan_out, net->b[l], s->db[l], net->db_previous[l], eta, R, net->momentum, 0, 0);
    }
}

/* The mini-batch, block by block forward and back, then the update; the sum of the losses before it */
static double step(network *net, const int64_t *batch, int64_t B, real eta, real R)
{
    buffers *s = net->buffers;
    double batch_loss = 0;
    for (int64_t first = 0; first < B; first += BLOCK) {
        const int64_t *block = batch + first;
        int64_t n = B - first < BLOCK ? B - first : BLOCK;
        PHASE(net, GATHER);
        gather(net, block, n, s->A[0]);
        PHASE(net, FORWARD);
        forward(net, n, s);
        if (net->records_loss) {
            PHASE(net, LOSS);
            batch_loss += loss(net, block, n, s);
        }
        PHASE(net, BACKWARD);
        backward(net, block, n, s);
        if (!is_direct(net, B))
            add_gradient(net, n, s, 1, first > 0, s->dW, s->db);
    }
    PHASE(net, UPDATE);
    update(net, B, s, eta, R);
    return batch_loss;
}

const char *paragone_version(void) { return scipy_openblas_get_config(); }
