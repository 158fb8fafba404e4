"""E-mail addresses out of list cells: validity by email-validator (syntax only, no DNS), suspected typing errors,
and the normalised form that suppression and "one message per address" go by.

An address is never corrected; a suspicion is reported with the likely address.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

import idna
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from flask_babel import gettext as _

from outreach.companies.rules import Cell, Flaw, clean_text

MAX_LENGTH = 254  # RFC 5321 §4.5.3.1.3, without the angle brackets
MAX_LOCAL = 64  # RFC 5321 §4.5.3.1.1

_SIMPLE_LOCAL = re.compile(r"[A-Za-z0-9_+\-]+(?:\.[A-Za-z0-9_+\-]+)*", re.ASCII)
_SIMPLE_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}", re.ASCII)
"""A subset of what email-validator accepts; the rest goes to it, at 40 µs each."""

_SPECIAL_USE = frozenset(SPECIAL_USE_DOMAIN_NAMES)


class Emails(NamedTuple):
    """The addresses of one cell in their order, its flaws, and other words in it (often the person's name)."""

    addresses: tuple[str, ...]
    flaws: tuple[Flaw, ...] = ()
    rest: str = ""


_LONGEST_CELL = 2000
_AROUND_AT = re.compile(r"\s*@\s*")
_SEPARATORS = re.compile(r"[\s,;/|<>()\[\]\"]+|mailto:", re.I)


def read_emails(raw: Cell) -> Emails:
    """All addresses of a cell: 'a@x.com; b@y.com', '홍길동 <a@x.com>', 'a@x.com(홍길동)'. A wrong one is a flaw
    ``email_invalid`` with the reason as its hint; ``email_typo``, ``email_dead``, ``email_spaces`` are suspicions."""
    if type(raw) is str:
        local, _at, domain = raw.partition("@")
        if len(local) <= MAX_LOCAL and _SIMPLE_LOCAL.fullmatch(local) and _is_ordinary_domain(domain):
            return Emails((raw,))
    text = clean_text(raw, lines=True)
    if len(text) > _LONGEST_CELL:
        return Emails((), (Flaw("email_invalid", None, _("내용이 너무 깁니다")),))
    return _read_several(text) if text else Emails(())


def _read_several(text: str) -> Emails:
    plain = unicodedata.normalize("NFKC", text)
    joined = _AROUND_AT.sub("@", plain)
    addresses: dict[str, None] = {}
    flaws: list[Flaw] = []
    rest: list[str] = []
    for word in filter(None, (word.strip(".,:'") for word in _SEPARATORS.split(joined))):
        if "@" not in word:
            rest.append(word)
            continue
        address = read_address(word)
        if isinstance(address, Flaw):
            flaws.append(address)
            continue
        addresses[address] = None
        local, _at, domain = address.rpartition("@")
        if flaw := _domain_flaw(domain, local):
            flaws.append(flaw)
    if not addresses and not flaws:
        flaws.append(Flaw("email_invalid", None, _("‘@’가 없습니다")))
    if addresses and joined != plain:
        flaws.append(Flaw("email_spaces", None, next(iter(addresses))))
    return Emails(tuple(addresses), tuple(flaws), " ".join(rest))


def read_address(text: str) -> str | Flaw:
    """One address as it will be stored: local part as written, domain lower-case in ASCII (``xn--`` form), so that
    SMTP without SMTPUTF8 can carry it; or the flaw ``email_invalid``."""
    local, _at, domain = text.partition("@")
    if len(local) <= MAX_LOCAL and _SIMPLE_LOCAL.fullmatch(local) and _is_simple_domain(domain):
        return text
    try:
        valid = validate_email(text, allow_smtputf8=False, check_deliverability=False, strict=True)
    except (EmailNotValidError, ValueError):
        return Flaw("email_invalid", None, _reason(text))
    if not valid.ascii_email:
        return Flaw("email_invalid", None, _reason(text))
    return f"{text.rpartition('@')[0]}@{valid.ascii_domain.lower()}"


def _is_simple_domain(domain: str) -> bool:
    """Whether a domain needs no look by email-validator: plain host name, no A-label ('xn--'), not reserved, and short
    enough for any local part."""
    labels = domain.split(".")
    return (
        len(domain) < MAX_LENGTH - MAX_LOCAL
        and _SIMPLE_DOMAIN.fullmatch(domain) is not None
        and labels[-1] not in _SPECIAL_USE
        and all(label[2:4] != "--" for label in labels)
    )


@lru_cache(maxsize=65536)
def _is_ordinary_domain(domain: str) -> bool:
    """Whether there is nothing to say about a domain: simple and above suspicion."""
    return _is_simple_domain(domain) and _domain_flaw(domain, "") is None


def _reason(text: str) -> str:
    """Why an address is wrong, in words for the person who keeps the list."""
    local, at, domain = text.rpartition("@")
    if not at:
        return _("‘@’가 없습니다")
    if "@" in local:
        return _("‘@’가 둘 이상입니다")
    if not local:
        return _("‘@’ 앞이 비어 있습니다")
    if not domain:
        return _("‘@’ 뒤가 비어 있습니다")
    if not local.isascii():
        return _("‘@’ 앞에 한글 등 쓸 수 없는 문자가 있습니다")
    if ".." in text or text.startswith(".") or local.endswith(".") or domain.startswith(".") or domain.endswith("."):
        return _("마침표(.)의 자리가 잘못되었습니다")
    if "." not in domain:
        return _("‘@’ 뒤의 도메인이 완전하지 않습니다")
    if len(local) > MAX_LOCAL or len(text) > MAX_LENGTH:
        return _("주소가 너무 깁니다")
    if domain.rpartition(".")[2].lower() in _SPECIAL_USE:
        return _("메일을 받을 수 없는 도메인입니다")
    return _("쓸 수 없는 문자가 있거나 형식이 맞지 않습니다")


def address_key(address: str) -> str:
    """The normalised address by which suppression holds: NFC, all lower-case, domain in ASCII. Two spellings that
    any usual server delivers to the same box share it. Applying it twice changes nothing."""
    if address.isascii():
        return address.strip().lower()
    local, at, domain = unicodedata.normalize("NFC", address.strip()).rpartition("@")
    try:
        domain = idna.encode(domain.lower(), uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        domain = domain.lower()
    return unicodedata.normalize("NFC", f"{local.lower()}{at}{domain}")


# -- suspected typing errors ---------------------------------------------------------------------------

DEAD_DOMAINS = frozenset({"paran.com", "empas.com"})  # their mail services have ended

_COMMON = (
    "naver.com", "daum.net", "hanmail.net", "kakao.com", "nate.com", "gmail.com", "korea.kr",
    "hotmail.com", "outlook.com", "yahoo.com", "icloud.com",
)  # fmt: skip
_REAL_NEIGHBOURS = frozenset({
    "mail.com", "email.com", "ymail.com", "korea.com", "korea.net", "kakao.co.kr", "nate.co.kr", "mate.com", "date.com",
    "gate.com", "late.com", "rate.com", "note.com", "native.com", "raver.com", "never.com", "waver.com", "yahoo.co.kr",
})  # fmt: skip
_OTHER_ENDINGS = {
    "daum.com": "daum.net", "daum.co.kr": "daum.net", "hanmail.com": "hanmail.net", "hamail.com": "hanmail.net",
    "hamail.net": "hanmail.net", "hanmail.co.kr": "hanmail.net", "naver.net": "naver.com", "naver.co.kr": "naver.com",
    "naver.kr": "naver.com", "gmail.net": "gmail.com", "gmail.co.kr": "gmail.com", "gmail.kr": "gmail.com",
    "navr.com": "naver.com", "naber.com": "naver.com",
}  # fmt: skip
_ENDING_ERRORS = {
    "con": "com", "cim": "com", "cpm": "com", "vom": "com", "xom": "com", "comm": "com", "ocm": "com", "cmo": "com",
    "nat": "net", "ner": "net", "nett": "net", "met": "net", "krr": "kr", "kt": "kr",
}  # fmt: skip


def suggest_domain(domain: str) -> str | None:
    """The domain that was probably meant, or None: known endings mistyped (.con), known Korean providers with
    another ending (daum.com) or one letter away (gamil.com, navre.com)."""
    if domain in _COMMON or domain in _REAL_NEIGHBOURS:
        return None
    if domain in _OTHER_ENDINGS:
        return _OTHER_ENDINGS[domain]
    name, _dot, ending = domain.rpartition(".")
    mended = f"{name}.{_ENDING_ERRORS[ending]}" if ending in _ENDING_ERRORS and name else domain
    mended = _OTHER_ENDINGS.get(mended, mended)
    for known in _COMMON:
        if abs(len(mended) - len(known)) <= 1 and (mended == known or _one_slip(mended, known)):
            return known
    return mended if mended != domain else None


def _one_slip(written: str, known: str) -> bool:
    """Whether one letter was added, dropped, replaced or swapped with its neighbour."""
    if written == known:
        return False
    start = 0
    while start < min(len(written), len(known)) and written[start] == known[start]:
        start += 1
    a, b = written[start:], known[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])


def _domain_flaw(domain: str, local: str) -> Flaw | None:
    if domain in DEAD_DOMAINS:
        return Flaw("email_dead", None, domain)
    meant = suggest_domain(domain)
    return Flaw("email_typo", None, f"{local}@{meant}") if meant else None
