"""The English interface: the catalogue says everything the code says, and no page falls back to Korean."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import gettext
from lxml import html
from werkzeug.routing import Rule

from campaigns.mailings.content import FIELDS as MERGE_FIELDS
from outreach import links
from outreach.accounts import letters
from outreach.accounts.models import User
from outreach.db import db
from outreach.errors import Conflict
from outreach.mail.models import OutboxMessage
from outreach.scope import Role
from outreach.web.language import translated
from outreach.wording import Text
from tests.conftest import NOW, settings_for
from tests.people import SiteClient, make_user, sign_in
from wsgi import create_app

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "outreach" / "translations"
ENGLISH = FOLDER / "en" / "LC_MESSAGES" / "messages.po"
HANGUL = re.compile("[가-힣][가-힣 ]*")
PLACEHOLDER = re.compile(r"%\(\w+\)s|%%")
#: Korean that English sentences quote: what stands in mails, files and addresses.
QUOTED = {
    "(광고)", "동의", "미동의", "㈜", "(주)", "주식회사", "인재채움뱅크", "인사·노무 담당자", "막대", "꺾은선", "비중",
    "전과 후", "주최", "(월)", "(금)", "기업명", "지역", "귀사 업종", "업종", "약 30명", *MERGE_FIELDS,
}


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale="en")


@pytest.fixture(scope="module")
def english() -> Catalog:
    """The catalogue as committed; compiled for the app if that is still to be done."""
    catalogue, compiled = read(ENGLISH), ENGLISH.with_suffix(".mo")
    if not compiled.exists() or compiled.stat().st_mtime < ENGLISH.stat().st_mtime:
        made = compiled.with_suffix(f".{os.getpid()}")
        with made.open("wb") as file:
            write_mo(file, catalogue)
        made.replace(compiled)
    return catalogue


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """What the code says now."""
    template = tmp_path_factory.mktemp("messages") / "messages.pot"
    command = ["extract", "-F", str(FOLDER / "babel.cfg"), "-o", str(template), "."]
    subprocess.run([sys.executable, "-m", "babel.messages.frontend", "--quiet", *command], cwd=ROOT, check=True)
    return read(template)


def messages(catalogue: Catalog) -> dict[tuple[str, str], Message]:
    """By context and Korean."""
    return {(message.context or "", message.id): message for message in catalogue if message.id}


def test_catalogue_says_what_the_code_says(english, extracted):
    said, known = messages(extracted), messages(english)
    assert said.keys() - known.keys() == set(), "make translations, then translate these"
    assert known.keys() - said.keys() == set(), "make translations drops these"


def test_every_message_is_translated(english):
    assert not english.obsolete
    assert [m.id for m in messages(english).values() if not m.string or m.fuzzy] == []


def test_placeholders_are_kept(english):
    wrong = [
        message.id for message in messages(english).values()
        if set(PLACEHOLDER.findall(message.id)) != set(PLACEHOLDER.findall(message.string)) or list(message.check())
    ]
    assert wrong == []


def test_english_is_english(english):
    assert [m.string for m in messages(english).values() if HANGUL.search(without_quotes(m.string))] == []


# -- messages with values ------------------------------------------------------------------------------


@pytest.fixture
def in_english(app: Flask, english: Catalog) -> Iterator[None]:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        yield


def test_message_with_values_is_translated(in_english):
    error = Conflict(Text("%(email)s 계정이 이미 있습니다.", email="kim@outreach.example"))
    assert str(error) == "kim@outreach.example 계정이 이미 있습니다."
    assert translated(error.message) == "There is already an account for kim@outreach.example."


def test_labels_within_a_message_and_joined_messages_are_translated(in_english):
    refused = Text("'%(state)s' 상태에서 '%(to)s' 상태로는 바꿀 수 없습니다.", state=Text("종료"), to=Text("진행 중"))
    both = Text.joined([refused, "찾을 수 없습니다"])
    assert both == "'종료' 상태에서 '진행 중' 상태로는 바꿀 수 없습니다. 찾을 수 없습니다"
    assert translated(both) == "The status cannot be changed from 'Closed' to 'Under way'. Not found"


def test_words_without_translation_stay(in_english):
    assert [translated(text) for text in ("", "한빛정밀", "100%(할인)")] == ["", "한빛정밀", "100%(할인)"]


def test_mail_about_an_account_is_korean_whoever_causes_it(in_english):
    """The reader's language is not known; the page that causes the mail is another person's."""
    letters.send_password_link(db.session, make_user(Role.AUDITOR), now=NOW)
    mail = db.session.scalars(sa.select(OutboxMessage)).one()
    assert "비밀번호 정하기" in mail.html and 'lang="ko"' in mail.html and "password" not in mail.text
    assert gettext("비밀번호") == "Password"


# -- choosing the language -----------------------------------------------------------------------------


def heading(client: FlaskClient) -> str:
    return html.fromstring(client.get("/login").text).findtext(".//h1").strip()


def test_language_is_chosen_and_remembered(client, english):
    assert heading(client) == "로그인"
    chosen = client.get("/language/en?next=/login")
    assert (chosen.status_code, chosen.location) == (302, "/login")
    assert heading(client) == heading(client) == "Sign in"
    client.get("/language/ko")
    assert heading(client) == "로그인"


def test_browser_preference_counts_until_a_language_is_chosen(client, english):
    preference = {"Accept-Language": "en-GB, en;q=0.9, ko;q=0.5"}
    assert "Sign in" in client.get("/login", headers=preference).text
    client.get("/language/ko")
    assert "Sign in" not in client.get("/login", headers=preference).text


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_choosing_a_language_leads_nowhere_else(client, target):
    assert client.get("/language/en", query_string={"next": target}).location == "/"


# -- every page in English -----------------------------------------------------------------------------

#: Arguments of addresses: the table whose rows they number, beginning with the one that belongs to the others.
TABLES = {
    "stage_id": "campaign_stage", "audience_id": "audience", "delivery_id": "delivery", "company_id": "company",
    "workplace_id": "workplace", "contact_id": "contact", "suggestion_id": "merge_suggestion",
    "organisation_id": "organisation", "centre_id": "centre", "user_id": "user_account", "programme_id": "programme",
    "version_id": "programme_version", "lead_id": "lead", "case_id": "best_practice", "document_id": "document",
    "material_id": "material", "campaign_id": "campaign", "mailing_id": "mailing", "response_id": "response",
    "job_id": "job", "import_id": "company_import", "order_id": "print_order",
}
#: Of each table, this many rows are looked at.
ROWS = 4
#: Says everything in both languages: whoever wants no more mail need not choose one first.
IN_BOTH_LANGUAGES = "/u/"
SPOKEN = ("alt", "aria-label", "title", "placeholder", "content", "label")
#: What a person will edit, or nobody reads.
WRITTEN = {"script", "style", "textarea"}


@pytest.fixture(scope="module")
def demo(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory, english: Catalog) -> Iterator[Flask]:
    """The site with the demo's data, whose Korean is written in Chinese letters: what is still Hangul on a page
    was said by the page itself."""
    folder = tmp_path_factory.mktemp("demo")
    shutil.copy(migrated_sqlite, folder / "outreach.sqlite3")
    app = create_app(settings_for(f"sqlite:///{folder / 'outreach.sqlite3'}", folder, demo=True))
    app.test_client_class = SiteClient
    with app.app_context():
        result = app.test_cli_runner().invoke(args=["demo", "--companies", "1200"], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        upload_lists(app)
        write_in_chinese_letters()
        db.session.commit()
        yield app
        db.session.remove()
        db.engine.dispose()


LIST = """company name,business number,address,headcount,phone,contact person,position,email
Hanbit Co.,120-81-47521,1 Digital-ro,about 20,02-2100-0001,Kim,Manager,kim@hanbit.example
Saebom Ltd.,123-45-67890,2 Digital-ro,30,02-2100-0002,Lee,Manager,lee@saebom.example
Doran Inc.,,3 Digital-ro,40~50,21000003,Park,Director,park@doran
"""


def upload_lists(app: Flask) -> None:
    """One whose columns are still to be assigned, and one that has been checked."""
    client = sign_in(app.test_client(), people()[2])
    targets = ("company.name", "company.business_number", "workplace.address", "workplace.headcount",
               "workplace.phone", "contact.name", "contact.title", "contact.email")  # fmt: skip
    for columns in ({}, {f"column-{at}": target for at, target in enumerate(targets)}):
        file = (io.BytesIO(LIST.encode()), "list.csv")
        mapping = client.post("/companies/imports/new", data={"file": file}).location
        if columns:
            assert client.post(mapping, data={**columns, "purpose": "advertising"}).status_code == 302


def write_in_chinese_letters() -> None:
    """Replace every syllable in every text of the database but in the names of merge fields ({{회사명}})."""
    for table in db.metadata.sorted_tables:
        keys = list(table.primary_key)
        texts = [column for column in table.columns if isinstance(column.type, (sa.String, sa.JSON))]
        for row in db.session.execute(sa.select(*keys, *texts)).all():
            changed = {}
            for column, value in zip(texts, row[len(keys) :], strict=True):
                if in_chinese_letters(value) != value:
                    changed[column.name] = in_chinese_letters(value)
            if changed:
                own = [key == value for key, value in zip(keys, row, strict=False)]
                db.session.execute(sa.update(table).where(*own).values(changed))


def in_chinese_letters(value: object) -> object:
    if isinstance(value, dict):
        return {key: in_chinese_letters(part) for key, part in value.items()}
    if isinstance(value, list):
        return [in_chinese_letters(part) for part in value]
    if type(value) is not str:
        return value
    return re.sub(r"\{\{.*?\}\}|[가-힣]", lambda m: m[0] if len(m[0]) > 1 else chr(ord(m[0]) - 0x5E00), value)


def test_no_page_falls_back_to_korean(demo: Flask):
    found: dict[str, set[str]] = {}
    seen: set[str] = set()
    for person in [None, *people()]:
        client = demo.test_client()
        if person is not None:
            sign_in(client, person)
        client.get("/language/en")
        for endpoint, path in addresses(demo):
            response = client.get(path)
            if response.status_code == 200 and response.mimetype == "text/html" and response.text.strip():
                seen.add(endpoint)
                if korean := set(hangul(response.text)):
                    found.setdefault(endpoint, set()).update(korean)
    assert found == {}
    assert len(seen) > 60, "too few pages could be opened"


def people() -> list[User]:
    """One person of each role."""
    return [db.session.scalars(sa.select(User).filter_by(role=role).order_by(User.id)).first() for role in Role]


def addresses(app: Flask) -> Iterator[tuple[str, str]]:
    """Every page, with the numbers of the demo's rows; the public ones with their tokens."""
    skipped = ("/static", "/api", "/language", "/mailbox", IN_BOTH_LANGUAGES)
    for rule in app.url_map.iter_rules():
        if "GET" in rule.methods and not rule.rule.startswith(skipped):
            for values in arguments(app, rule):
                yield rule.endpoint, rule.build(values)[1]


def arguments(app: Flask, rule: Rule) -> list[dict[str, Any]]:
    signer = app.extensions["outreach"].signer
    if rule.rule.startswith(("/r/", "/q/", "/m/", "/s/")):
        purposes = {
            "/r": (links.FORM, "delivery"), "/q": (links.PLACE, "response_place"), "/m": (links.MATERIAL, "material"),
            "/s": (links.SHARE, "material_share"),
        }
        purpose, table = purposes[rule.rule[:2]]
        return [{"token": "x"}, *({"token": signer.sign(purpose, row.id)} for row in rows(table, []))]
    asked = [name for name in TABLES if name in rule.arguments]
    if len(asked) < len(rule.arguments):
        return []  # files, and pages behind a link of the day
    return [dict(zip(asked, row, strict=True)) for row in rows(TABLES[asked[0]], asked[1:])] if asked else [{}]


def rows(table: str, others: list[str]) -> list[sa.Row]:
    """Numbers of rows, newest first, each followed by the numbers of what it belongs to."""
    columns = db.metadata.tables[table].c
    wanted = sa.select(columns.id, *(columns[name] for name in others)).order_by(columns.id.desc())
    return list(db.session.execute(wanted.limit(ROWS)))


def hangul(page: str) -> Iterator[str]:
    """The Korean a page says, aloud or to a screen reader, but for what it declares to be Korean."""
    for element in html.fromstring(page).iter():
        if not isinstance(element.tag, str) or element.tag in WRITTEN:
            continue
        inside = element.xpath("ancestor-or-self::*[@lang][1]/@lang") != ["ko"]
        said = [element.text, *(element.get(name) for name in SPOKEN)] if inside else []
        for text in filter(None, [*said, *(child.tail for child in element if inside)]):
            yield from HANGUL.findall(without_quotes(text))


def without_quotes(text: str) -> str:
    """``text`` without the Korean that English sentences quote."""
    return re.sub("|".join(map(re.escape, sorted(QUOTED, key=len, reverse=True))), "", text)
