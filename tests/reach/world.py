"""One of everything that belongs to one centre and one partner, and the people of both.

Every person in it carries the world's ``mark``, so that a page which shows one of them can be told from
one that does not.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field
from datetime import date, timedelta

import sqlalchemy as sa
from flask import Flask
from PIL import Image

from campaigns.audience.models import Audience
from campaigns.delivery.models import Delivery
from campaigns.delivery.rules import DeliveryState
from campaigns.inbound import store
from campaigns.inbound.models import InboundMessage
from campaigns.inbound.rules import InboundState, Kind, Reason, Way
from campaigns.mailings.models import Mailing, MailingEditor
from campaigns.mailings.rules import MailingState
from campaigns.notices.models import ConsentNotice
from campaigns.notices.rules import NoticeKind, result_due
from campaigns.planning import service as planning
from campaigns.planning.models import Campaign, CampaignMaterial, CampaignPartner
from campaigns.planning.rules import CampaignState, PartnerRole
from campaigns.post import letter
from campaigns.post.models import PostItem, PostRun
from campaigns.post.rules import FOLDER as POST
from campaigns.post.rules import ItemState, ReturnReason, RunState, Window, letter_code
from campaigns.responses.models import Response
from campaigns.responses.rules import Channel, ResponseState
from campaigns.sequences.models import Sequence, SequenceMember, SequenceStep
from campaigns.sequences.rules import MemberState, SequenceState
from cases.documents import comments, versions
from cases.library.rules import CaseState
from cases.materials import drafts
from cases.materials import store as papers
from cases.materials.models import Material, MaterialGrant
from cases.materials.order_models import PrintDelivery, PrintRecall, PrintRun
from cases.materials.rules import Carriage, EditionState, Format, OrderState
from cases.materials.share_models import MaterialShare
from outreach.accounts import service as accounts
from outreach.accounts.models import User
from outreach.audit.service import Actor
from outreach.companies import merge
from outreach.companies.consent import suppress
from outreach.companies.models import (
    Company,
    Contact,
    Import,
    ImportReject,
    ImportState,
    Suppression,
    SuppressionReason,
)
from outreach.db import db
from outreach.jobs import service as jobs
from outreach.jobs.models import JobState
from outreach.leads.rules import Respondent
from outreach.organisations.models import Organisation, OrganisationContact
from outreach.regions.models import Centre, Certainty, Jurisdiction, Region, RegionLevel
from outreach.scope import CENTRE_ROLES, Role
from outreach.uploads import service as uploads
from outreach.uploads.models import Upload
from tests.campaigns.delivery.conftest import BLOCKS
from tests.campaigns.responses.making import make_delivery, make_mailing, make_place
from tests.cases.making import (
    add_formats,
    blank_pdf,
    give_places,
    make_case,
    make_document,
    make_material,
    make_order,
    make_programme,
)
from tests.outreach.leads.making import answer, make_company
from tests.people import NOW, make_centre, make_organisation, make_user

PICTURE = "picture"


@dataclass
class World:
    """``ids``: the name of a route's argument -> the row of this world that fits it."""

    mark: str
    centre: Centre
    organisation: Organisation
    people: dict[Role, User]
    ids: dict[str, int] = field(default_factory=dict)
    #: The same argument where another row is the fitting one, by endpoint.
    special: dict[tuple[str, str], int] = field(default_factory=dict)

    @property
    def persons(self) -> tuple[str, str, str]:
        """Words that only personal data of this world holds: name, address, telephone."""
        return f"민수{self.mark}", f"{self.mark}@company.example", f"010-77{self.mark}"

    def argument(self, endpoint: str, name: str) -> int:
        return self.special.get((endpoint, name), self.ids.get(name, 0))


def make_world(app: Flask, mark: str) -> World:
    """``mark``: two digits."""
    centre = make_centre()
    organisation = make_organisation(centre, f"{mark}산단관리공단")
    people = {role: make_user(role, centre=centre) for role in CENTRE_ROLES}
    people[Role.PARTNER] = make_user(Role.PARTNER, organisation=organisation)
    world = World(mark, centre, organisation, people)
    _place(world)
    _partner(app, world)
    company = _companies(app, world)
    material = _papers(app, world, company)
    campaign = _campaign(world, material)
    mailing = _mailings(world, campaign, company)
    _sequence(world, campaign, company)
    _post(app, world, campaign, company)
    _answers(app, world, campaign, mailing, company)
    _accounts(world)
    db.session.flush()
    return world


def _person(world: World, place: int) -> dict[str, str]:
    name, address, phone = world.persons
    return {"name": f"{name}{place}", "email": f"p{place}.{address}", "phone": f"{phone}-{place:04}"}


def _place(world: World) -> None:
    """A province and a district that the centre answers for."""
    province = Region(level=RegionLevel.PROVINCE, code=world.mark, name_ko=f"{world.mark}도", name_en="Province")
    district = Region(
        level=RegionLevel.DISTRICT, code=f"{world.mark}110", name_ko=f"{world.mark}구", name_en="Ward", parent=province,
    )
    row = Jurisdiction(
        centre_id=world.centre.id, region=district, valid_from=date(2026, 1, 1), source="시험",
        certainty=Certainty.VERIFIED,
    )
    db.session.add(row)
    db.session.flush()
    world.ids |= {"centre_id": world.centre.id, "row_id": row.id}


def _picture(app: Flask) -> Upload:
    out = io.BytesIO()
    Image.new("RGB", (300, 200), "navy").save(out, "PNG")
    folder = app.extensions["outreach"].settings.folder("uploads")
    return uploads.store(
        db.session, folder, out.getvalue(), kind=PICTURE, name="그림.png", media_type="image/png", now=NOW,
        user_id=None, width=300, height=200,
    )


def _partner(app: Flask, world: World) -> None:
    organisation = world.organisation
    organisation.logo = _picture(app)
    organisation.contacts.append(OrganisationContact(title="팀장", **_person(world, 1)))
    db.session.flush()
    world.ids["organisation_id"] = world.ids["partner_id"] = organisation.id
    world.special["organisations.remove_contact", "contact_id"] = organisation.contacts[0].id


def _companies(app: Flask, world: World) -> Company:
    company, twin = make_company(world.centre), make_company(world.centre)
    for place, each in enumerate((company, twin), start=2):
        contact = each.workplaces[0].contacts[0]
        for key, value in _person(world, place).items():
            setattr(contact, key, value)
        contact.address_key = contact.email
    suppress(db.session, twin.workplaces[0].contacts[0].address_key, SuppressionReason.STAFF, "전화", NOW)
    merge.suggest(db.session, company.id, twin.id, "비슷한 이름", NOW)
    db.session.flush()
    contact = company.workplaces[0].contacts[0]
    world.ids |= {
        "company_id": company.id, "workplace_id": company.workplaces[0].id, "contact_id": contact.id,
        "suppression_id": db.session.query(Suppression).order_by(Suppression.id.desc()).first().id,
        "notice_id": _notice(world, contact),
        "suggestion_id": db.session.query(merge.MergeSuggestion).order_by(merge.MergeSuggestion.id.desc()).first().id,
        "import_id": _import(app, world),
    }
    return company


def _notice(world: World, contact: Contact) -> int:
    """Told of their consent, but the mail came back."""
    notice = ConsentNotice(
        kind=NoticeKind.CONSENT, address_key=contact.address_key, subject="advertising", happened_at=NOW,
        due_on=result_due(NOW), to_address=contact.email, sender_name=world.centre.name_ko, centre_id=world.centre.id,
        created_at=NOW, error="554 refused",
    )
    db.session.add(notice)
    db.session.flush()
    return notice.id


def _import(app: Flask, world: World) -> int:
    person = _person(world, 4)
    text = f"기업명,담당자,이메일,전화\n㈜{world.mark}정밀,{person['name']},{person['email']},{person['phone']}\n"
    folder = app.extensions["outreach"].settings.folder("uploads")
    stored = uploads.store(
        db.session, folder, text.encode("utf-8-sig"), kind="table", name="명단.csv",
        media_type="application/octet-stream", now=NOW, user_id=world.people[Role.PROMOTION].id,
    )
    columns = {"0": "company.name", "1": "contact.name", "2": "contact.email", "3": "contact.phone"}
    row = Import(
        upload=stored, centre_id=world.centre.id, created_by=world.people[Role.PROMOTION].id, created_at=NOW,
        state=ImportState.CHECKED, sheet="", header_row=0, total_rows=1, counts={"rejected": 1}, warnings=[],
        mapping={"columns": columns, "names": ["기업명", "담당자", "이메일", "전화"], "header_first": 0,
                 "purpose": "advertising", "evidence": ""},
    )
    db.session.add(row)
    db.session.flush()
    cells = [f"㈜{world.mark}정밀", person["name"], person["email"], person["phone"]]
    db.session.add(ImportReject(import_id=row.id, row=2, column="이메일", reason="형식 오류", cells=cells))
    job = jobs.enqueue(
        db.session, "companies.import.check", {"import_id": row.id}, now=NOW, key=f"company-import:{row.id}",
        user_id=world.people[Role.PROMOTION].id,
    )
    world.ids["job_id"] = job.id
    return row.id


def _papers(app: Flask, world: World, company: Company) -> Material:
    case = make_case(
        world.centre, CaseState.DRAFT, company_id=company.id, photo=_picture(app), consent_form=_picture(app),
    )
    case.photos[0].evidence = _picture(app)
    world.ids["photo_id"] = case.photos[0].id
    version = make_programme(f"지원금 {world.mark}")
    brochure = make_document(world.centre, [case], [version])
    material = make_material(app, world.centre, EditionState.READY)
    edition = material.editions[0]
    world.ids |= {
        "case_id": case.id, "document_id": brochure.id, "material_id": material.id, "number": edition.number,
        "page": 1, "programme_id": version.programme.id, "version_id": version.id,
    }
    give_places(app, edition)
    ended = make_programme(f"끝난 {world.mark}", valid_to=date(2026, 10, 31))
    outdated = make_material(app, world.centre, title=f"{world.mark} 지난 사례집")
    outdated.case.programmes, outdated.editions[0].created_at = [ended], NOW - timedelta(days=60)
    world.special["materials.withdraw_outdated", "programme_id"] = ended.programme_id
    officer = world.people[Role.PROMOTION]
    comment = comments.add(db.session, Actor(officer.id, officer.email), brochure, "표를 키우면 좋겠습니다.", now=NOW)
    kept = versions.keep(db.session, brochure, officer.id, now=NOW)
    drawn = jobs.enqueue(db.session, drafts.PREVIEW, {}, now=NOW, user_id=officer.id)
    drawn.state, drawn.result = JobState.DONE, {"sha256": edition.sha256, "pages": 1}
    folder = app.extensions["outreach"].settings.folder
    papers.keep(folder(drafts.FOLDER), blank_pdf(), edition.sha256)
    world.ids["comment_id"] = comment.id
    world.special |= {
        ("drafts.state", "job_id"): drawn.id, ("drafts.page", "job_id"): drawn.id, ("drafts.page", "number"): 1,
        ("document_review.restore", "number"): kept.number,
        ("drafts.draw_version", "number"): kept.number, ("drafts.draw", "kind"): "brochure",
        ("documents.new", "kind"): "brochure",
    }
    granted = make_material(app, world.centre, title=f"{world.mark} 공개 사례집")
    give_places(app, granted.editions[0])
    for each in (material, granted):
        db.session.add(MaterialGrant(
            material_id=each.id, organisation_id=world.organisation.id, direct=True, granted_at=NOW,
        ))
    for endpoint in (
        "portal.download", "portal.page", "portal.show", "portal.download_format", "portal.picture",
        "partner_editions.own", "partner_editions.choose", "orders.create", "orders.record_run",
        "shares.create", "shares.end", "Materials.get_material", "Materials.download_pdf", "Materials.list_formats",
        "Materials.download_file", "Materials.list_shares", "Materials.create_share", "Materials.end_share",
    ):
        world.special[endpoint, "material_id"] = granted.id
    add_formats(app, granted.editions[0], Format.PORTRAIT)
    _given_out(world, granted)
    return material


def _given_out(world: World, material: Material) -> None:
    """A link with an end, and printed copies on their way, of an edition that is called back."""
    share = MaterialShare(
        material_id=material.id, organisation_id=world.organisation.id, format=Format.PRINT, label="안내 메일",
        ends_on=NOW.date(), created_at=NOW,
    )
    person, edition = _person(world, 6), material.editions[0]
    order = make_order(
        material, world.organisation.id, recipient=person["name"], phone=person["phone"], state=OrderState.PARTLY,
        granted=100,
    )
    order.deliveries.append(PrintDelivery(
        edition_id=edition.id, quantity=10, delivered_on=NOW.date(), received_by=person["name"],
        carriage=Carriage.COURIER, created_at=NOW,
    ))
    recall = PrintRecall(order=order, edition_id=edition.id, quantity=10, created_at=NOW)
    db.session.add_all([share, recall, PrintRun(
        edition_id=edition.id, quantity=500, printed_on=NOW.date(), created_at=NOW,
    )])
    db.session.flush()
    world.ids |= {"share_id": share.id, "order_id": order.id, "recall_id": recall.id}


def _campaign(world: World, material: Material) -> Campaign:
    officer = world.people[Role.PROMOTION]
    actor = Actor(officer.id, officer.email)
    campaign = planning.create(db.session, officer.scope(), actor, {"name": f"{world.mark} 캠페인"}, now=NOW)
    campaign.state = CampaignState.ACTIVE
    campaign.partners.append(CampaignPartner(organisation=world.organisation, role=PartnerRole.CO_HOST))
    campaign.materials.append(CampaignMaterial(material=material))
    audience = Audience(
        campaign=campaign, name="모두", conditions={"recent_days": 0}, created_at=NOW, updated_at=NOW,
    )
    db.session.add(audience)
    db.session.flush()
    world.ids |= {"campaign_id": campaign.id, "audience_id": audience.id, "stage_id": campaign.stages[0].id}
    return campaign


def _mailings(world: World, campaign: Campaign, company: Company) -> Mailing:
    """A mailing under way with one recipient in doubt, one that waits for its approval, one still written."""
    made = {}
    for state in (MailingState.SENDING, MailingState.REVIEW, MailingState.DRAFT):
        mailing = make_mailing(campaign)
        mailing.state, mailing.audience_id, mailing.blocks = state, world.ids["audience_id"], BLOCKS
        mailing.subject, mailing.class_reason = "{{회사명}} 안내", "무료 공공서비스"
        mailing.editors.append(MailingEditor(user_id=world.people[Role.PROMOTION].id, last_at=NOW))
        made[state] = mailing
    sending = made[MailingState.SENDING]
    sending.started_at = sending.resumed_at = NOW - timedelta(minutes=1)
    delivery = make_delivery(sending, company)
    delivery.state, delivery.values = DeliveryState.IN_DOUBT, {"담당자": company.workplaces[0].contacts[0].name}
    db.session.flush()
    world.ids |= {"mailing_id": sending.id, "delivery_id": delivery.id}
    draft = made[MailingState.DRAFT].id
    for endpoint in ("mailings.edit", "mailings.check", "mailings.show_preview", "mailings.show_mail",
                     "mailings.add_picture", "Mailings.edit_mailing", "Mailings.check_mailing"):
        world.special[endpoint, "mailing_id"] = draft
    world.ids["review"] = made[MailingState.REVIEW].id
    return sending


def _sequence(world: World, campaign: Campaign, company: Company) -> None:
    """A sequence under way with one recipient."""
    steps = []
    for position in (1, 2):
        mailing = make_mailing(campaign)
        mailing.step, mailing.audience_id = position, world.ids["audience_id"]
        mailing.state = MailingState.FINISHED if position == 1 else MailingState.SCHEDULED
        mailing.started_at = mailing.finished_at = NOW - timedelta(minutes=1)
        steps.append(SequenceStep(position=position, mailing=mailing))
    sequence = Sequence(
        campaign_id=campaign.id, audience_id=world.ids["audience_id"], name=f"{world.mark} 연속 메일",
        state=SequenceState.RUNNING, note="", steps=steps, created_at=NOW, updated_at=NOW,
    )
    db.session.add(sequence)
    db.session.flush()
    row = make_delivery(steps[0].mailing, company)
    db.session.add(SequenceMember(
        sequence_id=sequence.id, contact_id=row.contact_id, workplace_id=row.workplace_id,
        company_id=row.company_id, state=MemberState.WAITING, due_at=NOW,
    ))
    world.ids["sequence_id"] = sequence.id


def _post(app: Flask, world: World, campaign: Campaign, company: Company) -> None:
    """A run of letters that is still written, and one that is made: of its two letters one came back."""
    paper, times = blank_pdf(), {"created_at": NOW, "updated_at": NOW}
    sha256 = hashlib.sha256(paper).hexdigest()
    papers.keep(app.extensions["outreach"].settings.folder(POST), paper, sha256)
    place = make_place(campaign, "우편")
    draft, made = (
        PostRun(
            campaign=campaign, audience_id=world.ids["audience_id"], place=place, name=f"{world.mark} 편지",
            state=state, subject="안내", salutation=letter.FIRST_SALUTATION, blocks=list(letter.FIRST), numbers={},
            window=Window().to_json(), base_sha256=sha256, look_sha256=sha256, base_pages=1, made_at=at,
            sender_name="센터", sender_phone="02-0000-0000", sender_postal="08390 서울", **times,
        ) for state, at in ((RunState.DRAFT, None), (RunState.MADE, NOW))
    )
    db.session.add_all([draft, made])
    db.session.flush()
    officer, workplace = world.people[Role.PROMOTION], company.workplaces[0]
    for position in (1, 2):
        item = PostItem(
            run=made, position=position, code=letter_code(made.id, position), company_id=company.id,
            workplace_id=workplace.id, name=company.name, person=_person(world, 6)["name"], address="서울 구로구 1",
            address_key="구로구1", name_key=company.name_key, postcode="08390", state=ItemState.MADE,
        )
        db.session.add(item)
    item.state, item.returned_at = ItemState.RETURNED, NOW
    item.returned_by, item.returned_reason = officer.id, ReturnReason.MOVED
    db.session.flush()
    world.ids |= {"run_id": made.id, "item_id": item.id}
    world.special |= {(f"post.{name}", "run_id"): draft.id for name in ("edit", "make", "delete")}
    world.special["post.page", "number"] = 1


def _mail(app: Flask) -> str:
    """The file of an incoming mail."""
    folder = app.extensions["outreach"].settings.data_dir / store.FOLDER
    return store.keep(folder, b"Subject: mail\r\n\r\n")


def _answers(app: Flask, world: World, campaign: Campaign, mailing: Mailing, company: Company) -> None:
    person = _person(world, 5)
    lead = answer(company, respondent=Respondent(person["name"], person["phone"], person["email"]))
    delivery = db.session.get(Delivery, world.ids["delivery_id"])
    known = {"campaign": campaign, "centre_id": world.centre.id, "at": NOW, "wants": ["visit"]}
    who = {"person": person["name"], "phone": person["phone"], "email": person["email"]}
    counted = Response(
        **known, **who, delivery=delivery, lead=lead, company_id=company.id, channel=Channel.MAIL_LINK,
        state=ResponseState.VERIFIED,
    )
    waiting = Response(
        **known, **who, company_name="㈜모름", channel=Channel.QR, state=ResponseState.UNVERIFIED,
    )
    db.session.add_all([counted, waiting])
    db.session.flush()
    came = InboundMessage(
        identity=f"{world.mark}".rjust(64, "0"), received_at=NOW, way=Way.PIPE, kind=Kind.REPLY, reason=Reason.ANSWER,
        state=InboundState.WAITING, verified=True, delivery=delivery, mailing_id=mailing.id, company=company,
        centre_id=world.centre.id, address=person["email"], address_key=person["email"], sender=person["email"],
        sender_name=person["name"], subject=f"{person['name']}입니다", text=f"전화 주세요. {person['phone']}",
        sha256=_mail(app),
    )
    db.session.add(came)
    db.session.flush()
    world.ids["message_id"] = came.id
    world.ids |= {"lead_id": lead.id, "response_id": waiting.id, "counted": counted.id}


def _accounts(world: World) -> None:
    manager = world.people[Role.CENTRE_MANAGER]
    accounts.issue_token(db.session, manager, name="시험", now=NOW)
    world.ids["user_id"] = world.people[Role.PLANNER].id
    world.ids["token_id"] = accounts.tokens_of(db.session, manager.id)[0].id


def everything() -> dict[str, list[str]]:
    """All rows of all tables, but the records of looking: equal before and after means unchanged."""
    tables = [table for table in db.metadata.sorted_tables if table.name != "access_record"]
    return {
        table.name: sorted(map(repr, db.session.execute(sa.select(*[
            column for column in table.columns if column.name != "last_used_at"
        ])))) for table in tables
    }
