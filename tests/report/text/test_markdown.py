"""Markdown made of text from outside."""

from paragone.report.text import markdown
from paragone.report.text.markdown import table, unmarked


def test_code_survives_backticks_and_bars():
    assert markdown.code("a`b|c") == "`` a`b\\|c ``"
    assert table(["x"], [["1"]]) == "| x |\n| --- |\n| 1 |"


def test_a_sentence_is_printed_without_markdown():
    assert unmarked("**B**: `x` \\_y\\_ &lt;z&gt; &amp;") == "B: x _y_ <z> &"
