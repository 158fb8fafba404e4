"""What cases were before they had several pictures and a consent with a scope survives."""

from __future__ import annotations

import flask_migrate
import sqlalchemy as sa

from cases.library import service
from cases.library.models import Case
from cases.library.rights import Portrait, photo_problems
from cases.library.rules import Outlet, consent_problems
from outreach.db import db
from outreach.scope import Role
from tests.cases.library.test_photos import stored
from tests.cases.making import TODAY, make_case
from tests.people import make_user


def test_the_one_picture_and_the_one_yes_become_what_they_were(app):
    picture = stored(app)
    rights = {"photo": picture, "photo_caption": "검사실", "photo_rights": "새봄정밀 제공, 동의함"}
    case_id = make_case(None, headline="육아휴직 이야기", **rights).id
    bare = make_case(None).id
    db.session.commit()
    db.session.remove()
    flask_migrate.downgrade(revision="0017")
    row = db.session.execute(sa.text(f"SELECT photo_id, photo_caption FROM best_practice WHERE id = {case_id}")).one()
    assert row.photo_id is not None and row.photo_caption == "검사실"
    db.session.rollback()
    db.session.remove()
    db.engine.dispose()
    flask_migrate.upgrade()
    case = db.session.get(Case, case_id)
    [photo] = case.photos
    assert (photo.caption, photo.rights_holder) == ("검사실", "새봄정밀 제공, 동의함")
    assert photo.portrait is Portrait.CONSENTED
    assert photo_problems(photo, TODAY) == [] and db.session.get(Case, bare).photos == []
    assert case.outlets == ["print", "mail"] and consent_problems(case, TODAY, Outlet.PRINT) == []
    assert consent_problems(case, TODAY, Outlet.WEB) != [], "nobody was asked for that"
    scope = make_user(Role.HEADQUARTERS).scope()
    found = db.session.scalars(service.cases_query(scope, text="육아 휴직을")).unique().all()
    assert [row.id for row in found] == [case_id]
