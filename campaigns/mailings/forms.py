"""Forms of the mailing editor."""

from __future__ import annotations

import json
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, ValidationError

from campaigns.mailings.rules import CLASS_LABELS, MessageClass


def _id(value: str | None) -> int | None:
    return int(value) if value not in (None, "", "None") else None


class TitleForm(FlaskForm):
    title = StringField(
        _l("관리용 제목"), [InputRequired(_l("제목을 적어 주세요.")), Length(max=120)],
        description=_l("목록에서 알아보기 위한 이름입니다. 받는 사람에게는 보이지 않습니다."),
    )


class EditorForm(TitleForm):
    """The whole mailing. ``blocks`` is JSON kept by the page's script."""

    subject = StringField(_l("메일 제목"), [Length(max=200)])
    preheader = StringField(
        _l("미리보기 문구"), [Length(max=200)], description=_l("받은편지함에서 제목 옆에 보이는 한 문장입니다.")
    )
    audience_id = SelectField(_l("수신 대상"), coerce=_id)
    message_class = RadioField(
        _l("메시지 분류"), choices=[(kind.value, label) for kind, label in CLASS_LABELS.items()], coerce=MessageClass,
        description=_l("광고로 분류하면 제목에 (광고)가 붙고, 수신에 동의한 사람에게만 보냅니다."),
    )
    class_reason = TextAreaField(
        _l("분류 근거"), [Length(max=400)],
        description=_l("왜 이 분류인지 적습니다. 승인하는 사람이 함께 확인합니다(정보통신망법 제50조)."),
    )
    sender_name = StringField(_l("보내는 기관"), [Length(max=80)])
    sender_address = StringField(_l("보내는 메일 주소"), [Length(max=254)])
    sender_phone = StringField(_l("전화"), [Length(max=32)])
    sender_postal = StringField(_l("주소"), [Length(max=200)])
    blocks = HiddenField()
    version = HiddenField()

    def validate_blocks(self, field: HiddenField) -> None:
        try:
            json.loads(field.data or "[]")
        except ValueError as error:
            raise ValidationError(_l("본문을 읽을 수 없습니다. 화면을 새로 고친 뒤 다시 저장해 주세요.")) from error

    def values(self) -> dict[str, Any]:
        names = (
            "title", "subject", "preheader", "audience_id", "message_class", "class_reason", "sender_name",
            "sender_address", "sender_phone", "sender_postal",
        )
        return {name: self[name].data for name in names} | {"blocks": json.loads(self.blocks.data or "[]")}
