"""java_loops: the loops of c_loops in Java, which the virtual machine compiles while they run."""

import re

from paragone.adapters.build import build_files
from paragone.adapters.hosted_program import protocol_texts
from paragone.adapters.installing import not_found
from paragone.adapters.process import ProcessImplementation
from paragone.implementation.contract import FLOATS

# The virtual machine collects garbage, and waits for its compiler, in the thread that is measured.
OPTIONS = ("-XX:+UseSerialGC", "-Xbatch")


class JavaLoops(ProcessImplementation):
    """Java has no name for float or double: the files say real, and each variant compiles them with its own."""

    name = "java_loops"
    language = "Java"
    layout = "one sample at a time"
    source = "the project's own"
    idea = "Plain loops over arrays in Java: how near to C do they come once the virtual machine has compiled them?"
    maths = ("Loops.java", "Outputs.java")
    axes = {"dtype": FLOATS}
    hidden_activations = ("sigmoid", "tanh", "relu")
    plain_loops = True

    @classmethod
    def missing(cls) -> str | None:
        return not_found("javac") or not_found("java")

    def command(self) -> tuple[str, ...]:
        real = {"float32": "float", "float64": "double"}[self.dtype.name]
        sources = {path.name: path.read_text(encoding="utf-8") for path in sorted(self.folder().glob("*.java"))}
        texts = protocol_texts() | {name: re.sub(r"\breal\b", real, text) for name, text in sources.items()}
        files = ("{include}/" + name for name in ("Paragone.java", *sources))
        place, _ = build_files(("javac", "-encoding", "UTF-8", "-d", "{build}", *files), self.folder(), texts)
        return ("java", *OPTIONS, "-cp", str(place), "Runner")
