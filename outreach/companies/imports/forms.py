"""Forms of the import pages. They carry what a person chose; the service judges it."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, FileField, SelectField, StringField
from wtforms.validators import Length, Optional

from outreach.companies.consent import PURPOSE_LABELS
from outreach.companies.forms import EditForm
from outreach.companies.models import ConsentPurpose


class UploadForm(FlaskForm):
    file = FileField(_l("기업 명단 파일"))


class MappingForm(EditForm):
    """Everything of the mapping page but the columns, whose number depends on the file."""

    as_of = DateField(
        _l("자료 기준일"), validators=[Optional()],
        description=_l("명단이 어느 날의 상태인지 적습니다. 그날보다 먼저 사람이 고친 값은 명단의 값으로 바뀌고, "
                       "비워 두면 사람이 고친 값은 모두 그대로 둡니다."),
    )
    purpose = SelectField(_l("수신동의 열의 목적"), coerce=ConsentPurpose, default=ConsentPurpose.ADVERTISING.value)
    evidence = StringField(
        _l("동의를 받은 방법"), validators=[Length(max=150)],
        description=_l("명단에 동의 방법 열이 없을 때 증거로 남깁니다. 예: 2026년 입주기업 실태조사 신청서에 서명"),
    )
    remember = BooleanField(_l("이 열 지정을 기억해 같은 제목의 명단에 다시 쓰기"), default=True)

    def __init__(self, *args: Any, **values: Any):
        super().__init__(*args, **values)
        self.purpose.choices = [(purpose.value, gettext(label)) for purpose, label in PURPOSE_LABELS.items()]
