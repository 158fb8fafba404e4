"""Forms of letters by post. A letter has a fixed shape, so its editor needs no script: text, cards, closing words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DecimalField,
    FormField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.form import Form
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from campaigns.post.letter import NEAREST
from campaigns.post.rules import LABEL_SHEETS, MAX_SHIFT, REASON_LABELS, ReturnReason, Window, sheet_label
from outreach.web.language import translated


def _id(value: str | int | None) -> int | None:
    return int(value) if value not in (None, "", "None") else None


def _measure(label: Any, most: int) -> DecimalField:
    return DecimalField(label, [InputRequired(), NumberRange(0, most)], places=1)


class WindowForm(Form):
    """The envelope at hand, in mm."""

    envelope_width = _measure(_l("봉투 가로"), 400)
    envelope_height = _measure(_l("봉투 세로"), 300)
    width = _measure(_l("창 가로"), 300)
    height = _measure(_l("창 세로"), 200)
    left = _measure(_l("왼쪽에서 창까지"), 300)
    bottom = _measure(_l("아래에서 창까지"), 200)


class NewForm(FlaskForm):
    name = StringField(
        _l("관리용 이름"), [InputRequired(_l("관리용 이름을 적어 주세요.")), Length(max=120)],
        description=_l("목록에서 알아보기 위한 이름입니다. 받는 기업에는 보이지 않습니다."),
    )
    audience_id = SelectField(_l("수신 대상"), coerce=_id)


class RunForm(NewForm):
    """The whole run. The parts of the letter become blocks in their order."""

    again = BooleanField(
        _l("이미 보낸 곳에도 다시 보내기"),
        description=_l("이 캠페인에서, 또는 다른 캠페인에서 며칠 안에 편지를 보낸 곳도 넣습니다."),
    )
    subject = StringField(_l("제목"), [Length(max=120)])
    salutation = StringField(
        _l("인사말"), [Length(max=120)],
        description=_l("{{회사명}}과 {{담당자}}는 편지마다 바뀝니다. 담당자를 모르면 ‘인사·노무 담당자’로 적습니다."),
    )
    heading = StringField(_l("소제목"), [Length(max=120)])
    text = TextAreaField(
        _l("본문"), [Length(max=5000)], description=_l(
            "빈 줄로 문단을 나눕니다. **굵게**, 줄 앞의 - 는 목록이 됩니다. {{기업명}} {{지역}} {{업종|귀사 업종}}처럼 "
            "쓰면 편지마다 바뀝니다. 세로줄 뒤는 모를 때 대신할 말입니다."
        )
    )
    programme_1 = SelectField(_l("지원제도 카드 1"), coerce=_id)
    programme_2 = SelectField(_l("지원제도 카드 2"), coerce=_id)
    case = SelectField(_l("우수사례 카드"), coerce=_id)
    nearest = BooleanField(
        _l("기업마다 가장 가까운 사례 싣기"),
        description=_l("고른 사례 대신, 받는 기업과 시·도, 업종, 규모가 가까운 게시 사례를 까닭과 함께 싣습니다."),
    )
    closing = TextAreaField(_l("맺음말"), [Length(max=2000)])
    sender_name = StringField(_l("보내는 기관"), [Length(max=80)])
    sender_phone = StringField(_l("전화"), [Length(max=32)])
    sender_postal = StringField(_l("우편번호와 주소"), [Length(max=200)])
    window = FormField(WindowForm)
    version = HiddenField()

    def offer(self, audiences: Any, programmes: Any, cases: Any) -> RunForm:
        """What can be chosen."""
        self.audience_id.choices = audiences
        self.programme_1.choices = self.programme_2.choices = programmes
        self.case.choices = cases
        return self

    def show(self, run: Any) -> None:
        """Fill in what is stored."""
        for name in ("name", "audience_id", "again", "subject", "salutation", "sender_name", "sender_phone",
                     "sender_postal"):
            self[name].data = getattr(run, name)
        self.version.data = run.version
        for name, value in Window.from_json(run.window).to_json().items():
            self.window.form[name].data = value
        for name, value in parts(run.blocks).items():
            self[name].data = value

    def values(self) -> dict[str, Any]:
        """As campaigns.post.service.edit takes them."""
        texts = ("name", "subject", "salutation", "sender_name", "sender_phone", "sender_postal")
        return {name: (self[name].data or "").strip() for name in texts} | {
            "audience_id": self.audience_id.data, "again": self.again.data,
            "window": {name: float(field.data) for name, field in self.window.form._fields.items()},
            "blocks": blocks({name: self[name].data for name in _PARTS}),
        }


_PARTS = ("heading", "text", "programme_1", "programme_2", "case", "nearest", "closing")


def blocks(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The parts that are filled in, as blocks."""
    made: list[dict[str, Any]] = []
    for name in _PARTS:
        value = given.get(name)
        if not value:
            continue
        if name == "heading":
            made.append({"kind": "heading", "text": value})
        elif name in ("text", "closing"):
            made.append({"kind": "text", "text": value})
        elif name == "nearest":
            made.append({"kind": NEAREST})
        elif name == "case" and not given.get("nearest"):
            made.append({"kind": "case", "case_id": value})
        elif name.startswith("programme"):
            made.append({"kind": "programme", "version_id": value})
    return made


def parts(stored: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The blocks as the editor's parts: the last text closes, if it is not the only one."""
    found: dict[str, Any] = dict.fromkeys(_PARTS)
    texts = [block["text"] for block in stored if block["kind"] == "text"]
    found["text"] = texts[0] if texts else ""
    found["closing"] = "\n\n".join(texts[1:])
    found["heading"] = next((block["text"] for block in stored if block["kind"] == "heading"), "")
    found["case"] = next((block["case_id"] for block in stored if block["kind"] == "case"), None)
    found["nearest"] = any(block["kind"] == NEAREST for block in stored)
    versions = [block["version_id"] for block in stored if block["kind"] == "programme"]
    found |= dict(zip(("programme_1", "programme_2"), versions, strict=False))
    return found


def _shift(label: Any) -> DecimalField:
    return DecimalField(label, [Optional(), NumberRange(-MAX_SHIFT, MAX_SHIFT)], default=0, places=1)


class LabelForm(FlaskForm):
    """Which sheets, and where to begin. Sent by GET: a download."""

    class Meta:
        csrf = False

    stock = SelectField(_l("라벨 용지"))
    start = IntegerField(_l("시작 칸"), [Optional(), NumberRange(1, 65)], default=1)
    right = _shift(_l("오른쪽으로 옮김(mm)"))
    down = _shift(_l("아래로 옮김(mm)"))

    def __init__(self, *args: Any, **values: Any):
        super().__init__(*args, **values)
        self.stock.choices = [(name, translated(sheet_label(sheet))) for name, sheet in LABEL_SHEETS.items()]


class ScanForm(FlaskForm):
    reason = RadioField(_l("반송 사유"), coerce=ReturnReason, validators=[InputRequired()])
    code = StringField(_l("편지의 코드"), [InputRequired(_l("코드를 스캔하거나 입력해 주세요.")), Length(max=300)])

    def __init__(self, *args: Any, **values: Any):
        super().__init__(*args, **values)
        self.reason.choices = [(reason.value, gettext(label)) for reason, label in REASON_LABELS.items()]


class BackForm(FlaskForm):
    comment = StringField(_l("고칠 점"), [Length(max=300)])


class LiftForm(FlaskForm):
    reason = StringField(_l("해제하는 까닭"), [InputRequired(), Length(max=200)])
