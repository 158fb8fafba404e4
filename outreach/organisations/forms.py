"""Forms of partner organisations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from email_validator import EmailNotValidError, validate_email
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    DateField,
    EmailField,
    Field,
    Form,
    HiddenField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, Length, Optional, Regexp, ValidationError

from outreach.organisations.models import KIND_LABELS, OrganisationKind
from outreach.organisations.service import Details

WEB_ADDRESS = r"https?://[^\s<>\"]+\Z"


def trimmed(value: str | None) -> str:
    return (value or "").strip()


def email_address(form: Form, field: Field) -> None:
    """A well-formed address; nothing is looked up or changed."""
    try:
        validate_email(field.data, check_deliverability=False)
    except EmailNotValidError as error:
        raise ValidationError(gettext("이메일 주소의 형식이 맞지 않습니다.")) from error


class OrganisationForm(FlaskForm):
    """Details and agreement. ``centre`` is there for those who see all centres."""

    version = HiddenField(
        validators=[Optional(), Regexp(r"\d{1,9}\Z", message=_("화면을 새로 고친 뒤 다시 저장해 주세요."))]
    )
    kind = SelectField(_("구분"), validators=[DataRequired()])
    name = StringField(_("기관 이름"), validators=[DataRequired(), Length(max=120)], filters=[trimmed])
    name_en = StringField(_("영문 이름"), validators=[Length(max=120)], filters=[trimmed])
    centre = SelectField(_("담당"), validators=[Optional()])
    phone = StringField(_("대표 전화"), validators=[Length(max=32)], filters=[trimmed], render_kw={"inputmode": "tel"})
    homepage = StringField(
        _("누리집"), filters=[trimmed], render_kw={"inputmode": "url", "placeholder": "https://"},
        validators=[
            Optional(), Length(max=300),
            Regexp(WEB_ADDRESS, message=_("https://로 시작하는 주소를 적어 주세요.")),
        ],
    )
    mou_from = DateField(_("협약 시작일"), validators=[Optional()])
    mou_to = DateField(
        _("협약 종료일"), validators=[Optional()], description=_("비워 두면 기한이 없는 협약으로 봅니다.")
    )
    mou_note = TextAreaField(_("협약 내용"), validators=[Length(max=4000)], filters=[trimmed])
    regions = SelectMultipleField(_("담당 지역"))

    def __init__(
        self, centres: Sequence[Any], regions: Sequence[tuple[tuple[str, str], list[tuple[str, str]]]], **kwargs: Any
    ):
        super().__init__(**kwargs)
        self.kind.choices = [(kind.value, gettext(KIND_LABELS[kind])) for kind in OrganisationKind]
        self.regions.choices = [pair for province, districts in regions for pair in (province, *districts)]
        if centres:
            self.centre.choices = [("", gettext("본부")), *((str(row.id), row.name_ko) for row in centres)]
        else:
            del self.centre

    def details(self) -> Details:
        """The values as the service takes them."""
        return Details(
            kind=OrganisationKind(self.kind.data), name=self.name.data or "", name_en=self.name_en.data or "",
            centre_id=int(self.centre.data) if "centre" in self and self.centre.data else None,
            phone=self.phone.data or "", homepage=self.homepage.data or "", mou_from=self.mou_from.data,
            mou_to=self.mou_to.data, mou_note=self.mou_note.data or "",
            region_ids=[int(key) for key in self.regions.data or ()],
        )


class ContactForm(FlaskForm):
    name = StringField(_("이름"), validators=[DataRequired(), Length(max=60)], filters=[trimmed])
    title = StringField(_("직위·부서"), validators=[Length(max=60)], filters=[trimmed])
    email = EmailField(_("이메일"), validators=[Optional(), Length(max=254), email_address], filters=[trimmed])
    phone = StringField(_("전화"), validators=[Length(max=32)], filters=[trimmed], render_kw={"inputmode": "tel"})
