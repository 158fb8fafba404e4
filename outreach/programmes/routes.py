"""Pages of the programme catalogue: what holds now, a programme through time, and keeping it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from flask_login import current_user

from outreach.audit.models import ChangeRecord
from outreach.clock import kst_today
from outreach.db import db
from outreach.errors import DomainError, NotFound, StaleEdit
from outreach.programmes import forms, rules, service
from outreach.programmes.models import KIND_LABELS, PAYEE_LABELS, ProgrammeVersion
from outreach.web import access
from outreach.web.language import in_english, translated

blueprint = Blueprint("programmes", __name__, url_prefix="/programmes")

TONES = {"V": "success", "S": "info", "M": "warning"}
ACTIONS = {
    "create": _l("등록"), "edit": _l("수정"), "end": _l("종료"), "check": _l("확인"),
}
FIELDS = {
    "name_ko": _l("이름"), "name_en": _l("영문 이름"), "agency": _l("소관 기관"), "kind": _l("분야"),
    "payee": lazy_pgettext("programme", "받는 사람"), "active": _l("안내에 씀"),
    "valid_from": _l("시행일"), "valid_to": _l("끝나는 날"),
    "summary_ko": _l("요약"), "summary_en": _l("영문 요약"), "audience": _l("대상"), "conditions": _l("요건"),
    "amounts": _l("금액"), "period": _l("지원 기간"), "apply_at": _l("신청하는 곳"), "legal_basis": _l("근거"),
    "combination": _l("다른 제도와 함께 쓸 때"), "certainty": _l("확인 정도"), "certainty_note": _l("확인한 범위"),
    "source": _l("출처"), "source_url": _l("출처 주소"), "checked_on": _l("확인한 날"), "checked_by": _l("확인한 사람"),
}


def _now() -> datetime:
    return current_app.extensions["outreach"].clock.now()


def _today() -> Any:
    return kst_today(_now())


@blueprint.app_context_processor
def _words() -> dict[str, Any]:
    return {
        "PROGRAMME_KINDS": KIND_LABELS, "PROGRAMME_PAYEES": PAYEE_LABELS, "CERTAINTY_WORDS": rules.CERTAINTY_LABELS,
        "CERTAINTY_TONES": TONES, "amount_text": _amount_text,
    }


def _amount_text(amount: Mapping[str, Any]) -> str:
    return rules.amount_in_english(amount) if in_english() else rules.amount_text(amount)


# -- reading ----------------------------------------------------------------------------------------------


@blueprint.get("/")
@access.allow()
def index() -> str:
    """The catalogue of today by kind. Partners see what is in force and offered."""
    day, keeper = _today(), access.scope().role in service.KEEPERS
    rows = [
        (programme, rules.current(programme.versions, day))
        for programme in service.catalogue(db.session, inactive=keeper)
    ]
    if access.scope().is_partner:
        rows = [(programme, version) for programme, version in rows if version is not None]
    kinds = [(kind, list(group)) for kind, group in groupby(rows, key=lambda row: row[0].kind)]
    unchecked = sum(1 for _programme, version in rows if version is not None and not version.verified)
    return render_template("programmes/list.html", kinds=kinds, keeper=keeper, unchecked=unchecked, day=day)


@blueprint.get("/<int:programme_id>")
@access.allow()
def show(programme_id: int) -> str:
    scope, day = access.scope(), _today()
    programme = service.get(db.session, programme_id)
    now_valid = rules.current(programme.versions, day)
    if scope.is_partner and (now_valid is None or not programme.active):
        raise NotFound("지금 시행 중인 제도가 아닙니다.")
    versions = [now_valid] if scope.is_partner else list(reversed(programme.versions))
    keeper = scope.role in service.KEEPERS
    return render_template(
        "programmes/show.html", programme=programme, versions=versions, current=now_valid, day=day, keeper=keeper,
        warnings={version.id: rules.usable(version, day) for version in versions},
        timeline=[] if scope.is_partner else [_entry(record) for record in service.history(db.session, programme)],
    )


@dataclass(frozen=True, slots=True)
class Entry:
    """One change, as the timeline macro shows it."""

    title: str
    when: datetime
    by: str
    text: str
    tone: str = ""


def _entry(record: ChangeRecord) -> Entry:
    lines = [f"{FIELDS.get(field, field)}: {_short(new)}" for field, (_old, new) in record.changes.items()]
    return Entry(str(ACTIONS.get(record.action, record.action)), record.at, record.user_email, "\n".join(lines))


def _short(value: Any) -> str:
    text = "-" if value in (None, "") else str(value)
    return text if len(text) <= 80 else f"{text[:80]}…"


# -- keeping ----------------------------------------------------------------------------------------------


def _save(form: forms.KeptForm, act: Callable[[], int], done: str) -> Any:
    """Do one edit and go to the programme ``act`` returns. None if it was refused: the form says why."""
    if not form.validate_on_submit():
        return None
    try:
        programme_id = act()
        db.session.commit()
    except NotFound:
        raise
    except DomainError as error:
        db.session.rollback()
        if isinstance(error, StaleEdit):
            flash(translated(error.message), "warning")
        form.take_errors(error)
        return None
    flash(done, "success")
    return redirect(url_for(".show", programme_id=programme_id))


def _form_page(form: forms.KeptForm, template: str, **values: Any) -> Any:
    if isinstance(form, forms.VersionForm) and not any(not entry.data["label"] for entry in form.amounts):
        form.add_spare_rows()
    status = 422 if request.method == "POST" else 200
    return render_template(template, form=form, **values), status


@blueprint.route("/new", methods=["GET", "POST"])
@access.allow(*service.KEEPERS)
def new() -> Any:
    form = forms.NewProgrammeForm()

    def act() -> int:
        values = form.values(("code", *forms.PROGRAMME_FIELDS))
        return service.create(
            db.session, access.scope(), access.actor(), values, form.version_values(), now=_now()
        ).id

    return _save(form, act, _("제도를 등록했습니다. 내용을 확인한 뒤 ‘확인함’으로 표시해 주세요.")) or _form_page(
        form, "programmes/new.html"
    )


@blueprint.route("/<int:programme_id>/edit", methods=["GET", "POST"])
@access.allow(*service.KEEPERS)
def edit(programme_id: int) -> Any:
    form = forms.ProgrammeForm(obj=service.get(db.session, programme_id))

    def act() -> int:
        return service.edit_programme(
            db.session, access.scope(), access.actor(), programme_id, form.values(forms.PROGRAMME_FIELDS),
            version=form.version.data, now=_now(),
        ).id

    saved = _save(form, act, _("저장했습니다."))
    return saved or _form_page(form, "programmes/edit.html", programme=service.get(db.session, programme_id))


@blueprint.route("/<int:programme_id>/versions/new", methods=["GET", "POST"])
@access.allow(*service.KEEPERS)
def new_version(programme_id: int) -> Any:
    """New rules begin as a copy of the latest ones, since most of them stay."""
    programme = service.get(db.session, programme_id)
    latest = programme.versions[-1] if programme.versions else None
    form = forms.VersionForm(data=_as_data(latest) | {"valid_from": None, "valid_to": None} if latest else None)

    def act() -> int:
        service.add_version(
            db.session, access.scope(), access.actor(), programme_id, form.version_values(), now=_now()
        )
        return programme_id

    saved = _save(form, act, _("바뀐 내용을 등록했습니다. 앞 내용은 전날로 끝났습니다."))
    return saved or _form_page(
        form, "programmes/version.html", programme=service.get(db.session, programme_id), version=None
    )


@blueprint.route("/versions/<int:version_id>/edit", methods=["GET", "POST"])
@access.allow(*service.KEEPERS)
def edit_version(version_id: int) -> Any:
    version = service.get_version(db.session, version_id)
    form = forms.VersionForm(data=_as_data(version))

    def act() -> int:
        return service.edit_version(
            db.session, access.scope(), access.actor(), version_id, form.version_values(),
            version=form.version.data, now=_now(),
        ).programme_id

    saved = _save(form, act, _("저장했습니다."))
    version = service.get_version(db.session, version_id)
    return saved or _form_page(form, "programmes/version.html", programme=version.programme, version=version)


def _as_data(version: ProgrammeVersion) -> dict[str, Any]:
    return {name: getattr(version, name) for name in (*forms.VERSION_FIELDS, "amounts")}


@blueprint.route("/versions/<int:version_id>/check", methods=["GET", "POST"])
@access.allow(*service.KEEPERS)
def check(version_id: int) -> Any:
    """Say that the text was compared with its source: who, when, with what."""
    version = service.get_version(db.session, version_id)
    form = forms.CheckForm(data={
        "source": version.source, "source_url": version.source_url, "certainty_note": version.certainty_note,
        "checked_on": _today(), "certainty": None,
    })

    def act() -> int:
        return service.mark_checked(
            db.session, access.scope(), access.actor(), version_id, form.check_values(), name=current_user.name,
            version=form.version.data, now=_now(), today=_today(),
        ).programme_id

    saved = _save(form, act, _("확인한 내용으로 표시했습니다."))
    version = service.get_version(db.session, version_id)
    return saved or _form_page(form, "programmes/check.html", version=version, programme=version.programme)
