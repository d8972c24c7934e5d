"""The first page: short, with a picture and ten rows, and a link to the page of every question."""

import re

from paragone.files.paths import PROJECT

PAGE = (PROJECT / "README.md").read_text(encoding="utf-8")
PAGES = (
    *("method", "problems", "verification", "statistics", "limit", "besides-time"),
    *("selftest-results", "claims", "languages", "run-folder", "words"),
)


def section(title):
    return PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]


def test_it_is_read_in_one_sitting():
    assert len(PAGE.splitlines()) <= 100


def test_the_table_has_ten_rows_each_with_five_rates_and_five_ratios_but_for_the_baseline():
    header, _, *rows = re.findall(r"^\|.*\|$", PAGE, re.MULTILINE)

    assert header == "| batch size | 1 | 10 | 100 | 1,000 | 10,000 |"
    assert len(rows) == 10
    assert [(row.count(" k") + row.count(" M"), row.count("×")) for row in rows] == [
        (5, 0) if "the baseline" in row else (5, 5) for row in rows
    ]


def test_six_bullets_say_how_to_read_a_result():
    assert len(re.findall(r"^- ", section("How to read a result"), re.MULTILINE)) == 6


def test_there_are_two_commands_and_three_for_an_implementation():
    commands = {
        title: re.findall(r"^    (?:make|paragone) ", section(title), re.MULTILINE)
        for title in ("Two commands", "Your own implementation")
    }

    assert {title: len(found) for title, found in commands.items()} == {"Two commands": 2, "Your own implementation": 3}


def test_every_question_has_its_page_linked():
    assert [page for page in PAGES if f"(docs/{page}.md)" not in PAGE] == []


def test_no_source_is_called_by_its_letter():
    assert re.findall(r"\bS[0-4]\b", PAGE) == []


def test_the_shown_picture_is_of_the_problem_that_the_caption_names():
    assert "](docs/throughput-nielsen.svg)" in PAGE
    assert "problem `nielsen`" in " ".join(PAGE.split())
