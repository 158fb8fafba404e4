"""Answers by the code of a letter: matched to the company it was written to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from campaigns.post.models import PostItem
from campaigns.post.rules import ItemState
from campaigns.responses import service as responses
from campaigns.responses.models import Response
from campaigns.responses.rules import Answer, ResponseState
from outreach.companies.models import Company, Contact, Workplace


def take(
    session: Session, item: PostItem, answer: Answer, *, submission: str, now: datetime, base_url: str,
    suspect: bool = False,
) -> Response:
    """The answer of the company of ``item``: it counts for it at once, by the channel "post", and the letter is
    answered. The same ``submission`` twice is one response; a ``suspect`` one is set aside."""
    assert item.run.place is not None  # a letter that was made has its place
    contact = session.get(Contact, item.contact_id) if item.contact_id else None
    response = responses.submit_by_letter(
        session, item.run.place, _workplace(session, item), answer, company_name=item.name, submission=submission,
        now=now, base_url=base_url, suspect=suspect, known=contact,
    )
    if response.state is not ResponseState.DISMISSED and item.answered_at is None:
        item.state, item.answered_at, item.response_id = ItemState.ANSWERED, now, response.id
        session.flush()
    return response


def _workplace(session: Session, item: PostItem) -> Workplace | None:
    """The workplace that was written to, or what is left of the company; None if the company is gone."""
    company = session.get(Company, item.company_id) if item.company_id else None
    if company is None:
        return None
    workplace = session.get(Workplace, item.workplace_id) if item.workplace_id else None
    if workplace is not None and workplace.company_id == company.id:
        return workplace
    return company.workplaces[0] if company.workplaces else None
