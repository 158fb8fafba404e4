"""Centres and their jurisdictions, for headquarters and administrators."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from outreach.audit import service as audit
from outreach.clock import kst_today
from outreach.db import db
from outreach.errors import Conflict, Invalid
from outreach.regions import service
from outreach.regions.forms import CERTAINTY_LABELS, CentreForm, EndForm, JurisdictionForm, NewCentreForm
from outreach.regions.models import Centre, Certainty, Jurisdiction, valid_on
from outreach.scope import Role
from outreach.web import access
from outreach.web.language import translated
from outreach.wording import with_particles

blueprint = Blueprint("regions", __name__, url_prefix="/centres")

EDITABLE = ("name_ko", "name_en", "phone", "address", "valid_from", "valid_to", "source")
KEEPERS = (Role.HEADQUARTERS, Role.ADMINISTRATOR)


def _now() -> datetime:
    return current_app.extensions["outreach"].clock.now()


def _today() -> date:
    return kst_today(_now())


@blueprint.get("/")
@access.allow(*KEEPERS)
def index() -> Any:
    counts = dict(
        db.session.execute(
            sa.select(Jurisdiction.centre_id, sa.func.count())
            .where(valid_on(Jurisdiction, _today())).group_by(Jurisdiction.centre_id)
        ).all()
    )
    return render_template(
        "regions/index.html", centres=service.kept_centres(db.session, _today()), counts=counts, today=_today(),
        certainties=CERTAINTY_LABELS,
    )


@blueprint.route("/new", methods=["GET", "POST"])
@access.allow(*KEEPERS)
def new() -> Any:
    """A further centre; its page then takes its districts."""
    form = NewCentreForm()

    def act() -> Centre:
        return service.add_centre(db.session, access.actor(), form.values(), now=_now())

    return _save(form, act, _("고용센터를 등록했습니다. 이어서 관할을 더해 주세요.")) or _form_page(form, None)


@blueprint.route("/<int:centre_id>/edit", methods=["GET", "POST"])
@access.allow(*KEEPERS)
def edit(centre_id: int) -> Any:
    centre = service.get_centre(db.session, centre_id)
    values = {name: getattr(centre, name) for name in EDITABLE} | {"certainty": centre.certainty.value}
    form = CentreForm(data=values)

    def act() -> Centre:
        service.edit_centre(db.session, access.actor(), centre, form.values(), now=_now())
        return centre

    return _save(form, act, _("저장했습니다.")) or _form_page(form, service.get_centre(db.session, centre_id))


def _save(form: CentreForm, act: Callable[[], Centre], done: str) -> Any:
    """Do it and go to the centre's page; None if it is not asked for or refused, with the reasons in the form."""
    if not form.validate_on_submit():
        return None
    try:
        centre = act()
        db.session.commit()
    except Invalid as error:
        db.session.rollback()
        for name, text in error.fields.items():
            form[name].errors = [*form[name].errors, translated(text)]
        return None
    flash(done, "success")
    return redirect(url_for("regions.show", centre_id=centre.id))


def _form_page(form: CentreForm, centre: Centre | None) -> Any:
    return render_template("regions/form.html", form=form, centre=centre), 422 if form.errors else 200


@blueprint.get("/<int:centre_id>")
@access.allow(*KEEPERS)
def show(centre_id: int) -> Any:
    return _page(centre_id, _form())


@blueprint.post("/<int:centre_id>/jurisdictions")
@access.allow(*KEEPERS)
def add(centre_id: int) -> Any:
    centre = service.get_centre(db.session, centre_id)
    form = _form()
    if form.validate():
        try:
            row = service.assign_centre(
                db.session, access.actor(), centre=centre, region_id=int(form.region.data),
                valid_from=form.valid_from.data, source=form.source.data, certainty=Certainty(form.certainty.data),
                now=_now(),
            )
        except (Invalid, Conflict) as error:
            db.session.rollback()
            form.form_errors.append(translated(error.message))
        else:
            db.session.commit()
            flash(with_particles(_("%(district)s을(를) 관할에 더했습니다.", district=row.region.name_ko)), "success")
            return redirect(url_for("regions.show", centre_id=centre_id))
    return _page(centre_id, form), 422


@blueprint.post("/<int:centre_id>/jurisdictions/<int:row_id>/end")
@access.allow(*KEEPERS)
def end(centre_id: int, row_id: int) -> Any:
    form = EndForm()
    if not form.validate():
        flash(_("종료일을 골라 주세요."), "error")
        return redirect(url_for("regions.show", centre_id=centre_id))
    try:
        row = service.end_jurisdiction(
            db.session, access.actor(), centre_id=centre_id, jurisdiction_id=row_id, valid_to=form.valid_to.data,
            now=_now(),
        )
    except Invalid as error:
        db.session.rollback()
        flash(translated(error.message), "error")
    else:
        db.session.commit()
        flash(_("%(district)s 관할의 종료일을 기록했습니다.", district=row.region.name_ko), "success")
    return redirect(url_for("regions.show", centre_id=centre_id))


def _form() -> JurisdictionForm:
    return JurisdictionForm(service.grouped_district_options(db.session, _today()))


def _page(centre_id: int, form: JurisdictionForm) -> str:
    centre, today = service.get_centre(db.session, centre_id), _today()
    rows = service.jurisdictions(db.session, centre_id)
    past = request.args.get("past") == "1"
    return render_template(
        "regions/show.html", centre=centre, form=form, today=today, past=past,
        rows=[row for row in rows if past or row.valid_to is None or row.valid_to >= today], total=len(rows),
        certainties=CERTAINTY_LABELS, history=audit.history(db.session, "centre", centre_id),
    )
