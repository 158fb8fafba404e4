"""Korean text as pairs of syllables: what the search of cases looks up (docs/decisions/0020-search.md).

Korean glues particles and endings to its words and leaves spaces to taste: 육아휴직을, 육아 휴직, 육아휴직자. Pairs of
neighbouring characters find them all without a dictionary, and alike on every database.
"""

from __future__ import annotations

import itertools
import math
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

#: Longest search that is looked at; more is no search.
MAX_QUERY = 60
#: The share of the pairs asked for that a text must hold.
SHARE = 0.7

_WORD = re.compile(r"[0-9a-z가-힣]+")
_HANGUL = re.compile(r"[가-힣]")
#: Particles and the endings that make nouns of verbs, the longest first.
_PARTICLES = re.compile(
    r"(?:에서부터|으로부터|으로써|으로서|에게서|에서는|에서도|이라는|이라도|까지|부터|에서|에게|한테|께서|으로|하고|이나|이랑"
    r"|처럼|보다|마다|조차|라도|하는|하기|한|은|는|이|가|을|를|의|에|로|와|과|도|만|나|랑)$"
)
#: Words that say what is done or wanted, beside the subject: they order what is found and hide nothing.
_ACTS = re.compile(r"^.{1,3}기$|는$|^(?:방법|사례|회사|기업|직원)$")


class Asked(NamedTuple):
    """A search: its pairs, those of them that tell, how many of the latter a text must hold, and the words to mark in
    what was found."""

    grams: tuple[str, ...]
    telling: tuple[str, ...]
    needed: int
    words: tuple[str, ...]


def words(text: str) -> list[str]:
    """The runs of letters and digits, in one form."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).lower())


def pairs(word: str) -> Iterator[str]:
    """Neighbouring characters of one word; a single character stands for itself."""
    if len(word) == 1:
        yield word
    for place in range(len(word) - 1):
        yield word[place:place + 2]


def of_text(text: str) -> set[str]:
    """All pairs of a text, those across a space, too: 유연 근무 is found as 유연근무."""
    found = words(text)
    grams = {gram for word in found for gram in pairs(word)}
    grams |= {
        before[-1] + after[0] for before, after in itertools.pairwise(found)
        if _HANGUL.match(before[-1]) and _HANGUL.match(after[0])
    }
    return grams


def weighed(parts: Iterable[tuple[str, int]]) -> dict[str, int]:
    """The pairs of several texts, each with the weight of the weightiest text that holds it."""
    weights: dict[str, int] = {}
    for text, weight in parts:
        for gram in of_text(text):
            weights[gram] = max(weight, weights.get(gram, 0))
    return weights


def stem(word: str) -> str:
    """The word without its particle, if two syllables are left: 육아휴직을 -> 육아휴직, but 휴가 stays."""
    bare = _PARTICLES.sub("", word)
    return bare if len(bare) >= 2 else word


def asked(query: str) -> Asked | None:
    """What a person typed; None if it holds nothing to look for."""
    found = list(dict.fromkeys(stem(word) for word in words(query[:MAX_QUERY])))
    if any(len(word) > 1 for word in found):  # a lone syllable beside real words tells nothing
        found = [word for word in found if len(word) > 1]
    telling = _all_pairs(subjects(found))
    if not telling:
        return None
    return Asked(_all_pairs(found), telling, math.ceil(SHARE * len(telling)), tuple(found))


def subjects(found: list[str]) -> list[str]:
    """Those of the words that say what it is about."""
    return [word for word in found if not _ACTS.search(word)] or found


def _all_pairs(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(gram for word in found for gram in pairs(word)))


def marks(text: str, search: Asked) -> list[tuple[int, int]]:
    """Where the searched words stand in ``text`` as it is written: pairs of begin and end, in order, never
    overlapping. A space within a word does not hide it."""
    spans: list[tuple[int, int]] = []
    for word in search.words:
        pattern = r"\s?".join(map(re.escape, word))
        spans += [found.span() for found in re.finditer(pattern, text, re.IGNORECASE)]
    merged: list[tuple[int, int]] = []
    for begin, end in sorted(spans):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    return merged


def excerpt(text: str, search: Asked, *, length: int = 90) -> str:
    """A piece of ``text`` around the first word found; '' if there is none."""
    found = marks(text, search)
    if not found:
        return ""
    begin = max(0, found[0][0] - length // 3)
    piece = text[begin:begin + length].strip()
    return ("…" if begin else "") + piece + ("…" if begin + length < len(text) else "")
