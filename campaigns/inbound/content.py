"""What is read of an incoming mail, as plain data of bounded size, whatever the mail was."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

#: An address within angle brackets, or standing alone; no comments, no quoted local parts.
_IN_BRACKETS = re.compile(r"<([^<>\s@]{1,64}@[^<>\s@]{1,255})>")
_ALONE = re.compile(r"[^\s<>,;:\"()@]{1,64}@[^\s<>,;:\"()@]{1,255}")


@dataclass(frozen=True, slots=True)
class Headers:
    """Fields by lower-case name in their order, unfolded and decoded; only names that are of use are kept."""

    fields: tuple[tuple[str, str], ...] = ()

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.fields if key == name]

    def first(self, name: str) -> str:
        """'' if there is none."""
        return next((value for key, value in self.fields if key == name), "")

    def has(self, name: str) -> bool:
        return any(key == name for key, _value in self.fields)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a mail without parts of its own. ``text``: decoded, for text and reports; ``embedded``: within a
    mail that the mail carries, so nothing that its sender says; ``attached``: a file."""

    media_type: str
    text: str = ""
    embedded: bool = False
    attached: bool = False


@dataclass(frozen=True, slots=True)
class Mail:
    """``report``: the report-type of a multipart/report (RFC 6522); ``originals``: headers of mails carried within
    (the one that came back, the one complained of); ``cut``: more came than is read."""

    headers: Headers = Headers()
    media_type: str = "text/plain"
    report: str = ""
    parts: tuple[Part, ...] = ()
    originals: tuple[Headers, ...] = ()
    size: int = 0
    cut: bool = False

    def texts(self, media_type: str, *, embedded: bool = False) -> Iterator[str]:
        """The texts of the parts of ``media_type`` that are no files."""
        for part in self.parts:
            if part.media_type == media_type and not part.attached and (embedded or not part.embedded):
                yield part.text

    @property
    def text(self) -> str:
        """What its sender wrote, as plain text."""
        plain = "\n".join(self.texts("text/plain"))
        return plain if plain.strip() else "\n".join(self.texts("text/html"))

    @property
    def subject(self) -> str:
        return self.headers.first("subject")

    @property
    def sender(self) -> tuple[str, str]:
        """Name and address of From; '' for what is not there."""
        return mailbox(self.headers.first("from"))

    @property
    def bounces_to_nobody(self) -> bool:
        """Sent with the null return path: a report or an automatic answer (RFC 5321 §4.5.5)."""
        return self.headers.first("return-path").strip() == "<>"


def mailbox(value: str) -> tuple[str, str]:
    """(name, address) of a header field that holds a mailbox; '' for what can't be read."""
    value = value[:1000]
    found = _IN_BRACKETS.search(value)
    if found:
        return value[: found.start()].strip(" \t\"'"), found[1].lower()
    alone = _ALONE.search(value)
    return "", alone[0].lower() if alone else ""


def addresses(value: str) -> list[str]:
    """All addresses of a header field."""
    return [found.lower() for found in _ALONE.findall(value[:4000])]
