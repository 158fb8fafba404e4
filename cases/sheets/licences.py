"""공공누리 (KOGL): under which terms the public may use a material (저작권법 제24조의2). The wordings follow the
guide of the Ministry of Culture (mcst.go.kr, 공공누리 유형 안내)."""

from __future__ import annotations

import enum

from outreach.wording import with_particles


def _(text: str) -> str:
    """Marks ``text`` for translation; the look-up happens where it is shown."""
    return text


class Licence(str, enum.Enum):
    """No mark means all rights stay with the issuer."""

    NONE = ""
    KOGL_1 = "kogl1"
    KOGL_2 = "kogl2"
    KOGL_3 = "kogl3"
    KOGL_4 = "kogl4"

    @property
    def number(self) -> str:
        """`1` to `4`; '' without a mark."""
        return self.value[-1:]

    @property
    def allows_change(self) -> bool:
        """Whether others may make something else of it. Without a mark they may do nothing."""
        return self in (Licence.KOGL_1, Licence.KOGL_2)


LABELS = {
    Licence.NONE: _("공공누리를 붙이지 않음"),
    Licence.KOGL_1: _("제1유형: 출처표시"),
    Licence.KOGL_2: _("제2유형: 출처표시, 상업적 이용금지"),
    Licence.KOGL_3: _("제3유형: 출처표시, 변경금지"),
    Licence.KOGL_4: _("제4유형: 출처표시, 상업적 이용금지, 변경금지"),
}
_TERMS = {
    "1": "출처표시", "2": "출처표시·상업적 이용금지", "3": "출처표시·변경금지",
    "4": "출처표시·상업적 이용금지·변경금지",
}


def printed(licence: Licence) -> str:
    """The line on paper; '' without a mark. Marks of organisations are theirs and stay out."""
    if licence is Licence.NONE:
        return ""
    terms = f"공공누리 제{licence.number}유형({_TERMS[licence.number]})"
    return f"{terms}에 따라 이용할 수 있습니다. 기관 표지는 제외합니다."


def credit(licence: Licence, *, title: str, issuer: str, year: int, address: str) -> str:
    """What whoever uses it has to write beside it; '' without a mark."""
    if licence is Licence.NONE:
        return ""
    return with_particles(
        f"본 저작물은 ‘{issuer}’에서 ‘{year}년’ 작성하여 공공누리 제{licence.number}유형으로 개방한 ‘{title}’을(를) "
        "이용하였으며, "
        f"해당 저작물은 ‘{issuer}, {address}’에서 무료로 내려받으실 수 있습니다."
    )
