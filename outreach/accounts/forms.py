"""Forms of accounts: Flask-Security's own in our words, and those of account administration."""

from __future__ import annotations

from typing import Any

from flask import current_app
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_security import forms as library
from flask_security.utils import get_message, hash_password
from flask_wtf import FlaskForm
from wtforms import BooleanField, EmailField, PasswordField, SelectField, StringField
from wtforms.validators import DataRequired, Length, Optional

from outreach.accounts import service
from outreach.accounts.administration import Reach
from outreach.db import db
from outreach.scope import ROLE_LABELS, Role

PASSWORD_HINT = _("10자 이상. 숫자만으로는 안 되며 이메일 주소를 넣을 수 없습니다.")


def translated(text: str) -> str:
    """``text`` of a rule, in the reader's language."""
    return gettext(text)


def _trimmed(value: str | None) -> str:
    return (value or "").strip()


def _password(label: Any, autocomplete: str, *validators: Any, hint: Any = "") -> PasswordField:
    return PasswordField(
        label, description=hint, render_kw={"autocomplete": autocomplete},
        validators=[library.password_required, *validators],
    )


def _same_as(field: str) -> library.EqualToLocalize:
    return library.EqualToLocalize(field, message="RETYPE_PASSWORD_MISMATCH")


def _address(verify: bool, *validators: Any) -> EmailField:
    return EmailField(
        _("이메일"), render_kw={"autocomplete": "username", "inputmode": "email"}, filters=[_trimmed],
        validators=[library.email_required, library.EmailValidation(verify=verify), *validators],
    )


class SignInForm(library.LoginForm):
    """E-mail and password. A locked account is answered exactly like a wrong password, and the password
    is not even looked at: guessing goes no further, and nobody learns which accounts exist."""

    email = _address(False)
    password = _password(_("비밀번호"), "current-password")
    remember = None
    submit = None

    def validate(self, **kwargs: Any) -> bool:
        user = service.find_by_email(db.session, self.email.data or "")
        if user and service.is_locked(user, now=current_app.extensions["outreach"].clock.now()):
            hash_password(self.password.data or "-")  # takes as long as a real check
            self.form_errors.append(get_message("GENERIC_AUTHN_FAILED")[0])
            return False
        return super().validate(**kwargs)


class ForgotPasswordForm(library.ForgotPasswordForm):
    # no DNS look-up: the address only has to be one of our accounts
    email = _address(False, library.valid_user_email)
    submit = None


class ResetPasswordForm(library.ResetPasswordForm):
    password = _password(_("새 비밀번호"), "new-password", hint=PASSWORD_HINT)
    password_confirm = _password(_("새 비밀번호 확인"), "new-password", _same_as("password"))
    submit = None


class ChangePasswordForm(library.ChangePasswordForm):
    password = _password(_("지금 비밀번호"), "current-password")
    new_password = _password(_("새 비밀번호"), "new-password", hint=PASSWORD_HINT)
    new_password_confirm = _password(_("새 비밀번호 확인"), "new-password", _same_as("new_password"))
    submit = None


class _AccountForm(FlaskForm):
    """Name and role with what the role belongs to. The choices are those of the person who fills it in."""

    name = StringField(_("이름"), validators=[DataRequired(), Length(max=60)], filters=[_trimmed])
    title = StringField(_("직위·부서"), validators=[Length(max=60)], filters=[_trimmed])
    phone = StringField(_("전화"), validators=[Length(max=32)], filters=[_trimmed], render_kw={"inputmode": "tel"})

    def __init__(self, reach: Reach, **kwargs: Any):
        super().__init__(**kwargs)
        if "role" in self:
            self.role.choices = [(role.value, gettext(ROLE_LABELS[role])) for role in Role if role in reach.roles]
            none = ("", gettext("해당 없음"))
            self.centre.choices = [none, *((str(row.id), row.name_ko) for row in reach.centres)]
            self.organisation.choices = [none, *((str(row.id), row.name) for row in reach.organisations)]


class _RoleFields:
    role = SelectField(_("역할"), validators=[DataRequired()])
    centre = SelectField(
        _("소속 센터"), validators=[Optional()], description=_("센터 관리자, 홍보담당, 플래너 계정에만 고릅니다.")
    )
    organisation = SelectField(
        _("협력기관"), validators=[Optional()], description=_("협력기관 계정에만 고릅니다.")
    )


class NewAccountForm(_RoleFields, _AccountForm):
    email = EmailField(
        _("이메일"), description=_("로그인할 때 쓰는 주소입니다. 비밀번호를 정하는 링크를 이 주소로 보냅니다."),
        validators=[DataRequired(), library.EmailValidation(verify=False), Length(max=254)],
    )


class AccountForm(_AccountForm):
    """What may be corrected at any time."""


class RoleForm(_RoleFields, _AccountForm):
    """A change of role asks once more: it changes what the person sees."""

    name = title = phone = None
    confirm = BooleanField(
        _("바뀌는 내용을 확인했습니다."), validators=[DataRequired()],
        description=_("역할이 바뀌면 볼 수 있는 자료가 바뀌고, 이 사람은 모든 기기에서 로그아웃됩니다."),
    )


class TokenForm(FlaskForm):
    name = StringField(
        _("토큰 이름"), description=_("어느 프로그램에서 쓰는지 알아볼 수 있게 적어 주세요."), filters=[_trimmed],
        validators=[DataRequired(), Length(max=60)],
    )
