"""A model's card as a page: Markdown from a bundle, which may come from anywhere."""

from __future__ import annotations

from markdown_it import MarkdownIt
from markdown_it.token import Token

# No HTML of the card's own, no pictures (they would be fetched from elsewhere), no automatic links.
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table").disable("image")


def card_as_html(card: str) -> str:
    """Safe HTML; headings begin one level lower, since the page has its own first one."""
    tokens = _MARKDOWN.parse(card)
    for token in tokens:
        _fit_into_page(token)
    return str(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))


def _fit_into_page(token: Token) -> None:
    if token.type in ("heading_open", "heading_close"):
        token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"
    elif token.type == "table_open":
        token.attrSet("class", "table")
        token.attrSet("tabindex", "0")  # a wide one is scrolled by keyboard too
    elif token.type in ("th_open", "td_open"):
        token.attrs.pop("style", None)  # the content policy takes no inline style
