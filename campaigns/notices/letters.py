"""The words of the notices. Plain text, without promotion, pictures or counted links; Korean first, since the
reader's language is not known, and the gist in English."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, render_template
from flask_babel import force_locale

from campaigns.notices.models import ConsentNotice
from campaigns.notices.rules import KIND_LABELS, NoticeKind
from outreach import links
from outreach.companies.consent import PURPOSE_LABELS
from outreach.companies.models import ConsentPurpose
from outreach.companies.topics import TOPIC_LABELS, Topic
from outreach.signing import Signer

#: Where no centre is known, and 고용노동부 고객상담센터.
NOBODY, HELP_LINE = "고용노동부 일·육아 동행 플래너", "1350"


PURPOSES_IN_ENGLISH = {
    ConsentPurpose.ADVERTISING: "Advertising information", ConsentPurpose.NEWSLETTER: "Newsletter",
    ConsentPurpose.EVENTS: "Briefings and events",
}


@dataclass(frozen=True, slots=True)
class Writing:
    """What the letters need of the application."""

    app: Flask
    base_url: str
    signer: Signer

    @classmethod
    def of(cls, app: Flask) -> Writing:
        outreach = app.extensions["outreach"]
        return cls(app, outreach.settings.base_url, outreach.signer)

    def write(self, notice: ConsentNotice) -> tuple[str, str]:
        """Subject and text of ``notice``."""
        template = "reconfirm" if notice.kind is NoticeKind.RECONFIRMATION else "result"
        values = {
            "notice": notice, "kind": notice.kind.value, "about": about(notice), "help_line": HELP_LINE,
            "link": links.consent_url(self.base_url, self.signer, notice.id),
        }
        with force_locale("ko"):
            text = render_template(f"notices/mail/{template}.txt", **values)
        what = "광고성 정보 수신동의 확인" if template == "reconfirm" else KIND_LABELS[notice.kind]
        return f"[{notice.sender_name}] {what} 안내", text.strip() + "\n"


def about(notice: ConsentNotice) -> str:
    """What the notice is about, in Korean words."""
    if notice.kind is NoticeKind.REFUSAL:
        return "모든 안내 메일"
    if notice.kind in (NoticeKind.TOPICS, NoticeKind.REJOINED):
        return ", ".join(TOPIC_LABELS[Topic(word)] for word in notice.about)
    return ", ".join(PURPOSE_LABELS[ConsentPurpose(word)] for word in notice.about)
