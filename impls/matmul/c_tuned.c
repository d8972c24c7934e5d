/* The product as BLIS does it (Van Zee, van de Geijn 2015): tiles of C in registers, blocks of A and B packed so that
 * the tiles read them in one stream. A block of A stays in the second cache, a strip of B in the first.
 */
#include <stdlib.h>
#include <string.h>

#include "matmul.h"

#if defined __AVX512F__
enum { BYTES = 64, ROWS = 8 }; /* of a vector and of a tile: 24 of 32 registers */
#elif defined __AVX__
enum { BYTES = 32, ROWS = 4 }; /* 12 of 16 registers */
#elif defined __aarch64__
enum { BYTES = 16, ROWS = 8 };
#else
enum { BYTES = 16, ROWS = 4 };
#endif
enum { PARTS = 3, COLUMNS = PARTS * BYTES / sizeof(real) }; /* of a tile: vectors in a row, and numbers */
enum { DEPTH = 256, HEIGHT = 96, WIDTH = 80 * COLUMNS }; /* of a block: terms, rows of A, columns of B */
typedef real vector __attribute__((vector_size(BYTES)));
typedef real unaligned __attribute__((vector_size(BYTES), aligned(sizeof(real)), may_alias));

static _Alignas(64) real packed_A[HEIGHT * DEPTH], packed_B[DEPTH * WIDTH];

/* Else each multiplication would load its vector of B again: loads would take longer than arithmetic. */
#ifdef __x86_64__
#define LOADED_ONCE(vector) __asm__("" : "+v"(vector)) /* v: any of 32 with AVX-512, x: of 16 */
#else
#define LOADED_ONCE(vector) ((void)0)
#endif
#define UNROLL _Pragma("GCC unroll 8")

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

/* Strips of ROWS rows, each column by column; a strip that is not whole ends in zeros */
static void pack_A(int64_t n, int64_t height, int64_t depth, const real *A)
{
    real *to = packed_A;
    for (int64_t i = 0; i < height; i += ROWS)
        for (int64_t k = 0; k < depth; k++)
            for (int64_t row = i; row < i + ROWS; row++)
                *to++ = row < height ? A[row * n + k] : 0;
}

/* Strips of COLUMNS columns, each row by row */
static void pack_B(int64_t n, int64_t depth, int64_t width, const real *B)
{
    real *to = packed_B;
    for (int64_t j = 0; j < width; j += COLUMNS)
        for (int64_t k = 0; k < depth; k++, to += COLUMNS) {
            int64_t columns = least(COLUMNS, width - j);
            memcpy(to, B + k * n + j, columns * sizeof(real));
            memset(to + columns, 0, (COLUMNS - columns) * sizeof(real));
        }
}

/* C += a b, or C = a b, of one strip of each: of a whole tile in vectors, of another number by number. The loops over
 * rows and parts are unrolled, so that the tile stays in registers.
 */
static void multiply_strips(int64_t n, int64_t rows, int64_t columns, int64_t depth, const real *restrict a,
                            const vector *restrict b, real *restrict C, int is_first)
{
    vector tile[ROWS][PARTS] = {0};
    for (int64_t k = 0; k < depth; k++, a += ROWS, b += PARTS) {
        vector row_of_B[PARTS];
        UNROLL for (int part = 0; part < PARTS; part++) {
            row_of_B[part] = b[part];
            LOADED_ONCE(row_of_B[part]);
        }
        UNROLL for (int row = 0; row < ROWS; row++)
            UNROLL for (int part = 0; part < PARTS; part++)
                tile[row][part] += a[row] * row_of_B[part];
    }
    if (rows == ROWS && columns == COLUMNS) {
        UNROLL for (int row = 0; row < ROWS; row++)
            UNROLL for (int part = 0; part < PARTS; part++) {
                unaligned *to = (unaligned *)(C + row * n) + part;
                if (!is_first)
                    tile[row][part] += *to;
                *to = tile[row][part];
            }
        return;
    }
    vector sums[ROWS][PARTS];
    UNROLL for (int row = 0; row < ROWS; row++)
        UNROLL for (int part = 0; part < PARTS; part++)
            sums[row][part] = tile[row][part];
    for (int64_t row = 0; row < rows; row++)
        for (int64_t column = 0; column < columns; column++) {
            real before = is_first ? 0 : C[row * n + column];
            C[row * n + column] = before + ((const real *)sums[row])[column];
        }
}

void matmul(int64_t n, const real *A, const real *B, real *C)
{
    for (int64_t j = 0; j < n; j += WIDTH)
        for (int64_t k = 0; k < n; k += DEPTH) {
            int64_t width = least(WIDTH, n - j), depth = least(DEPTH, n - k);
            pack_B(n, depth, width, B + k * n + j);
            for (int64_t i = 0; i < n; i += HEIGHT) {
                int64_t height = least(HEIGHT, n - i);
                pack_A(n, height, depth, A + i * n + k);
                for (int64_t column = 0; column < width; column += COLUMNS)
                    for (int64_t row = 0; row < height; row += ROWS)
                        multiply_strips(n, least(ROWS, height - row), least(COLUMNS, width - column), depth,
                                        packed_A + row * depth, (const vector *)(packed_B + column * depth),
                                        C + (i + row) * n + j + column, k == 0);
            }
        }
}
