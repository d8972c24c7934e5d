"""The documents hold together: every link and anchor leads somewhere, every command parses, every line is short."""

import re
import shlex
from functools import cache

import pytest
from typer.main import get_command

from paragone.cli.app import app
from paragone.files.paths import PROJECT

# The documents that git would keep: those of the root, of docs/, and the one that explains results/.
DOCUMENTS = sorted(
    str(path.relative_to(PROJECT))
    for path in (*PROJECT.glob("*.md"), *PROJECT.glob("docs/*.md"), PROJECT / "results" / "README.md")
)
PAGES = [document for document in DOCUMENTS if document.startswith("docs/")]

LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")
PLACEHOLDER = re.compile(r"^[ \t]*[A-Z][A-Z _-]{2,}[ \t]*$", re.MULTILINE)
PATH_OF_A_MACHINE = re.compile(r"(?<![\w.])(?:/home/|/Users/|/root\b|/work\b|/tmp\b|[A-Z]:\\\\)")
COMMAND = re.compile(r"(?:^    |`)(paragone|make) ([^`\n#|…]+)", re.MULTILINE)
PATH = re.compile(r"`((?:harness|impls|tests|benchmarks|scripts|docs)/[\w./-]+)`")
MADE_BY_THE_READER = ("c_first", "julia_mine", "my_step", "numpy_einsum")  # the examples of the pages

LONGEST_LINE = 100  # but for the rows of tables and for addresses, which cannot be broken


@cache
def text_of(document):
    return (PROJECT / document).read_text(encoding="utf-8")


def prose_of(document):
    """The text without the blocks of code in fences."""
    return re.sub(r"^```.*?^```$", "", text_of(document), flags=re.MULTILINE | re.DOTALL)


def relative_links(text):
    """What a document links to in the project, each with its anchor."""
    links = (first or second for first, second in LINK.findall(text))
    return [link for link in links if "://" not in link and not link.startswith("mailto:")]


def anchors_of(text):
    """The anchors that a repository's view makes of the headings."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(document, text):
    folder, broken = (PROJECT / document).parent, []
    for link in relative_links(text):
        path, _, anchor = link.partition("#")
        target = folder / path if path else PROJECT / document
        if not target.exists() or (
            anchor and anchor not in anchors_of(target.read_text(encoding="utf-8") if path else text)
        ):
            broken.append(link)
    return broken


def long_lines(text):
    breakable = [line for line in text.splitlines() if not line.startswith("|") and not re.search(r"://\S{60}", line)]
    return [line for line in breakable if len(line) > LONGEST_LINE]


def test_the_documents_are_found():
    assert {"README.md", "CONTRIBUTING.md", "docs/method.md", "docs/index.md", "results/README.md"} <= set(DOCUMENTS)
    assert len(PAGES) > 12


@pytest.mark.parametrize("document", DOCUMENTS)
def test_no_line_is_a_placeholder(document):
    assert PLACEHOLDER.findall(text_of(document)) == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_to_a_file_and_every_anchor_to_a_heading(document):
    assert broken_links(document, text_of(document)) == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_no_path_of_one_machine_is_named(document):
    assert PATH_OF_A_MACHINE.findall(text_of(document)) == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_line_is_short(document):
    assert long_lines(text_of(document)) == []


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_page_is_understood(page):
    targets = re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE)
    for program, words in COMMAND.findall(prose_of(page)):
        verb, *arguments = shlex.split(words)
        if program == "make":
            assert verb in targets
        elif not verb.startswith("-"):
            get_command(app).commands[verb].make_context(verb, arguments)


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_a_page_names_is_there(page):
    named = [path for path in PATH.findall(text_of(page)) if not any(made in path for made in MADE_BY_THE_READER)]

    assert [path for path in named if not (PROJECT / path).exists()] == []


def test_the_site_has_every_page():
    listed = re.findall(r"^ +- [^:]+: ([\w-]+\.md)$", text_of("mkdocs.yml"), re.MULTILINE)

    assert sorted(f"docs/{name}" for name in listed) == PAGES


def test_each_of_these_would_be_seen(tmp_path):
    assert PLACEHOLDER.findall("a\nCALIBRATED\n  BOUNDS\nMIT licence\n") == ["CALIBRATED", "  BOUNDS"]
    assert relative_links('[a](b.md#c) ![d](e.png) [f](https://g/h) [i](#j) <img src="k.svg">') == [
        *("b.md#c", "e.png", "#j", "k.svg")
    ]
    assert len(PATH_OF_A_MACHINE.findall("/home/me /tmp/x (/{}/y) ~/z https://host/work".format("work"))) == 3
    assert anchors_of("# A/A and `the` margin\n```sh\n# no heading\n```\n## By --resolve 5%\n") == {
        *("aa-and-the-margin", "by---resolve-5")
    }
    assert broken_links("README.md", "# One\n[a](#one) [b](#two) [c](docs/no.md) [d](docs/method.md#no)") == [
        *("#two", "docs/no.md", "docs/method.md#no")
    ]
    assert long_lines(f"{'word ' * 20}\n{'word ' * 21}\n| {'cell ' * 23}|\nhttps://{'x' * 100}") == ["word " * 21]
    assert COMMAND.findall("    paragone list  # all\n`make bench` and `paragone claims -i S2`") == [
        *(("paragone", "list  "), ("make", "bench"), ("paragone", "claims -i S2"))
    ]
