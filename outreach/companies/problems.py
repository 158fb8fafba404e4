"""The wording of everything an import reports, by code, and where in the file it was found."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from outreach.companies.rules import Flaw

MESSAGES: dict[str, Any] = {
    # the row is not taken
    "name_missing": _("기업명이 없습니다."),
    "no_identity": _(
        "사업자등록번호가 없으면 전화번호, 주소, 담당자 이메일 가운데 하나는 있어야 어느 기업인지 알 수 있습니다."
    ),
    "business_number_invalid": _(
        "사업자등록번호가 맞지 않습니다: %(value)s (숫자 10자리와 검증번호를 확인해 주세요. 모르면 비워 두십시오.)"
    ),
    "email_invalid": _("이메일 주소가 잘못되었습니다: %(value)s (%(hint)s)"),
    "too_long": _("내용이 너무 깁니다. %(hint)s자까지 저장할 수 있습니다."),
    "parent_rejected": _("이 담당자가 속한 기업의 행(%(hint)s행)이 반려되어 함께 반려했습니다."),
    # the row is taken, the value changed or left out
    "business_number_zeros": _("사업자등록번호의 빠진 앞자리 0을 채웠습니다: %(value)s → %(hint)s"),
    "business_number_differs": _("사업장관리번호의 앞 10자리가 사업자등록번호와 다릅니다: %(value)s"),
    "business_number_derived": _("사업자등록번호가 비어 있어 사업장관리번호에서 가져왔습니다: %(hint)s"),
    "corporate_number_unreadable": _("법인등록번호 13자리가 아니어서 저장하지 않았습니다: %(value)s"),
    "corporate_number_check": _("법인등록번호의 검증번호가 맞지 않습니다. 확인해 주세요: %(value)s"),
    "resident_number": _("주민등록번호로 보이는 값이 있어 저장하지 않았습니다. 파일에서도 지워 주세요."),
    "workplace_number_unreadable": _("사업장관리번호 11자리가 아니어서 저장하지 않았습니다: %(value)s"),
    "workplace_number_zeros": _("사업장관리번호의 빠진 앞자리 0을 채웠습니다: %(value)s → %(hint)s"),
    "workplace_number_check": _(
        "사업장관리번호의 앞 10자리가 사업자등록번호 형식이 아닙니다. 확인해 주세요: %(value)s"
    ),
    "phone_unreadable": _("전화번호로 읽을 수 없어 저장하지 않았습니다: %(value)s"),
    "phone_zero": _("전화번호의 빠진 앞자리 0을 채웠습니다: %(value)s → %(hint)s"),
    "phone_range": _("이어진 번호 가운데 첫 번호만 저장했습니다: %(value)s → %(hint)s"),
    "phone_partly": _("전화번호 칸에서 읽지 못한 부분이 있습니다: %(hint)s"),
    "phone_more": _("전화번호가 여럿이어서 다음 번호는 저장하지 않았습니다: %(hint)s"),
    "date_unreadable": _("날짜로 읽을 수 없어 저장하지 않았습니다: %(value)s"),
    "date_future": _("동의일이 오늘보다 뒤입니다. 저장하지 않았습니다: %(value)s"),
    "headcount_unreadable": _("근로자 수로 읽을 수 없어 저장하지 않았습니다: %(value)s"),
    "headcount_approximate": _("근로자 수가 어림수여서 %(hint)s명으로 저장했습니다: %(value)s"),
    "headcount_range": _("근로자 수가 범위여서 적은 쪽인 %(hint)s명으로 저장했습니다: %(value)s"),
    "postcode_unreadable": _("우편번호 5자리가 아니어서 저장하지 않았습니다: %(value)s"),
    "industry_unreadable": _("표준산업분류 코드로 읽을 수 없어 저장하지 않았습니다: %(value)s"),
    "industry_tax_code": _(
        "국세청 업종코드(6자리)로 보여 저장하지 않았습니다. 표준산업분류 코드가 필요합니다: %(value)s"
    ),
    "industry_unknown": _("표준산업분류(11차)에 없는 코드여서 저장하지 않았습니다: %(value)s"),
    "industry_letter": _(
        "산업분류의 영문자와 숫자가 서로 다릅니다(%(hint)s가 맞습니다). 저장하지 않았습니다: %(value)s"
    ),
    "email_typo": _("이메일 주소에 오타가 있어 보입니다: %(value)s → %(hint)s? (고치지 않고 그대로 저장했습니다.)"),
    "email_dead": _("서비스가 끝난 메일 주소로 보입니다: %(value)s"),
    "email_spaces": _("이메일 주소 안의 빈칸이나 전각 문자를 바로잡았습니다: %(value)s → %(hint)s"),
    "email_several": _("한 칸에 이메일 주소가 %(hint)s개 있어 담당자를 나누었습니다."),
    "consent_unreadable": _(
        "수신동의 여부를 알 수 없어 저장하지 않았습니다(동의·미동의, Y·N, O·X로 적어 주세요): %(value)s"
    ),
    "consent_nobody": _("수신동의가 적혀 있으나 담당자가 없어 저장하지 않았습니다."),
    "continuation": _("기업명이 비어 있어 바로 위 기업(%(hint)s행)의 담당자로 보았습니다."),
    "conflict": _("같은 기업의 %(hint)s행과 값이 달라 먼저 나온 값을 두었습니다: %(value)s"),
    "ambiguous": _("이름과 연락처가 같은 기업이 이 파일에 둘 이상 있어 합치지 않았습니다(%(hint)s행)."),
}

REJECTING = frozenset(
    {"name_missing", "no_identity", "business_number_invalid", "email_invalid", "too_long", "parent_rejected"}
)
"""With one of these the whole row is handed back."""

_SHOWN = 80


class Problem(NamedTuple):
    """One finding in one row of the file (counted from 1). ``column`` is the letter a spreadsheet shows ('' when the
    whole row is meant), ``header`` its heading, ``value`` what stood there (shortened)."""

    code: str
    row: int
    column: str = ""
    header: str = ""
    value: str = ""
    hint: str = ""

    @property
    def message(self) -> str:
        """The finding in the reader's language."""
        hint = gettext(self.hint) if self.code == "email_invalid" else self.hint  # emails.py gives the reason in words
        return str(MESSAGES[self.code]) % {"value": self.value, "hint": hint}

    @property
    def rejecting(self) -> bool:
        return self.code in REJECTING


def cell_problem(flaw: Flaw, row: int, column: int, header: str, raw: object) -> Problem:
    """The finding for a flaw of one cell; ``column`` is its 0-based index."""
    shown = "" if flaw.code == "resident_number" else shortened(raw)
    return Problem(flaw.code, row, column_letter(column), header, shown, flaw.hint)


def shortened(raw: object) -> str:
    """A cell's content short enough for a message."""
    text = " ".join(str(raw).split())
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def column_letter(index: int) -> str:
    """0 -> 'A', 26 -> 'AA': as spreadsheets name their columns."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
