/* tiles.h — the two products of a training step, in tiles that stay in registers.
 *
 * A tile is a few rows times a few vectors of columns. Each turn of its loop loads a number for each row and a vector
 * for each part, and adds all of their products: where 12 of 16 registers hold the sums, that is 12 multiplications
 * and additions for 7 loads, so the arithmetic takes the time and not the memory. The rest of the registers hold what
 * is loaded. Rows of the matrices are padded to whole vectors; their ends are computed with, and mean nothing.
 *
 * Longer than 100 lines: a tile has a form for each number of rows and parts, and two products use them.
 */
#include <stdint.h>

#if defined __AVX512F__
enum { VECTOR_BYTES = 64, SUMS = 24 };
#elif defined __AVX__
enum { VECTOR_BYTES = 32, SUMS = 12 };
#elif defined __aarch64__
enum { VECTOR_BYTES = 16, SUMS = 24 };
#else
enum { VECTOR_BYTES = 16, SUMS = 12 };
#endif
enum { LANES = VECTOR_BYTES / sizeof(real) };
enum { PARTS = 4, ROWS = 12 };      /* of a tile at most */
enum { LINE = 64 / sizeof(real) };  /* numbers in a line of the cache */
typedef real vector __attribute__((vector_size(VECTOR_BYTES)));

#define PADDED(n) (((n) + LANES - 1) / LANES * LANES)
#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 12")

/* Else each multiplication would load the vector again: loads would take longer than arithmetic. */
#if defined __x86_64__
#define LOADED_ONCE(vector) __asm__("" : "+v"(vector)) /* v: any of 32 with AVX-512, x: of 16 */
#else
#define LOADED_ONCE(vector) ((void)0)
#endif

/* sums = from, row by row; the loops over rows and parts are unrolled, so that sums are registers */
INLINE void load_tile(int rows, int parts, vector sums[ROWS][PARTS], const real *from, int64_t stride)
{
    UNROLL for (int row = 0; row < rows; row++)
        UNROLL for (int part = 0; part < parts; part++)
            sums[row][part] = ((const vector *)(from + row * stride))[part];
}

/* sums += from, row by row */
INLINE void add_tile(int rows, int parts, vector sums[ROWS][PARTS], const real *from, int64_t stride)
{
    UNROLL for (int row = 0; row < rows; row++)
        UNROLL for (int part = 0; part < parts; part++)
            sums[row][part] += ((const vector *)(from + row * stride))[part];
}

INLINE void store_tile(int rows, int parts, vector sums[ROWS][PARTS], real *to, int64_t stride)
{
    UNROLL for (int row = 0; row < rows; row++)
        UNROLL for (int part = 0; part < parts; part++)
            ((vector *)(to + row * stride))[part] = sums[row][part];
}

/* sums += numbers times a row of B. What there are fewer of stays in registers, one of the others at a time. */
INLINE void add_products(int rows, int parts, const real *numbers, const real *B, vector sums[ROWS][PARTS])
{
    vector b[PARTS];
    if (rows < parts)
        UNROLL for (int part = 0; part < parts; part++) {
            b[part] = ((const vector *)B)[part];
            LOADED_ONCE(b[part]);
            UNROLL for (int row = 0; row < rows; row++)
                sums[row][part] += numbers[row] * b[part];
        }
    else {
        UNROLL for (int part = 0; part < parts; part++) {
            b[part] = ((const vector *)B)[part];
            LOADED_ONCE(b[part]);
        }
        UNROLL for (int row = 0; row < rows; row++)
            UNROLL for (int part = 0; part < parts; part++)
                sums[row][part] += numbers[row] * b[part];
    }
}

/* C = start + A B: `rows` rows of A, through pointers, and all `depth` rows of B */
INLINE void product_tile(int rows, int parts, int64_t depth, const real *const *A, const real *B, int64_t width,
                         const real *start, real *C)
{
    vector sums[ROWS][PARTS];
    load_tile(rows, parts, sums, start, 0);
    for (int64_t k = 0; k < depth; k++, B += width) {
        real numbers[ROWS];
        UNROLL for (int row = 0; row < rows; row++)
            numbers[row] = A[row][k];
        add_products(rows, parts, numbers, B, sums);
    }
    store_tile(rows, parts, sums, C, width);
}

/* C = from + A' B: `rows` columns of A from number i on, all `depth` rows of A and B. The sum is made before it is added
 * to `from`: beside a large weight, what one image adds would be rounded away.
 *
 * Meanwhile the same columns of `ahead` are asked for, each row a little further than the one before, so that they do
 * not all begin a line of the cache at once.
 */
INLINE void transposed_tile(int rows, int parts, int64_t depth, const real *const *A, int64_t i, const real *B,
                            int64_t width, const real *from, int64_t stride, real *C, const real *const *ahead)
{
    vector sums[ROWS][PARTS] = {0};
    for (int64_t k = 0; k < depth; k++, B += width) {
        __builtin_prefetch(ahead[k] + i + k % LINE, 0, 2);
        add_products(rows, parts, A[k] + i, B, sums);
    }
    add_tile(rows, parts, sums, from, stride);
    store_tile(rows, parts, sums, C, width);
}

/* A case for each form of a tile whose sums fit into the registers */
#define TILE(rows, parts)                       \
    case PARTS * (rows) + (parts):              \
        if ((rows) * (parts) <= SUMS)           \
            FORM(rows, parts);                  \
        break;
#define TILES(rows) TILE(rows, 1) TILE(rows, 2) TILE(rows, 3) TILE(rows, 4)
#define ALL_TILES                                                                    \
    TILES(1) TILES(2) TILES(3) TILES(4) TILES(5) TILES(6) TILES(7) TILES(8) TILES(9) \
    TILES(10) TILES(11) TILES(12)

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

/* The first of the fewest shares of n that are at most so large, all nearly equal: 10 by 3 are 3, 3, 2, 2 */
static int64_t share(int64_t n, int64_t most)
{
    int64_t n_shares = (n + most - 1) / most;
    return (n + n_shares - 1) / n_shares;
}

/* C = start + A B, start in every row. A is n x depth, a pointer for each row; B is depth x width, C n x width. */
static void product(int64_t n, int64_t depth, int64_t width, const real *const *A, const real *B, const real *start,
                    real *C)
{
    int64_t parts, rows;
    for (int64_t j = 0; j < width; j += parts * LANES) {
        parts = share((width - j) / LANES, PARTS);
        for (int64_t k = 0; k < n; k += rows) {
            rows = share(n - k, least(ROWS, SUMS / parts));
#define FORM(rows, parts) product_tile(rows, parts, depth, A + k, B + j, width, start + j, C + k * width + j)
            switch (PARTS * rows + parts) { ALL_TILES }
#undef FORM
        }
    }
}

/* C = keep C + A' B, keep 0 or 1. A is n x height, a pointer for each row; B is n x width, C height x width.
 *
 * `ahead` are n rows like those of A which are needed next; A itself where there are none.
 */
static void transposed_product(int64_t n, int64_t height, int64_t width, const real *const *A, const real *B, int keep,
                               const real *zeros, real *C, const real *const *ahead)
{
    int64_t stride = keep ? width : 0, parts, rows;
    for (int64_t j = 0; j < width; j += parts * LANES) {
        parts = share((width - j) / LANES, PARTS);
        for (int64_t i = 0; i < height; i += rows) {
            const real *from = keep ? C + i * width + j : zeros;
            rows = share(height - i, least(ROWS, SUMS / parts));
#define FORM(rows, parts) transposed_tile(rows, parts, n, A, i, B + j, width, from, stride, C + i * width + j, ahead)
            switch (PARTS * rows + parts) { ALL_TILES }
#undef FORM
        }
    }
}
