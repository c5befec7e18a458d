"""Markdown as staff writes it: HTML that can do nothing, and plain text for the index and for excerpts.

Two fences, one behind the other: the parser knows no HTML (what looks like a tag is shown as it was typed) and no
pictures, and what it writes goes through an allow-list of tags, attributes and kinds of address.
"""

from __future__ import annotations

import html
import re

import nh3
from markdown_it import MarkdownIt

# An article's own heading is the page's only h1: what the text calls first stands below it.
LOWERED = {"h1": "h2", "h2": "h2", "h3": "h3", "h4": "h3", "h5": "h3", "h6": "h3"}
TAGS = {
    "p", "br", "h2", "h3", "ul", "ol", "li", "strong", "em", "del", "blockquote", "hr", "a", "code", "pre", "table",
    "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
SCHEMES = {"http", "https", "mailto", "tel"}

# Single line ends are kept, as people who are not used to Markdown expect.
_parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"]).disable("image")
_inline = re.compile(r"</?(?:strong|em|del|a|code)\b[^>]*>")
_tag = re.compile(r"<[^>]*>")
_space = re.compile(r"\s+")


def render(text: str) -> str:
    """Safe HTML: headings from h2 on, links to http, https, mailto and tel only and never vouched for, no pictures."""
    tokens = _parser.parse(text)
    for token in tokens:
        token.tag = LOWERED.get(token.tag, token.tag)
    written = _parser.renderer.render(tokens, _parser.options, {})
    return nh3.clean(
        written,
        tags=TAGS,
        clean_content_tags={"script", "style", "svg", "math", "iframe", "object", "template"},
        attributes={"a": {"href"}, "ol": {"start"}},
        url_schemes=SCHEMES,
        link_rel="nofollow noopener",
    )


def plain(text: str) -> str:
    """The words alone, in one line, as a reader sees them."""
    words = _tag.sub(" ", _inline.sub("", render(text)))
    return _space.sub(" ", html.unescape(words)).strip()
