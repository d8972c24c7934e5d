/* buffers.h — the memory of a step: for each thread what a block of samples takes, and what all threads read. */
#include <omp.h>
#include <unistd.h>

/* What a thread needs for a block of samples */
typedef struct {
    images images;
    const real **rows;      /* where the rows of any other matrix lie */
    real **A, **Z, **delta; /* n x PADDED(fan): A[l] goes into layer l, and A[0] are the images */
    real **dW, **db;        /* sums over the blocks of this thread */
    double loss;
} workspace;

struct buffers {
    int64_t most;  /* samples in a block, which stay in the second cache */
    int n_threads; /* that take turns at the blocks */
    workspace *of; /* each thread */
    real **V;      /* the transpose of each W but the first, fan_out x PADDED(fan_in) */
    int has_V;     /* whether it is that of the present weights */
    real *zeros;   /* a row of them, as long as the longest */
};

/* A quarter of the second cache is for images: with half, a step of 1000 took 6 % longer. */
static int64_t most_in_cache(const network *net)
{
    long cache_bytes = -1;
#ifdef _SC_LEVEL2_CACHE_SIZE
    cache_bytes = sysconf(_SC_LEVEL2_CACHE_SIZE);
#endif
    int64_t most = (cache_bytes > 0 ? cache_bytes : 1 << 19) / 4 / (net->fan[0] * (int64_t)sizeof(real));
    return most < ROWS ? ROWS : least(most, MOST_IMAGES);
}

/* Of each layer of neurons n rows */
static real **blocks(const network *net, int64_t n)
{
    real **layers = zeros(net->n_layers + 1, sizeof *layers);
    for (int64_t l = 1; l <= net->n_layers; l++)
        layers[l] = zeros(n * PADDED(net->fan[l]), sizeof(real));
    return layers;
}

static void free_blocks(const network *net, real **layers)
{
    for (int64_t l = 0; l <= net->n_layers; l++)
        free(layers[l]);
    free(layers);
}

static void open_buffers(network *net, int64_t batch_size)
{
    buffers *s = net->buffers = zeros(1, sizeof *s);
    int64_t longest = 0, n = s->most = least(most_in_cache(net), batch_size);
    s->n_threads = omp_get_max_threads(), s->of = zeros(s->n_threads, sizeof *s->of);
    for (workspace *w = s->of; w < s->of + s->n_threads; w++) {
        open_images(net, n, &s->of->images, &w->images), w->rows = zeros(n, sizeof *w->rows);
        w->A = blocks(net, n), w->Z = blocks(net, n), w->delta = blocks(net, n);
        w->dW = layers_of_zeros(net, 1), w->db = layers_of_zeros(net, 0);
    }
    s->V = zeros(net->n_layers, sizeof *s->V);
    for (int64_t l = 0; l <= net->n_layers; l++) {
        longest = PADDED(net->fan[l]) > longest ? PADDED(net->fan[l]) : longest;
        if (l > 0 && l < net->n_layers)
            s->V[l] = zeros(net->fan[l + 1] * PADDED(net->fan[l]), sizeof(real));
    }
    s->zeros = zeros(longest, sizeof(real));
}

static void close_buffers(network *net)
{
    buffers *s = net->buffers;
    for (workspace *w = s->of + s->n_threads - 1; w >= s->of; w--) {
        close_images(&s->of->images, &w->images), free(w->rows);
        free_blocks(net, w->A), free_blocks(net, w->Z), free_blocks(net, w->delta);
        free_layers(net, w->dW), free_layers(net, w->db);
    }
    free_layers(net, s->V), free(s->zeros), free(s->of), free(s);
}

/* A matrix of n rows, one every `stride` numbers, by where they lie; until the next call */
static const real *const *every(workspace *w, int64_t n, const real *A, int64_t stride)
{
    for (int64_t k = 0; k < n; k++)
        w->rows[k] = A + k * stride;
    return w->rows;
}
