"""Forms by which staff decide about incoming mail. Those for companies and centres are the responses' own."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired

from campaigns.responses.forms import at_most


class AddressForm(FlaskForm):
    """Which address a report or a refusal is about."""

    address = StringField(_l("주소"), validators=[InputRequired(_l("주소를 적어 주세요.")), at_most(254)])


class IgnoreForm(FlaskForm):
    reason = StringField(_l("제외하는 까닭"), validators=[InputRequired(_l("까닭을 적어 주세요.")), at_most(200)])
