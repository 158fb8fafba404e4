"""What a company list says, made comparable: text, numbers and dates. What makes two records one
company is in identity.py.

Pure functions on the standard library. A ``read_*`` function takes a cell as the file holds it (text,
number or nothing) and returns the value to store, ``None`` for a blank cell, or a :class:`Flaw` when the
cell can't be taken as it stands. Nothing is ever changed in silence: whatever a reader alters beyond
spelling marks (hyphens, spaces, full-width forms) it reports as a flaw with the value it kept.
"""

from __future__ import annotations

import enum
import re
import unicodedata
from datetime import date, timedelta
from typing import Any, NamedTuple

Cell = str | float | int | bool | None
"""One cell of a file. Workbook dates arrive as ISO text (see tables.py)."""


class Flaw(NamedTuple):
    """Why a cell can't be taken as it stands: ``code`` (its wording is in problems.py), ``kept`` (what may
    be stored all the same; None: nothing) and ``hint`` (the suggestion or detail its wording shows)."""

    code: str
    kept: Any = None
    hint: str = ""


# -- text -------------------------------------------------------------------------------------------

_BLANKS = {"해당 없음"} | set(
    "- -- – — . … ~ / 없음 해당없음 미상 미기재 미입력 공란 n/a null none nan "  # noqa: SIM905 - easier to read and add to
    "#n/a #ref! #name? #null! #num!".split()
)
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\s*\n\s*")


def clean_text(raw: Cell, *, lines: bool = False) -> str:
    """The cell as tidy text: NFC, one space between words, no control or invisible characters, '' for a
    blank or a stand-in for one ('-', '없음', '#N/A'). ``lines`` keeps line breaks, which separate people
    and addresses in one cell. A whole number that a spreadsheet holds as 1208147521.0 loses its '.0'."""
    if not isinstance(raw, str):
        return "" if raw is None else _number_text(raw)
    if raw.isprintable() and unicodedata.is_normalized("NFC", raw):  # true of nearly every cell
        text = raw.strip()
        if "  " in text:
            text = _SPACES.sub(" ", text)
    else:
        text = _without_invisible(raw)
        if not lines:
            text = text.replace("\n", " ")
    if text and text[0] == "'":  # the mark that makes Excel take a number as text
        text = text[1:].lstrip()
    return "" if len(text) < 7 and text.casefold() in _BLANKS else text


def _without_invisible(raw: str) -> str:
    text = unicodedata.normalize("NFC", raw.replace("\r\n", "\n").replace("\r", "\n").replace("\x0b", "\n"))
    text = "".join(ch for ch in text if ch.isspace() or unicodedata.category(ch)[0] != "C")
    return _LINES.sub("\n", _SPACES.sub(" ", text)).strip()


def _number_text(raw: float | int | bool) -> str:
    if isinstance(raw, bool):
        return "TRUE" if raw else "FALSE"
    if isinstance(raw, float):
        if raw != raw or raw in (float("inf"), float("-inf")):
            return ""
        return str(int(raw)) if raw.is_integer() else format(raw, ".15g")
    return str(raw)


def compact(text: str) -> str:
    """Letters and digits only, NFKC, lower case: for comparing headings and set words."""
    return "".join(ch for ch in unicodedata.normalize("NFKC", text).casefold() if ch.isalnum())


_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")


def safe_cell(value: Any) -> Any:
    """The value as it may be written to a spreadsheet or CSV: text that Excel would run as a formula gets a
    leading apostrophe (OWASP, CSV Injection). Numbers and dates are left alone."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value


# -- business, corporate and workplace numbers --------------------------------------------------------

_NOT_DIGITS = re.compile(r"[\s.\-‐‑‒–—―−_/]")
_WEIGHED = {f"{n:03}": n // 100 + n // 10 % 10 * 3 + n % 10 * 7 for n in range(1000)}
"""Three digits to their sum with the weights 1, 3, 7: places 1-3 and 4-6 of a business number."""
_WEIGHED_END = {
    f"{n:04}": n // 1000 + n // 100 % 10 * 3 + n // 10 % 10 * 5 + n // 10 % 10 * 5 // 10 + n % 10 for n in range(10000)
}
"""Places 7-9 with the weights 1, 3, 5 and the tens of the last product, and the check digit."""


_WORKPLACE_SHAPE = re.compile(r"\d{3}-\d{2}-\d{5}-\d|\d{11}", re.ASCII)


class BusinessKind(str, enum.Enum):
    """What the middle two digits of a business number tell."""

    SOLE = "sole"
    CORPORATION = "corporation"
    BRANCH = "branch"
    NON_PROFIT = "non_profit"
    PUBLIC = "public"
    OTHER = "other"


BUSINESS_KIND_LABELS = {
    BusinessKind.SOLE: "개인사업자",
    BusinessKind.CORPORATION: "법인(본점)",
    BusinessKind.BRANCH: "법인(지점)",
    BusinessKind.NON_PROFIT: "비영리법인",
    BusinessKind.PUBLIC: "국가·지방자치단체",
    BusinessKind.OTHER: "그 밖",
}


def business_number_is_valid(digits: str) -> bool:
    """Whether ten digits are a business number: check = (10 - sum mod 10) mod 10 with weights 1,3,7,1,3,7,1,3,5
    and the tens of the ninth product added (국세청 검증식). Ten zeros satisfy it but stand for 'none'."""
    try:
        total = _WEIGHED[digits[:3]] + _WEIGHED[digits[3:6]] + _WEIGHED_END[digits[6:]]
    except KeyError:  # not ten digits
        return False
    return total % 10 == 0 and digits != "0000000000"


def read_business_number(raw: Cell) -> str | Flaw | None:
    """사업자등록번호 as ten digits. Zeros a spreadsheet lost are put back only where the check digit then
    agrees (flaw ``business_number_zeros``); anything else wrong is ``business_number_invalid``."""
    if type(raw) is str and business_number_is_valid(digits := raw.replace("-", "")):
        return digits
    text = clean_text(raw)
    if not text:
        return None
    digits = _digits(text)
    if len(digits) == 10 and business_number_is_valid(digits):
        return digits
    if 7 <= len(digits) < 10 and business_number_is_valid(digits.zfill(10)):
        return Flaw("business_number_zeros", digits.zfill(10), format_business_number(digits.zfill(10)))
    return Flaw("business_number_invalid")


def format_business_number(digits: str) -> str:
    """000-00-00000."""
    return f"{digits[:3]}-{digits[3:5]}-{digits[5:]}"


def business_kind(digits: str) -> BusinessKind:
    """The kind of business by the middle digits: 01-79 sole, 81/86-88 head office of a corporation, 85 branch,
    82 non-profit, 83 public bodies, 90-99 sole and tax-exempt. A hint for people, never a condition."""
    middle = int(digits[3:5])
    if 1 <= middle <= 79 or middle >= 90:
        return BusinessKind.SOLE
    kinds = {82: BusinessKind.NON_PROFIT, 83: BusinessKind.PUBLIC, 85: BusinessKind.BRANCH}
    corporation = middle == 81 or 86 <= middle <= 88
    return BusinessKind.CORPORATION if corporation else kinds.get(middle, BusinessKind.OTHER)


def read_corporate_number(raw: Cell) -> str | Flaw | None:
    """법인등록번호 as thirteen digits. A check digit that disagrees is only reported, since numbers given since
    2025 may lack one; a number that is a resident registration number is not kept (개인정보 보호법 §24의2)."""
    text = clean_text(raw)
    if not text:
        return None
    digits = _digits(text)
    if len(digits) != 13:
        return Flaw("corporate_number_unreadable")
    total = sum(int(digit) * (1 + place % 2) for place, digit in enumerate(digits[:12]))
    if (10 - total % 10) % 10 == int(digits[12]):
        return digits
    return Flaw("resident_number") if looks_like_resident_number(digits) else Flaw("corporate_number_check", digits)


_RESIDENT = re.compile(r"(?<!\d)(\d{2})(\d{2})(\d{2})[-\s]?[1-8]\d{6}(?!\d)", re.ASCII)


def looks_like_resident_number(text: str) -> bool:
    """Whether the text holds what may be a 주민등록번호 or 외국인등록번호 (six digits that are a date, then seven)."""
    found = _RESIDENT.search(text)
    return bool(found and 1 <= int(found[2]) <= 12 and 1 <= int(found[3]) <= 31)


class WorkplaceNumber(NamedTuple):
    """사업장관리번호: all eleven digits, and the business number in it (None where it has none)."""

    digits: str
    business_number: str | None


def read_workplace_number(raw: Cell) -> WorkplaceNumber | Flaw | None:
    """사업장관리번호 (000-00-00000-0): the business number and one digit for the place (0: head office).
    Numbers that start with 9 may be given without a business number; others whose first ten digits are none
    are kept but reported."""
    if type(raw) is str and _WORKPLACE_SHAPE.fullmatch(raw):
        digits = raw.replace("-", "")
        if business_number_is_valid(digits[:10]):
            return WorkplaceNumber(digits, digits[:10])
    text = clean_text(raw)
    if not text:
        return None
    digits = _digits(text)
    if len(digits) == 10 and business_number_is_valid(digits.zfill(11)[:10]):
        number = WorkplaceNumber(digits.zfill(11), digits.zfill(11)[:10])
        return Flaw("workplace_number_zeros", number, format_workplace_number(number.digits))
    if len(digits) != 11:
        return Flaw("workplace_number_unreadable")
    if business_number_is_valid(digits[:10]):
        return WorkplaceNumber(digits, digits[:10])
    number = WorkplaceNumber(digits, None)
    return number if digits.startswith("9") else Flaw("workplace_number_check", number)


def format_workplace_number(digits: str) -> str:
    """000-00-00000-0."""
    return f"{format_business_number(digits[:10])}-{digits[10:]}"


def _digits(text: str) -> str:
    """The digits of a number written with any usual marks; '' when anything else is in it."""
    bare = _NOT_DIGITS.sub("", unicodedata.normalize("NFKC", text))
    return bare if bare.isascii() and bare.isdigit() else ""


# -- head counts, postcodes, dates, consent -----------------------------------------------------------

_COUNT = re.compile(r"(약|대략|총)?(\d{1,7})(?:\.(\d+))?(명|인)?(내외|정도|여명|명?이상|명?초과)?", re.ASCII)
_COUNT_RANGE = re.compile(r"(\d{1,6})(?:명|인)?[~∼\-–](\d{1,6})(?:명|인)?(?:미만|이하)?", re.ASCII)
LARGEST_HEADCOUNT = 1_000_000


def read_headcount(raw: Cell) -> int | Flaw | None:
    """상시근로자수 in persons. '약 50', '12.5' and '300인 이상' keep the whole number before them, a range such
    as '10~29' its lower end, each with a flaw that says so."""
    if isinstance(raw, str) and raw.isascii() and raw.isdigit() and len(raw) <= 6:
        return int(raw)
    text = unicodedata.normalize("NFKC", clean_text(raw)).replace(",", "").replace(" ", "")
    if not text:
        return None
    if span := _COUNT_RANGE.fullmatch(text):
        return Flaw("headcount_range", int(span[1]), span[1])
    count = _COUNT.fullmatch(text)
    if count is None or int(count[2]) > LARGEST_HEADCOUNT:
        return Flaw("headcount_unreadable")
    exact = count[1] in (None, "총") and not count[5] and not (count[3] or "").strip("0")
    return int(count[2]) if exact else Flaw("headcount_approximate", int(count[2]), count[2])


def read_postcode(raw: Cell) -> str | Flaw | None:
    """Five digits (the first may have been lost by a spreadsheet). The six-digit codes ended in 2015-08."""
    if type(raw) is str and len(raw) == 5 and raw.isascii() and raw.isdigit():
        return raw
    text = clean_text(raw)
    if not text:
        return None
    digits = _digits(text.strip("()[]〒"))
    if len(digits) in (4, 5):
        return digits.zfill(5)
    return Flaw("postcode_unreadable")


_DATE = re.compile(
    r"(\d{4}|\d{2})\s*(?:[-./]|년)\s*(\d{1,2})\s*(?:[-./]|월)\s*(\d{1,2})\s*[일.]?\s*(?:\(.\))?(?:[T ].*)?", re.ASCII
)
_DATE_DIGITS = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})(?:\d{6})?", re.ASCII)
_EXCEL_EPOCH = date(1899, 12, 30)  # serial 60 is Excel's 1900-02-29; later serials count from here
_EXCEL_SERIALS = range(32874, 73051)  # 1990-01-01 to 2100-01-01


def read_date(raw: Cell) -> date | Flaw | None:
    """A day, in the ways offices write it: '24.7.2, 2024.7.2., 2024-07-02, 20240702, 2024년 7월 2일 or an Excel
    serial number. Years of two digits are of this century."""
    text = unicodedata.normalize("NFKC", clean_text(raw))
    if isinstance(raw, str) and raw.lstrip().startswith(("'", "‘", "’")):
        text = text.lstrip("‘’")
    if not text:
        return None
    written = _DATE.fullmatch(text) or _DATE_DIGITS.fullmatch(text)
    try:
        if written:
            year = int(written[1])
            return date(year + 2000 if year < 100 else year, int(written[2]), int(written[3]))
        serial = int(float(text))
        if serial in _EXCEL_SERIALS:
            return _EXCEL_EPOCH + timedelta(days=serial)
    except (ValueError, OverflowError):
        pass
    return Flaw("date_unreadable")


def _set_word(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold().strip(".()'")


_YES = "동의 동의함 수신동의 수신 수신함 수신허용 허용 승낙 찬성 예 네 y yes o ㅇ ㅇㅇ 1 true t v ○ 〇 ◯ ● ◎ ✓ ✔ √ ☑"
_NO = (
    "미동의 비동의 부동의 동의안함 동의하지않음 수신안함 수신거부 수신미동의 거부 거절 철회 동의철회 아니오 아니요 "
    "n no x 0 false f × ✕ ✖ ✗ ✘ ☒"
)
_CONSENT_WORDS = {_set_word(word): False for word in _NO.split()} | {_set_word(word): True for word in _YES.split()}


def read_consent(raw: Cell) -> bool | Flaw | None:
    """Whether the cell says yes or no to receiving mail; None when blank. Only set words count: consent is
    explicit (정보통신망법 §50①), so anything else is reported and stored as nothing."""
    word = _set_word(clean_text(raw))
    if not word:
        return None
    return _CONSENT_WORDS.get(word, Flaw("consent_unreadable"))
