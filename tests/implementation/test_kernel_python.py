"""NAME.py of a kernel: read as a text and never run."""

import pytest
from small_kernels import kernel_folder

from paragone.errors import HarnessError
from paragone.implementation.kernel_python import read_python
from paragone.task.kernel.kernel_file import read_kernel

HEAD = '"""One idea,\nover two lines.\n\nAnd more that nobody needs to see.\n"""\n'
RUN = "def run(X, D):\n    pass\n"


@pytest.fixture
def read(tmp_path):
    folder = kernel_folder(tmp_path)

    def read(text):
        (folder / "mine.py").write_text(text)
        return read_python(folder / "mine.py", read_kernel(folder))

    return read


def test_the_first_paragraph_of_the_docstring_is_the_idea(read):
    assert read(HEAD + RUN).idea == "One idea, over two lines."


def test_the_constants_are_read_and_the_rest_is_not_run(read):
    declared = read(
        HEAD + "raise SystemExit('it was run')\n"
        'LANGUAGE = "Numba"\nLAYOUT = "columns"\nSOURCE: str = "a paper"\nREQUIRES = ("numba",)\nDTYPES = ["float32"]\n'
        'ORDERS = ("C", "F")\nDETERMINISTIC = False\nimport no_such_module\n@no_such_module.jit\n' + RUN
    )

    assert (declared.language, declared.layout, declared.source) == ("Numba", "columns", "a paper")
    assert (declared.requires, declared.deterministic) == (("numba",), False)
    assert declared.axes == {"dtype": ("float32",), "order": ("C", "F")}
    assert declared.parameters == ("X", "D")


def test_what_is_not_declared_has_its_usual_value(read):
    declared = read(HEAD + RUN)

    assert (declared.language, declared.requires, declared.deterministic) == ("Python", (), True)
    assert declared.axes == {"dtype": ("float32", "float64")}, "one order is no axis"


@pytest.mark.parametrize(
    ("imports", "language"),
    [
        ("import numpy as np\n", "NumPy"),
        ("import numpy as np\nfrom jax import lax\n", "JAX"),
        ("from scipy.sparse import csr_array\n", "SciPy"),
        ("import numpy_like\nfrom . import numpy\n", "Python"),
        ("def setup():\n    import torch.nn\n", "PyTorch"),
        ('import numpy as np\nLANGUAGE = "Cython"\n', "Cython"),
    ],
)
def test_the_language_of_a_file_that_names_none_is_that_of_a_package_it_imports(read, imports, language):
    assert read(HEAD + imports + RUN.replace("X, D", "X, D, workspace" if "setup" in imports else "X, D")).language == (
        language
    )


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ("def run(X):\n    pass", ("X",)),
        ("def run(d, X, n, D):\n    pass", ("d", "X", "n", "D")),
        ("def run(X, D, block=3, *, last=1):\n    pass", ("X", "D")),
        ("def setup(n, d):\n    pass\ndef run(X, D, workspace):\n    pass", ("X", "D", "workspace")),
        ("run = 3", None),
        ("from elsewhere import run", None),
    ],
)
def test_the_parameters_of_run_are_those_that_are_given(read, text, parameters):
    assert read(HEAD + text).parameters == parameters


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (RUN, "expected a docstring that says the idea"),
        (HEAD, "expected a function run(X, D), found none. A file that is no implementation begins with _"),
        (
            HEAD + "def run(X, Y):\n    pass",
            "run: expected run(X, D), or run(X) that returns the others, got run(X, Y)",
        ),
        (HEAD + "def run(D, X):\n    pass", "got run(D, X)"),
        (HEAD + "def run(X, D, workspace):\n    pass", "got run(X, D, workspace)"),
        (HEAD + "def setup():\n    pass\n" + RUN, "expected run(X, D, workspace)"),
        (HEAD + "def run(*arrays):\n    pass", "run: expected a plain function with a parameter for each array"),
        (HEAD + "async def run(X, D):\n    pass", "run: expected a plain function"),
        (HEAD + "def run(X, *, D):\n    pass", "run: the parameter 'D' cannot be given by its place"),
        (HEAD + 'LANGUAGE = " "\n' + RUN, "LANGUAGE: expected a text, got ' '"),
        (HEAD + "DTYPES = (3,)\n" + RUN, 'DTYPES: expected a tuple such as ("float32",), got'),
        (HEAD + "DTYPES = ()\n" + RUN, "DTYPES: expected a tuple"),
        (HEAD + "REQUIRES = name\n" + RUN, "REQUIRES: expected a value written out"),
        (HEAD + "DETERMINISTIC = 1\n" + RUN, "DETERMINISTIC: expected True or False, got 1"),
        ("def (", "mine.py, line 1: "),
        ("x = " + "(" * 3000, "mine.py"),
        ("x = 1\0", "mine.py"),
    ],
)
def test_what_is_wrong_is_told_with_the_file(read, text, words):
    with pytest.raises(HarnessError) as raised:
        read(text)
    assert words in str(raised.value)


def test_every_mistake_is_told_at_once(read):
    with pytest.raises(HarnessError) as raised:
        read("DTYPES = 3\nDETERMINISTIC = 3")
    assert [word in str(raised.value) for word in ("docstring", "DTYPES: ", "DETERMINISTIC: ", "run(X, D)")] == [
        True
    ] * 4
