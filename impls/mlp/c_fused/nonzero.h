/* nonzero.h — the products of the first layer with the pixels that are not 0, which changes no sum.
 *
 * Four of five pixels of MNIST are 0, and add 0 to every sum. Of each image there is a list of the others, in order.
 * W is taken in strips of rows that stay in the first cache while all images of a block pass. The lists lie anywhere in
 * memory, and each strip needs a piece of each: so a block begins with asking for all of them, many at a time.
 *
 * Longer than 100 lines: C builds and frees the lists by hand.
 */
enum { STRIP_BYTES = 1 << 14 };
enum { MOST_IMAGES = 64 }; /* in a block: each is added to a weight by itself, which rounds each time */

typedef struct {
    int64_t strip, n_strips; /* rows of W in a strip, and strips of W */
    int64_t *begin;          /* where in the lists the pixels of each strip of each image of the training set begin */
    uint16_t *place;         /* the lists: of which row of the strip a pixel is that is not 0, in vectors */
    real *pixel;             /* and what it is */
    const int64_t *batch;    /* the images of the block */
} images;

/* For a thread; the lists are those of the first one */
static void open_images(const network *net, int64_t n, const images *first, images *X)
{
    if (X != first) {
        *X = *first;
        return;
    }
    int64_t n_images = net->n_train, fan_in = net->fan[0], vectors = PADDED(net->fan[1]) / LANES;
    int64_t n_pixels = 0, n_begin = 0;
    (void)n;
    X->strip = STRIP_BYTES / (vectors * VECTOR_BYTES);
    X->strip = X->strip < 1 ? 1 : X->strip;
    X->n_strips = (fan_in + X->strip - 1) / X->strip;
    for (int64_t k = 0; k < n_images * fan_in; k++)
        n_pixels += net->X[k] != 0;
    X->begin = zeros(n_images * X->n_strips + 1, sizeof *X->begin);
    X->place = zeros(n_pixels, sizeof *X->place), X->pixel = zeros(n_pixels, sizeof *X->pixel);
    n_pixels = 0;
    for (const real *x = net->X; x < net->X + n_images * fan_in; x += fan_in)
        for (int64_t i = 0; i < fan_in; i++) {
            if (i % X->strip == 0)
                X->begin[n_begin++] = n_pixels;
            if (x[i] != 0)
                X->place[n_pixels] = i % X->strip * vectors, X->pixel[n_pixels++] = x[i];
        }
    X->begin[n_begin] = n_pixels;
}

static void close_images(const images *first, images *X)
{
    if (X == first)
        free(X->begin), free(X->place), free(X->pixel);
}

/* X[batch]: all lists of the block are asked for at once */
static void gather(const network *net, const int64_t *batch, int64_t n, images *X)
{
    (void)net;
    X->batch = batch;
    for (int64_t k = 0; k < n; k++) {
        const int64_t *begin = X->begin + batch[k] * X->n_strips, *end = begin + X->n_strips;
        for (int64_t e = *begin; e < *end; e += LINE)
            __builtin_prefetch(X->pixel + e, 0, 2);
        for (int64_t e = *begin; e < *end; e += 64 / (int64_t)sizeof *X->place)
            __builtin_prefetch(X->place + e, 0, 2);
    }
}

/* One image is like several here */
static void begin_one_image(const network *net, images *X, real *delta) { (void)net, (void)X, (void)delta; }

/* z += x W over n pixels; two sums in turn, since one would wait for itself */
INLINE void pixels_product(int parts, int64_t n, const uint16_t *place, const real *pixel, const vector *W, real *z)
{
    vector sums[ROWS][PARTS], others[PARTS] = {0};
    int64_t e = 0;
    load_tile(1, parts, sums, z, 0);
    for (; e + 1 < n; e += 2)
        UNROLL for (int part = 0; part < parts; part++) {
            sums[0][part] += pixel[e] * W[place[e] + part];
            others[part] += pixel[e + 1] * W[place[e + 1] + part];
        }
    if (e < n)
        UNROLL for (int part = 0; part < parts; part++)
            sums[0][part] += pixel[e] * W[place[e] + part];
    UNROLL for (int part = 0; part < parts; part++)
        sums[0][part] += others[part];
    store_tile(1, parts, sums, z, 0);
}

/* W += x' delta over n pixels */
INLINE void pixels_gradient(int parts, int64_t n, const uint16_t *place, const real *pixel, const real *delta,
                            vector *W)
{
    vector deltas[ROWS][PARTS];
    load_tile(1, parts, deltas, delta, 0);
    for (int64_t e = 0; e < n; e++)
        UNROLL for (int part = 0; part < parts; part++)
            W[place[e] + part] += pixel[e] * deltas[0][part];
}

/* Of image k of the block in a strip of W: PIXELS(parts) for each group of so many vectors of columns, from j on */
#define FOR_ALL_COLUMNS(PIXELS)                                                                                 \
    int64_t begin = X->begin[X->batch[k] * X->n_strips + strip], parts;                                         \
    int64_t count = X->begin[X->batch[k] * X->n_strips + strip + 1] - begin;                                    \
    const uint16_t *place = X->place + begin;                                                                   \
    const real *pixel = X->pixel + begin;                                                                       \
    for (int64_t j = 0; j < width; j += parts * LANES)                                                          \
        switch (parts = share((width - j) / LANES, PARTS)) {                                                    \
        case 1: PIXELS(1); break;                                                                               \
        case 2: PIXELS(2); break;                                                                               \
        case 3: PIXELS(3); break;                                                                               \
        case 4: PIXELS(4); break;                                                                               \
        }

/* Z = b + X W of the first layer */
static void images_product(const network *net, int64_t n, images *X, const real *delta, real *Z)
{
    int64_t width = PADDED(net->fan[1]);
    (void)delta;
    for (int64_t k = 0; k < n; k++)
        memcpy(Z + k * width, net->b[0], width * sizeof *Z);
#define PRODUCT(parts) pixels_product(parts, count, place, pixel, (const vector *)(W + j), Z + k * width + j)
    for (int64_t strip = 0; strip < X->n_strips; strip++)
        for (int64_t k = 0; k < n; k++) {
            const real *W = net->W[0] + strip * X->strip * width;
            FOR_ALL_COLUMNS(PRODUCT)
        }
}

/* W <- keep W + X' delta */
static void images_gradient(const network *net, int64_t n, images *X, const int64_t *next, int64_t n_next,
                            const real *delta, int keep, const real *zeros, real *weights)
{
    int64_t width = PADDED(net->fan[1]);
    (void)next, (void)n_next, (void)zeros;
    if (!keep)
        memset(weights, 0, net->fan[0] * width * sizeof *weights);
#define GRADIENT(parts) pixels_gradient(parts, count, place, pixel, delta + k * width + j, (vector *)(W + j))
    for (int64_t strip = 0; strip < X->n_strips; strip++)
        for (int64_t k = 0; k < n; k++) {
            real *W = weights + strip * X->strip * width;
            FOR_ALL_COLUMNS(GRADIENT)
        }
}

/* No update waits here */
static void finish_images(network *net, images *X, const real *delta, real *Z)
{
    (void)net, (void)X, (void)delta, (void)Z;
}
