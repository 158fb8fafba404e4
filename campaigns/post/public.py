"""Behind the code of a letter, without sign-in: the response form of the company it was written to, and leaving. The
code shows the company's name and nobody's; GET changes nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.exceptions import TooManyRequests

from campaigns.post import answers, returns
from campaigns.post.models import PostItem
from campaigns.post.rules import Objection
from campaigns.responses import sender, wiring
from campaigns.responses.acknowledgement import acknowledge
from campaigns.responses.forms import PublicForm
from campaigns.responses.public import ANSWERS_PER_ADDRESS, ANSWERS_PER_LINK
from campaigns.responses.rules import submission_key
from campaigns.responses.sender import Sender
from outreach import links
from outreach.companies.models import Company
from outreach.db import db
from outreach.leads.retention import KEEP
from outreach.signing import BadToken
from outreach.web import access, errors
from outreach.web.protection import csrf, limiter

blueprint = Blueprint("letters", __name__, url_prefix="/p")
csrf.exempt(blueprint)  # the capability is the signed link; no session is involved


class Gone(Exception):
    """The code is none of ours, or its run is no more."""


def _now() -> datetime:
    return current_app.extensions["outreach"].clock.now()


def _token() -> str:
    return f"letter:{(request.view_args or {}).get('token', '')}"


def _taken(response: Response) -> bool:
    return response.status_code == 303


@blueprint.errorhandler(Gone)
def _gone(_error: Gone) -> tuple[str, int]:
    return render_template("public/gone.html"), 404


@blueprint.errorhandler(429)
def _too_often(error: TooManyRequests) -> Any:
    """The form again with everything the person wrote."""
    if request.endpoint != "letters.answer":
        return errors.http_error(error)
    db.session.rollback()
    form = PublicForm()
    form.form_errors.append(
        gettext("지금 신청이 몰려 아직 보내지 못했습니다. 적으신 내용은 그대로 있으니 1분 뒤 다시 눌러 주세요.")
    )
    return _form_page((request.view_args or {})["token"], form), 429


@blueprint.after_request
def _private(response: Response) -> Response:
    came_back = request.method == "POST" and response.status_code in (422, 429)
    response.headers["Cache-Control"] = "private, no-cache" if came_back else "no-store"
    return response


def _item(token: str) -> PostItem:
    try:
        item = db.session.get(PostItem, links.read_letter(current_app.extensions["outreach"].signer, token))
    except (BadToken, OverflowError):
        item = None
    if item is None or item.run.place is None:
        raise Gone
    return item


def _sender(item: PostItem) -> Sender:
    """As the letter itself names its sender."""
    centre = sender.of_campaign(item.run.campaign)
    return Sender(item.run.sender_name or centre.name, item.run.sender_phone or centre.phone)


@blueprint.get("/<token>")
@access.public("the response form behind a letter's code; shows the company's name")
def form(token: str) -> str:
    item = _item(token)
    page, place_id = _form_page(token, PublicForm.fresh()), item.run.place_id
    db.session.rollback()
    # that a code was scanned is counted for the run as for any printed code, and says nothing of who did
    current_app.extensions[wiring.FAST].note(links.PLACE, place_id, 0, request.environ)
    return page


@blueprint.post("/<token>")
@access.public("the answer of the company that a letter was written to; the signed code is the right to give it")
@limiter.limit(ANSWERS_PER_ADDRESS, deduct_when=_taken)
@limiter.limit(ANSWERS_PER_LINK, key_func=_token, deduct_when=_taken)
def answer(token: str) -> Any:
    item, form = _item(token), PublicForm()
    if not form.validate_on_submit():
        return _form_page(token, form), 422
    given = form.answer()
    response = answers.take(
        db.session, item, given, submission=submission_key("p", item.id, form.nonce.data or "", given), now=_now(),
        base_url=current_app.extensions["outreach"].settings.base_url, suspect=form.is_trapped,
    )
    acknowledge(db.session, response, _sender(item), now=_now())
    db.session.commit()
    return redirect(url_for(".thanks", token=token), 303)


@blueprint.get("/<token>/thanks")
@access.public("says thank you; nothing else")
def thanks(token: str) -> str:
    return render_template("public/thanks.html", sender=_sender(_item(token)))


@blueprint.get("/<token>/stop")
@access.public("asks whether to get no more letters; changes nothing")
def stop(token: str) -> str:
    return _stop_page(token)


@blueprint.post("/<token>/stop")
@access.public("the company that a letter was written to wants no more of them")
@limiter.limit(ANSWERS_PER_LINK, key_func=_token)
def stopped(token: str) -> str:
    item = _item(token)
    returns.object_to(db.session, item, Objection.ASKED, now=_now())
    db.session.commit()
    return _stop_page(token)


def _form_page(token: str, form: PublicForm) -> str:
    item = _item(token)
    company = db.session.get(Company, item.company_id) if item.company_id else None
    return render_template(
        "post/form.html", form=form, sender=_sender(item), company=company, kept_for=KEEP, token=token
    )


def _stop_page(token: str) -> str:
    item = _item(token)
    company = db.session.get(Company, item.company_id) if item.company_id else None
    return render_template(
        "post/stop.html", sender=_sender(item), company=company, token=token,
        done=returns.objection_of(db.session, item),
    )
