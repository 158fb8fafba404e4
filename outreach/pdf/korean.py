"""Korean line breaking: words stay whole, as ``word-break: keep-all`` would do in a browser.

WeasyPrint knows no keep-all and Pango breaks between any two syllables (UAX #14 treats Hangul like ideographs).
A WORD JOINER (U+2060) between two characters forbids the break there; it draws nothing and does not reach the
PDF's text, so searching and copying are unharmed. A word wider than its line is still broken, by the style
sheet's ``overflow-wrap: break-word``.

One side effect to know when writing styles: ``letter-spacing`` counts the joiner as a letter, so inside a Korean
word it applies twice.
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

from outreach.pdf.glyphs import local_name

JOINER = "\u2060"

# A Hangul syllable sticks to letters, digits and closing marks before it, and to letters, digits, "%", "~" and the
# middle dot after it. A break stays possible after a middle dot, slash or comma and before an opening bracket.
# The spaces inside a date (2026. 11. 23.) are no place to break either.
_SEAM = re.compile(
    r"(?<=[0-9A-Za-z가-힣%℃㎡~)\]」』》〉’”])(?=[가-힣])|(?<=[가-힣])(?=[0-9A-Za-z%~·ㆍ])|(?<=\d\. )(?=\d{1,2}\.)")
_UNTOUCHED = frozenset({"script", "style", "title", "head", "svg"})


def keep_words(text: str) -> str:
    """``text`` with joiners wherever a Korean line must not break."""
    return _SEAM.sub(JOINER, text)


def keep_words_in(element: Element) -> None:
    """Apply :func:`keep_words` to all printed text below ``element``, in place."""
    if local_name(element) in _UNTOUCHED:
        return
    if element.text and local_name(element):
        element.text = keep_words(element.text)
    for child in element:
        keep_words_in(child)
        if child.tail:
            child.tail = keep_words(child.tail)
