"""Pages of one contact person: details, consents with their evidence, opting out, deletion."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _

from outreach.audit.models import AccessKind
from outreach.clock import kst_midnight
from outreach.companies import consent, entry, forms, search, service
from outreach.companies.models import ConsentPurpose, Contact
from outreach.companies.routes import now, save, today
from outreach.db import db
from outreach.scope import LEAD_ROLES
from outreach.web import access

blueprint = Blueprint("contacts", __name__, url_prefix="/companies")


@blueprint.route("/workplaces/<int:workplace_id>/contacts/new", methods=["GET", "POST"])
@access.allow(*LEAD_ROLES)
def new(workplace_id: int) -> Any:
    workplace = search.get_workplace(db.session, access.scope(), workplace_id)
    company_id = workplace.company_id
    form = forms.ContactForm()

    def act() -> str:
        service.add_contact(
            db.session, access.scope(), access.actor(), workplace_id, form.given(forms.CONTACT_FIELDS), now=now()
        )
        return url_for("companies.show", company_id=company_id)

    saved = save(form, act, _("담당자를 추가했습니다."))
    if saved:
        _doubt(form.email.data)
        return saved
    workplace = search.get_workplace(db.session, access.scope(), workplace_id)
    status = 422 if form.errors or form.form_errors else 200
    return render_template("companies/contact_new.html", form=form, workplace=workplace), status


@blueprint.get("/contacts/<int:contact_id>")
@access.allow(*LEAD_ROLES)
def show(contact_id: int) -> str:
    return _page(contact_id)


def _page(contact_id: int, form: forms.EditForm | None = None) -> str:
    """The person's page; ``form`` is one that was refused, shown again as it was filled in."""
    contact = search.get_contact(db.session, access.scope(), contact_id)
    access.log_access(AccessKind.VIEW, "contact", [contact_id])
    fresh: dict[str, forms.EditForm] = {
        "form": forms.ContactForm(None, obj=contact, prefix="contact"),
        "consent_form": forms.ConsentForm(None, prefix="consent", given_on=today()),
        "withdraw_form": forms.WithdrawForm(None, prefix="withdraw"),
        "refuse_form": forms.RefusalForm(None, prefix="refuse"),
        "lift_form": forms.ReasonForm(None, prefix="lift"),
    }
    shown = {name: form if form is not None and type(form) is type(made) else made for name, made in fresh.items()}
    key = contact.address_key or ""
    return render_template(
        "companies/contact.html", contact=contact, company=contact.workplace.company,
        refusal=consent.suppressed(db.session, [key]).get(key), **shown,
    )


def _answer(contact_id: int, form: forms.EditForm, act: Any, done: str) -> Any:
    def acted() -> str:
        act()
        return url_for(".show", contact_id=contact_id)

    return save(form, acted, done) or (_page(contact_id, form), 422)


@blueprint.post("/contacts/<int:contact_id>")
@access.allow(*LEAD_ROLES)
def edit(contact_id: int) -> Any:
    form = forms.ContactForm(prefix="contact")

    def act() -> None:
        service.edit_contact(
            db.session, access.scope(), access.actor(), contact_id, form.given(forms.CONTACT_FIELDS),
            version=form.version.data, now=now(),
        )
        _doubt(form.email.data)

    return _answer(contact_id, form, act, _("저장했습니다."))


def _doubt(email: str | None) -> None:
    meant = entry.address_doubt(email) if email else None
    if meant:
        text = _("이메일 주소에 오타가 있어 보입니다. 혹시 %(meant)s 아닌가요? 적은 대로 저장했습니다.", meant=meant)
        flash(text, "warning")


@blueprint.post("/contacts/<int:contact_id>/remove")
@access.allow(*LEAD_ROLES)
def remove(contact_id: int) -> Any:
    form = forms.EditForm()
    company = service.remove_contact(
        db.session, access.scope(), access.actor(), contact_id, version=form.version.data, now=now()
    )
    db.session.commit()
    flash(_("담당자를 삭제했습니다. 수신거부된 주소는 계속 보내지 않습니다."), "success")
    return redirect(url_for("companies.show", company_id=company.id))


# -- consent and opting out ------------------------------------------------------------------------------


@blueprint.post("/contacts/<int:contact_id>/consents")
@access.allow(*LEAD_ROLES)
def give(contact_id: int) -> Any:
    form = forms.ConsentForm(prefix="consent")

    def act() -> None:
        consent.give_consent(
            db.session, access.scope(), access.actor(), contact_id, form.purpose.data,
            given_at=kst_midnight(form.given_on.data), how=form.how.data, now=now(),
        )

    return _answer(contact_id, form, act, _("수신동의를 기록했습니다."))


@blueprint.post("/contacts/<int:contact_id>/consents/<any(advertising, newsletter, events):purpose>/withdraw")
@access.allow(*LEAD_ROLES)
def withdraw(contact_id: int, purpose: str) -> Any:
    form = forms.WithdrawForm(prefix="withdraw")

    def act() -> None:
        consent.withdraw_consent(
            db.session, access.scope(), access.actor(), contact_id, ConsentPurpose(purpose), how=form.how.data,
            now=now(),
        )

    return _answer(contact_id, form, act, _("수신동의를 철회로 기록했습니다."))


@blueprint.post("/contacts/<int:contact_id>/suppress")
@access.allow(*LEAD_ROLES)
def suppress(contact_id: int) -> Any:
    contact: Contact = search.get_contact(db.session, access.scope(), contact_id)
    form, address = forms.RefusalForm(prefix="refuse"), contact.email

    def act() -> None:
        consent.suppress_by_hand(db.session, access.scope(), access.actor(), address, form.source.data, now=now())

    return _answer(contact_id, form, act, _("수신거부로 등록했습니다. 이 주소로는 어떤 메일도 나가지 않습니다."))


@blueprint.post("/contacts/<int:contact_id>/lift")
@access.allow(*LEAD_ROLES)
def lift(contact_id: int) -> Any:
    contact: Contact = search.get_contact(db.session, access.scope(), contact_id)
    key = contact.address_key or ""
    form = forms.ReasonForm(prefix="lift")

    def act() -> None:
        consent.lift(db.session, key, form.reason.data, actor=access.actor(), now=now())

    return _answer(contact_id, form, act, _("수신거부를 해제했습니다."))
