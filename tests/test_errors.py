import inspect
import re

import pytest

from paragone import errors
from paragone.errors import HarnessError, Misuse, UnknownName, did_you_mean, error_text

CLASSES = [value for value in vars(errors).values() if inspect.isclass(value) and issubclass(value, HarnessError)]


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes():
    """Each line of the tree: class, what happens (an exit code or a row); its depth is its place."""
    lines = re.findall(r"^([│├└─ ]*)(\w+) +(?:exit (\d)|a row)", errors.__doc__, re.MULTILINE)
    path, parents = [], {}
    for prefix, name, _ in lines:
        del path[len(prefix) // 4 :]
        parents[name] = path[-1] if path else "Exception"
        path.append(name)

    assert {kind.__name__: kind.__base__.__name__ for kind in CLASSES} == parents
    codes = {name: int(code) for _, name, code in lines if code}
    assert {name: getattr(errors, name).exit_code for name in codes} == codes


def test_exit_codes_tell_the_kinds_apart():
    own = [kind.exit_code for kind in CLASSES if "exit_code" in vars(kind)]

    assert len(set(own)) == len(own)
    assert 0 not in own


def test_an_unknown_name_offers_the_closest_one_and_the_hint():
    error = UnknownName("problem", "nielson", ["softmax", "nielsen"], " Or a path.")

    assert str(error) == "unknown problem 'nielson'. Did you mean 'nielsen'? Or a path."
    assert isinstance(error, Misuse)


@pytest.mark.parametrize(
    ("name", "known", "sentence"),
    [
        ("NUMPY_ROWS", ["numpy_rows", "numpy_columns"], "Did you mean 'numpy_rows'?"),
        ("numpyrows", ["Numpy_Rows"], "Did you mean 'Numpy_Rows'?"),
        ("zzz", ["one", "two"], "There are: one, two."),
        ("", ["one"], "There are: one."),
        ("zzz", [], "There are none."),
    ],
)
def test_the_closest_name_is_offered_whatever_its_case_else_all_of_them(name, known, sentence):
    assert did_you_mean(name, iter(known)) == sentence


def test_an_error_whose_words_cannot_be_had_is_told_all_the_same():
    class Mute(Exception):
        def __str__(self):
            raise KeyError("no words")

    assert error_text(ValueError("no room")) == "ValueError: no room"
    assert error_text(Mute()) == "Mute, without a message: str() of it raised KeyError"
