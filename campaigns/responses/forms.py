"""Forms by which companies answer and staff take answers in."""

from __future__ import annotations

import secrets
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateTimeLocalField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from campaigns.responses.rules import CHANNEL_LABELS, STAFF_CHANNELS, Answer, Channel
from outreach.companies.emails import read_address
from outreach.companies.phones import read_phones
from outreach.companies.rules import Flaw, clean_text, looks_like_resident_number, read_business_number
from outreach.leads.rules import WANT_LABELS, Want

#: How browsers write a time: shown to the minute, read with seconds, too.
MINUTES = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
ROW_ID = NumberRange(1, 2**53)


def at_most(characters: int) -> Length:
    return Length(max=characters, message=_l("%(max)d자까지 적으실 수 있습니다."))


class WantsField(SelectMultipleField):
    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


def tidy(value: Any) -> Any:
    return clean_text(value, lines=True) if isinstance(value, str) else value


def no_resident_number(_form: Any, field: Any) -> None:
    if looks_like_resident_number(field.data or ""):
        raise ValidationError(gettext("주민등록번호는 적지 말아 주세요(개인정보 보호법 제24조의2)."))


class AnswerForm(FlaskForm):
    """What every answer may hold."""

    wants = WantsField(_l("무엇이 필요하십니까?"))
    person = StringField(_l("이름"), filters=[tidy], validators=[at_most(60), no_resident_number])
    phone = StringField(_l("전화번호"), filters=[tidy], validators=[at_most(40)])
    email = StringField(_l("전자우편"), filters=[tidy], validators=[at_most(254)])
    preferred_time = StringField(
        _l("통화하기 좋은 때"), filters=[tidy], validators=[at_most(100), no_resident_number]
    )
    message = TextAreaField(_l("전하실 말씀"), filters=[tidy], validators=[at_most(2000), no_resident_number])

    def __init__(self, *args: Any, **values: Any):
        super().__init__(*args, **values)
        self.wants.choices = [(want.value, gettext(WANT_LABELS[want])) for want in Want]

    def validate_phone(self, field: Any) -> None:
        if not field.data:
            return
        numbers = read_phones(field.data).numbers
        if not numbers:
            raise ValidationError(gettext("전화번호를 확인해 주세요. 예: 02-123-4567"))
        field.data = numbers[0]

    def validate_email(self, field: Any) -> None:
        if not field.data:
            return
        address = read_address(field.data)
        if isinstance(address, Flaw):
            raise ValidationError(gettext("전자우편 주소를 확인해 주세요. 예: name@company.co.kr"))
        field.data = address

    def answer(self, **more: Any) -> Answer:
        return Answer(
            tuple(self.wants.data or ()), self.person.data or "", self.phone.data or "", self.email.data or "",
            self.preferred_time.data or "", self.message.data or "", **more,
        )


class PublicForm(AnswerForm):
    """Behind a signed link. It needs no cookie: what may be done here is in the link itself, so there is no
    session whose rights another site could borrow. ``website`` is a trap for machines that fill in every
    field; ``nonce`` tells this filled-in form from the next."""

    class Meta:
        csrf = False

    consent = BooleanField(_l("개인정보 수집·이용에 동의합니다."))
    nonce = HiddenField(validators=[InputRequired(), Length(min=8, max=64)])
    website = StringField(_l("비워 두세요"))

    @classmethod
    def fresh(cls) -> PublicForm:
        return cls(None, nonce=secrets.token_urlsafe(16))

    @property
    def is_trapped(self) -> bool:
        return bool(self.website.data)

    @property
    def names_someone(self) -> bool:
        return any((self.person.data, self.phone.data, self.email.data))

    def validate_wants(self, field: Any) -> None:
        if not field.data and not self.message.data:
            raise ValidationError(gettext("필요하신 것을 하나 이상 고르거나 전하실 말씀을 적어 주세요."))

    def validate_consent(self, field: Any) -> None:
        if self.names_someone and not field.data:
            raise ValidationError(gettext("이름이나 연락처를 적으셨다면 개인정보 수집·이용 동의가 필요합니다."))

    def answer(self, **more: Any) -> Answer:
        return super().answer(consented=bool(self.consent.data), **more)


class CompanyFields:
    """The company as someone typed it; the number may be left out, a wrong one may not."""

    company_name = StringField(_l("기업명"), filters=[tidy], validators=[at_most(200)])
    business_number = StringField(_l("사업자등록번호"), filters=[tidy], validators=[at_most(20)])

    def validate_business_number(self, field: Any) -> None:
        if isinstance(read_business_number(field.data), Flaw):
            raise ValidationError(gettext("사업자등록번호 10자리를 확인해 주세요. 모르시면 비워 두셔도 됩니다."))

    def number(self) -> str | None:
        found = read_business_number(self.business_number.data)
        return None if isinstance(found, Flaw) else found


class PlaceForm(CompanyFields, PublicForm):
    """Behind a QR code: nobody knows who answers, so a company and a way to call back are needed."""

    def __init__(self, *args: Any, **values: Any):
        super().__init__(*args, **values)
        self.company_name.flags.required = self.consent.flags.required = True

    def validate_company_name(self, field: Any) -> None:
        if not field.data:
            raise ValidationError(gettext("기업명을 적어 주세요."))

    def validate_phone(self, field: Any) -> None:
        if not field.data and not self.email.data:
            raise ValidationError(gettext("연락드릴 전화번호나 전자우편을 적어 주세요."))
        super().validate_phone(field)

    def answer(self, **more: Any) -> Answer:
        return super().answer(company_name=self.company_name.data, business_number=self.number(), **more)


class StaffForm(CompanyFields, AnswerForm):
    """An answer a member of staff types in."""

    channel = RadioField(_l("접수 경로"), coerce=Channel, validators=[InputRequired()])
    at = DateTimeLocalField(_l("접수 일시"), format=MINUTES, validators=[InputRequired()])
    campaign_id = SelectField(_l("캠페인"), coerce=int, validators=[Optional()])
    workplace_id = IntegerField(_l("기업"), validators=[Optional(), ROW_ID])

    def __init__(self, *args: Any, **values: Any):
        super().__init__(*args, **values)
        self.channel.choices = [(channel.value, gettext(CHANNEL_LABELS[channel])) for channel in STAFF_CHANNELS]

    def validate_company_name(self, field: Any) -> None:
        if not field.data and not self.workplace_id.data:
            raise ValidationError(gettext("기업을 찾아 고르거나 기업명을 적어 주세요."))

    def answer(self, **more: Any) -> Answer:
        return super().answer(company_name=self.company_name.data or "", business_number=self.number(), **more)


class ConfirmForm(FlaskForm):
    workplace_id = IntegerField(_l("기업"), validators=[InputRequired(_l("기업을 골라 주세요.")), ROW_ID])


class NewCompanyForm(FlaskForm):
    name = StringField(_l("기업명"), validators=[InputRequired(), at_most(200)])
    business_number = StringField(_l("사업자등록번호"), validators=[at_most(20)])
    address = StringField(_l("주소"), validators=[at_most(300)])
    phone = StringField(_l("대표전화"), validators=[at_most(40)])


class DismissForm(FlaskForm):
    reason = StringField(_l("제외하는 까닭"), validators=[InputRequired(), at_most(200)])


class HandOverForm(FlaskForm):
    centre_id = SelectField(_l("넘겨받을 센터"), coerce=int, validators=[InputRequired()])
