"""What goes into a column comes out of it, and what must not go in is refused. On both databases."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from outreach.clock import KST
from outreach.companies.models import Company, Suppression, SuppressionReason
from outreach.db import BigId, Json, UtcDateTime, among, db
from outreach.jobs import service as jobs
from outreach.jobs.models import Job
from outreach.scope import Role
from tests.conftest import NOW
from tests.people import make_user


def test_times_keep_their_microseconds_and_order(app: Flask) -> None:
    base = datetime(2026, 11, 23, tzinfo=timezone.utc)
    for minutes, zone in ((2, KST), (1, timezone.utc), (3, timezone(timedelta(hours=-8)))):
        at = (base + timedelta(minutes=minutes, microseconds=minutes)).astimezone(zone)
        jobs.enqueue(db.session, str(minutes), {}, now=at)
    db.session.expire_all()
    found = db.session.scalars(sa.select(Job).order_by(Job.created_at)).all()
    assert [job.kind for job in found] == ["1", "2", "3"]
    assert found[2].created_at == base + timedelta(minutes=3, microseconds=3)
    assert found[2].created_at.utcoffset() == timedelta(0)
    later = sa.select(sa.func.count()).where(Job.created_at > base + timedelta(minutes=2))
    assert db.session.scalar(later) == 2


def test_a_naive_time_is_refused(app: Flask) -> None:
    with pytest.raises(StatementError, match="naive"):
        db.session.execute(sa.select(sa.literal(datetime(2026, 11, 23), UtcDateTime)))


def test_json_comes_back_as_it_went_in(app: Flask) -> None:
    payload = {"기업": "㈜한빛", "칸": [1, 2.5, None, True], "빈": {}, "quote": "it's \"so\" %s :x"}
    job = jobs.enqueue(db.session, "test", payload, now=NOW)
    db.session.commit()
    db.session.expire_all()
    assert job.payload == payload


def test_korean_is_found_as_it_was_written(app: Flask) -> None:
    for name in ("나라전자", "가온정밀", "㈜다온", "ABC산업", "가온%산업"):
        db.session.add(Company(name=name, name_key=name, created_at=NOW, updated_at=NOW))
    db.session.flush()
    names = sa.select(Company.name)
    found = db.session.scalars(names.where(Company.name.contains("가온", autoescape=True)))
    assert set(found) == {"가온정밀", "가온%산업"}
    assert db.session.scalars(names.where(Company.name.contains("온%", autoescape=True))).all() == ["가온%산업"]
    in_order = db.session.scalars(names.order_by(Company.name)).all()
    assert in_order.index("가온정밀") < in_order.index("나라전자")


def test_one_address_is_suppressed_once(app: Flask) -> None:
    def row() -> Suppression:
        return Suppression(address_key="kim@hanbit.example", reason=SuppressionReason.STAFF, created_at=NOW)

    db.session.add(row())
    db.session.commit()
    db.session.add(row())
    with pytest.raises(IntegrityError):
        db.session.flush()
    db.session.rollback()


def test_a_reference_to_nothing_is_refused(app: Flask) -> None:
    user = make_user(Role.PLANNER)
    db.session.commit()
    with pytest.raises(IntegrityError):
        db.session.execute(sa.text("UPDATE user_account SET centre_id = 999999 WHERE id = :id"), {"id": user.id})
        db.session.commit()
    db.session.rollback()


def test_a_column_of_set_words_takes_no_other(app: Flask) -> None:
    user = make_user(Role.PLANNER)
    db.session.commit()
    with pytest.raises(DBAPIError):
        db.session.execute(sa.text("UPDATE user_account SET role = 'nonsense' WHERE id = :id"), {"id": user.id})
    db.session.rollback()


def test_keys_and_references_are_64_bits_wide() -> None:
    """A foreign key has the width of what it names; on PostgreSQL an INTEGER would end at two thousand million."""
    narrow = [
        f"{table.name}.{column.name}" for table in db.metadata.sorted_tables for column in table.columns
        for reference in column.foreign_keys
        if isinstance(reference.column.type, type(BigId)) and not isinstance(column.type, sa.BigInteger)
    ]
    assert narrow == []


def test_a_json_column_is_of_the_database_s_own_kind(app: Flask) -> None:
    kinds = {
        type(column["type"]).__name__
        for table in db.metadata.sorted_tables for column in sa.inspect(db.engine).get_columns(table.name)
        if isinstance(table.columns[column["name"]].type, type(Json))
    }
    assert kinds == ({"JSONB"} if db.engine.dialect.name == "postgresql" else {"JSON"})


def test_dates_are_dates(app: Flask) -> None:
    assert db.session.scalar(sa.select(sa.literal(date(2026, 2, 28)))) == date(2026, 2, 28)


def test_thousands_of_values_are_looked_up_by_index(app: Flask) -> None:
    numbers = [f"{number:010}" for number in range(3_000)]
    for number in numbers[:3]:
        row = Company(name=number, name_key=number, business_number=number, created_at=NOW, updated_at=NOW)
        db.session.add(row)
    db.session.flush()
    query = sa.select(Company.business_number).order_by(Company.business_number)
    assert db.session.scalars(query.where(among(Company.business_number, numbers[1:]))).all() == numbers[1:3]
    assert db.session.scalars(query.where(~among(Company.business_number, numbers[1:]))).all() == numbers[:1]
    assert db.session.scalars(query.where(among(Company.business_number, []))).all() == []


@pytest.mark.sqlite
def test_a_scan_is_not_how_they_are_looked_up(app: Flask) -> None:
    query = sa.select(Company.name).where(among(Company.id, [1, 2]), among(Company.business_number, ["x"]))
    compiled = query.compile(db.engine)
    plan = db.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", ("[1, 2]", '["x"]')).all()
    assert any(row[3].startswith("SEARCH company USING") for row in plan), plan
