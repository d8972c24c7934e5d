#include "empty.h"

void empty(int64_t n, const real *X, real *Y) { (void)n, (void)X, (void)Y; }
