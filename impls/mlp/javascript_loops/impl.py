"""javascript_loops: the loops of c_loops in JavaScript, which Node.js compiles while they run."""

from paragone.adapters.process import ProcessImplementation
from paragone.implementation.contract import FLOATS


class JavascriptLoops(ProcessImplementation):
    """Typed arrays. JavaScript has one kind of number: float32 is how numbers are stored, all arithmetic is float64."""

    name = "javascript_loops"
    language = "JavaScript"
    layout = "one sample at a time"
    source = "the project's own"
    idea = "Plain loops over typed arrays in Node.js. All arithmetic is float64; float32 is how numbers are stored."
    maths = ("loops.js", "outputs.js")
    axes = {"dtype": FLOATS}
    hidden_activations = ("sigmoid", "tanh", "relu")
    plain_loops = True

    def command(self) -> tuple[str, ...]:
        # Else V8 compiles and collects in threads of its own, beside the one that is measured.
        return ("node", "--single-threaded", "runner.js")
