"""The page of notices (what was sent, what is coming, what must not be late), and the link by which a consent is
withdrawn without signing in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from campaigns.notices import letters, service
from campaigns.notices.letters import Writing
from campaigns.notices.models import ConsentNotice
from campaigns.notices.rules import KIND_LABELS, SHOWN_AHEAD, URGENT_DAYS, NoticeKind, days_left
from outreach import links
from outreach.audit.models import AccessKind
from outreach.clock import kst_today
from outreach.companies import confirmation
from outreach.companies.consent import PURPOSE_LABELS
from outreach.companies.models import ConsentPurpose
from outreach.companies.topics import TOPIC_LABELS, Topic
from outreach.db import db
from outreach.scope import LEAD_ROLES, STAFF_ROLES, Scope
from outreach.signing import BadToken
from outreach.web import access
from outreach.web.paging import paginate
from outreach.web.protection import csrf

blueprint = Blueprint("notices", __name__, url_prefix="/companies/notices")
public = Blueprint("consents", __name__)
csrf.exempt(public)  # the capability is the signed link; no session is involved

#: At most so many coming confirmations are listed.
SHOWN = 100


def _now() -> datetime:
    return current_app.extensions["outreach"].clock.now()


def subject_words(notice: Any) -> list[str]:
    """What a notice or a fact is about, in the reader's language."""
    words = notice.subject.split(",") if notice.subject else []
    if notice.kind in (NoticeKind.TOPICS, NoticeKind.REJOINED):
        return [_(TOPIC_LABELS[Topic(word)]) for word in words]
    return [_(PURPOSE_LABELS[ConsentPurpose(word)]) for word in words] or [_("모든 메일")]


@blueprint.get("/")
@access.allow(*STAFF_ROLES)
def index() -> str:
    scope, now = access.scope(), _now()
    kind = next((each for each in NoticeKind if each.value == request.args.get("kind")), None)
    query = service.visible(scope)
    page = paginate(db.session, query.where(ConsentNotice.kind == kind) if kind else query)
    coming = service.due_before(db.session, service.coming(scope), now + SHOWN_AHEAD, SHOWN)
    waiting, failed = service.waiting(db.session, scope, now), service.failed(db.session, scope)
    access.log_access(AccessKind.VIEW, "consent_notice", [row.id for row in (*page.items, *failed)])
    if coming or waiting:
        access.log_access(AccessKind.VIEW, "contact", [row.contact_id for row in coming], "수신동의 통지")
    return render_template(
        "notices/index.html", page=page, kind=kind, kinds=[(each.value, _(KIND_LABELS[each])) for each in NoticeKind],
        coming=coming, waiting=waiting, failed=failed, today=kst_today(now), urgent=URGENT_DAYS, KINDS=KIND_LABELS,
        confirm_by=lambda row: confirmation.due(row.given_at, row.confirmed_at), days_left=days_left,
        lead=confirmation.LEAD, ahead=SHOWN_AHEAD.days, subject_words=subject_words, shown=SHOWN,
        may_act=scope.role in LEAD_ROLES,
    )


@blueprint.post("/<int:notice_id>/retry")
@access.allow(*LEAD_ROLES)
def retry(notice_id: int) -> Any:
    """Send a notice again that was given up."""
    writing = Writing.of(current_app._get_current_object())  # type: ignore[attr-defined]
    service.retry(db.session, access.scope(), access.actor(), notice_id, writing, now=_now())
    db.session.commit()
    flash(_("통지를 다시 보냅니다."), "success")
    return redirect(url_for(".index"))


def home_panel(scope: Scope, _subject: Any) -> Markup | str:
    """Only when someone must act: notices that were given up, and results whose 14 days are almost over."""
    today = kst_today(_now())
    late = [fact for fact, _party in service.waiting(db.session, scope, _now())
            if days_left(fact.due_on, today) <= URGENT_DAYS]
    failed = service.failed(db.session, scope)
    if not late and not failed:
        return ""
    return Markup(render_template("notices/home.html", late=len(late), failed=len(failed)))  # noqa: S704 - our template


# -- withdrawing by the link of a notice -------------------------------------------------------------------


@public.after_request
def _private(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


def _notice(token: str) -> ConsentNotice | None:
    try:
        number = links.read_consent(current_app.extensions["outreach"].signer, token)
    except (BadToken, OverflowError):
        return None
    notice = db.session.get(ConsentNotice, number) if number < 2**63 else None
    told = (NoticeKind.CONSENT, NoticeKind.RECONFIRMATION)
    return notice if notice is not None and notice.kind in told else None


@public.get("/k/<token>")
@access.public("asks whether to withdraw a consent; changes nothing")
def show_consent(token: str) -> Any:
    return _consent_page(token, withdrawn=False)


@public.post("/k/<token>")
@access.public("withdraws the consent that a notice told of; the signed link is the right to do so")
def withdraw_consent(token: str) -> Any:
    notice = _notice(token)
    if notice is not None:
        service.withdraw(db.session, notice, now=_now())
        db.session.commit()
    return _consent_page(token, withdrawn=True)


def _consent_page(token: str, *, withdrawn: bool) -> Any:
    """A forwarded link shows a masked address and the purpose, nobody's name."""
    notice = _notice(token)
    if notice is None:
        return render_template("public/gone.html"), 404
    sender = {"name": notice.sender_name, "phone": notice.centre.phone if notice.centre else letters.HELP_LINE}
    return render_template(
        "notices/consent.html", notice=notice, sender=sender, token=token, about=letters.about(notice),
        about_in_english=", ".join(letters.PURPOSES_IN_ENGLISH[ConsentPurpose(word)] for word in notice.about),
        standing=service.standing(db.session, notice), withdrawn=withdrawn,
    )
