"""A kernel in C: the header that its authors include, and the loop that calls it."""

from __future__ import annotations

from collections.abc import Sequence

from paragone.implementation.dialects import DIALECTS
from paragone.implementation.kernel_declaration import REALS, SUFFIXES
from paragone.task.kernel.spec import ArraySpec, KernelSpec

TYPES = DIALECTS["c"].types
# Words that C or C++ keep for themselves, and ours: a parameter of that name gets an underscore.
RESERVED = frozenset(
    """alignas alignof and asm auto bool break case catch char class const constexpr continue decltype default delete
    do double else enum explicit export extern false float for friend goto if inline int long mutable namespace new
    noexcept not nullptr operator or private protected public real register restrict return short signed sizeof
    static struct switch template this throw true try typedef typename union unsigned using virtual void volatile
    while xor""".split()
)

HEADER = """\
/* {name}.h: {description}
 *
 * The functions that a shared library exports to be measured, one or both; written by `paragone header {name}`.
 * Sizes come first, then the arrays, each whole and one row after the other: {arrays}.
 * Inputs are const. Two calls may not depend on each other. The functions with _setup are optional: they are called
 * once for each size, untimed, before the calls.
 *
 * With -DPARAGONE_REAL={{real}} in the build command, `real` is float or double, and `{name}` and `{name}_setup` stand
 * for the functions of that type: one text serves both.
 */
#ifndef PARAGONE_{guard}_H
#define PARAGONE_{guard}_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {{
#endif

{declarations}

#ifdef PARAGONE_REAL
typedef PARAGONE_REAL real;
#define PARAGONE_SUFFIX_float f32
#define PARAGONE_SUFFIX_double f64
#define PARAGONE_JOINED(name, suffix) name##_##suffix
#define PARAGONE_JOIN(name, suffix) PARAGONE_JOINED(name, suffix)
#define PARAGONE_OF(type) PARAGONE_SUFFIX_##type
#define PARAGONE_SUFFIX(type) PARAGONE_OF(type)
#define {name} PARAGONE_JOIN({name}, PARAGONE_SUFFIX(PARAGONE_REAL))
#define {name}_setup PARAGONE_JOIN({name}_setup, PARAGONE_SUFFIX(PARAGONE_REAL))
#endif

#ifdef __cplusplus
}}
#endif
#endif
"""

LOOP = """\
#include <stdint.h>

typedef void (*function)({types});

/* One call for each entry of `slots`; `arrays` has the {n} addresses of each slot, one slot after the other. */
void paragone_calls(function call, const int64_t *sizes, void *const *arrays, const int64_t *slots, int64_t n_calls)
{{
    for (int64_t i = 0; i < n_calls; i++) {{
        void *const *slot = arrays + slots[i] * {n};
        call({arguments});
    }}
}}
"""


def declarations(spec: KernelSpec) -> str:
    """The C header of a kernel, as `paragone header NAME` prints it."""
    functions = []
    for dtype in spec.dtypes:
        functions.append(f"void {symbol(spec, dtype)}({_parameters(spec, dtype)});")
        functions.append(f"void {symbol(spec, dtype, '_setup')}({', '.join(_sizes(spec))});")
    shapes = ", ".join(f"{array.name} {' x '.join(array.shape) or 'one number'}" for array in spec.arrays)
    return HEADER.format(
        name=spec.name,
        guard=spec.name.upper(),
        description=spec.description.replace("*/", "* /"),
        arrays=shapes,
        declarations="\n".join(functions),
    )


def declaration(spec: KernelSpec, dtype: str) -> str:
    """The one function that a variant needs: void pairwise_f32(int64_t n, …)."""
    return f"void {symbol(spec, dtype)}({_parameters(spec, dtype)})"


def call_loop(spec: KernelSpec, dtype: str) -> str:
    """The C text of the loop around the calls of a kernel in one dtype; its names cannot meet those of a kernel."""
    types = ["int64_t"] * len(spec.size_names) + [f"{_type(array, dtype)}*" for array in spec.arrays]
    arguments = [f"sizes[{i}]" for i in range(len(spec.size_names))] + [f"slot[{i}]" for i in range(len(spec.arrays))]
    return LOOP.format(types=", ".join(types), arguments=", ".join(arguments), n=len(spec.arrays))


def symbol(spec: KernelSpec, dtype: str, part: str = "") -> str:
    return f"{spec.name}{part}_{SUFFIXES[dtype]}"


def _parameters(spec: KernelSpec, dtype: str) -> str:
    arrays = [f"{_type(array, dtype)}*{_name(array.name)}" for array in spec.arrays]
    return ", ".join([*_sizes(spec), *arrays])


def _sizes(spec: KernelSpec) -> Sequence[str]:
    return [f"int64_t {_name(name)}" for name in spec.size_names]


def _type(array: ArraySpec, dtype: str) -> str:
    """Such as "const float ", to be followed by the star."""
    number = REALS[dtype] if array.is_real else TYPES[array.dtype]
    return f"const {number} " if array.role == "in" else f"{number} "


def _name(name: str) -> str:
    return f"{name}_" if name in RESERVED else name
