/* images.h — the products of the first layer with images, which are read where they lie.
 *
 * Images of a mini-batch lie anywhere in memory, and it takes far longer to come by one than to read it. So those of
 * the next step are asked for while the gradient of this one is computed (transposed_tile): with ten images, a step
 * took 5 to 8 % less. Of a mini-batch of several blocks it gained nothing.
 *
 * A step on one image is all memory: W is read by its product and then read and written by its update. So the update
 * waits for the next step, whose product needs the same weights anyway: each row of W is loaded once, takes what the
 * last image adds, is multiplied by the pixel of the next one, and is stored. A sum waits for the one before it, four
 * cycles long: where W is fewer vectors wide than four, its rows take turns at several sums, and a step took 20 % less
 * with two. A first step has no update with it; it adds nothing in the same sweep, since a training that goes on from a
 * state must end in the bits of the one that it continues. So six steps cannot share one pass through W (z = b +
 * x W_before + sum_j (x . x_j) delta_j), which took 15 % less.
 *
 * Longer than 100 lines: W may be any number of vectors wide, and C names every size.
 */
enum { MOST_IMAGES = 256 }; /* in a block */

typedef struct {
    const real **rows, **ahead; /* the images of the block, and those that are asked for meanwhile */
    const real *last; /* the image whose update of W waits, or NULL */
} images;

/* For a thread; `first` are those of the first one */
static void open_images(const network *net, int64_t n, const images *first, images *X)
{
    (void)net, (void)first;
    X->rows = zeros(n, sizeof *X->rows), X->ahead = zeros(n, sizeof *X->ahead), X->last = NULL;
}

static void close_images(const images *first, images *X)
{
    (void)first;
    free(X->rows), free(X->ahead);
}

/* X[batch]: nothing is copied */
static void gather(const network *net, const int64_t *batch, int64_t n, images *X)
{
    for (int64_t k = 0; k < n; k++)
        X->rows[k] = net->X + batch[k] * net->fan[0];
}

/* A row of W += last_i delta, sums += x_i times that row */
INLINE void update_and_multiply_row(int parts, real last_i, const vector *deltas, real x_i, vector *W_i, vector *sums)
{
    UNROLL for (int part = 0; part < parts; part++) {
        vector w = W_i[part] + last_i * deltas[part];
        W_i[part] = w;
        sums[part] += x_i * w;
    }
}

/* W += last' delta, then z = b + x W, of `parts` vectors of columns. Rows take turns at PARTS / parts sums. */
INLINE void update_and_multiply(int parts, int64_t fan_in, int64_t width, const real *last, const real *delta,
                                const real *x, const real *b, real *W, real *z)
{
    vector deltas[ROWS][PARTS], sums[ROWS][PARTS] = {0};
    int turns = PARTS / parts;
    int64_t i = 0;
    load_tile(1, parts, deltas, delta, 0), load_tile(1, parts, sums, b, 0);
    for (; i + turns <= fan_in; i += turns)
        UNROLL for (int turn = 0; turn < turns; turn++, W += width)
            update_and_multiply_row(parts, last[i + turn], deltas[0], x[i + turn], (vector *)W, sums[turn]);
    for (; i < fan_in; i++, W += width)
        update_and_multiply_row(parts, last[i], deltas[0], x[i], (vector *)W, sums[0]);
    UNROLL for (int turn = 1; turn < turns; turn++)
        UNROLL for (int part = 0; part < parts; part++)
            sums[0][part] += sums[turn][part];
    store_tile(1, parts, sums, z, 0);
}

/* Before a step on one image: where no update waits, one that adds nothing does. */
static void begin_one_image(const network *net, images *X, real *delta)
{
    if (X->last != NULL)
        return;
    X->last = X->rows[0];
    memset(delta, 0, PADDED(net->fan[1]) * sizeof *delta);
}

/* Z = b + X W of the first layer. `delta` is that of the last image, if its update waits. */
static void images_product(const network *net, int64_t n, images *X, const real *delta, real *Z)
{
    int64_t fan_in = net->fan[0], width = PADDED(net->fan[1]), parts;
    if (X->last == NULL) {
        product(n, fan_in, width, X->rows, net->W[0], net->b[0], Z);
        return;
    }
    for (int64_t j = 0; j < width; j += parts * LANES) {
        parts = share((width - j) / LANES, PARTS);
        switch (parts) {
#define SWEEP(parts)                                                                                            \
    case parts:                                                                                                 \
        update_and_multiply(parts, fan_in, width, X->last, delta + j, X->rows[0], net->b[0] + j, net->W[0] + j, \
                            Z + j);                                                                             \
        break;
            SWEEP(1) SWEEP(2) SWEEP(3) SWEEP(4)
        }
    }
    X->last = NULL;
}

/* W <- keep W + X' delta; straight to the weights, the update of one image waits. `next` are the images to come. */
static void images_gradient(const network *net, int64_t n, images *X, const int64_t *next, int64_t n_next,
                            const real *delta, int keep, const real *zeros, real *W)
{
    for (int64_t k = 0; k < n; k++)
        X->ahead[k] = k < n_next ? net->X + next[k] * net->fan[0] : X->rows[k];
    if (n > 1 || W != net->W[0]) {
        transposed_product(n, net->fan[0], PADDED(net->fan[1]), X->rows, delta, keep, zeros, W, X->ahead);
        return;
    }
    X->last = X->rows[0];
    for (int64_t i = 0; i < net->fan[0]; i += LINE)
        __builtin_prefetch(X->ahead[0] + i, 0, 2);
}

/* The update that waits for no other step: in the same sweep, whose product with any image is not needed */
static void finish_images(network *net, images *X, const real *delta, real *Z)
{
    if (X->last != NULL)
        images_product(net, 1, X, delta, Z);
}
