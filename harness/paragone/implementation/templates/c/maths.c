/* One SGD step, one sample at a time: the formulas, top to bottom in the order of a step, and `step` at the end.
 *
 * z, a and delta hold the neurons of each layer, a[0] the image; W[l] is fan_out x fan_in, row after row. R scales the
 * sum over the mini-batch; eta is the learning rate. paragone_network.h holds the network and calls step;
 * paragone_outputs.h has the output layers and the activations of the hidden ones.
 *
 * Change a formula, then ask `paragone verify starter_name` whether it is still the same step.
 */
#include "paragone_network.h"
#include "paragone_outputs.h"

struct buffers {
    real **a, **z, **delta; /* one sample: a[l] has fan[l] neurons, z[l] and delta[l] fan[l + 1] */
    real **dW, **db;        /* sums over the mini-batch */
};

/* a[0] = x: a pointer to the image, which is not copied */
static void gather(const network *net, int64_t image, buffers *s)
{
    s->a[0] = net->X + image * net->fan[0];
}

/* z = W a + b, a of the next layer = sigmoid, tanh or ReLU of z, or what the output says */
static void forward(const network *net, buffers *s)
{
    for (int64_t l = 0; l < net->n_layers; l++) {
        int64_t fan_in = net->fan[l], fan_out = net->fan[l + 1];
        for (int64_t j = 0; j < fan_out; j++) {
            const real *W_j = net->W[l] + j * fan_in;
            real sum = net->b[l][j];
            for (int64_t i = 0; i < fan_in; i++)
                sum += W_j[i] * s->a[l][i];
            s->z[l][j] = sum;
        }
        if (l < net->n_layers - 1)
            hidden_activation(net->hidden, fan_out, s->z[l], s->a[l + 1]);
        else if (net->output == PARAGONE_SOFTMAX_CROSS_ENTROPY)
            softmax(fan_out, s->z[l], s->a[l + 1]);
        else
            sigmoid(fan_out, s->z[l], s->a[l + 1]);
    }
}

static double loss(const network *net, int label, const buffers *s)
{
    int64_t last = net->n_layers - 1;
    return sample_loss(0, net->output, net->fan[last + 1], s->z[last], s->a[last + 1], label);
}

/* dW += delta a', db += delta, delta of the layer before = W' delta times the slope of a, from the last layer
 * down */
static void backward(const network *net, int label, buffers *s)
{
    int64_t last = net->n_layers - 1;
    output_delta(net->output, net->fan[last + 1], s->a[last + 1], label, s->delta[last]);
    for (int64_t l = last; l >= 0; l--) {
        int64_t fan_in = net->fan[l], fan_out = net->fan[l + 1];
        for (int64_t j = 0; j < fan_out; j++) {
            s->db[l][j] += s->delta[l][j];
            for (int64_t i = 0; i < fan_in; i++)
                s->dW[l][j * fan_in + i] += s->delta[l][j] * s->a[l][i];
        }
        for (int64_t i = 0; l > 0 && i < fan_in; i++) {
            real sum = 0;
            for (int64_t j = 0; j < fan_out; j++)
                sum += net->W[l][j * fan_in + i] * s->delta[l][j];
            s->delta[l - 1][i] = sum;
        }
        if (l > 0)
            times_hidden_slope(net->hidden, fan_in, s->a[l], s->delta[l - 1]);
    }
}

/* d = eta (R gradient + l2 theta + l1 sign(theta)), theta <- theta - (d + momentum previous), previous <- d;
 * gradient <- 0 for the next step */
static void move(int64_t n, real *theta, real *previous, real *gradient, real eta, real R, real momentum, real l1,
                 real l2)
{
    for (int64_t k = 0; k < n; k++) {
        real d = eta * (R * gradient[k] + l2 * theta[k] + l1 * ((theta[k] > 0) - (theta[k] < 0)));
        theta[k] -= d + momentum * previous[k];
        previous[k] = d;
        gradient[k] = 0;
    }
}

/* Every layer; no penalties on the biases */
static void update(network *net, buffers *s, real eta, real R)
{
    for (int64_t l = 0; l < net->n_layers; l++) {
        int64_t n_biases = net->fan[l + 1], n_weights = net->fan[l] * n_biases;
        move(n_weights, net->W[l], net->dW_previous[l], s->dW[l], eta, R, net->momentum, net->l1, net->l2);
        move(n_biases, net->b[l], net->db_previous[l], s->db[l], eta, R, net->momentum, 0, 0);
    }
}

/* One SGD step on the B images of batch, all of it timed; returns the sum of their losses before the update */
static double step(network *net, const int64_t *batch, int64_t B, real eta, real R)
{
    buffers *s = net->buffers;
    double batch_loss = 0;
    for (int64_t k = 0; k < B; k++) {
        int label = net->labels[batch[k]];
        PHASE(net, GATHER); /* the clock of a profile; nothing else */
        gather(net, batch[k], s);
        PHASE(net, FORWARD);
        forward(net, s);
        if (net->records_loss) {
            PHASE(net, LOSS);
            batch_loss += loss(net, label, s);
        }
        PHASE(net, BACKWARD);
        backward(net, label, s);
    }
    PHASE(net, UPDATE);
    update(net, s, eta, R);
    return batch_loss;
}

/* Memory. open_buffers is called before the first step, and again when a mini-batch is larger than all before;
 * close_buffers frees what it allocated. These buffers hold one sample, whatever the batch size. */

static void open_buffers(network *net, int64_t batch_size)
{
    (void)batch_size;
    buffers *s = net->buffers = zeros(1, sizeof *s);
    s->z = layers_of_zeros(net, 0), s->delta = layers_of_zeros(net, 0);
    s->dW = layers_of_zeros(net, 1), s->db = layers_of_zeros(net, 0);
    s->a = zeros(net->n_layers + 1, sizeof *s->a);
    for (int64_t l = 1; l <= net->n_layers; l++)
        s->a[l] = zeros(net->fan[l], sizeof(real));
}

static void close_buffers(network *net)
{
    buffers *s = net->buffers;
    for (int64_t l = 1; l <= net->n_layers; l++)
        free(s->a[l]);
    free_layers(net, s->z), free_layers(net, s->delta), free_layers(net, s->dW), free_layers(net, s->db);
    free(s->a), free(s);
}
