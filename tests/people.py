"""Centres, partners and people for tests, and a client that treats every request as its own.

Names are plain and fictional; addresses end in `.example`. Nothing here commits: the client does so
before each request, so a test reads as prose.
"""

from __future__ import annotations

import itertools
from datetime import date, datetime
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from outreach.accounts import service as accounts
from outreach.accounts.models import User
from outreach.clock import UTC
from outreach.db import begin_mode, db
from outreach.organisations.models import Organisation, OrganisationKind
from outreach.regions.models import Centre, Certainty
from outreach.scope import CENTRE_ROLES, Role

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
_numbers = itertools.count(1)


class SiteClient(FlaskClient):
    """A browser without a screen. Each request has its own application context (the test's context is
    not lent to it), begins after the test's own writing is committed, and leaves the test to read
    the database afresh."""

    application: Flask

    def open(self, *args: Any, **kwargs: Any) -> Any:
        db.session.commit()
        with self.application.app_context():
            response = super().open(*args, **kwargs)
        begin_mode("IMMEDIATE")
        db.session.expire_all()
        return response


def make_centre(code: str | None = None, name: str | None = None) -> Centre:
    """A centre of the pilot; each call makes another one."""
    number = next(_numbers)
    centre = Centre(
        code=code or f"centre-{number}", name_ko=name or f"시험{number}고용센터", name_en=f"Test {number} Centre",
        phone="02-0000-0000", valid_from=date(2024, 7, 2), source="시험", certainty=Certainty.VERIFIED,
    )
    db.session.add(centre)
    db.session.flush()
    return centre


def make_organisation(
    centre: Centre | None = None, name: str | None = None,
    kind: OrganisationKind = OrganisationKind.COMPLEX_MANAGER, **values: Any,
) -> Organisation:
    """A partner looked after by ``centre`` (None: headquarters)."""
    organisation = Organisation(
        kind=kind, name=name or f"시험{next(_numbers)}산업단지관리공단", centre_id=centre.id if centre else None,
        fictional=True, created_at=NOW, updated_at=NOW, **values,
    )
    db.session.add(organisation)
    db.session.flush()
    return organisation


def make_user(
    role: Role, *, centre: Centre | None = None, organisation: Organisation | None = None, email: str | None = None,
    name: str = "김시험", password_hash: str | None = None,
) -> User:
    """An active account of ``role``; its centre or partner is made if the role needs one and none is given."""
    if role in CENTRE_ROLES and centre is None:
        centre = make_centre()
    if role is Role.PARTNER and organisation is None:
        organisation = make_organisation()
    return accounts.create_user(
        db.session, email=email or f"{role.value}{next(_numbers)}@outreach.example", name=name, role=role, now=NOW,
        centre=centre, organisation=organisation, password_hash=password_hash,
    )


def sign_in(client: FlaskClient, user: User) -> FlaskClient:
    """Make ``client`` the browser of ``user``, without the sign-in page; returns the client."""
    with client.session_transaction() as session:
        session.clear()
        session["_user_id"] = user.fs_uniquifier
        session["_fresh"] = True
    return client
