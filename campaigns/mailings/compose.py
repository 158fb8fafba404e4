"""From blocks to the mail as it is sent: HTML (by way of MJML) and text with slots.

Preview, test mail and sending all start here, so what was looked at is what goes out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

import mjml
from jinja2 import Environment
from sqlalchemy.orm import Session

from campaigns.mailings import content
from campaigns.mailings.content import PersonalField
from campaigns.mailings.models import Mailing
from campaigns.mailings.rules import MessageClass
from cases.blocks import cards
from cases.blocks.writing import to_html, to_plain
from cases.library.models import Case
from cases.library.rules import Outlet
from cases.materials import service as materials
from cases.materials.models import Material
from cases.materials.rules import EditionState
from outreach.errors import Invalid
from outreach.programmes.models import ProgrammeVersion
from outreach.uploads.models import Upload
from outreach.wording import Text

#: The kind of upload that a mail may show: whoever gets the mail, or its picture's address, sees it.
PICTURE = "mail_picture"

REASON_LINES = {
    MessageClass.PUBLIC_NOTICE: "이 메일은 관할 지역 기업에 일·육아 지원제도를 알려 드리는 공익 안내입니다.",
    MessageClass.ADVERTISING: "이 메일은 광고성 정보 수신에 동의하신 분께 보내 드립니다.",
    MessageClass.CONSENT_NOTICE: "이 메일은 수신 동의 또는 거부의 처리 결과를 알려 드리는 통지입니다.",
}


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where things of the mail are found; ``picture(upload_id)`` gives a public URL, ``material(id)`` a
    link that works without signing in."""

    picture: Any
    material: Any


@dataclass(slots=True)
class Composed:
    """A mail with slots. ``links``: (url, label) in order, each standing as its slot ``link<n>``."""

    subject: str
    preheader: str
    html: str
    text: str
    fields: list[PersonalField]
    links: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Composed:
        return cls(**{
            **data,
            "fields": [PersonalField(**item) for item in data["fields"]],
            "links": [tuple(item) for item in data["links"]],
        })


def compose(session: Session, env: Environment, mailing: Mailing, addresses: Addresses, today: date) -> Composed:
    """The whole mail of ``mailing``. Raises Invalid where a block points to what is not there or may not be
    shown; what may be sent but should be known is in ``warnings``."""
    writer = _Writer(session, addresses, today, mailing.campaign.centre_id)
    blocks = [writer.block(block, place) for place, block in enumerate(mailing.blocks, start=1)]
    subject = content.labelled_subject(mailing.subject, mailing.message_class)
    page = {
        "subject": subject, "preheader": mailing.preheader, "blocks": blocks, "sender_name": mailing.sender_name,
        "sender_address": mailing.sender_address, "sender_phone": mailing.sender_phone,
        "sender_postal": mailing.sender_postal, "reason_line": REASON_LINES[mailing.message_class],
        "unsubscribe": content.slot(content.UNSUBSCRIBE), "tracked": bool(writer.links),
        "step": mailing.step,
        "to_leads": mailing.clicks_open_leads, "trap": content.slot(content.TRAP),
        "pixel": content.slot(content.PIXEL) if mailing.track_opens else "",
    }
    source = env.get_template("mailings/mail/message.mjml").render(page)
    return Composed(
        subject=subject, preheader=mailing.preheader,
        html=mjml.mjml2html(source, fonts={}, disable_comments=False),
        text=_squeezed(env.get_template("mailings/mail/message.txt").render(page)),
        fields=content.personal_fields(written(mailing)), links=writer.links, warnings=writer.warnings,
    )


def written(mailing: Mailing) -> Iterable[str]:
    """All texts a person wrote; personal fields are looked for in these only."""
    yield from (mailing.subject, mailing.preheader)
    for block in mailing.blocks:
        yield from (value for key, value in block.items() if isinstance(value, str) and key not in {"kind", "target"})


class _Writer:
    """Turns blocks into what the templates show, collecting links and warnings on the way. ``centre_id``: whose
    materials may be used beside headquarters'; None: everyone's."""

    def __init__(self, session: Session, addresses: Addresses, today: date, centre_id: int | None):
        self.session, self.addresses, self.today, self.centre_id = session, addresses, today, centre_id
        self.links: list[tuple[str, str]] = []
        self.warnings: list[str] = []

    def block(self, block: Mapping[str, Any], place: int) -> dict[str, Any]:
        made = getattr(self, f"_{block['kind']}")(block, place)
        return {"kind": block["kind"], **made}

    def _heading(self, block: Mapping[str, Any], place: int) -> dict[str, Any]:
        return {"text": block["text"]}

    def _text(self, block: Mapping[str, Any], place: int) -> dict[str, Any]:
        return {"html": to_html(block["text"]), "plain": to_plain(block["text"])}

    def _figure(self, block: Mapping[str, Any], place: int) -> dict[str, Any]:
        return {key: block.get(key) or "" for key in ("value", "unit", "label", "source")}

    def _quote(self, block: Mapping[str, Any], place: int) -> dict[str, Any]:
        return {"text": block["text"], "speaker": block.get("speaker") or ""}

    def _contact(self, block: Mapping[str, Any], place: int) -> dict[str, Any]:
        return {"text": block.get("text") or ""}

    def _picture(self, block: Mapping[str, Any], place: int) -> dict[str, Any]:
        upload = self._row(Upload, block["upload_id"], place)
        if upload.kind != PICTURE:  # a logo, a case's photograph, someone's list: not meant for everyone
            raise self._nothing(place)
        return {"url": self.addresses.picture(upload.id), "alt": block["alt"], "width": upload.width}

    def _button(self, block: Mapping[str, Any], place: int) -> dict[str, Any]:
        target = block["target"]
        if target == "form":
            return {"label": block["label"], "href": content.slot(content.FORM)}
        url = self._material_url(block["material_id"], place) if target == "material" else block["url"]
        return {"label": block["label"], "href": self._tracked(url, block["label"])}

    def _material_url(self, material_id: int, place: int) -> str:
        material = self._row(Material, material_id, place)
        if self.centre_id is not None and material.centre_id not in (None, self.centre_id):
            raise self._nothing(place)
        if not any(edition.state is EditionState.PUBLISHED for edition in material.editions):
            raise Invalid(Text(
                "%(place)s번째 블록: 홍보물 '%(title)s'은(는) 아직 게시되지 않았습니다.",
                place=place, title=material.title,
            ))
        if reason := materials.lapsed(material, self.today):
            raise Invalid(Text(
                "%(place)s번째 블록: 홍보물 '%(title)s'은(는) 배포할 수 없습니다. %(reason)s",
                place=place, title=material.title, reason=reason,
            ))
        return self.addresses.material(material.id)

    def _tracked(self, url: str, label: str) -> str:
        self.links.append((url, label))
        return content.slot(content.link_field(len(self.links) - 1))

    def _case(self, block: Mapping[str, Any], place: int) -> dict[str, Any]:
        case = self._row(Case, block["case_id"], place)
        if problem := cards.case_problem(case, self.today, Outlet.MAIL):
            raise Invalid(Text("%(place)s번째 블록: %(problem)s", place=place, problem=problem))
        self.warnings.extend(cards.case_warnings(case, self.today))
        return cards.case_card(case)

    def _programme(self, block: Mapping[str, Any], place: int) -> dict[str, Any]:
        version = self._row(ProgrammeVersion, block["version_id"], place)
        self.warnings.extend(cards.programme_warnings(version, self.today))
        return cards.programme_card(version, self.today)

    def _row(self, model: type[Any], row_id: int | None, place: int) -> Any:
        row = self.session.get(model, row_id) if row_id else None
        if row is None:
            raise self._nothing(place)
        return row

    @staticmethod
    def _nothing(place: int) -> Invalid:
        """The block points to what is not there, or not within the campaign's reach (the two are not told apart)."""
        message = Text("%(place)s번째 블록이 가리키는 자료가 없습니다. 다시 골라 주세요.", place=place)
        return Invalid(message, fields={f"blocks[{place - 1}]": "없음"})


def _squeezed(text: str) -> str:
    """At most one empty line in a row."""
    lines: list[str] = []
    for line in (line.rstrip() for line in text.strip().splitlines()):
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines) + "\n"
