/* One SGD step, one sample at a time: the formulas, top to bottom in the order of a step.
 *
 * theta is W1, b1, W2, b2, ... one after the other, W (fan_out x fan_in) row after row: the order of the state that
 * comes and goes. gradient and previous are laid out like it; z, a and delta hold the neurons of one sample, pixels
 * first.
 *
 * Change a formula, then ask `paragone verify starter_name` whether it is still the same step.
 */
#include <stdlib.h>
#include <string.h>
#include <tgmath.h> /* exp of a float is a float */

#include "paragone.h"

typedef struct {
    paragone_problem problem;
    int64_t *sizes, n_theta, n_neurons;
    real *images;
    uint8_t *labels;
    real *theta, *gradient, *previous;
    real *z, *a, *delta;
} Network;

/* z = W a_before + b, a = 1 / (1 + exp(-z)); returns where the last layer's neurons begin */
static int64_t forward(Network *net, const real *x)
{
    const real *W = net->theta;
    int64_t in = 0; /* where the neurons before this layer begin */
    memcpy(net->a, x, net->sizes[0] * sizeof(real));
    for (int64_t l = 0; l < net->problem.n_layers; l++) {
        int64_t fan_in = net->sizes[l], fan_out = net->sizes[l + 1], out = in + fan_in;
        const real *b = W + fan_out * fan_in;
        for (int64_t j = 0; j < fan_out; j++, W += fan_in) {
            real sum = b[j];
            for (int64_t i = 0; i < fan_in; i++)
                sum += W[i] * net->a[in + i];
            net->z[out + j] = sum;
            net->a[out + j] = 1 / (1 + exp(-sum));
        }
        W = b + fan_out;
        in = out;
    }
    return in;
}

/* a = exp(z) / sum exp(z); less the largest logit, so that exp cannot overflow */
static void softmax(const real *z, real *a, int64_t n)
{
    real top = z[0], sum = 0;
    for (int64_t j = 1; j < n; j++)
        top = fmax(top, z[j]);
    for (int64_t j = 0; j < n; j++)
        sum += a[j] = exp(z[j] - top);
    for (int64_t j = 0; j < n; j++)
        a[j] /= sum;
}

/* delta = a - y, with the quadratic loss times a (1 - a) */
static void output_delta(int output, const real *z, real *a, real *delta, int64_t n, int label)
{
    if (output == PARAGONE_SOFTMAX_CROSS_ENTROPY)
        softmax(z, a, n);
    for (int64_t j = 0; j < n; j++) {
        delta[j] = a[j] - (j == label);
        if (output == PARAGONE_SIGMOID_QUADRATIC)
            delta[j] *= a[j] * (1 - a[j]);
    }
}

/* The loss of one sample; from the logits, as log a would be -inf where a rounds to 0 */
static double sample_loss(int output, const real *z, const real *a, int64_t n, int label)
{
    double loss = 0, top = z[0], sum = 0;
    for (int64_t j = 0; j < n; j++) {
        double y = j == label;
        if (output == PARAGONE_SIGMOID_QUADRATIC)
            loss += (a[j] - y) * (a[j] - y) / 2;
        else if (output == PARAGONE_SIGMOID_LOG) /* log(1 + exp(z)) - y z */
            loss += fmax((double)z[j], 0) + log1p(exp(-fabs((double)z[j]))) - y * z[j];
        top = fmax(top, (double)z[j]);
    }
    if (output == PARAGONE_SOFTMAX_CROSS_ENTROPY) { /* log(sum exp(z)) - z of the label */
        for (int64_t j = 0; j < n; j++)
            sum += exp(z[j] - top);
        loss = top + log(sum) - z[label];
    }
    return loss;
}

/* dW += delta a_before', db += delta, delta_before = W' delta a_before (1 - a_before), from the last layer down */
static void backward(Network *net)
{
    const real *W = net->theta + net->n_theta;
    real *dW = net->gradient + net->n_theta;
    int64_t out = net->n_neurons;
    for (int64_t l = net->problem.n_layers - 1; l >= 0; l--) {
        int64_t fan_in = net->sizes[l], fan_out = net->sizes[l + 1];
        out -= fan_out;
        W -= fan_out * (fan_in + 1);
        dW -= fan_out * (fan_in + 1);
        real *a = net->a + out - fan_in, *before = net->delta + out - fan_in, *db = dW + fan_out * fan_in;
        memset(before, 0, fan_in * sizeof(real));
        for (int64_t j = 0; j < fan_out; j++) {
            real delta = net->delta[out + j];
            db[j] += delta;
            for (int64_t i = 0; i < fan_in; i++)
                dW[j * fan_in + i] += delta * a[i];
            for (int64_t i = 0; l > 0 && i < fan_in; i++)
                before[i] += W[j * fan_in + i] * delta;
        }
        for (int64_t i = 0; i < fan_in; i++)
            before[i] *= a[i] * (1 - a[i]);
    }
}

/* d = eta (R gradient + l2 theta + l1 sign(theta)), theta <- theta - (d + momentum previous), previous <- d */
static void update(Network *net, real eta, real R)
{
    int64_t k = 0;
    for (int64_t l = 0; l < net->problem.n_layers; l++) {
        int64_t n_weights = net->sizes[l] * net->sizes[l + 1], end = k + n_weights + net->sizes[l + 1];
        for (int64_t first_bias = k + n_weights; k < end; k++) {
            int is_weight = k < first_bias; /* biases without the penalties */
            real theta = net->theta[k], l1 = is_weight * net->problem.l1, l2 = is_weight * net->problem.l2;
            real d = eta * (R * net->gradient[k] + l2 * theta + l1 * ((theta > 0) - (theta < 0)));
            net->theta[k] -= d + (real)net->problem.momentum * net->previous[k];
            net->previous[k] = d;
        }
    }
}

/* What the harness calls, as paragone.h says. Only paragone_train is timed. */

int32_t paragone_abi(void)
{
    return PARAGONE_ABI;
}

const char *paragone_load(const paragone_problem *problem, const real *images, const uint8_t *labels, void **network)
{
    int64_t n_layers = problem->n_layers, n_pixels = problem->n_train * problem->sizes[0];
    if (problem->real_bytes != sizeof(real))
        return "maths.c was compiled for another dtype";
    Network *net = *network = calloc(1, sizeof(Network));
    net->problem = *problem;
    net->sizes = memcpy(malloc((n_layers + 1) * sizeof(int64_t)), problem->sizes, (n_layers + 1) * sizeof(int64_t));
    net->images = memcpy(malloc(n_pixels * sizeof(real)), images, n_pixels * sizeof(real));
    net->labels = memcpy(malloc(problem->n_train), labels, problem->n_train);
    net->n_neurons = net->sizes[0];
    for (int64_t l = 0; l < n_layers; l++) {
        net->n_neurons += net->sizes[l + 1];
        net->n_theta += net->sizes[l + 1] * (net->sizes[l] + 1);
    }
    real **of_theta[] = {&net->theta, &net->gradient, &net->previous}, **of_neurons[] = {&net->z, &net->a, &net->delta};
    for (int k = 0; k < 3; k++) {
        *of_theta[k] = calloc(net->n_theta, sizeof(real));
        *of_neurons[k] = calloc(net->n_neurons, sizeof(real));
    }
    return NULL;
}

void paragone_reset(void *network, const double *state)
{
    Network *net = network;
    for (int64_t k = 0; k < net->n_theta; k++) {
        net->theta[k] = state[k];
        net->previous[k] = state[net->n_theta + k];
    }
}

void paragone_train(void *network, const int64_t *order, int64_t n_steps, int64_t batch_size, const double *eta,
                    double R, double *losses)
{
    Network *net = network;
    int64_t n_pixels = net->sizes[0], n_classes = net->sizes[net->problem.n_layers];
    int output = net->problem.output;
    for (int64_t step = 0; step < n_steps; step++) {
        double loss = 0;
        memset(net->gradient, 0, net->n_theta * sizeof(real));
        for (int64_t n = 0; n < batch_size; n++, order++) {
            int label = net->labels[*order];
            int64_t out = forward(net, net->images + *order * n_pixels);
            output_delta(output, net->z + out, net->a + out, net->delta + out, n_classes, label);
            if (losses)
                loss += sample_loss(output, net->z + out, net->a + out, n_classes, label);
            backward(net);
        }
        if (losses)
            losses[step] = R * loss;
        update(net, eta[step], R);
    }
}

void paragone_params(void *network, double *state)
{
    Network *net = network;
    for (int64_t k = 0; k < net->n_theta; k++) {
        state[k] = net->theta[k];
        state[net->n_theta + k] = net->previous[k];
    }
}

void paragone_free(void *network)
{
    Network *net = network;
    void *held[] = {net->sizes,    net->images, net->labels, net->theta, net->gradient,
                    net->previous, net->z,      net->a,      net->delta};
    for (size_t k = 0; k < sizeof held / sizeof *held; k++)
        free(held[k]);
    free(net);
}
