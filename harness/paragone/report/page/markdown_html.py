"""The Markdown of the report as HTML: text, tables, lists, emphasis and safe links, nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import cycle

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

BREAK = "<br>"
SHORT = 32  # characters; shorter lines in a table cell are not wrapped


def as_html(markdown: str) -> str:
    """Return the Markdown as HTML. Raw HTML in it is shown as text, except for the line break of our own tables.

    Tables lie in boxes that scroll. The first column of a table without headings becomes its row headings.
    """
    tokens = _PARSER.parse(markdown)
    _describe_tables(tokens)
    return str(_PARSER.renderer.render(tokens, _PARSER.options, {}))


def as_inline_html(markdown: str) -> str:
    """Return one line of Markdown as HTML for a paragraph or a heading."""
    return str(_PARSER.renderInline(markdown))


def slug(heading: str) -> str:
    """Return the id of a heading in the page."""
    return re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    parser.inline.ruler.before("entity", "break", _line_break)
    for what, rule in (("table_open", _table_open), ("table_close", _table_close)):
        parser.add_render_rule(what, rule)
    return parser


def _line_break(state: StateInline, silent: bool) -> bool:
    if not state.src.startswith(BREAK, state.pos):
        return False
    if not silent:
        state.push("hardbreak", "br", 0)
    state.pos += len(BREAK)
    return True


def _table_open(
    _: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, environment: EnvType
) -> str:
    kind = ' class="pairs"' if tokens[index].meta.get("pairs") else ""
    return f'<div class="scroll" role="region" aria-label="table" tabindex="0"><table{kind}>\n'


def _table_close(
    _: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, environment: EnvType
) -> str:
    return "</table></div>\n"


def _describe_tables(tokens: list[Token]) -> None:
    """Set the scope of headings, and the label and class of cells; without column headings, first cells head the rows.

    A label is the heading of the column, for pages too narrow for columns.
    """
    starts = [index for index, token in enumerate(tokens) if token.type == "table_open"]
    for start in reversed(starts):
        kinds = [token.type for token in tokens[start:]]
        body, end = start + kinds.index("thead_close") + 1, start + kinds.index("table_close")
        headings = [index for index in range(start, body) if tokens[index].type == "th_open"]
        if any(tokens[index + 1].content for index in headings):
            for index in headings:
                tokens[index].attrSet("scope", "col")
            cells = [index for index in range(body, end) if tokens[index].type == "td_open"]
            for index, heading in zip(cells, cycle(headings), strict=False):
                tokens[index].attrSet("data-label", tokens[heading + 1].content)
                if _is_short(tokens[index + 1].content):
                    tokens[index].attrSet("class", "short")
            continue
        tokens[start].meta["pairs"] = True
        for index in range(body, end):
            if tokens[index].type == "tr_open":
                tokens[index + 1].tag = tokens[index + 3].tag = "th"
                tokens[index + 1].attrSet("scope", "row")
        del tokens[start + 1 : body]


def _is_short(content: str) -> bool:
    return max(map(len, content.split(BREAK))) <= SHORT


_PARSER = _parser()
