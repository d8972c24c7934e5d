"""The page of words: sorted, short lines, every word in use, and linked from where readers start."""

import re

import pytest

from paragone.files.paths import PROJECT

PAGE = (PROJECT / "docs" / "words.md").read_text(encoding="utf-8")
WORDS = re.findall(r"^- \*\*(.+?)\*\*:", PAGE, re.MULTILINE)


def texts_in_use():
    """What readers and programmers see, the page itself left out."""
    documents = [path for path in (*PROJECT.glob("*.md"), *PROJECT.glob("docs/*.md")) if path.name != "words.md"]
    code = (PROJECT / "harness").rglob("*.py")
    return "\n".join(path.read_text(encoding="utf-8") for path in (*documents, *code)).casefold()


USED = texts_in_use()


def is_used(word):
    """True where it stands alone: in the plural, over the end of a line, or in a name as stress_problem too."""
    spelled = r"[\s_-]+".join(map(re.escape, re.split(r"[ -]", word.casefold())))
    return re.search(rf"(?<![a-z]){spelled}s?(?![a-z])", USED) is not None


def test_the_words_are_sorted_and_each_is_there_once():
    assert len(WORDS) > 40
    assert WORDS == sorted(set(WORDS), key=str.casefold)


def test_every_entry_is_a_word_with_its_meaning():
    entries = re.findall(r"^- .*(?:\n  .*)*", PAGE, re.MULTILINE)

    assert len(entries) == len(WORDS)
    assert [entry for entry in entries if not re.fullmatch(r"- \*\*.+?\*\*: \S[\s\S]*[.`]", entry)] == []


@pytest.mark.parametrize("word", WORDS)
def test_the_word_occurs_in_the_code_or_the_documents(word):
    assert is_used(word)


def test_a_word_that_nobody_uses_would_be_seen():
    assert not is_used("obituary notice")
    assert not is_used("und")


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "docs/index.md", "docs/method.md"])
def test_the_page_is_linked_from_where_readers_start(document):
    assert "words.md)" in (PROJECT / document).read_text(encoding="utf-8")
