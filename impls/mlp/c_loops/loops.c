/* One SGD step, one sample after the other, in plain loops.
 *
 * x is an image, y its label; z, a and delta hold the neurons of each layer, a[0] = x. W[l] is fan_in x fan_out, row
 * after row, so that the innermost loops run over neurons that lie side by side.
 */
#include <tgmath.h> /* exp of a float is a float */

#define WEIGHT(j, i, fan_in, fan_out) ((i) * (fan_out) + (j))
#include "paragone_network.h"

struct buffers {
    real **a, **z, **delta; /* one sample: a[l] has fan[l] neurons, z[l] and delta[l] fan[l + 1] */
    real **dW, **db;        /* sums over the mini-batch */
};

static void open_buffers(network *net, int64_t batch_size)
{
    buffers *s = net->buffers = zeros(1, sizeof *s);
    (void)batch_size; /* one sample at a time */
    s->dW = layers_of_zeros(net, 1), s->db = layers_of_zeros(net, 0);
    s->z = layers_of_zeros(net, 0), s->delta = layers_of_zeros(net, 0);
    s->a = zeros(net->n_layers + 1, sizeof *s->a);
    for (int64_t l = 1; l <= net->n_layers; l++)
        s->a[l] = zeros(net->fan[l], sizeof(real));
}

static void close_buffers(network *net)
{
    buffers *s = net->buffers;
    for (int64_t l = 1; l <= net->n_layers; l++)
        free(s->a[l]);
    free_layers(net, s->dW), free_layers(net, s->db), free_layers(net, s->z), free_layers(net, s->delta);
    free(s->a), free(s);
}

/* a = 1 / (1 + exp(-z)) */
static void sigmoid(int64_t n, const real *z, real *a)
{
    for (int64_t j = 0; j < n; j++)
        a[j] = 1 / (1 + exp(-z[j]));
}

/* a = exp(z) / sum exp(z), shifted by the largest logit */
static void softmax(int64_t n, const real *z, real *a)
{
    real top = z[0], sum = 0;
    for (int64_t j = 1; j < n; j++)
        top = z[j] > top ? z[j] : top;
    for (int64_t j = 0; j < n; j++)
        sum += a[j] = exp(z[j] - top);
    for (int64_t j = 0; j < n; j++)
        a[j] /= sum;
}

/* z = W' a + b, a of the next layer = sigmoid(z) */
static void forward(const network *net, buffers *s)
{
    for (int64_t l = 0; l < net->n_layers; l++) {
        int64_t fan_in = net->fan[l], fan_out = net->fan[l + 1];
        real *restrict z = s->z[l];
        memcpy(z, net->b[l], fan_out * sizeof *z);
        for (int64_t i = 0; i < fan_in; i++) {
            real a_i = s->a[l][i];
            const real *restrict W_i = net->W[l] + i * fan_out;
            for (int64_t j = 0; j < fan_out; j++)
                z[j] += a_i * W_i[j];
        }
        int is_last = l == net->n_layers - 1;
        (is_last && net->output == PARAGONE_SOFTMAX_CROSS_ENTROPY ? softmax : sigmoid)(fan_out, z, s->a[l + 1]);
    }
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

/* dW += a delta', db += delta, delta of the layer before = (W delta) a (1 - a) */
static void backward(const network *net, buffers *s)
{
    for (int64_t l = net->n_layers - 1; l >= 0; l--) {
        int64_t fan_in = net->fan[l], fan_out = net->fan[l + 1];
        const real *restrict delta = s->delta[l];
        for (int64_t i = 0; i < fan_in; i++) {
            real a_i = s->a[l][i], *restrict dW_i = s->dW[l] + i * fan_out;
            for (int64_t j = 0; j < fan_out; j++)
                dW_i[j] += a_i * delta[j];
        }
        for (int64_t j = 0; j < fan_out; j++)
            s->db[l][j] += delta[j];
        for (int64_t i = 0; l > 0 && i < fan_in; i++) {
            real a_i = s->a[l][i], sum = 0;
            for (int64_t j = 0; j < fan_out; j++)
                sum += net->W[l][i * fan_out + j] * delta[j];
            s->delta[l - 1][i] = sum * a_i * (1 - a_i);
        }
    }
}

/* The loss of one sample; from the logits where log a would be -inf as a rounds to 0 */
static double sample_loss(int output, int64_t n, const real *z, const real *a, int y)
{
    double loss = 0, top = z[0], sum = 0;
    switch (output) {
    case PARAGONE_SIGMOID_QUADRATIC: /* 1/2 sum (a - y)^2 */
        for (int64_t j = 0; j < n; j++)
            loss += 0.5 * (a[j] - (j == y)) * (a[j] - (j == y));
        return loss;
    case PARAGONE_SIGMOID_LOG: /* sum log(1 + exp(z)) - y z */
        for (int64_t j = 0; j < n; j++)
            loss += fmax((double)z[j], 0.0) + log1p(exp(-fabs((double)z[j])));
        return loss - z[y];
    default: /* log(sum exp(z)) - z of the label */
        for (int64_t j = 1; j < n; j++)
            top = fmax(top, (double)z[j]);
        for (int64_t j = 0; j < n; j++)
            sum += exp(z[j] - top);
        return top + log(sum) - z[y];
    }
}

/* d = eta (R dW + l2 W + l1 sign W), W <- W - (d + momentum d_previous), d_previous <- d; dW <- 0 */
static void update(const network *net, int64_t n, real *restrict W, real *restrict dW, real *restrict d_previous,
                   real eta, real R, real l1, real l2)
{
    for (int64_t k = 0; k < n; k++) {
        real d = eta * (R * dW[k] + l2 * W[k] + l1 * ((W[k] > 0) - (W[k] < 0)));
        W[k] -= d + net->momentum * d_previous[k];
        d_previous[k] = d;
        dW[k] = 0;
    }
}

/* W <- W - eta R dW; dW <- 0 */
static void plain_update(int64_t n, real *restrict W, real *restrict dW, real eta, real R)
{
    for (int64_t k = 0; k < n; k++) {
        W[k] -= eta * R * dW[k];
        dW[k] = 0;
    }
}

static double take_step(network *net, const int64_t *batch, int64_t B, real eta, real R)
{
    buffers *s = net->buffers;
    int64_t last = net->n_layers - 1, n_classes = net->fan[last + 1];
    double loss = 0;
    for (int64_t k = 0; k < B; k++) {
        PHASE(net, GATHER);
        int y = net->labels[batch[k]];
        s->a[0] = net->X + batch[k] * net->fan[0];
        PHASE(net, FORWARD);
        forward(net, s);
        if (net->records_loss) {
            PHASE(net, LOSS);
            loss += sample_loss(net->output, n_classes, s->z[last], s->a[last + 1], y);
        }
        PHASE(net, BACKWARD);
        output_delta(net->output, n_classes, s->a[last + 1], y, s->delta[last]);
        backward(net, s);
    }
    PHASE(net, UPDATE);
    for (int64_t l = 0; l <= last; l++) {
        int64_t n_weights = net->fan[l] * net->fan[l + 1], n_biases = net->fan[l + 1];
        if (net->has_plain_update) {
            plain_update(n_weights, net->W[l], s->dW[l], eta, R);
            plain_update(n_biases, net->b[l], s->db[l], eta, R);
        } else { /* biases without the penalties */
            update(net, n_weights, net->W[l], s->dW[l], net->dW_previous[l], eta, R, net->l1, net->l2);
            update(net, n_biases, net->b[l], s->db[l], net->db_previous[l], eta, R, 0, 0);
        }
    }
    return loss;
}
