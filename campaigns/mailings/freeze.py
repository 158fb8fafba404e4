"""Writing the chosen recipients down: one row each, with address and personal values as they are now.

The rows are written by INSERT ... SELECT in chunks of contacts, ascending by id, so that no transaction
is long and a killed freeze goes on where it stopped; the first contact of an address wins by the unique
key (mailing, address).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from campaigns.audience.service import Question, judged
from campaigns.mailings.content import PersonalField
from outreach.companies.models import Company, Contact, Workplace
from outreach.regions.models import Centre, Region

CHUNK = 5_000


def personal_values(centre_name: str) -> dict[str, sa.ColumnElement[str]]:
    """Personal field -> its SQL value; '' where it is unknown. The statement must join as _recipients does."""
    province, district = aliased(Region, name="province"), aliased(Region, name="district")

    def region(alias: Any, key: Any) -> sa.ColumnElement[str]:
        return sa.func.coalesce(sa.select(alias.name_ko).where(alias.id == key).scalar_subquery(), "")

    centre = sa.select(Centre.name_ko).where(Centre.id == Workplace.centre_id).scalar_subquery()
    return {
        "회사명": Company.name,
        "사업장명": sa.func.coalesce(sa.func.nullif(Workplace.name, ""), Company.name),
        "담당자": Contact.name,
        "직위": Contact.title,
        "시도": region(province, Workplace.province_id),
        "시군구": region(district, Workplace.district_id),
        "센터": sa.func.coalesce(centre, centre_name),
    }


def recipients(question: Question, after: int, limit: int) -> sa.Select[Any]:
    """The next included contacts after contact id ``after``, with what a recipient row needs."""
    reasons = judged(question).where(Contact.id > after).order_by(Contact.id).subquery()
    return (
        sa.select(Contact.id.label("contact_id"), Workplace.id.label("workplace_id"), Workplace.company_id)
        .select_from(reasons)
        .join(Contact, Contact.id == reasons.c.contact_id)
        .join(Workplace, Workplace.id == Contact.workplace_id)
        .join(Company, Company.id == Workplace.company_id)
        .where(reasons.c.reason.is_(None))
        .order_by(Contact.id)
        .limit(limit)
    )


def filled(field: PersonalField, values: dict[str, sa.ColumnElement[str]]) -> sa.ColumnElement[str]:
    value = values[field.name]
    return value if field.fallback is None else sa.func.coalesce(sa.func.nullif(value, ""), field.fallback)


def missing_values(
    session: Session, question: Question, fields: Sequence[PersonalField], centre_name: str, limit: int = 20
) -> list[tuple[str, int, str, str]]:
    """Recipients who lack a value that the text needs: (field, contact id, company name, address), the
    first ``limit`` of them."""
    values = personal_values(centre_name)
    needed = {field.name: values[field.name] for field in fields if field.fallback is None}
    found: list[tuple[str, int, str, str]] = []
    for name, value in needed.items():
        query = recipients(question, 0, limit - len(found)).where(sa.func.trim(value) == "")
        rows = session.execute(query.add_columns(Company.name, Contact.email)).all()
        found += [(name, row.contact_id, row.name, row.email) for row in rows]
        if len(found) >= limit:
            break
    return found


def domain_of(address_key: sa.ColumnElement[str], dialect: str) -> sa.ColumnElement[str]:
    """What stands behind the @ of a normalised address, by which sending is limited."""
    if dialect == "postgresql":
        return sa.func.split_part(address_key, "@", 2)
    return sa.func.substr(address_key, sa.func.instr(address_key, "@") + 1)


def freeze_chunk(
    session: Session, table: sa.Table, mailing_id: int, question: Question, fields: Sequence[PersonalField],
    centre_name: str, after: int,
) -> int | None:
    """Write the next CHUNK recipients of ``mailing_id`` into ``table`` (the delivery table, named by the
    area above). Returns the last contact id, or None when there are no more."""
    rows = recipients(question, after, CHUNK)
    last = session.scalar(sa.select(sa.func.max(rows.subquery().c.contact_id)))
    if last is not None:
        write_down(session, table, mailing_id, rows, fields, centre_name)
    return last


def write_down(
    session: Session, table: sa.Table, mailing_id: int, rows: sa.Select[Any], fields: Sequence[PersonalField],
    centre_name: str,
) -> None:
    """Add the recipients that ``rows`` (:func:`recipients`) selects; one of the mailing already is left as it is."""
    values = personal_values(centre_name)
    dialect = session.get_bind().dialect.name
    pairs = [part for field in fields for part in (sa.literal(field.slot), filled(field, values))]
    build = sa.func.jsonb_build_object if dialect == "postgresql" else sa.func.json_object
    source = rows.add_columns(
        sa.literal(mailing_id), Contact.email, Contact.address_key, build(*pairs), sa.literal("queued"),
        sa.literal(0), sa.literal(""), domain_of(Contact.address_key, dialect),
    )
    names = [
        "contact_id", "workplace_id", "company_id", "mailing_id", "address", "address_key", "values", "state",
        "attempts", "reply_text", "domain",
    ]
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    session.execute(insert(table).from_select(names, source).on_conflict_do_nothing())
