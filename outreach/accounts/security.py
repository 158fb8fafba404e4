"""Flask-Security set up for our accounts: who is signed in, by session or by bearer token.

Sign-in is by e-mail and password (argon2id); there is no registration and no "remember me". A session
ends after IDLE_SIGN_OUT without a request (개인정보의 안전성 확보조치 기준 제6조: systems that process
personal data disconnect an idle user).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, Request, current_app, g, request, session
from flask_security import Security, SQLAlchemyUserDatastore
from flask_security.password_util import PasswordUtil
from flask_security.signals import user_authenticated, user_failed_authn
from flask_security.utils import set_request_attr

from outreach.accounts import forms, letters, messages, rules, service
from outreach.accounts.models import AccountRole, User
from outreach.audit import service as audit
from outreach.audit.models import AccessKind
from outreach.config import Settings
from outreach.db import db, unit_of_work
from outreach.web.protection import limiter

IDLE_SIGN_OUT = timedelta(hours=2)
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
API = "/api/"

#: Flask-Security's own views, with the reason why each needs no guard of ours.
LIBRARY_VIEWS = {
    "security.login": "the sign-in page itself",
    "security.logout": "ends the visitor's own session, if there is one",
    "security.forgot_password": "who forgot the password cannot sign in; the answer tells nothing of accounts",
    "security.reset_password": "opened with a signed one-time link out of a mail",
    "security.change_password": "Flask-Security asks for a session, then for the present password",
}


class PasswordRules(PasswordUtil):
    """Flask-Security's length rule and ours."""

    def validate(self, password: str, is_register: bool, **kwargs: Any) -> tuple[list | None, str]:
        problems, password = super().validate(password, is_register, **kwargs)
        user = kwargs.get("user")
        problem = None if problems else rules.password_problem(password, user.email if user else "")
        return ([forms.translated(problem)] if problem else problems), password


def init_app(app: Flask) -> None:
    """Sign-in for ``app``: Flask-Security with our forms, mails, rules and limits."""
    outreach = app.extensions["outreach"]
    app.config.update(_config(app, outreach.settings))
    security = Security(
        app, SQLAlchemyUserDatastore(db, User, AccountRole), login_form=forms.SignInForm,
        forgot_password_form=forms.ForgotPasswordForm, reset_password_form=forms.ResetPasswordForm,
        change_password_form=forms.ChangePasswordForm, mail_util_cls=letters.OutboxMail,
        password_util_cls=PasswordRules,
    )
    security.mail_context_processor(letters.mail_values)
    security.login_context_processor(_sign_in_page)
    manager = security.login_manager
    manager.user_loader(_by_session(manager._user_callback))
    manager.request_loader(_by_token)
    app.after_request(_note_token_use)
    app.after_request(_keep_no_copy)
    user_failed_authn.connect_via(app)(_note_failure)
    user_authenticated.connect_via(app)(_note_success)
    outreach.library_views.update(LIBRARY_VIEWS)
    for endpoint, limit in {"login": "20 per minute;200 per hour", "forgot_password": "10 per hour"}.items():
        view = app.view_functions[f"security.{endpoint}"]
        app.view_functions[f"security.{endpoint}"] = limiter.limit(limit, methods=["POST"])(view)


def _config(app: Flask, settings: Settings) -> dict[str, Any]:
    outreach = app.extensions["outreach"]
    quick = {"argon2__time_cost": 1, "argon2__memory_cost": 8, "argon2__parallelism": 1} if settings.testing else {}
    return {
        "PERMANENT_SESSION_LIFETIME": IDLE_SIGN_OUT,
        "SECURITY_PASSWORD_SCHEMES": ["argon2"],
        "SECURITY_PASSWORD_SINGLE_HASH": {"argon2"},  # no pepper: a changed secret must not end every password
        "SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": quick,
        "SECURITY_HASHING_SCHEMES": ["hex_sha256"],
        "SECURITY_PASSWORD_NORMALIZE_FORM": "NFKC",  # a syllable of Hangul counts as one character
        "SECURITY_PASSWORD_LENGTH_MIN": rules.PASSWORD_MIN_CHARS,
        "SECURITY_RECOVERABLE": True,
        "SECURITY_CHANGEABLE": True,
        "SECURITY_TRACKABLE": True,
        "SECURITY_REGISTERABLE": False,
        "SECURITY_RETURN_GENERIC_RESPONSES": True,
        "SECURITY_RESET_PASSWORD_WITHIN": rules.PASSWORD_LINK_LIFE,
        "SECURITY_FRESHNESS": timedelta(minutes=-1),
        "SECURITY_API_ENABLED_METHODS": ["session"],
        "SECURITY_JOIN_USER_ROLES": False,
        "SECURITY_STATIC_FOLDER": None,
        "SECURITY_CACHE_CONTROL": {"private": None, "no-store": None},  # directives without a value
        "SECURITY_CLI_USERS_NAME": None,
        "SECURITY_CLI_ROLES_NAME": None,
        "SECURITY_DATETIME_FACTORY": outreach.clock.now,
        "SECURITY_I18N_DOMAIN": "messages",
        "SECURITY_I18N_DIRNAME": [str(outreach.translations)],
        **messages.config(),
    }


def _sign_in_page() -> dict[str, Any]:
    """What the sign-in page shows besides its form: in the demo, one account per role."""
    demo = current_app.extensions["outreach"].settings.demo
    return {"demo_accounts": service.demo_accounts(db.session) if demo else []}


def _now() -> datetime:
    return current_app.extensions["outreach"].clock.now()


def _by_session(load: Callable[[str], User | None]) -> Callable[[str], User | None]:
    """The person of a session cookie. The API takes it for reading only, and not beside a token: a
    browser sends cookies along with other sites' requests, too."""

    def load_by_session(user_id: str) -> User | None:
        if request.path.startswith(API) and (request.method not in SAFE_METHODS or "Authorization" in request.headers):
            return None
        return load(user_id)

    return load_by_session


def _by_token(request: Request) -> User | None:
    """The person of a bearer token (RFC 6750), below the API only."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if not request.path.startswith(API) or scheme.lower() != "bearer":
        return None
    row = service.find_token(db.session, token.strip(), now=_now())
    if row is None:
        return None
    if row.last_used_at is None or row.last_used_at <= _now() - rules.TOKEN_USE_INTERVAL:
        g.used_token_id = row.id
    set_request_attr("fs_authn_via", "token")
    return row.user


def _note_token_use(response: Any) -> Any:
    token_id = g.pop("used_token_id", None)
    if token_id is not None:
        with unit_of_work(db.session) as unit:
            service.note_token_use(unit, token_id, now=_now())
    return response


def _keep_no_copy(response: Any) -> Any:
    """What a signed-in person is shown stays in no cache, so that "back" after signing out shows nothing. A file
    that says itself how it may be kept (a logo, a page's picture) keeps to that."""
    user = g.get("_login_user")  # not current_user: that would look the person up for every stylesheet
    signed_in = user is not None and user.is_authenticated
    if signed_in and (response.mimetype == "text/html" or "Cache-Control" not in response.headers):
        response.headers["Cache-Control"] = "no-store"
    return response


def _note_failure(app: Flask, user: User, **_: Any) -> None:
    """The view answers with its form and commits nothing, so the count is committed here."""
    if service.note_failed_login(db.session, user, now=_now()):
        letters.send_locked(db.session, user, now=_now())
    db.session.commit()


def _note_success(app: Flask, user: User, authn_via: list[str] | None = None, **_: Any) -> None:
    if authn_via == ["change"]:  # the session is renewed after a change of password
        return
    session.pop("csrf_token", None)  # whoever knew the one from before the sign-in knows nothing of this session
    session.permanent = True  # ends IDLE_SIGN_OUT after the last request
    service.note_login(db.session, user)
    who = audit.Actor(user.id, user.email, request.remote_addr or "", user.centre_id)
    audit.record_access(db.session, who, AccessKind.SIGN_IN, "user_account", [user.id], now=_now())
