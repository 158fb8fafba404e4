"""What a column of a company list holds: by its heading in usual Korean and English, else by its content.

A target names where a column's values go, as ``record.field``: ``company.name``, ``workplace.address``,
``contact.email`` and, for further people, ``contact2.*`` and ``contact3.*``. A mapping is a dictionary from column
index (0-based) to target; columns without one are not read.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from outreach.companies.headings import KNOWN, PATTERNS
from outreach.companies.rules import Cell, business_number_is_valid, clean_text, compact
from outreach.errors import Invalid

LEVELS = " > "
"""Between the levels of a heading that stands in several rows: '담당자 > 이메일'."""

CONTACT_GROUPS = 3

_COMPANY_LABELS: dict[str, Any] = {
    "company.name": _("기업명"),
    "company.business_number": _("사업자등록번호"),
    "company.corporate_number": _("법인등록번호"),
    "company.representative": _("대표자"),
    "company.homepage": _("누리집"),
    "company.memo": _("메모"),
    "workplace.number": _("사업장관리번호"),
    "workplace.name": _("사업장명"),
    "workplace.industry_code": _("산업분류 코드"),
    "workplace.industry": _("업종"),
    "workplace.headcount": _("상시근로자 수"),
    "workplace.phone": _("회사 전화"),
    "workplace.postcode": _("우편번호"),
    "workplace.address": _("주소"),
    "workplace.region": _("지역"),
    "workplace.complex": _("산업단지"),
}
_CONTACT_LABELS: dict[str, Any] = {
    "name": _("담당자 이름"),
    "title": _("담당자 부서·직위"),
    "email": _("담당자 이메일"),
    "phone": _("담당자 전화"),
    "mobile": _("담당자 휴대전화"),
    "consent": _("수신동의 여부"),
    "consent_on": _("수신동의일"),
    "consent_how": _("수신동의 방법"),
}


def contact_target(field: str, group: int = 1) -> str:
    """'email', 2 -> 'contact2.email'."""
    return f"contact{group if group > 1 else ''}.{field}"


LABELS: dict[str, Any] = _COMPANY_LABELS | {
    contact_target(field, group): label if group == 1 else _("%(label)s %(number)s", label=label, number=group)
    for group in range(1, CONTACT_GROUPS + 1)
    for field, label in _CONTACT_LABELS.items()
}
"""Every target with its name on the mapping page, in the order of the page."""

MANDATORY = ("company.name",)
IDENTIFYING = (
    "company.business_number",
    "workplace.phone",
    "workplace.address",
    "contact.phone",
    "contact.mobile",
    "contact.email",
)
"""At least one of these must be mapped, else no row can be told from another (identity.IDENTITY_RULE)."""

JOINED = frozenset({"workplace.address", "workplace.region", "workplace.industry", "company.memo"}) | {
    contact_target("title", group) for group in range(1, CONTACT_GROUPS + 1)
}
"""Targets that several columns may share: their texts are put together in the order of the columns."""


class Recognised(NamedTuple):
    """What a heading says: ``target`` ('' for a column of no use here, such as 연번), how sure (0 to 1), the
    person it is about (1-3; 0 when it does not say)."""

    target: str
    confidence: float
    group: int = 0


_REMARK = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_GROUP = re.compile(r"[1-3]")
_DEPUTY = re.compile(r"\(\s*부\s*\)")  # 담당자(정), 담당자(부)
_PERSON_ABOVE = re.compile(r"담당|실무자|신청인|신청자|참석자|contact|manager")
_CHIEF_ABOVE = re.compile(r"대표|ceo")
_SHARE = r"(?:남|여)(?:자|성)?|(?:비)?정규직|내국인|외국인|상용직?|일용직?|계약직|기간제"
_WHOLE = r"계|합계|소계|총계|전체"
_SHARE_BEHIND = re.compile(rf"\s*\(\s*({_SHARE}|{_WHOLE})\s*\)$")  # 근로자수(남)
_IS_SHARE, _IS_WHOLE = re.compile(_SHARE), re.compile(_WHOLE)


def recognise(heading: str) -> Recognised | None:
    """The target a heading names; None if it says nothing we know. Levels are tried together, then with the person
    they are about ('담당자 > 성명'), then the lowest alone; then without remarks in parentheses; then by pattern."""
    plain = _SHARE_BEHIND.sub(rf"{LEVELS}\1", unicodedata.normalize("NFKC", heading[:_SEEN_CHARS]))
    found = _by_name(plain, 0.0)
    if found is None and (bare := _REMARK.sub("", plain)) != plain:
        found = _by_name(bare, 0.05)
    if found:
        return found._replace(group=2) if _DEPUTY.search(plain) else found
    whole, group = _without_group(compact(plain))
    for pattern, target in PATTERNS:
        if pattern.search(whole):
            return Recognised(target, 0.6, group)
    return None


def _by_name(heading: str, doubt: float) -> Recognised | None:
    levels = [compact(level) for level in heading.split(LEVELS.strip())]
    whole, leaf = "".join(levels), levels[-1]
    if whole in KNOWN:
        return Recognised(KNOWN[whole], 1.0 - doubt)
    if len(levels) > 1 and (counted := _of_headcount(levels)):
        return counted
    whole, group = _without_group(whole)
    leaf = _without_group(leaf)[0] or leaf
    above = "".join(levels[:-1])
    if _PERSON_ABOVE.search(above):
        names = (whole, f"담당자{leaf}")
    elif _CHIEF_ABOVE.search(above):
        names = (whole, f"대표자{leaf}")
    else:
        names = (whole, leaf)
    for name, confidence in zip(names, (0.98, 0.92), strict=True):
        if name in KNOWN:
            return Recognised(KNOWN[name], confidence - doubt, group)
    return None


def _of_headcount(levels: Sequence[str]) -> Recognised | None:
    """'근로자수 > 계' is the headcount; men, women and the like alone are not."""
    is_whole = _IS_WHOLE.fullmatch(levels[-1])
    if not is_whole and not _IS_SHARE.fullmatch(levels[-1]):
        return None
    above = recognise(LEVELS.join(levels[:-1]))
    if above is None or above.target != "workplace.headcount":
        return None
    return Recognised("workplace.headcount", 0.95) if is_whole else Recognised("", 0.9)


def _without_group(name: str) -> tuple[str, int]:
    """'담당자2이메일' -> ('담당자이메일', 2). A heading with more digits than one is left alone."""
    digits = _GROUP.findall(name)
    if len(digits) != 1 or sum(ch.isdigit() for ch in name) != 1:
        return name, 0
    return name.replace(digits[0], "", 1), int(digits[0])


class Suggestion(NamedTuple):
    """What one column probably holds. ``target`` is '' when it is of no use or nothing is known; ``by`` is
    'name', 'content' or ''."""

    column: int
    header: str
    target: str
    confidence: float
    by: str


def suggest(headers: Sequence[str], sample: Sequence[Sequence[Cell]]) -> list[Suggestion]:
    """A suggestion for every column, from its heading and some rows beneath it. A heading whose column holds
    something else loses confidence; a column with a strange heading is judged by its content."""
    texts = [_column(sample, index) for index in range(len(headers))]
    found = [_weighed(recognise(header), column) for header, column in zip(headers, texts, strict=True)]
    _settle_ambiguous(headers, found)
    taken = {named.target for named in found if named}
    places = _Places()
    suggestions = []
    for index, header in enumerate(headers):
        named = found[index]
        by = "name" if named else ""
        if named is None and (named := _by_content(texts[index])):
            by = "content"
            named = None if named.target in taken and not named.target.startswith("contact") else named
            taken.add(named.target if named else "")
        target = places.take(named, header) if named and named.target else ""
        confidence = named.confidence if named and (target or not named.target) else 0.0
        suggestions.append(Suggestion(index, header, target, confidence, by if confidence else ""))
    return suggestions


def _settle_ambiguous(headers: Sequence[str], found: list[Recognised | None]) -> None:
    """What a heading means beside the others: '연락처' is the person's where there is a person; the only name in
    a list of workplaces is the company's; a day of consent without a yes or no is the yes, with its day; of two
    columns for one company value the surer is kept."""
    targets = {named.target for named in found if named}
    has_person = "contact.name" in targets
    for index, named in enumerate(found):
        if named is None:
            continue
        if (
            named.target == "workplace.phone"
            and has_person
            and compact(headers[index]).endswith("연락처")
            and named.confidence < 0.9
        ):
            found[index] = named._replace(target="contact.phone", confidence=0.85)
        if named.target == "workplace.name" and "company.name" not in targets:
            found[index] = named._replace(target="company.name", confidence=0.85)
        if named.target == "contact.consent_on" and "contact.consent" not in targets:
            found[index] = named._replace(target="contact.consent", confidence=0.85)
        if (
            named.target == "workplace.address"
            and "지번" in headers[index]
            and any("도로명" in header for header in headers)
        ):
            found[index] = named._replace(target="")
    surest: dict[str, int] = {}
    for index, named in enumerate(found):
        if named and named.target and not named.target.startswith("contact") and named.target not in JOINED:
            other = surest.setdefault(named.target, index)
            if other == index:
                continue
            if named.confidence > found[other].confidence:  # type: ignore[union-attr]
                surest[named.target], index = index, other
            spare = Recognised("contact.phone", 0.5) if named.target == "workplace.phone" else Recognised("", 0.0)
            found[index] = spare


class _Places:
    """Deals contact columns out to the first, second and third person, from left to right: a heading that comes
    again begins the next person, unless it says which one it is about."""

    def __init__(self) -> None:
        self.taken: set[tuple[int, str]] = set()
        self.person = 1

    def take(self, named: Recognised, header: str) -> str:
        record, _, field = named.target.partition(".")
        if record != "contact":
            return named.target
        mark = compact(header) if named.target in JOINED else field
        if named.group:
            self.person = named.group
        while (self.person, mark) in self.taken and self.person < CONTACT_GROUPS and not named.group:
            self.person += 1
        if (self.person, mark) in self.taken:
            return ""
        self.taken.add((self.person, mark))
        return contact_target(field, self.person)


# -- what the values themselves look like ---------------------------------------------------------------

_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[A-Za-z]{2,}")
_MOBILE = re.compile(r"0?1[016-9][\s.\-]*\d{3,4}[\s.\-]*\d{4}", re.ASCII)
_PHONE = re.compile(r"\(?0\d{1,2}\)?[\s.\-]*\d{3,4}[\s.\-]*\d{4}|1[568]\d{2}-?\d{4}", re.ASCII)
_PROVINCE = re.compile(
    r"(?:서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충청|충북|충남|전라|전북|전남|경상|경북|경남|제주)\S*\s+\S+.*\d"
)
_COMPANY = re.compile(r"㈜|\((?:주|유|재|사)\)|주식회사|유한회사|법인|co\.|ltd|inc\.", re.I)


_SEEN_CHARS = 200  # of a cell are enough to tell what it is, and no pattern searches megabytes


def _bare(text: str) -> str:
    return text.replace("-", "").replace(" ", "")


_LOOKS_LIKE: dict[str, tuple[Callable[[str], Any], float]] = {  # target: test of one value, share that must pass
    "contact.email": (_EMAIL.search, 0.5),
    "company.business_number": (lambda text: business_number_is_valid(_bare(text)), 0.5),
    "workplace.number": (lambda text: len(_bare(text)) == 11 and business_number_is_valid(_bare(text)[:10]), 0.5),
    "contact.mobile": (_MOBILE.fullmatch, 0.6),
    "workplace.phone": (_PHONE.match, 0.6),
    "workplace.address": (_PROVINCE.match, 0.5),
    "company.name": (_COMPANY.search, 0.3),
}
_CHECKED_BY_CONTENT = (
    "contact.email",
    "company.business_number",
    "workplace.number",
    "workplace.phone",
    "contact.mobile",
)


def looks_like_data(text: str) -> bool:
    """Whether a text is a value and no heading: an address, a number of many digits, a date, an e-mail address."""
    return bool(_EMAIL.search(text) or sum(ch.isdigit() for ch in text) >= 5 or _PROVINCE.match(text))


def _column(sample: Sequence[Sequence[Cell]], index: int) -> list[str]:
    cells = (row[index] for row in sample if index < len(row))
    return [text[:_SEEN_CHARS] for text in map(clean_text, cells) if text]


def _share(target: str, texts: Sequence[str]) -> float:
    test, _needed = _LOOKS_LIKE[target]
    return sum(bool(test(text)) for text in texts) / len(texts)


def _weighed(named: Recognised | None, texts: Sequence[str]) -> Recognised | None:
    """A recognised heading with less confidence if hardly any of its values looks like it."""
    if named and named.target in _CHECKED_BY_CONTENT and len(texts) >= 3:
        tests = (
            ("workplace.phone", "contact.mobile")
            if named.target in ("workplace.phone", "contact.mobile")
            else (named.target,)
        )
        if max(_share(target, texts) for target in tests) < 0.2:
            return named._replace(confidence=named.confidence / 2)
    return named


def _by_content(texts: Sequence[str]) -> Recognised | None:
    for target, (_test, needed) in _LOOKS_LIKE.items():
        if texts and (share := _share(target, texts)) >= needed:
            return Recognised(target, round(0.5 + share * 0.3, 2))
    return None


# -- mappings ------------------------------------------------------------------------------------------


def to_mapping(suggestions: Iterable[Suggestion], *, at_least: float = 0.0) -> dict[int, str]:
    """The suggestions as a mapping, those under a confidence left out."""
    return {s.column: s.target for s in suggestions if s.target and s.confidence >= at_least}


def missing(mapping: Mapping[int, str]) -> list[str]:
    """What a mapping lacks: mandatory targets, and 'identity' when no column can tell companies apart."""
    targets = set(mapping.values())
    lacking = [target for target in MANDATORY if target not in targets]
    return lacking if targets & set(IDENTIFYING) else [*lacking, "identity"]


def check_mapping(mapping: Mapping[int, str]) -> None:
    """Raises Invalid when a mapping names an unknown target, gives one target to several columns that can't be
    joined, or lacks something mandatory (:func:`missing`)."""
    columns: dict[str, list[int]] = {}
    for index, target in mapping.items():
        if target and target not in LABELS:
            raise Invalid(gettext("알 수 없는 항목입니다: %(target)s", target=target))
        columns.setdefault(target, []).append(index)
    twice = [target for target, indexes in columns.items() if target and len(indexes) > 1 and target not in JOINED]
    if twice:
        labels = ", ".join(str(LABELS[target]) for target in twice)
        raise Invalid(gettext("한 항목에 열을 둘 이상 지정했습니다: %(labels)s", labels=labels))
    lacking = missing(mapping)
    if "identity" in lacking:
        message = gettext("사업자등록번호, 전화, 주소, 이메일 가운데 하나 이상의 열을 지정해 주세요.")
        raise Invalid(message if len(lacking) == 1 else gettext("기업명 열을 지정해 주세요.") + " " + message)
    if lacking:
        raise Invalid(gettext("기업명 열을 지정해 주세요."))


def signature(headers: Iterable[str]) -> str:
    """64 hexadecimal digits that are the same for lists with the same headings in the same order: the key of a
    saved mapping."""
    return hashlib.sha256("\x1f".join(map(compact, headers)).encode()).hexdigest()
