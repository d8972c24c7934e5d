"""The documents hold together: nothing left to fill in, every link leads somewhere, no path of one machine."""

import re

import pytest

from paragone.files.paths import PROJECT

DOCUMENTS = (
    *("README.md", "METHODOLOGY.md", "CONTRIBUTING.md", "CHANGELOG.md"),
    *("docs/c-abi.md", "docs/julia.md", "docs/process.md", "docs/words.md"),
)
LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")
PLACEHOLDER = re.compile(r"^[ \t]*[A-Z][A-Z _-]{2,}[ \t]*$", re.MULTILINE)
PATH_OF_A_MACHINE = re.compile(r"(?<![\w.])(?:/home/|/Users/|/root\b|/work\b|/tmp\b|[A-Z]:\\\\)")


def text_of(document):
    return (PROJECT / document).read_text()


def relative_links(text):
    """Return what a document links to in the project, without the place inside it."""
    links = (first or second for first, second in LINK.findall(text))
    return [link.partition("#")[0] for link in links if "://" not in link and not link.startswith(("#", "mailto:"))]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_no_line_is_a_placeholder(document):
    assert PLACEHOLDER.findall(text_of(document)) == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_relative_link_and_picture_exists(document):
    folder = (PROJECT / document).parent

    assert [link for link in relative_links(text_of(document)) if not (folder / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_no_path_of_one_machine_is_named(document):
    assert PATH_OF_A_MACHINE.findall(text_of(document)) == []


def test_the_readme_is_short():
    assert len(text_of("README.md").splitlines()) < 200


def test_each_of_these_would_be_seen():
    assert PLACEHOLDER.findall("a\nCALIBRATED\n  BOUNDS\nMIT licence\n") == ["CALIBRATED", "  BOUNDS"]
    assert relative_links('[a](b.md#c) ![d](e.png) [f](https://g/h) [i](#j) <img src="k.svg">') == [
        *("b.md", "e.png", "k.svg")
    ]
    assert len(PATH_OF_A_MACHINE.findall("/home/me /tmp/x (/{}/y) ~/z https://host/work".format("work"))) == 3
