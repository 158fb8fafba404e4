"""Forms of the company pages. They only carry what a person wrote; the services judge it (companies.entry)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    DateField,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Optional

from outreach.companies.consent import PURPOSE_LABELS
from outreach.companies.models import ConsentPurpose
from outreach.errors import DomainError
from outreach.web.language import translated

AUTOMATIC = _l("주소에 따라 자동")


class EditForm(FlaskForm):
    """``version``: the row as the person saw it. The page writes it by hand, since after a stale edit the form is
    shown again with the person's text but the present version."""

    version = IntegerField(validators=[Optional()])

    def take_errors(self, error: DomainError) -> None:
        """Show a refusal of the service at the fields it names, or above the form."""
        named = {name: text for name, text in error.fields.items() if name in self}
        for name, text in named.items():
            self[name].errors = [*self[name].errors, translated(text)]
        if not named:
            self.form_errors.append(translated(error.message))

    def given(self, names: Iterable[str]) -> dict[str, Any]:
        """What the person wrote in these fields."""
        return {name: self[name].data for name in names if name in self}


COMPANY_FIELDS = (
    "name", "business_number", "corporate_number", "representative", "ksic", "industry", "headcount", "homepage", "memo"
)
WORKPLACE_FIELDS = ("name", "workplace_number", "address", "postcode", "phone", "headcount")
HEAD_FIELDS = ("workplace_number", "address", "postcode", "phone")
CONTACT_FIELDS = ("name", "title", "email", "phone")


class CompanyForm(EditForm):
    name = StringField(_l("기업명"), validators=[InputRequired(), Length(max=200)])
    business_number = StringField(_l("사업자등록번호"), description=_l("숫자 10자리. 모르면 비워 둡니다."))
    corporate_number = StringField(_l("법인등록번호"), description=_l("숫자 13자리"))
    representative = StringField(_l("대표자"))
    ksic = StringField(_l("산업분류 코드"), description=_l("표준산업분류(11차). 예: C25, 2511"))
    industry = StringField(_l("업종·주요 품목"))
    headcount = StringField(_l("상시근로자 수"), render_kw={"inputmode": "numeric"})
    homepage = StringField(_l("홈페이지"))
    memo = TextAreaField(_l("메모"), description=_l("노동자 개인의 임신·휴직 등은 적지 않습니다."))


class PlaceFields:
    """Where a workplace is; mixed into the forms below."""

    workplace_number = StringField(_l("사업장관리번호"), description=_l("숫자 11자리"))
    address = StringField(_l("주소"), description=_l("시·도부터 적으면 시·군·구와 관할 센터가 정해집니다."))
    postcode = StringField(_l("우편번호"), render_kw={"inputmode": "numeric"})
    phone = StringField(_l("대표전화"), render_kw={"type": "tel"})
    district = SelectField(_l("시·군·구"), coerce=lambda value: int(value) if value else None, validators=[Optional()])
    complex = SelectField(_l("산업단지"), coerce=lambda value: int(value) if value else None, validators=[Optional()])


class WorkplaceForm(PlaceFields, EditForm):
    name = StringField(_l("사업장 이름"), description=_l("예: 본사, 2공장"))
    headcount = StringField(_l("사업장 상시근로자 수"), render_kw={"inputmode": "numeric"})


class NewCompanyForm(PlaceFields, CompanyForm):
    """A company together with its head workplace."""


class ContactForm(EditForm):
    name = StringField(_l("이름"))
    title = StringField(_l("부서·직위"))
    email = StringField(_l("이메일"), render_kw={"type": "email", "autocomplete": "off"})
    phone = StringField(_l("전화"), render_kw={"type": "tel", "autocomplete": "off"})


class ConsentForm(EditForm):
    purpose = SelectField(_l("목적"), coerce=ConsentPurpose, validators=[InputRequired()])
    given_on = DateField(_l("동의한 날"), validators=[InputRequired()])
    how = StringField(
        _l("동의 방법과 증거"), validators=[InputRequired(), Length(max=200)],
        description=_l("예: 2026. 11. 20. 설명회 신청서에 서명(문서 제12호)"),
    )

    def __init__(self, *args: Any, **values: Any):
        super().__init__(*args, **values)
        self.purpose.choices = [(purpose.value, gettext(label)) for purpose, label in PURPOSE_LABELS.items()]


class WithdrawForm(EditForm):
    how = StringField(_l("철회를 확인한 방법"), validators=[InputRequired(), Length(max=200)])


class ReasonForm(EditForm):
    reason = StringField(_l("까닭"), validators=[InputRequired(), Length(max=200)])


class RefusalForm(EditForm):
    """A wish to get no more mail, for an address that is known."""

    source = StringField(
        _l("요청받은 경로"), validators=[InputRequired(), Length(max=200)],
        description=_l("예: 2026. 11. 23. 전화로 수신거부 요청"),
    )


class SuppressForm(RefusalForm):
    address = StringField(_l("이메일 주소"), validators=[InputRequired()], render_kw={"autocomplete": "off"})
