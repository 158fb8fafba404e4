"""What requests for materials ask for, and who asks."""

from __future__ import annotations

from datetime import datetime

from flask import current_app

from cases.materials import service
from cases.materials.models import Edition
from outreach.clock import kst_today
from outreach.db import db
from outreach.errors import NotFound
from outreach.organisations import service as organisations
from outreach.organisations.models import Organisation
from outreach.web import access


def now() -> datetime:
    return current_app.extensions["outreach"].clock.now()


def given(material_id: int) -> Edition:
    """What the person gets of a material now. Raises NotFound for one out of reach or not given out."""
    edition = service.given_edition(service.get(db.session, access.scope(), material_id), kst_today(now()))
    if edition is None:
        raise NotFound("지금 배포하지 않는 홍보물입니다.")
    return edition


def partner() -> Organisation | None:
    """The partner whose person asks; None: staff do."""
    scope = access.scope()
    return organisations.get(db.session, scope, scope.organisation_id or 0) if scope.is_partner else None
