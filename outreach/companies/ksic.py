"""Korean Standard Industrial Classification (한국표준산업분류): from a code as written to section and division."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from outreach.companies.rules import Cell, Flaw, clean_text

REVISION = 11  # 제11차 개정, in force since 2024-07-01

SECTIONS = {
    "A": "농업, 임업 및 어업",
    "B": "광업",
    "C": "제조업",
    "D": "전기, 가스, 증기 및 공기 조절 공급업",
    "E": "수도, 하수 및 폐기물 처리, 원료 재생업",
    "F": "건설업",
    "G": "도매 및 소매업",
    "H": "운수 및 창고업",
    "I": "숙박 및 음식점업",
    "J": "정보통신업",
    "K": "금융 및 보험업",
    "L": "부동산업",
    "M": "전문, 과학 및 기술 서비스업",
    "N": "사업시설 관리, 사업 지원 및 임대 서비스업",
    "O": "공공행정, 국방 및 사회보장 행정",
    "P": "교육 서비스업",
    "Q": "보건업 및 사회복지 서비스업",
    "R": "예술, 스포츠 및 여가관련 서비스업",
    "S": "협회 및 단체, 수리 및 기타 개인 서비스업",
    "T": "가구 내 고용활동 및 자가소비 생산활동",
    "U": "국제 및 외국기관",
}

_DIVISIONS = {
    "A": (1, 3), "B": (5, 8), "C": (10, 34), "D": (35, 35), "E": (36, 39), "F": (41, 42), "G": (45, 47),
    "H": (49, 52), "I": (55, 56), "J": (58, 63), "K": (64, 66), "L": (68, 68), "M": (70, 73), "N": (74, 76),
    "O": (84, 84), "P": (85, 85), "Q": (86, 87), "R": (90, 91), "S": (94, 96), "T": (97, 98), "U": (99, 99),
}  # fmt: skip
SECTION_OF_DIVISION = {
    f"{division:02}": section for section, (first, last) in _DIVISIONS.items() for division in range(first, last + 1)
}
"""Division ('01'-'99') to section letter, 11th revision."""

_CODE = re.compile(r"[(\[]?([A-U])?[\s.\-]*(\d{1,6})?(?![0-9A-Z])[)\].:]?(.*)", re.DOTALL)


class Industry(NamedTuple):
    """``code``: two to five digits, '' when only the section is known; ``section``: its letter."""

    code: str
    section: str

    @property
    def division(self) -> str:
        return self.code[:2]


def read_industry_code(raw: Cell) -> Industry | Flaw | None:
    """'C', 'C25', '25', '2511', 'C2511 구조용 금속제품', 25.0 -> :class:`Industry`. Six digits are the tax
    office's own classification (국세청 업종코드), which has no section; letter and number must agree."""
    text = unicodedata.normalize("NFKC", clean_text(raw)).upper()
    if not text:
        return None
    found = _CODE.fullmatch(text)
    letter, digits = (found[1], found[2]) if found else (None, None)
    if digits is None:
        return Industry("", letter) if letter else Flaw("industry_unreadable")
    if len(digits) == 6:
        return Flaw("industry_tax_code")
    code = digits.zfill(2)
    section = SECTION_OF_DIVISION.get(code[:2])
    if section is None:
        return Flaw("industry_unknown")
    if letter not in (None, section):
        return Flaw("industry_letter", None, f"{section}{code[:2]}")
    return Industry(code, section)
