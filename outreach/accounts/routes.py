"""Pages of account administration, of one's own account, and the demo's one-click sign-in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from flask_security.utils import login_user
from flask_wtf import FlaskForm

from outreach.accounts import administration, letters, service
from outreach.accounts.forms import AccountForm, NewAccountForm, RoleForm, TokenForm
from outreach.accounts.rules import STATE_LABELS, AccountState, demo_email, managed_roles
from outreach.audit import service as audit
from outreach.audit.models import AccessKind
from outreach.db import db
from outreach.errors import Conflict, DomainError, Invalid
from outreach.scope import ROLE_LABELS, Role
from outreach.web import access
from outreach.web.language import translated
from outreach.web.paging import paginate

blueprint = Blueprint("accounts", __name__, url_prefix="/accounts")
me = Blueprint("me", __name__, url_prefix="/me")
demo = Blueprint("demo_sign_in", __name__, url_prefix="/demo")

MANAGERS = (Role.ADMINISTRATOR, Role.CENTRE_MANAGER)
OWN_ACCESSES = 20


def _now() -> datetime:
    return current_app.extensions["outreach"].clock.now()


@blueprint.get("/")
@access.allow(*MANAGERS)
def index() -> Any:
    scope = access.scope()
    role = _role(request.args.get("role"))
    state = next((state for state in AccountState if state.value == request.args.get("state")), None)
    text = request.args.get("q", "").strip()[:100]
    page = paginate(db.session, administration.accounts_query(scope, now=_now(), text=text, role=role, state=state))
    access.log_access(AccessKind.VIEW, "user_account", [user.id for user in page.items])
    roles = [(role.value, _(ROLE_LABELS[role])) for role in Role if role in managed_roles(scope.role)]
    states = [(state.value, _(label)) for state, label in STATE_LABELS.items()]
    return render_template("accounts/index.html", page=page, roles=roles, states=states, q=text, now=_now())


@blueprint.route("/new", methods=["GET", "POST"])
@access.allow(*MANAGERS)
def new() -> Any:
    scope = access.scope()
    form = NewAccountForm(administration.reach(db.session, scope))
    if form.validate_on_submit():
        try:
            user = administration.create_account(
                db.session, scope, access.actor(), email=form.email.data, name=form.name.data, title=form.title.data,
                phone=form.phone.data, now=_now(), **_role_values(form),
            )
        except (Invalid, Conflict) as error:
            _show(form, error)
        else:
            return _with_link(user)
    return render_template("accounts/new.html", form=form), 422 if form.errors else 200


@blueprint.route("/<int:user_id>", methods=["GET", "POST"])
@access.allow(*MANAGERS)
def edit(user_id: int) -> Any:
    scope = access.scope()
    user = administration.get_account(db.session, scope, user_id)
    form = AccountForm(administration.reach(db.session, scope), obj=user)
    if form.validate_on_submit():
        values = {"name": form.name.data, "title": form.title.data, "phone": form.phone.data}
        administration.edit_account(db.session, access.actor(), user, values, now=_now())
        db.session.commit()
        flash(_("저장했습니다."), "success")
        return redirect(url_for("accounts.edit", user_id=user.id))
    access.log_access(AccessKind.VIEW, "user_account", [user.id])
    return _account_page(user, form, _role_form(user)), 422 if form.errors else 200


@blueprint.post("/<int:user_id>/role")
@access.allow(*MANAGERS)
def change_role(user_id: int) -> Any:
    scope = access.scope()
    user = administration.get_account(db.session, scope, user_id)
    form = RoleForm(administration.reach(db.session, scope))
    if form.validate():
        try:
            administration.change_role(db.session, scope, access.actor(), user, now=_now(), **_role_values(form))
        except (Invalid, Conflict) as error:
            _show(form, error)
        else:
            db.session.commit()
            flash(_("역할을 바꾸었습니다. 이 계정은 모든 기기에서 로그아웃되었습니다."), "success")
            return redirect(url_for("accounts.edit", user_id=user.id))
    return _account_page(user, AccountForm(administration.reach(db.session, scope), formdata=None, obj=user), form), 422


@blueprint.post("/<int:user_id>/active")
@access.allow(*MANAGERS)
def set_active(user_id: int) -> Any:
    scope = access.scope()
    user = administration.get_account(db.session, scope, user_id)
    active = request.form.get("active") == "1"
    administration.set_active(db.session, scope, access.actor(), user, active=active, now=_now())
    db.session.commit()
    flash(_("다시 사용할 수 있게 했습니다.") if active else _("사용을 중지했습니다."), "success")
    return redirect(url_for("accounts.edit", user_id=user.id))


@blueprint.post("/<int:user_id>/link")
@access.allow(*MANAGERS)
def send_link(user_id: int) -> Any:
    user = administration.get_account(db.session, access.scope(), user_id)
    if not user.active:
        raise Conflict(_("사용이 중지된 계정입니다. 다시 사용하게 한 뒤 링크를 보내 주세요."))
    return _with_link(user)


def _with_link(user: Any) -> Any:
    """Mail the one-time link and show it this once; it is in no address, log or cookie."""
    link = letters.send_password_link(db.session, user, now=_now())
    db.session.commit()
    return render_template("accounts/link.html", user=user, link=link)


def _account_page(user: Any, form: FlaskForm, role_form: FlaskForm) -> str:
    history = audit.history(db.session, "user_account", user.id)
    return render_template(
        "accounts/edit.html", user=user, form=form, role_form=role_form, history=history, now=_now(),
        locked=service.is_locked(user, now=_now()), oneself=user.id == current_user.id,
    )


def _role_form(user: Any) -> RoleForm:
    belonging = {"centre": str(user.centre_id or ""), "organisation": str(user.organisation_id or "")}
    reach = administration.reach(db.session, access.scope())
    return RoleForm(reach, formdata=None, data={"role": user.role.value, **belonging})


def _role_values(form: Any) -> dict[str, Any]:
    return {
        "role": Role(form.role.data),
        "centre_id": int(form.centre.data) if form.centre.data else None,
        "organisation_id": int(form.organisation.data) if form.organisation.data else None,
    }


def _role(text: str | None) -> Role | None:
    return next((role for role in Role if role.value == text), None)


def _show(form: FlaskForm, error: DomainError) -> None:
    """Put a service's complaint where the person reads the others."""
    db.session.rollback()
    for name, text in error.fields.items():
        if name in form:
            form[name].errors = [*form[name].errors, translated(text)]
    if not form.errors:
        form.form_errors.append(translated(error.message))


@me.get("/", endpoint="index")
@access.allow()
def own_page() -> Any:
    return _own_page(TokenForm())


@me.post("/tokens")
@access.allow()
def create_token() -> Any:
    form = TokenForm()
    if not form.validate():
        return _own_page(form), 422
    token = service.issue_token(db.session, _oneself(), name=form.name.data, now=_now())
    db.session.commit()
    return _own_page(TokenForm(formdata=None), token=token)


@me.post("/tokens/<int:token_id>/revoke")
@access.allow()
def revoke_token(token_id: int) -> Any:
    service.revoke_token(db.session, current_user.id, token_id, now=_now())
    db.session.commit()
    flash(_("토큰을 폐기했습니다. 이 토큰을 쓰던 프로그램은 더 접속할 수 없습니다."), "success")
    return redirect(url_for("me.index"))


def _own_page(form: TokenForm, token: str | None = None) -> str:
    user = _oneself()
    return render_template(
        "accounts/me.html", user=user, form=form, token=token, tokens=service.tokens_of(db.session, user.id),
        accesses=audit.accesses_of(db.session, user.id, limit=OWN_ACCESSES),
    )


def _oneself() -> Any:
    return current_user._get_current_object()


@demo.post("/sign-in")
@access.public("signs in to the demo's own accounts, and only where the demo runs")
def sign_in() -> Any:
    role = _role(request.form.get("role"))
    if not current_app.extensions["outreach"].settings.demo or role is None:
        abort(404)
    user = service.find_by_email(db.session, demo_email(role))
    if user is None or not user.active:
        abort(404)
    login_user(user, authn_via=["demo"])
    db.session.commit()
    return redirect(url_for("home.index"))
