"""The few marks that a text may hold, as HTML and as plain text."""

from __future__ import annotations

import re

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

_markdown = MarkdownIt("zero", {"breaks": True}).enable(["emphasis", "list", "newline", "link", "escape"])
_STRONG = re.compile(r"\*\*(?=\S)([^*\n]+?)(?<=\S)\*\*")
_LINK = re.compile(r"\[([^\[\]\n]+)\]\((https?://[^\s()]+)\)")
_EDGE = "\ue000"  # neither blank nor punctuation
_TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "a"}


def to_html(text: str) -> Markup:
    """Markdown as Koreans write it: a particle follows the closing stars without a blank, and before them there
    may be a bracket or a quotation mark, as in ``**{{회사명}}**에``. CommonMark sees no end of emphasis there
    (§6.2, right-flanking), so the stars get a letter beside them for as long as it reads."""
    made = str(_markdown.render(_STRONG.sub(rf"**{_EDGE}\1{_EDGE}**", text))).replace(_EDGE, "")
    return Markup(nh3.clean(made, tags=_TAGS, attributes={"a": {"href"}}, link_rel=None))  # noqa: S704 - cleaned here


def to_plain(text: str) -> str:
    """The same without marks, a link's address behind its words."""
    return _LINK.sub(r"\1 (\2)", _STRONG.sub(r"\1", text))
