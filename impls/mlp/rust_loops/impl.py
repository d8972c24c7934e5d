"""rust_loops and rust_fused: the loops of c_loops and the tiles of c_fused in Rust, which checks every loan."""

import re
import subprocess

from paragone.adapters.c_abi import LibraryImplementation
from paragone.implementation.contract import FLOATS

# It can ask for memory ahead of time in safe functions, and take a slice for arrays.
OLDEST_FOR_TILES = (1, 88)


class RustLoops(LibraryImplementation):
    """rustc alone, no crate. A panic ends the process: it must not leave a function that C calls."""

    name = "rust_loops"
    language = "Rust"
    layout = "one sample at a time"
    source = "the project's own"
    idea = "Plain loops in safe Rust, over slices and their iterators: what do the checks of the language cost?"
    maths = ("loops.rs", "outputs.rs", "update.rs")
    axes = {"dtype": FLOATS}
    hidden_activations = ("sigmoid", "tanh", "relu")
    plain_loops = True

    def command(self) -> tuple[str, ...]:
        flags = ("-C", "opt-level=3", "-C", "target-cpu=native", "-C", "panic=abort", "--cfg", f'real="{self.real}"')
        return ("rustc", "--edition", "2021", "--crate-type", "cdylib", *flags, "-o", "{library}", "lib.rs")

    def clocked_command(self) -> tuple[str, ...]:
        return (*self.command(), "--cfg", "phases")


class RustFused(RustLoops):
    """The same memory and functions; one thread."""

    name = "rust_fused"
    layout = "samples in rows, blocks"
    idea = (
        "Tiles that stay in registers, written as arrays in safe Rust: does its compiler come to the speed of c_fused?"
    )
    maths = ("fused.rs", "images.rs", "tiles.rs", "exponential.rs", "outputs.rs", "update.rs")
    plain_loops = False

    @classmethod
    def missing(cls) -> str | None:
        return super().missing() or _too_old()

    def command(self) -> tuple[str, ...]:
        return (*super().command(), "-C", "codegen-units=1", "--cfg", "fused")


def _too_old() -> str | None:
    answer = subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=False).stdout.strip()
    version = re.match(r"rustc (\d+)\.(\d+)", answer)
    if version is None or tuple(map(int, version.groups())) >= OLDEST_FOR_TILES:
        return None
    oldest = ".".join(map(str, OLDEST_FOR_TILES))
    return f"expected rustc {oldest} or newer, got {answer}. Install: rustup update, or https://rustup.rs"
