/* One SGD step, one sample after the other, in plain loops.
 *
 * x is an image, y its label; z, a and delta hold the neurons of each layer, a[0] = x. W[l] is fan_in x fan_out, row
 * after row, so that the innermost loops run over neurons that lie side by side. The step is at the end.
 *
 * Longer than 100 lines: in C every product is a loop, and the buffers are opened and closed by hand.
 */
#define WEIGHT(j, i, fan_in, fan_out) ((i) * (fan_out) + (j))
#include "paragone_network.h"
#include "paragone_outputs.h"

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

/* a[0] = x: where it lies, nothing is copied */
static void gather(const network *net, int64_t image, buffers *s) { s->a[0] = net->X + image * net->fan[0]; }

/* z = W' a + b, a of the next layer from z */
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
        if (l < net->n_layers - 1)
            hidden_activation(net->hidden, fan_out, z, s->a[l + 1]);
        else
            (net->output == PARAGONE_SOFTMAX_CROSS_ENTROPY ? softmax : sigmoid)(fan_out, z, s->a[l + 1]);
    }
}

/* dW += a delta', db += delta, delta of the layer before = W delta times the slope of a */
static void backward(const network *net, int y, buffers *s)
{
    int64_t last = net->n_layers - 1;
    output_delta(net->output, net->fan[last + 1], s->a[last + 1], y, s->delta[last]);
    for (int64_t l = last; l >= 0; l--) {
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
            real sum = 0;
            for (int64_t j = 0; j < fan_out; j++)
                sum += net->W[l][i * fan_out + j] * delta[j];
            s->delta[l - 1][i] = sum;
        }
        if (l > 0)
            times_hidden_slope(net->hidden, fan_in, s->a[l], s->delta[l - 1]);
    }
}

/* d = eta (R dW + l2 W + l1 sign W), W <- W - (d + momentum d_previous), d_previous <- d; dW <- 0 */
static void full_rule(const network *net, int64_t n, real *restrict W, real *restrict dW, real *restrict d_previous,
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
static void plain_rule(int64_t n, real *restrict W, real *restrict dW, real eta, real R)
{
    for (int64_t k = 0; k < n; k++) {
        W[k] -= eta * R * dW[k];
        dW[k] = 0;
    }
}

/* Every layer; biases without the penalties */
static void update(const network *net, buffers *s, real eta, real R)
{
    for (int64_t l = 0; l < net->n_layers; l++) {
        int64_t n_weights = net->fan[l] * net->fan[l + 1], n_biases = net->fan[l + 1];
        if (net->has_plain_update) {
            plain_rule(n_weights, net->W[l], s->dW[l], eta, R);
            plain_rule(n_biases, net->b[l], s->db[l], eta, R);
        } else {
            full_rule(net, n_weights, net->W[l], s->dW[l], net->dW_previous[l], eta, R, net->l1, net->l2);
            full_rule(net, n_biases, net->b[l], s->db[l], net->db_previous[l], eta, R, 0, 0);
        }
    }
}

/* Each image of the mini-batch once forward and back, then the update; the sum of their losses before it */
static double step(network *net, const int64_t *batch, int64_t B, real eta, real R)
{
    buffers *s = net->buffers;
    int64_t last = net->n_layers - 1;
    double batch_loss = 0;
    for (int64_t k = 0; k < B; k++) {
        int y = net->labels[batch[k]];
        PHASE(net, GATHER);
        gather(net, batch[k], s);
        PHASE(net, FORWARD);
        forward(net, s);
        if (net->records_loss) {
            PHASE(net, LOSS);
            batch_loss += sample_loss(0, net->output, net->fan[last + 1], s->z[last], s->a[last + 1], y);
        }
        PHASE(net, BACKWARD);
        backward(net, y, s);
    }
    PHASE(net, UPDATE);
    update(net, s, eta, R);
    return batch_loss;
}
