"""On a paused mailing's page: something else in the place of what was taken down, and its approval."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _

from campaigns.delivery import replacing
from campaigns.delivery.forms import ApproveForm
from campaigns.delivery.routes import blueprint
from campaigns.mailings import service as mailings
from campaigns.mailings.routes import setting
from outreach.db import db
from outreach.scope import EDITOR_ROLES
from outreach.web import access
from outreach.web.acts import carry_out
from outreach.web.numbers import read_id


@blueprint.post("/replace")
@access.allow(*EDITOR_ROLES)
def replace(mailing_id: int) -> Any:
    """Another record in the place of one that is gone."""
    mailing = mailings.editable(db.session, access.scope(), mailing_id)
    place, row_id = (read_id(request.form.get(name, "")) or 0 for name in ("place", "row_id"))
    carry_out(
        lambda: replacing.replace(db.session, access.actor(), mailing, place, row_id, now=setting().now),
        _("바꾸었습니다. 다른 담당자가 승인하면 이어서 보낼 수 있습니다."),
    )
    return redirect(url_for(".show", mailing_id=mailing_id))


@blueprint.post("/reapprove")
@access.allow(*EDITOR_ROLES)
def reapprove(mailing_id: int) -> Any:
    """The second person's word on what was put in."""
    mailing, form = mailings.editable(db.session, access.scope(), mailing_id), ApproveForm()
    if not form.validate_on_submit():
        flash(_("확인한 뒤에 내용이나 수신 대상이 바뀌었습니다. 다시 확인하고 승인해 주세요."), "error")
        return redirect(url_for(".show", mailing_id=mailing_id))
    carry_out(
        lambda: replacing.approve(
            db.session, access.scope(), access.actor(), mailing, setting(), content_hash=form.content_hash.data or ""
        ),
        _("승인했습니다. ‘다시 시작’을 누르면 남은 수신자에게 보냅니다."),
    )
    return redirect(url_for(".show", mailing_id=mailing_id))
