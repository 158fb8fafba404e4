"""Who of an audience is written to by post: the workplaces of companies that no mail of ours can reach.

One statement decides for each workplace which exclusion applies first; the count and the letters both come from it.
The choice of the medium is no way around a refusal: a company one of whose people left our mail altogether, reported
it or had us told so gets no letter either (docs/decisions/0028).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from campaigns.audience import rules as audiences
from campaigns.audience.service import Question, judged
from campaigns.delivery import frequency
from campaigns.delivery.models import Delivery
from campaigns.mailings.content import PersonalField
from campaigns.mailings.freeze import filled, personal_values
from campaigns.mailings.models import Mailing
from campaigns.post.models import PostItem, PostObjection, PostRun
from campaigns.post.rules import BAD_ADDRESS, Exclusion, ItemState, Numbers
from outreach.companies.models import Company, Contact, Suppression, SuppressionReason, Workplace
from outreach.config import FrequencyCap

#: A mail address that does not work is no refusal; these are.
REFUSALS = (SuppressionReason.UNSUBSCRIBED, SuppressionReason.COMPLAINT, SuppressionReason.STAFF)
#: What the audience calls these contacts: they can't be mailed at all. (Whoever was mailed lately can.)
_UNREACHABLE = (audiences.Exclusion.NO_ADDRESS.value, audiences.Exclusion.SUPPRESSED.value)


@dataclass(frozen=True, slots=True)
class Request:
    """``question``: the audience; ``again``: also those that this campaign, or another within the cap's days, has
    written to; ``cap``: how often a company may hear from us (None: no cap)."""

    question: Question
    campaign_id: int
    again: bool
    cap: FrequencyCap | None

    @property
    def now(self) -> datetime:
        return self.question.now


def count(session: Session, request: Request) -> Numbers:
    """How many letters there would be, and why the others get none."""
    reasons = _judged(request).subquery()
    rows = session.execute(
        sa.select(reasons.c.reason, sa.func.count(), sa.func.count(reasons.c.company_id.distinct()))
        .group_by(reasons.c.reason)
    ).all()
    excluded = dict.fromkeys(Exclusion, 0)
    matched = letters = companies = 0
    for reason, number, firms in rows:
        matched += number
        if reason is None:
            letters, companies = number, firms
        else:
            excluded[Exclusion(reason)] = number
    return Numbers(matched, letters, companies, excluded)


def chosen(
    session: Session, request: Request, limit: int, fields: Sequence[PersonalField] = (), centre_name: str = ""
) -> Sequence[sa.Row[Any]]:
    """The workplaces to write to, in the order of the post: by postcode, then address. With company, company_name,
    company_key, workplace columns, the first contact person who has a name, and the values of ``fields`` as
    ``field0`` and so on ('' where one is unknown). ``centre_name``: of a workplace without a centre."""
    reasons = _judged(request).subquery()
    named = (
        sa.select(sa.func.min(Contact.id))
        .where(Contact.workplace_id == Workplace.id, sa.func.trim(Contact.name) != "")
        .correlate(Workplace).scalar_subquery()
    )
    query = (
        sa.select(
            Workplace.id.label("workplace_id"), Workplace.company_id, Workplace.centre_id,
            Workplace.name.label("place_name"), Workplace.is_head, Workplace.address, Workplace.postcode,
            _address_key(Workplace).label("address_key"), Company.name.label("company_name"),
            Company.name_key, Contact.id.label("contact_id"), Contact.name.label("person"),
            Contact.title.label("title"), *_values(fields, centre_name),
        )
        .select_from(reasons)
        .join(Workplace, Workplace.id == reasons.c.workplace_id)
        .join(Company, Company.id == Workplace.company_id)
        .outerjoin(Contact, Contact.id == named)
        .where(reasons.c.reason.is_(None))
        .order_by(Workplace.postcode, Workplace.address, Company.name, Workplace.id)
    )
    return session.execute(query.limit(limit)).all()


def _values(fields: Sequence[PersonalField], centre_name: str) -> list[sa.ColumnElement[str]]:
    """The personal fields of a letter's text: those of a mail, and what only letters have."""
    if not fields:
        return []
    values = personal_values(centre_name)
    values |= {
        "기업명": Company.name, "지역": sa.func.trim(values["시도"] + " " + values["시군구"]), "업종": Company.industry,
    }
    return [
        sa.func.coalesce(filled(field, values), "").label(f"field{number}") for number, field in enumerate(fields)
    ]


def _judged(request: Request) -> sa.Select[Any]:
    """Columns: workplace_id, company_id, reason (NULL: gets a letter)."""
    question = replace(request.question, capped=False, advertising=False)
    people = judged(question).cte("people")
    unreachable = people.c.reason.in_(_UNREACHABLE)
    outside = people.c.reason == audiences.Exclusion.OUTSIDE_CENTRE.value
    mailable = sa.select(people.c.company_id).where(
        sa.or_(people.c.reason.is_(None), sa.not_(sa.or_(unreachable, outside)))
    )
    places = (
        sa.select(people.c.workplace_id).where(unreachable, people.c.company_id.not_in(mailable)).distinct()
    )
    reason = sa.case(*[
        (condition, sa.literal_column(f"'{name.value}'")) for name, condition in _reasons(request)
    ], else_=sa.null())
    first = (
        sa.select(Workplace.id.label("workplace_id"), Workplace.company_id.label("company_id"),
                  _address_key(Workplace).label("address_key"), sa.type_coerce(reason, sa.String).label("reason"))
        .join(Company, Company.id == Workplace.company_id)
        .where(Workplace.id.in_(places))
    ).cte("first")
    turn = sa.func.row_number().over(
        partition_by=(first.c.company_id, first.c.address_key, first.c.reason), order_by=first.c.workplace_id
    ).label("turn")
    ranked = sa.select(first, turn).cte("ranked")
    same = sa.and_(ranked.c.reason.is_(None), ranked.c.turn > 1)
    last = sa.case((same, sa.literal_column(f"'{Exclusion.SAME_PLACE.value}'")), else_=ranked.c.reason)
    return sa.select(ranked.c.workplace_id, ranked.c.company_id, sa.type_coerce(last, sa.String).label("reason"))


def _reasons(request: Request) -> list[tuple[Exclusion, sa.ColumnElement[bool]]]:
    """The exclusions in their order, as SQL over Workplace and Company."""
    found = [
        (Exclusion.OBJECTED, objected()),
        (Exclusion.NO_ADDRESS, sa.func.trim(Workplace.address) == ""),
        (Exclusion.NO_POSTCODE, sa.func.length(Workplace.postcode) != 5),
        (Exclusion.CAME_BACK, came_back()),
    ]
    if not request.again:
        found.append((Exclusion.ALREADY, _written(request)))
    if request.cap is not None:
        found.append((Exclusion.TOO_OFTEN, _too_often(request, request.cap)))
    return found


def objected() -> sa.ColumnElement[bool]:
    """True for workplaces of companies that want nothing more from us: by mail or by post."""
    person, place = aliased(Contact), aliased(Workplace)
    by_mail = sa.exists().where(
        place.company_id == Workplace.company_id, person.workplace_id == place.id,
        Suppression.address_key == person.address_key, Suppression.reason.in_(REFUSALS),
    )
    by_post = sa.exists().where(sa.or_(
        PostObjection.company_id == Workplace.company_id,
        sa.and_(PostObjection.name_key == Company.name_key, PostObjection.address_key == _address_key(Workplace)),
    ))
    return sa.or_(by_mail, by_post)


def came_back() -> sa.ColumnElement[bool]:
    """True for workplaces whose present address a letter has come back from as wrong."""
    return sa.exists().where(
        PostItem.workplace_id == Workplace.id, PostItem.returned_reason.in_(BAD_ADDRESS),
        PostItem.state == ItemState.RETURNED, PostItem.address_key == _address_key(Workplace),
    )


def _written(request: Request) -> sa.ColumnElement[bool]:
    """True for workplaces that this campaign has written to, or any within the cap's days. What came back was not
    received."""
    when: sa.ColumnElement[bool] = PostRun.campaign_id == request.campaign_id
    if request.cap is not None:
        when = sa.or_(when, PostRun.made_at >= request.now - frequency.window(request.cap))
    return sa.exists().where(
        PostItem.workplace_id == Workplace.id, PostItem.state != ItemState.RETURNED, PostRun.id == PostItem.run_id, when
    )


def _too_often(request: Request, cap: FrequencyCap) -> sa.ColumnElement[bool]:
    """True for companies that have had as many mailings and runs of letters together as the cap allows."""
    since = request.now - frequency.window(cap)
    mails = (
        sa.select(sa.func.count(Delivery.mailing_id.distinct()))
        .where(
            Delivery.company_id == Workplace.company_id, Delivery.state.in_(frequency.GOT), Delivery.done_at >= since,
            Delivery.mailing_id.in_(sa.select(Mailing.id).where(frequency.counting(since))),
        ).correlate(Workplace).scalar_subquery()
    )
    letters = (
        sa.select(sa.func.count(PostItem.run_id.distinct()))
        .where(
            PostItem.company_id == Workplace.company_id, PostItem.state != ItemState.RETURNED,
            PostItem.run_id.in_(sa.select(PostRun.id).where(PostRun.made_at >= since)),
        ).correlate(Workplace).scalar_subquery()
    )
    return mails + letters >= cap.company


def _address_key(place: Any) -> sa.ColumnElement[str]:
    """By what two addresses are one."""
    return sa.func.coalesce(sa.func.nullif(place.address_key, ""), place.address)
