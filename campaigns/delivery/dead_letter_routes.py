"""What could not be delivered, across mailings, and trying it again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from campaigns.delivery import dead_letters, queries
from campaigns.delivery.dead_letters import FATE_LABELS, Asked
from campaigns.delivery.retry import Trouble
from outreach.audit.models import AccessKind
from outreach.db import db
from outreach.scope import EDITOR_ROLES, STAFF_ROLES
from outreach.web import access
from outreach.web.numbers import read_id
from outreach.web.paging import paginate

blueprint = Blueprint("dead_letters", __name__, url_prefix="/dead-letters")

#: So many are queued again by one click; more by the next.
AT_ONCE = 10_000


def _now() -> datetime:
    return current_app.extensions["outreach"].clock.now()


def _asked() -> Asked:
    """The filter of the address or the form; nonsense asks for all."""
    values = request.values
    word = values.get("trouble", "")
    ids = [number for text in values.getlist("delivery") if (number := read_id(text)) is not None]
    return Asked(
        read_id(values.get("mailing", "")), Trouble(word) if word in {each.value for each in Trouble} else None,
        values.get("domain", "").strip().lower()[:254], ids[:500],
    )


def _kept(asked: Asked) -> dict[str, Any]:
    """The filter as arguments of an address."""
    return {
        "mailing": asked.mailing_id, "trouble": asked.trouble.value if asked.trouble else None,
        "domain": asked.domain or None, "delivery": list(asked.ids) or None,
    }


@blueprint.get("/")
@access.allow(*STAFF_ROLES)
def index() -> str:
    """The refused and given-up recipients of all mailings the person may see."""
    scope, asked = access.scope(), _asked()
    asked = Asked(asked.mailing_id, asked.trouble, asked.domain)
    found = dead_letters.overview(db.session, scope, asked)
    of_trouble = dict(found.troubles)
    total = of_trouble.get(asked.trouble, 0) if asked.trouble else found.total
    page = paginate(db.session, dead_letters.listing(scope, asked), total=total, scalars=False)
    rows = [row for row, _title in page.items]
    access.log_access(AccessKind.VIEW, "contact", [row.contact_id for row in rows], "보내지 못한 메일")
    return render_template(
        "deliveries/dead_letters.html", page=page, companies=queries.company_names(db.session, rows), asked=asked,
        found=found, kept=_kept(asked),
        may_retry=scope.role in EDITOR_ROLES,
    )


@blueprint.get("/retry")
@access.allow(*EDITOR_ROLES)
def confirm() -> Any:
    """What trying again would do, in numbers."""
    asked = _asked()
    if not asked.ids and request.args.get("chosen"):
        flash(_("수신자를 하나 이상 골라 주세요."), "error")
        return redirect(url_for(".index", **_kept(asked)))
    plan = dead_letters.plan(db.session, access.scope(), asked)
    return render_template(
        "deliveries/dead_letters_retry.html", plan=plan, asked=asked, kept=_kept(asked), fates=FATE_LABELS,
        back=url_for(".index", **(_kept(asked) | {"delivery": None})),
    )


@blueprint.post("/retry")
@access.allow(*EDITOR_ROLES)
def retry() -> Any:
    """Queue them again, chunk by chunk, so that no unit of work is long."""
    asked, queued = _asked(), 0
    while queued < AT_ONCE:
        more = dead_letters.retry(db.session, access.scope(), access.actor(), asked, now=_now())
        db.session.commit()
        if not more:
            break
        queued += more
    if queued:
        flash(_("%(n)s명에게 다시 보냅니다. 결과는 메일마다 볼 수 있습니다.", n=f"{queued:,}"), "success")
    else:
        flash(_("다시 보낼 수 있는 수신자가 없습니다."), "error")
    return redirect(url_for(".index", **(_kept(asked) | {"delivery": None})))
