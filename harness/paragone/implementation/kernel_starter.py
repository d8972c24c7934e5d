"""Writes a new implementation of a kernel to begin from: its signature follows from kernel.toml.

For the kernel that `paragone new-kernel` writes it works as it is. For any other it compiles, writes 0 into every
result, and says where the formula comes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from string import Template

from paragone.errors import Misuse, UnknownName
from paragone.implementation.call_text import CallText, listed
from paragone.implementation.dialects import DIALECTS
from paragone.implementation.kernel_declaration import REALS
from paragone.implementation.kernel_folder import KERNEL, REFERENCE, implementation_files, is_kernel
from paragone.implementation.new_files import write_new_files
from paragone.implementation.plugins import kernel_folders
from paragone.implementation.template import TEMPLATES, fault_of_name
from paragone.task.kernel.kernel_file import read_kernel
from paragone.task.kernel.spec import ArraySpec, KernelSpec

KERNEL_LANGUAGES = tuple(DIALECTS)
STARTERS = TEMPLATES / "kernel"
IDEA = "One sentence: what does this implementation show?"
# The arrays of the kernel that `paragone new-kernel` writes: the example of every dialect computes them.
EXAMPLE = (
    ArraySpec("A", "in", ("m", "n")),
    ArraySpec("x", "in", ("n",)),
    ArraySpec("y", "out", ("m",)),
)


def find_kernel_folder(kernel: str, into: Path, plugins: Iterable[str] = ()) -> tuple[Path, Path]:
    """The folder where a kernel is, and the one for new implementations of it: `into`/KERNEL.

    Where `into` is a folder of the kernel itself, that one. Raises UnknownName for a kernel that is nowhere, Misuse
    where another one has its name.
    """
    here = [str(into)] if into.is_dir() else []
    found, _ = kernel_folders([*plugins, *here])
    if kernel not in found:
        raise UnknownName("kernel", kernel, found, f" A new one: paragone new-kernel {kernel}")
    place = into if is_kernel(into) and into.resolve().name == kernel else into / kernel
    if is_kernel(place) and (place / KERNEL).read_bytes() != (found[kernel] / KERNEL).read_bytes():
        raise Misuse(
            f"{place / KERNEL} differs from {found[kernel] / KERNEL}, whose name it has: rename the folder, and the "
            "kernel in it, or write elsewhere: --into PATH"
        )
    return found[kernel], place


def write_kernel_starter(name: str, language: str, kernel: Path, place: Path) -> list[Path]:
    """The files of a new implementation `name` of a kernel, written into the folder `place`.

    It gets the kernel's kernel.toml where it has none. Raises UnknownName for a language without a starter, and Misuse
    where the name is none or taken, kernel.toml is wrong, or nothing can be written; then nothing is left behind.
    """
    if language not in KERNEL_LANGUAGES:
        raise UnknownName("language", language, KERNEL_LANGUAGES)
    if fault := fault_of_file_name(name) or fault_of_place(name, kernel, place):
        raise Misuse(fault)
    texts = starter_texts(name, language, read_kernel(kernel))
    shared = {} if is_kernel(place) else {KERNEL: (kernel / KERNEL).read_text(encoding="utf-8")}
    return write_new_files(place, {**texts, **shared})


def fault_of_file_name(name: str) -> str | None:
    """Why no implementation of a kernel can be called that, or None."""
    if name.lower() in (Path(KERNEL).stem, Path(REFERENCE).stem):
        return f"{name!r} is the name of a file that every kernel has. Say more: {name}_first"
    return fault_of_name(name)


def fault_of_place(name: str, kernel: Path, place: Path) -> str | None:
    """Why there can be no implementation of that name in the folder, or None."""
    for folder in (kernel, place):
        for path in implementation_files(folder):
            if path.stem == name:
                return f"the name {name!r} is taken by {path}; nothing was written. Choose another name"
    taken = sorted(place.glob(f"{name}.*")) or [path for path in (place / name,) if path.exists()]
    return f"{taken[0]} is there already; nothing was written. Choose another name" if taken else None


def starter_texts(name: str, language: str, spec: KernelSpec) -> dict[str, str]:
    """The files of the starter by name: the source, and NAME.toml where there is one."""
    call = CallText(DIALECTS[language], spec)
    indent = call.dialect.indent
    words = {
        "name": name,
        "kernel": spec.name,
        "idea": IDEA,
        "names": listed(call.names.values(), " " * 8),
        "arrays": "\n".join(call.arrays()),
        "body": "\n".join(indent + line for line in _body(call, language)),
        **WORDS.get(language, _no_words)(call),
    }
    return {
        path.name.removesuffix(".in").replace("starter", name): Template(path.read_text(encoding="utf-8")).substitute(
            words
        )
        for path in sorted((STARTERS / language).glob("*.in"))
    }


def _body(call: CallText, language: str) -> list[str]:
    """The lines of a body: those of the example, or of one that computes nothing yet."""
    dialect, spec = call.dialect, call.spec
    if spec.arrays == EXAMPLE:
        example = [line.replace("{real}", _java_real(spec)) for line in dialect.example]
        remark = dialect.remark("It works as it stands, for y = A x: change it.")
        return [remark, *call.body(lambda array, number: example)]

    def nothing_yet(array: ArraySpec, number: str) -> list[str]:
        value = number if array.role == "inout" else dialect.zero.get(array.dtype, "0")
        return [f"{number} = {value}{dialect.stop}"]

    remark = dialect.remark("Nothing is computed yet: write here what reference.py says.")
    return [remark, *call.body(nothing_yet)]


def _no_words(call: CallText) -> Mapping[str, str]:
    return {}


def _python_words(call: CallText) -> Mapping[str, str]:
    """Arrays have their lengths with them."""
    return {"names": listed([array.name for array in call.spec.arrays], " " * 8)}


def _c_words(call: CallText) -> Mapping[str, str]:
    sizes = [f"int64_t {call.names[name]}" for name in call.spec.size_names]
    arrays = [
        f"{'const ' * (array.role == 'in')}{call.dialect.types[array.dtype]} *{call.names[array.name]}"
        for array in call.spec.arrays
    ]
    return {"parameters": listed([*sizes, *arrays], " " * 8)}


def _fortran_words(call: CallText) -> Mapping[str, str]:
    sizes = ", ".join(call.names[name] for name in call.spec.size_names)
    arrays = [
        f"  {call.dialect.types[array.dtype]}, intent({array.role}) :: "
        f"{call.names[array.name]}({', '.join(call.lengths(array))})"
        for array in call.spec.arrays
    ]
    index = ", ".join(call.indices(max(len(array.shape) for array in call.spec.outputs_of())))
    declarations = [f"  integer(c_int64_t), value :: {sizes}", *arrays, f"  integer(c_int64_t) :: {index}"]
    names = listed(call.names.values(), " " * 8, broken=" &")
    return {"names": names, "declarations": "\n".join(declarations)}


def _rust_words(call: CallText) -> Mapping[str, str]:
    sizes = [f"{call.names[name]}: i64" for name in call.spec.size_names]
    arrays, slices = [], []
    for array in call.spec.arrays:
        name, pointer, mut = array.name, *(("*const", "") if array.role == "in" else ("*mut", "_mut"))
        arrays.append(f"{name}: {pointer} {call.dialect.types[array.dtype]}")
        slices.append(f"let {name} = std::slice::from_raw_parts{mut}({name}, {call.n_numbers(array)});")
    whole = [f"let {name} = {name} as usize;" for name in call.spec.size_names]
    return {
        "parameters": listed([*sizes, *arrays], " " * 12),
        "slices": "\n".join(call.dialect.indent + line for line in [*whole, *slices]),
    }


def _java_words(call: CallText) -> Mapping[str, str]:
    types = {**call.dialect.types, "real": _java_real(call.spec)}
    sizes = [f"int {name}" for name in call.spec.size_names]
    arrays = [f"{types[array.dtype]}[] {array.name}" for array in call.spec.arrays]
    given = [f"sizes[{k}]" for k in range(len(sizes))]
    given += [f"({types[array.dtype]}[]) arrays[{k}]" for k, array in enumerate(call.spec.arrays)]
    function = f"(sizes, arrays) -> run({listed(given, ' ' * 12)})"
    dtype = _java_dtype(call.spec)
    return {
        "parameters": listed([*sizes, *arrays], " " * 12),
        "functions": f"{function},\n            null" if dtype == "float64" else f"null,\n            {function}",
        "dtype": dtype,
    }


def _java_dtype(spec: KernelSpec) -> str:
    return "float64" if "float64" in spec.dtypes else "float32"


def _java_real(spec: KernelSpec) -> str:
    return REALS[_java_dtype(spec)]


# What the templates of a language have beside the words that all have.
WORDS: dict[str, Callable[[CallText], Mapping[str, str]]] = {
    "python": _python_words,
    "c": _c_words,
    "cpp": _c_words,
    "fortran": _fortran_words,
    "rust": _rust_words,
    "java": _java_words,
}
