"""The list of suppressed addresses: looking one up, entering and lifting by hand, and the export."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from outreach.audit.models import AccessKind
from outreach.companies import consent, forms
from outreach.companies.routes import now, save, today
from outreach.db import db
from outreach.errors import Invalid
from outreach.scope import LEAD_ROLES, STAFF_ROLES
from outreach.web import access, xlsx
from outreach.web.language import translated
from outreach.web.paging import paginate

blueprint = Blueprint("suppressions", __name__, url_prefix="/companies/suppressions")

MAX_ROWS = 100_000


@blueprint.get("/")
@access.allow(*STAFF_ROLES)
def index() -> Any:
    return _page()


def _page(form: forms.SuppressForm | None = None, lift_form: forms.ReasonForm | None = None) -> str:
    scope, text = access.scope(), request.args.get("q", "").strip()
    page = paginate(db.session, consent.suppressions(scope, text))
    access.log_access(AccessKind.VIEW, "suppression", [row.id for row in page.items], text)
    return render_template(
        "companies/suppressions.html", page=page, q=text, form=form or forms.SuppressForm(None),
        lift_form=lift_form or forms.ReasonForm(None, prefix="lift"), can_edit=scope.role in LEAD_ROLES,
        holders=consent.holders(db.session, scope, [row.address_key for row in page.items]),
    )


@blueprint.post("/")
@access.allow(*LEAD_ROLES)
def add() -> Any:
    form = forms.SuppressForm()

    def act() -> str:
        row = consent.suppress_by_hand(
            db.session, access.scope(), access.actor(), form.address.data, form.source.data, now=now()
        )
        return url_for(".index", q=row.address_key)

    return save(form, act, _("수신거부로 등록했습니다. 이 주소로는 어떤 메일도 나가지 않습니다.")) or (_page(form), 422)


@blueprint.post("/<int:suppression_id>/lift")
@access.allow(*LEAD_ROLES)
def lift(suppression_id: int) -> Any:
    row = consent.visible_suppression(db.session, access.scope(), suppression_id)
    form = forms.ReasonForm(prefix="lift")
    consent.lift(db.session, row.address_key, form.reason.data or "", actor=access.actor(), now=now())
    db.session.commit()
    flash(_("수신거부를 해제했습니다."), "success")
    return redirect(url_for(".index"))


@blueprint.get("/export.xlsx")
@access.allow(*STAFF_ROLES)
def download() -> Any:
    reason, text = request.args.get("reason", "").strip(), request.args.get("q", "").strip()
    if not reason:
        raise Invalid("개인정보를 내려받는 까닭을 적어 주세요.")
    rows = db.session.scalars(consent.suppressions(access.scope(), text).limit(MAX_ROWS)).all()
    access.log_access(AccessKind.EXPORT, "suppression", [row.id for row in rows], f"{reason[:200]} | q={text}")
    headers = [_("이메일 주소"), _("사유"), _("경로"), _("등록일시")]
    cells = (
        [row.address_key, _(consent.REASON_LABELS[row.reason]), translated(consent.source_words(row.source)),
         row.created_at]
        for row in rows
    )
    return xlsx.attachment(xlsx.workbook(headers, cells, sheet=_("수신거부")), f"수신거부_{today():%Y%m%d}.xlsx")
