"""Companies that no mail reaches, and runs of letters to them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Flask

from campaigns.audience.history import KEY
from campaigns.audience.models import Audience
from campaigns.planning.models import Campaign
from campaigns.post import choosing, letter, service
from campaigns.post.choosing import Request
from campaigns.post.models import PostItem, PostRun
from campaigns.post.rules import Numbers, Window
from outreach.accounts.models import User
from outreach.audit.service import Actor
from outreach.companies.models import Company, Contact, Workplace
from outreach.config import FrequencyCap
from outreach.db import db
from outreach.pdf.options import RenderedPdf
from outreach.regions.models import Centre
from tests.people import NOW

CAP = FrequencyCap(2, 2, 7)
_numbers = itertools.count(1)


def make_run(campaign: Campaign, audience: Audience, base: RenderedPdf, name: str = "11월 편지") -> PostRun:
    """A run that could be made at once."""
    run = PostRun(
        campaign=campaign, audience=audience, name=name, subject=letter.FIRST_SUBJECT,
        salutation=letter.FIRST_SALUTATION, blocks=list(letter.FIRST), window=Window().to_json(), numbers={},
        sender_name="서울관악고용센터", sender_phone="02-000-0000", sender_postal="08392 서울특별시 구로구 시험로 42",
        base_sha256=base.sha256, look_sha256=base.sha256, base_pages=base.pages, created_at=NOW, updated_at=NOW,
    )
    db.session.add(run)
    db.session.flush()
    return run


@dataclass
class Setting:
    app: Flask
    centre: Centre
    officer: User
    campaign: Campaign
    audience: Audience
    run: PostRun
    base: RenderedPdf

    @property
    def actor(self) -> Actor:
        return Actor(self.officer.id, self.officer.email)

    def company(self, postcode: str = "08390", *, email: str | None = None, name: str = "", **values: Any) -> Company:
        """A company of one workplace; with an ``email``, a mail can reach it."""
        number = next(_numbers)
        name, times = name or f"시험정밀{number:03}", {"created_at": NOW, "updated_at": NOW}
        company = Company(name=name, name_key=f"{name}{number}", **times)
        road = f"시험로 {number:03}"
        place = {"address": f"서울특별시 구로구 {road}", "address_key": f"구로구{road}".replace(" ", ""), **values}
        workplace = Workplace(company=company, centre_id=self.centre.id, postcode=postcode, **place, **times)
        if email is not None:
            workplace.contacts.append(Contact(
                name="김민수", title="과장", email=email, address_key=email or None, **times
            ))
        db.session.add(company)
        db.session.flush()
        return company

    def request(self, run: PostRun | None = None, now: datetime = NOW, cap: FrequencyCap | None = CAP) -> Request:
        found = service.request_of(db.session, run or self.run, self.app.extensions[KEY], cap, now=now)
        assert found is not None
        return found

    def count(self, run: PostRun | None = None, now: datetime = NOW, cap: FrequencyCap | None = CAP) -> Numbers:
        return choosing.count(db.session, self.request(run, now, cap))

    def make(self, run: PostRun | None = None, now: datetime = NOW) -> list[PostItem]:
        """The run's letters, made."""
        run = run or self.run
        service.make(db.session, self.actor, run, self.request(run, now), version=None, now=now)
        return service.items(db.session, run)
