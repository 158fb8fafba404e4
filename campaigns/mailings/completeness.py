"""What is still missing in a mailing before anyone is asked to approve it; what the law asks is in gates."""

from __future__ import annotations

from campaigns.mailings.content import Problem
from campaigns.mailings.models import Mailing
from campaigns.mailings.rules import MessageClass
from outreach.wording import Text

#: A problem of one recipient stands at this and the contact's id.
PERSON = "contact-"


def topicless(mailing: Mailing) -> list[str]:
    """A warning where a recipient could leave only altogether."""
    if mailing.topic is not None or mailing.message_class is MessageClass.CONSENT_NOTICE:
        return []
    return [Text("주제를 고르지 않았습니다. 주제가 있으면 받는 사람이 모든 메일 대신 그 주제만 거부할 수 있습니다.")]


def missing(name: str, contact_id: int, company: str, address: str) -> Problem:
    """A recipient has no value for a personal field."""
    text = Text(
        "%(company)s(%(address)s): '%(name)s' 값이 없습니다. 값을 채우거나 {{%(name)s|대체 문구}}처럼 적어 주세요.",
        company=company, address=address, name=name,
    )
    return Problem(text, f"{PERSON}{contact_id}")


def unwritten(mailing: Mailing) -> list[Problem]:
    """What the author has still to fill in."""
    needed = [
        ("subject", Text("메일 제목을 적어 주세요.")),
        ("preheader", Text("미리보기 문구(프리헤더)를 적어 주세요.")),
    ]
    if mailing.follows_id is None:
        needed.append(("audience_id", Text("수신 대상을 골라 주세요.")))
    return [Problem(text, field) for field, text in needed if not getattr(mailing, field)]
