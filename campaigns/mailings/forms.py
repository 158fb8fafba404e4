"""Forms of the mailing editor."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from campaigns.mailings.rules import CLASS_LABELS, MessageClass
from outreach.companies.topics import TOPIC_LABELS, Topic

SUBJECT_CHARS = 200
_BLOCK_FIELD = re.compile(r"blocks-(\d{1,4})-([a-z_]{1,20})")


def _id(value: str | None) -> int | None:
    return int(value) if value not in (None, "", "None") else None


def _topic(value: Any) -> Topic | None:
    return Topic(value) if value else None


def posted_blocks(values: Mapping[str, str]) -> list[dict[str, str]]:
    """The blocks of the page, whose fields are named ``blocks-<place>-<key>``, in the order of their places.
    What is in them is checked by campaigns.mailings.content."""
    blocks: dict[int, dict[str, str]] = defaultdict(dict)
    for name, value in values.items():
        if found := _BLOCK_FIELD.fullmatch(name):
            blocks[int(found[1])][found[2]] = value
    return [blocks[place] for place in sorted(blocks)]


class TitleForm(FlaskForm):
    title = StringField(
        _l("관리용 제목"), [DataRequired(_l("제목을 적어 주세요.")), Length(max=120)],
        description=_l("목록에서 알아보기 위한 이름입니다. 받는 사람에게는 보이지 않습니다."),
    )


class NewForm(TitleForm):
    material_id = SelectField(
        _l("무엇으로 시작할까요?"), description=_l("홍보물을 고르면 그 글과 사례, 제도 카드를 옮겨 놓고 시작합니다.")
    )


class EditorForm(TitleForm):
    """The whole mailing but its blocks, which the page names by their place (:func:`posted_blocks`)."""

    subject = StringField(_l("메일 제목"), [Length(max=SUBJECT_CHARS)])
    preheader = StringField(
        _l("미리보기 문구"), [Length(max=SUBJECT_CHARS)],
        description=_l("받은편지함에서 제목 옆에 보이는 한 문장입니다. 제목을 되풀이하지 말고 이어 줍니다."),
    )
    audience_id = SelectField(_l("수신 대상"), coerce=_id)
    message_class = RadioField(
        _l("메시지 분류"), choices=[(kind.value, label) for kind, label in CLASS_LABELS.items()], coerce=MessageClass
    )
    class_reason = TextAreaField(
        _l("분류 근거"), [Length(max=400)],
        description=_l("왜 이 분류인지 적습니다. 승인하는 사람이 함께 확인합니다(정보통신망법 제50조)."),
    )
    commercial_reason = TextAreaField(
        _l("광고로 보지 않은 까닭"), [Length(max=400)],
        description=_l("할인, 판매처럼 상품·서비스를 권하는 말이 있는데도 공익안내로 보낼 때만 적습니다."),
    )
    topic = SelectField(
        _l("주제"), coerce=_topic,
        choices=[("", _l("고르지 않음")), *((topic.value, _l(label)) for topic, label in TOPIC_LABELS.items())],
        description=_l("받는 사람은 이 주제의 메일만 거부할 수도 있습니다."),
    )
    sender_name = StringField(_l("보내는 기관"), [Length(max=80)])
    sender_address = StringField(
        _l("보내는 메일 주소"), [Length(max=254)], description=_l("받는 사람의 답장이 이 주소로 옵니다.")
    )
    sender_phone = StringField(_l("전화"), [Length(max=32)])
    sender_postal = StringField(_l("주소"), [Length(max=200)])
    clicks_open_leads = BooleanField(
        _l("링크를 누른 기업을 리드로 보기"),
        description=_l(
            "사람이 누른 것으로 판정되면 그 기업의 리드에 기록하고, 진행 중인 리드가 없으면 새로 엽니다. "
            "보안 프로그램 같은 기계가 누른 것은 세지 않습니다. 메일 아래에 이 쓰임을 밝힙니다."
        ),
    )
    track_opens = BooleanField(
        _l("열람을 어림하는 그림 넣기"),
        description=_l(
            "그림을 막거나 대신 내려받는 메일함이 많아 숫자를 믿을 수 없습니다. 성과나 리드에는 쓰지 않으며, "
            "메일 아래에 그림이 있다고 밝힙니다."
        ),
    )
    version = HiddenField()

    def values(self) -> dict[str, Any]:
        texts = (
            "title", "subject", "preheader", "class_reason", "commercial_reason", "sender_name", "sender_address",
            "sender_phone", "sender_postal",
        )
        return {name: self[name].data or "" for name in texts} | {
            "topic": self.topic.data,
            "audience_id": self.audience_id.data, "message_class": self.message_class.data,
            "blocks": posted_blocks(request.form), "clicks_open_leads": self.clicks_open_leads.data,
            "track_opens": self.track_opens.data,
        }
