"""Names and addresses on letters are kept for a year, for what comes back; who wants no letters, without a term."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import Flask
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from campaigns.post import bodies
from campaigns.post.models import PostItem, PostRun
from campaigns.post.rules import FOLDER
from outreach.feature import RecordClass

KEEP = timedelta(days=365)


def due(before: datetime) -> sa.Select[tuple[int]]:
    """Letters that were made before ``before`` and still say to whom."""
    made = sa.select(PostRun.id).where(PostRun.made_at < before)
    return sa.select(PostItem.id).where(PostItem.run_id.in_(made), PostItem.address != "")


def erase(app: Flask, session: Session, ids: Sequence[int]) -> None:
    """Name, person and address, and the file of letters that name them. That a company was written to, and what became
    of it, stays; so does the postcode's beginning, by which letters are counted."""
    session.execute(
        sa.update(PostItem).where(PostItem.id.in_(ids)).values(
            name="", person="", address="", address_key="", name_key="", values={},
            postcode=sa.func.substr(PostItem.postcode, 1, 3), contact_id=None,
        ).execution_options(synchronize_session=False)
    )
    folder = app.extensions["outreach"].settings.folder(FOLDER)
    runs = sa.select(PostRun).where(
        PostRun.bodies != "", PostRun.id.in_(sa.select(PostItem.run_id).where(PostItem.id.in_(ids)))
    )
    for run in session.scalars(runs):
        bodies.erase(folder, run.bodies)
        run.bodies = ""


LETTERS = RecordClass(
    "post.letters", _l("편지를 보낸 이름과 주소"), KEEP,
    _l("되돌아온 편지를 알아보고, 보낸 사실에 대한 문의에 답하는 데 씁니다."),
    _l("편지를 만든 날"), _l("받는 곳의 이름, 담당자, 주소. 어느 기업에 언제 보냈고 어떻게 되었는지는 남습니다."),
    due, erase,
)
OBJECTIONS = RecordClass(
    "post.objections", _l("우편을 받지 않겠다고 한 기업의 이름과 주소"), None,
    _l("명단에 다시 들어오더라도 편지를 보내지 않으려면 알고 있어야 합니다."),
)
