"""Taking responses in. A form opened by a signed mail link is verified by it and opens or updates the lead of
the delivery's company at once; one by QR code or a typed business number waits in the tray. No response
overwrites a company, a workplace or a person.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from campaigns.delivery.models import Delivery
from campaigns.planning import service as planning
from campaigns.planning.models import Campaign
from campaigns.responses.models import Response, ResponsePlace
from campaigns.responses.rules import (
    CHANNEL_LABELS,
    STAFF_CHANNELS,
    WORK_ROLES,
    Answer,
    Channel,
    ResponseState,
)
from cases.library.models import Case
from outreach.companies import search
from outreach.companies.models import Company, Contact, Workplace
from outreach.errors import Forbidden, Invalid
from outreach.leads import service as leads
from outreach.leads.models import Lead
from outreach.leads.rules import Respondent
from outreach.leads.service import CLOCK_SLACK
from outreach.scope import Scope

#: Why a form was set aside whose trap for machines was filled in.
MACHINE_MADE = "보이지 않는 칸까지 채워져 있어 자동 입력으로 보임"


def submit_by_mail(
    session: Session, delivery: Delivery, answer: Answer, *, submission: str, now: datetime, base_url: str,
    suspect: bool = False, channel: Channel = Channel.MAIL_LINK,
) -> Response:
    """The answer of someone who opened the link of ``delivery``, or (``channel``) answered its mail. The same
    ``submission`` twice is one response. If the company was deleted meanwhile, it waits in the tray; a ``suspect``
    one is set aside."""
    known = _submitted(session, submission)
    if known is not None:
        return known
    company = session.get(Company, delivery.company_id)
    workplace = workplace_of(session, delivery, company)
    response = _new(answer, channel, now, submission=submission)
    response.delivery, response.campaign = delivery, delivery.mailing.campaign
    response.centre_id = workplace.centre_id if workplace else delivery.mailing.campaign.centre_id
    if company is not None:
        response.company_name = company.name
    if suspect:
        _set_aside(response)
    if not _add(session, response):
        return _submitted(session, submission) or response
    if workplace is not None and not suspect:
        contact = session.get(Contact, delivery.contact_id)
        verify(session, response, workplace, now=now, base_url=base_url, known=contact)
    return response


def submit_by_place(
    session: Session, place: ResponsePlace, answer: Answer, *, submission: str, now: datetime, suspect: bool = False
) -> Response:
    """The answer of someone who scanned a QR code or came from a case of the gallery: kept as it is, for a person to
    verify; a ``suspect`` one is set aside."""
    known = _submitted(session, submission)
    if known is not None:
        return known
    channel = Channel.QR if place.campaign_id is not None else Channel.GALLERY
    response = _new(answer, channel, now, submission=submission)
    response.place, response.campaign, response.organisation_id = place, place.campaign, place.organisation_id
    response.centre_id = place.centre.id if place.centre else None
    if suspect:
        _set_aside(response)
    return response if _add(session, response) else _submitted(session, submission) or response


def submit_by_letter(
    session: Session, place: ResponsePlace, workplace: Workplace | None, answer: Answer, *, company_name: str,
    submission: str, now: datetime, base_url: str, suspect: bool = False, known: Contact | None = None,
) -> Response:
    """The answer of someone who scanned the code on a letter to ``workplace``: the code is signed and was printed for
    that company alone, so it counts at once. With a workplace that is gone it waits in the tray under
    ``company_name``; a ``suspect`` one is set aside. ``known``: whom we wrote to."""
    seen = _submitted(session, submission)
    if seen is not None:
        return seen
    response = _new(answer, Channel.POST, now, submission=submission)
    response.place, response.campaign, response.organisation_id = place, place.campaign, place.organisation_id
    response.centre_id = workplace.centre_id if workplace else place.campaign.centre_id
    response.company_name = workplace.company.name if workplace else company_name
    if suspect:
        _set_aside(response)
    if not _add(session, response):
        return _submitted(session, submission) or response
    if workplace is not None and not suspect:
        verify(session, response, workplace, now=now, base_url=base_url, known=known)
    return response


def submit_by_stranger(
    session: Session, workplace: Workplace, answer: Answer, *, submission: str, now: datetime, base_url: str,
    decided_by: int | None,
) -> Response:
    """A mail that answers none of ours, which a person found to be this workplace's: it counts at once."""
    known = _submitted(session, submission)
    response = known or _new(answer, Channel.MAIL_REPLY, now, submission=submission)
    if known is None:
        _add(session, response)
    response.company_name = workplace.company.name
    response.decided_by, response.decided_at = decided_by, now
    verify(session, response, workplace, now=now, base_url=base_url)
    return response


def type_in(
    session: Session, scope: Scope, answer: Answer, channel: Channel, *, at: datetime, workplace_id: int | None,
    campaign_id: int | None, now: datetime, base_url: str,
) -> Response:
    """What a company said by phone, at a visit, by fax or at a briefing, typed in by staff. With a workplace
    it counts at once, without one it waits in the tray. Raises Invalid, Forbidden, NotFound."""
    if scope.role not in WORK_ROLES:
        raise Forbidden("응답은 센터 업무 담당자가 입력합니다.")
    if channel not in STAFF_CHANNELS:
        raise Invalid("접수 경로를 골라 주세요.", fields={"channel": "필수"})
    if at > now + CLOCK_SLACK:
        raise Invalid("접수한 시각은 지금보다 뒤일 수 없습니다.", fields={"at": "지난 시각"})
    workplace = search.get_workplace(session, scope, workplace_id) if workplace_id else None
    if workplace is None and not answer.company_name:
        raise Invalid("기업을 고르거나 기업명을 적어 주세요.", fields={"company_name": "필수"})
    campaign = planning.get(session, scope, campaign_id) if campaign_id else None
    response = _new(answer, channel, at, entered_by=scope.user_id)
    response.campaign = campaign
    response.centre_id = scope.centre_id or (campaign.centre_id if campaign else None)
    _add(session, response)
    if workplace is not None:
        response.company_name = workplace.company.name
        response.decided_by, response.decided_at = scope.user_id, now
        verify(session, response, workplace, now=now, base_url=base_url)
    return response


def verify(
    session: Session, response: Response, workplace: Workplace, *, now: datetime, base_url: str,
    known: Contact | None = None,
) -> Lead:
    """The response is this workplace's company's: it opens or updates the lead. ``known``: whom we wrote to,
    for answers that name nobody."""
    times = response.details.get("verified", 0) + 1
    response.details = {**response.details, "verified": times}
    response.state, response.company_id, response.centre_id = (
        ResponseState.VERIFIED, workplace.company_id, workplace.centre_id,
    )
    respondent = Respondent(response.person, response.phone, response.email)
    if known is not None and not any(respondent):
        respondent = Respondent(known.name, known.phone, known.email)
    answer = Answer(message=response.message, preferred_time=response.preferred_time)
    response.lead = leads.open_or_update(
        session, company=workplace.company, workplace=workplace, wants=response.wants, respondent=respondent,
        note=answer.note, source=source(response), source_label=CHANNEL_LABELS[response.channel], at=response.at,
        now=now, base_url=base_url,
    )
    session.flush()
    return response.lead


def source(response: Response) -> str:
    """How the lead's history refers to the response; another one each time it is verified anew."""
    return f"response:{response.id}:{response.details.get('verified', 0)}"


def find_place(
    session: Session, campaign_id: int, organisation_id: int | None, material_id: int | None, label: str
) -> ResponsePlace | None:
    """What a printed QR code stands for, if there is such a code yet."""
    query = sa.select(ResponsePlace).where(
        ResponsePlace.campaign_id == campaign_id, ResponsePlace.label == label,
        ResponsePlace.organisation_id.is_not_distinct_from(organisation_id),
        ResponsePlace.material_id.is_not_distinct_from(material_id),
    )
    return session.scalar(query.order_by(ResponsePlace.id).limit(1))


def place_for(
    session: Session, campaign_id: int, organisation_id: int | None, material_id: int | None, label: str, now: datetime
) -> ResponsePlace:
    """What a printed QR code stands for; the same four values are always the same place, so that a PDF
    made again carries the same code. Its address: ``outreach.links.place_url``."""
    place = find_place(session, campaign_id, organisation_id, material_id, label)
    if place is None:
        place = ResponsePlace(
            campaign=session.get_one(Campaign, campaign_id), organisation_id=organisation_id,
            material_id=material_id, label=label, created_at=now,
        )
        session.add(place)
        session.flush()
    return place


def place_for_case(session: Session, case: Case, now: datetime) -> ResponsePlace:
    """What "our company too" beside a case of the gallery stands for; one for each case."""
    query = sa.select(ResponsePlace).where(ResponsePlace.case_id == case.id, ResponsePlace.campaign_id.is_(None))
    place = session.scalar(query.order_by(ResponsePlace.id).limit(1))
    if place is None:
        label = f"사례 ‘{case.headline}’"[:120]
        place = ResponsePlace(case=case, label=label, created_at=now)
        session.add(place)
        session.flush()
    return place


def _new(answer: Answer, channel: Channel, at: datetime, **values: Any) -> Response:
    details = {"consented_at": at.isoformat()} if answer.consented else {}
    return Response(
        channel=channel, state=ResponseState.UNVERIFIED, at=at, wants=list(answer.wants),
        company_name=answer.company_name, business_number=answer.business_number, person=answer.person,
        phone=answer.phone, email=answer.email, preferred_time=answer.preferred_time, message=answer.message,
        details=details, **values,
    )


def _set_aside(response: Response) -> None:
    """Not thrown away: a browser may have filled in the trap for a person, and staff can put it back."""
    response.state = ResponseState.DISMISSED
    response.details = {**response.details, "reason": MACHINE_MADE}


def _add(session: Session, response: Response) -> bool:
    """False if the same submission came in by another request at the same time."""
    try:
        with session.begin_nested():
            session.add(response)
    except IntegrityError:
        if response.submission is None:
            raise
        return False
    return True


def _submitted(session: Session, submission: str) -> Response | None:
    return session.scalar(sa.select(Response).where(Response.submission == submission))


def workplace_of(session: Session, delivery: Delivery, company: Company | None) -> Workplace | None:
    """The workplace that was mailed, or what is left of the company; None if the company is gone."""
    if company is None:
        return None
    workplace = session.get(Workplace, delivery.workplace_id)
    if workplace is not None and workplace.company_id == company.id:
        return workplace
    return company.workplaces[0] if company.workplaces else None
