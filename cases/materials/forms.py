"""Forms of the material pages."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField


class PublishForm(FlaskForm):
    acknowledged = BooleanField(_l("위 내용을 읽었고, 인쇄물에 그대로 밝히는 데 동의합니다."))


class GrantForm(FlaskForm):
    organisation_id = SelectField(_l("협력기관"), coerce=int, choices=[])
