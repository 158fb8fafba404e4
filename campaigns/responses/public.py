"""Pages for companies, without sign-in: tracked links, the response form by mail link and by QR code,
unsubscribing. A token in the address is all that opens them; GET never changes anything but the raw
record of a click, and makes the row of a partner's code at its first scan. Most clicks, pixels and scans
never come here: campaigns.responses.fast answers them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, current_app, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.exceptions import TooManyRequests

from campaigns.delivery.models import Delivery
from campaigns.notices import service as notices
from campaigns.notices.letters import Writing
from campaigns.responses import clicks, optout, places, sender, service, wiring
from campaigns.responses.acknowledgement import acknowledge
from campaigns.responses.forms import PlaceForm, PublicForm
from campaigns.responses.models import ResponsePlace
from campaigns.responses.rules import FORM_POSITION, submission_key
from outreach import links
from outreach.audit.service import Actor
from outreach.companies import preferences
from outreach.companies.models import Company, Contact, Suppression
from outreach.companies.topics import TOPIC_LABELS, TOPICS_IN_ENGLISH, Topic
from outreach.db import db
from outreach.leads.retention import KEEP
from outreach.leads.rules import WANT_LABELS
from outreach.signing import BadToken, Signer
from outreach.web import access, errors
from outreach.web.protection import csrf, limiter

blueprint = Blueprint("public", __name__)
csrf.exempt(blueprint)  # the capability is the signed link; no session is involved

#: A company shares one address, a briefing's audience scans one code through one Wi-Fi: limits are wide and only stop
#: machines. Answers that were taken count, not mistakes in filling in.
ANSWERS_PER_ADDRESS = "200 per minute; 2000 per hour"
ANSWERS_PER_LINK = "10 per minute; 60 per hour"
ANSWERS_PER_PLACE = "200 per minute"


class Gone(Exception):
    """The link is none of ours, or what it spoke of is no more."""


def _token() -> str:
    return f"link:{(request.view_args or {}).get('token', '')}"


def _taken(response: Response) -> bool:
    return response.status_code == 303


def _now() -> datetime:
    return current_app.extensions["outreach"].clock.now()


def _signer() -> Signer:
    return current_app.extensions["outreach"].signer


def _base_url() -> str:
    return current_app.extensions["outreach"].settings.base_url


@blueprint.errorhandler(Gone)
def _gone(_error: Gone) -> tuple[str, int]:
    return render_template("public/gone.html"), 404


@blueprint.errorhandler(429)
def _too_often(error: TooManyRequests) -> Any:
    """The form again with everything the person wrote: they need only press once more. Other pages: the site's own."""
    pages = {"public.answer": _answer_again, "public.place_answer": _place_answer_again}
    again = pages.get(request.endpoint or "")
    if again is None:
        return errors.http_error(error)
    db.session.rollback()
    text = gettext("지금 신청이 몰려 아직 보내지 못했습니다. 적으신 내용은 그대로 있으니 1분 뒤 다시 눌러 주세요.")
    return again(text), 429


def _answer_again(text: str) -> str:
    form = PublicForm()
    form.form_errors.append(text)
    return _form_page(_delivery(links.read_form, (request.view_args or {})["token"]), form)


def _place_answer_again(text: str) -> str:
    form = PlaceForm()
    form.form_errors.append(text)
    return _place_page(_place((request.view_args or {})["token"]), form)


@blueprint.after_request
def _private(response: Response) -> Response:
    """Nothing here may be kept by caches, but a form that came back: the person's own browser keeps it, or "back" from
    the page after it would show an error. (That no address with a token leaves as a referrer is the whole site's
    rule: same-origin.)"""
    came_back = request.method == "POST" and response.status_code in (422, 429)
    response.headers["Cache-Control"] = "private, no-cache" if came_back else "no-store"
    return response


def _delivery(read: Callable[[Signer, str], int], token: str) -> Delivery:
    try:
        delivery = db.session.get(Delivery, read(_signer(), token))
    except (BadToken, OverflowError):
        delivery = None
    if delivery is None:
        raise Gone
    return delivery


# -- tracked links ------------------------------------------------------------------------------------------


@blueprint.get("/c/<token>")
@access.public("a link of a mail; it only leads on")
def click(token: str) -> Any:
    """A link of a mail sent before links named their mailing: keep the raw event and lead on. It proves nothing about
    a person: mail scanners follow every link."""
    try:
        delivery_id, position, _mailing_id = links.read_click(_signer(), token)
        url = clicks.target(db.session, delivery_id, position)
    except (BadToken, OverflowError):
        url = None
    if url is None:
        raise Gone
    _note(delivery_id, position)
    return redirect(url, 302)


def _note(delivery_id: int, position: int) -> None:
    """Keep the raw event of a link or form that was opened."""
    current_app.extensions[wiring.FAST].note(links.CLICK, delivery_id, position, request.environ)


@blueprint.get("/o/<token>")
@access.public("the pixel of a mail; a token that is none of ours has none")
def pixel(token: str) -> Any:
    raise Gone


# -- response form by mail link -----------------------------------------------------------------------------


@blueprint.get("/r/<token>")
@access.public("the response form of one recipient; shows the company's name and a masked person")
def form(token: str) -> str:
    delivery = _delivery(links.read_form, token)
    page = _form_page(delivery, PublicForm.fresh())
    if delivery.mailing.step is not None:
        db.session.rollback()
        _note(delivery.id, FORM_POSITION)
    return page


@blueprint.post("/r/<token>")
@access.public("the answer of one recipient; the signed link is the right to give it")
@limiter.limit(ANSWERS_PER_ADDRESS, deduct_when=_taken)
@limiter.limit(ANSWERS_PER_LINK, key_func=_token, deduct_when=_taken)
def answer(token: str) -> Any:
    delivery = _delivery(links.read_form, token)
    form = PublicForm()
    if not form.validate_on_submit():
        return _form_page(delivery, form), 422
    given = form.answer()
    response = service.submit_by_mail(
        db.session, delivery, given, submission=submission_key("r", delivery.id, form.nonce.data or "", given),
        now=_now(), base_url=_base_url(), suspect=form.is_trapped,
    )
    acknowledge(db.session, response, sender.of_mailing(delivery.mailing), now=_now())
    db.session.commit()
    return redirect(url_for(".thanks", token=token), 303)


@blueprint.get("/r/<token>/thanks")
@access.public("says thank you; nothing else")
def thanks(token: str) -> str:
    delivery = _delivery(links.read_form, token)
    return render_template("public/thanks.html", sender=sender.of_mailing(delivery.mailing))


def _form_page(delivery: Delivery, form: PublicForm) -> str:
    """A forwarded link shows no more than the company's name and a masked person."""
    company = db.session.get(Company, delivery.company_id)
    contact = db.session.get(Contact, delivery.contact_id)
    return render_template(
        "public/form.html", form=form, sender=sender.of_mailing(delivery.mailing), company=company,
        person=contact.name if contact else "", address=delivery.address, kept_for=KEEP,
    )


# -- response form by QR code -------------------------------------------------------------------------------


def _place(token: str) -> ResponsePlace:
    try:
        place = db.session.get(ResponsePlace, links.read_place(_signer(), token))
    except (BadToken, OverflowError):
        place = None
    if place is None:
        raise Gone
    return place


@blueprint.get("/q/<token>")
@access.public("a printed QR code; it only leads on to the form")
def scan(token: str) -> Any:
    """Answered by campaigns.responses.fast, which records the scan; here come codes that are none of ours, and a
    partner's code, which leads on to its row: that is made by the first scan."""
    try:
        place = places.scanned(db.session, links.read_partner_place(_signer(), token), _now())
    except (BadToken, OverflowError):
        _place(token)
        return redirect(url_for(".place_form", token=token), 302)
    if place is None:
        raise Gone
    db.session.commit()
    return redirect(links.place_url(request.script_root, _signer(), place.id), 302)


@blueprint.get("/q/<token>/form")
@access.public("the response form behind a printed QR code")
def place_form(token: str) -> str:
    return _place_page(_place(token), PlaceForm.fresh())


@blueprint.post("/q/<token>/form")
@blueprint.post("/q/<token>")
@access.public("an answer by QR code; it waits in the tray until a person has verified it")
@limiter.limit(ANSWERS_PER_ADDRESS, deduct_when=_taken)
@limiter.limit(ANSWERS_PER_PLACE, key_func=_token, deduct_when=_taken)
def place_answer(token: str) -> Any:
    place, form = _place(token), PlaceForm()
    if not form.validate_on_submit():
        return _place_page(place, form), 422
    given = form.answer()
    response = service.submit_by_place(
        db.session, place, given, submission=submission_key("q", place.id, form.nonce.data or "", given), now=_now(),
        suspect=form.is_trapped,
    )
    acknowledge(db.session, response, sender.of_place(place), now=_now())
    db.session.commit()
    return redirect(url_for(".place_thanks", token=token), 303)


@blueprint.get("/q/<token>/thanks")
@access.public("says thank you; nothing else")
def place_thanks(token: str) -> str:
    return render_template("public/thanks.html", sender=sender.of_place(_place(token)))


def _place_page(place: ResponsePlace, form: PublicForm) -> str:
    return render_template(
        "public/form.html", form=form, sender=sender.of_place(place), case=place.case, kept_for=KEEP,
    )


# -- unsubscribing --------------------------------------------------------------------------------------------


@blueprint.get("/u/<token>")
@access.public("asks whether to unsubscribe; changes nothing")
def leave(token: str) -> str:
    return _topics_page(_delivery(links.read_unsubscribe, token), token)


def _topics_page(delivery: Delivery, token: str, *, saved: bool = False) -> str:
    """Leaving altogether by one press, or single topics."""
    gone = preferences.left(db.session, delivery.address_key)
    topics = [(topic, TOPIC_LABELS[topic], TOPICS_IN_ENGLISH[topic], topic not in gone) for topic in Topic]
    return _leave_page(
        "public/unsubscribe.html", delivery, token, done=optout.standing(db.session, delivery), topics=topics,
        own_topic=delivery.mailing.topic, saved=saved,
    )


@blueprint.post("/u/<token>/topics")
@access.public("keeps the chosen topics of the link's recipient and leaves the others")
@limiter.limit(ANSWERS_PER_LINK, key_func=_token)
def choose_topics(token: str) -> Any:
    delivery, now = _delivery(links.read_unsubscribe, token), _now()
    kept = {topic for topic in Topic if topic.value in request.form.getlist("keep")}
    actor = Actor(None, "public", request.remote_addr or "")
    before = preferences.left(db.session, delivery.address_key)
    row = optout.choose(db.session, delivery, kept, actor=actor, now=now)
    again = before - preferences.left(db.session, delivery.address_key)
    writing = Writing.of(current_app._get_current_object())  # type: ignore[attr-defined]
    notices.tell_rejoined(db.session, writing, delivery, again, now=now)
    db.session.commit()
    return _topics_page(delivery, token, saved=True) if row is None else _left(delivery, token, row)


@blueprint.post("/u/<token>")
@access.public("unsubscribes the link's recipient; also RFC 8058 one-click, so without sign-in or CSRF token")
def unsubscribe(token: str) -> Any:
    delivery, now = _delivery(links.read_unsubscribe, token), _now()
    row = optout.unsubscribe(db.session, delivery, now=now)
    db.session.commit()
    if request.form.get("List-Unsubscribe") == "One-Click":
        return make_response("OK", 200, {"Content-Type": "text/plain; charset=utf-8"})
    return _left(delivery, token, row)


def _left(delivery: Delivery, token: str, row: Suppression) -> str:
    """Done, and how to take it back if it was a slip."""
    undo = None
    if optout.may_undo(delivery, row, _now()):
        undo = links.undo_token(_signer(), delivery.id, row.created_at)
    return _leave_page("public/unsubscribed.html", delivery, token, done=row, undo=undo)


@blueprint.post("/u/<token>/undo")
@access.public("takes back an unsubscribing by mistake, within the hour, from the page that did it")
@limiter.limit(ANSWERS_PER_LINK, key_func=_token)
def undo(token: str) -> Any:
    delivery, now = _delivery(links.read_unsubscribe, token), _now()
    try:
        allowed = links.read_undo(_signer(), request.form.get("undo", ""), now) == delivery.id
    except BadToken:
        allowed = False
    actor = Actor(None, "public", request.remote_addr or "")
    lifted = allowed and optout.undo(db.session, delivery, actor=actor, now=now)
    db.session.commit()
    page = _leave_page("public/resubscribed.html", delivery, token, lifted=lifted)
    return page, 200 if lifted else 409


def _leave_page(template: str, delivery: Delivery, token: str, **values: Any) -> str:
    return render_template(
        template, sender=sender.of_mailing(delivery.mailing), address=delivery.address, token=token, **values
    )


@blueprint.app_context_processor
def _words() -> dict[str, Any]:
    return {"WANT_LABELS": WANT_LABELS}
