"""`flask --app wsgi demo`: fills an empty database with the demo and sends a real mailing before your eyes."""

from __future__ import annotations

import dataclasses
import sys
import unicodedata
from collections.abc import Sequence
from datetime import datetime

import click
from flask import current_app
from tqdm import tqdm

from campaigns.audience import service as audiences
from campaigns.audience.history import KEY as HISTORY
from campaigns.delivery import service as delivery
from campaigns.delivery.engine import Engine
from campaigns.demo import following, handouts, letters, papers, people, returned, stories
from campaigns.demo.firms import Firms
from campaigns.demo.stories import Stage
from campaigns.inbound import jobs as inbound
from campaigns.mailings import service as mailings
from campaigns.mailings.models import Mailing
from campaigns.mailings.routes import setting
from campaigns.mailings.rules import MessageClass
from campaigns.mailings.service import Setting
from campaigns.notices import service as notices
from campaigns.notices.letters import Writing
from cases.materials.jobs import templates_folder
from outreach.accounts.rules import DEMO_PASSWORD, demo_email
from outreach.calendar import service as calendar
from outreach.cli import needs_database
from outreach.clock import kst_today
from outreach.companies.topics import Topic
from outreach.config import Settings
from outreach.db import db, unit_of_work
from outreach.demo.content import DemoContent, demo_content
from outreach.logs import configure
from outreach.mailbox.server import embedded
from outreach.programmes.service import load_reference as load_programmes
from outreach.regions.loading import load_reference as load_regions
from outreach.scope import ROLE_LABELS, Role

FIRMS = 3_000
#: The mailing sent by the demo goes to this many companies at most.
SHOWN_HEADCOUNT = (20, 60)


@click.command("demo")
@click.option("--companies", type=click.IntRange(min=100), default=FIRMS, show_default=True,
              help="가상 기업 수 / fictional companies")
@needs_database
def demo(companies: int) -> None:
    """Fill the database with the demo (once) and send a real mailing to the embedded mailbox."""
    configure("demo")
    outreach = current_app.extensions["outreach"]
    if not outreach.settings.demo:
        raise click.ClickException("데모는 OUTREACH_DEMO=1 에서만 만들 수 있습니다.")
    now, today = outreach.clock.now(), kst_today(outreach.clock.now())
    if people.already_made(db.session):
        _greet_again(outreach.settings)
        return
    db.session.rollback()
    content = demo_content(today)
    stage = _fill(content, companies, now)
    _tell_the_past(now)
    with embedded(outreach.settings) as smtp_url:
        outreach.settings = dataclasses.replace(outreach.settings, smtp_url=smtp_url)
        mailing, totals = _send_before_your_eyes(stage, now)
    with unit_of_work(db.session):
        following.follow_up(dataclasses.replace(stage, setting=_present(stage, now)), now)
    _print_papers(stage)
    _summary(stage, companies, mailing, totals)


def _tell_the_past(now: datetime) -> None:
    """Who left in the invented past was told so at the time; else the clock would write to all of them now."""
    writing = Writing.of(current_app._get_current_object())  # type: ignore[attr-defined]
    with unit_of_work(db.session) as session:
        while notices.tell_results(session, writing, now=now, limit=500, mailed=False):
            pass


def _greet_again(settings: Settings) -> None:
    """The demo is made once. One that was broken off can't be finished: it is to be made anew."""
    anew = f"데이터 폴더({settings.data_dir})를 지우고"
    if not papers.already_made(db.session):
        raise click.ClickException(f"지난번에 데모를 만들다가 끊겼습니다. {anew} 다시 실행해 주세요.")
    click.echo(f"\n데모 데이터가 이미 있습니다. 새로 만들려면 {anew} 다시 실행해 주세요.")
    _show(_ways_in(settings.base_url))


def _fill(content: DemoContent, companies: int, now: datetime) -> Stage:
    """Everything but the mailing that is really sent, in units of work of bounded size."""
    outreach = current_app.extensions["outreach"]
    with unit_of_work(db.session) as session:
        load_regions(session)
        load_programmes(session, now)
        reason = "데모: 요일과 시각에 관계없이 바로 보내 볼 수 있게 열어 두었습니다."
        calendar.open_always(session, reason=reason, now=now)
    with unit_of_work(db.session) as session:
        partners = people.make_partners(session, content, outreach.settings.folder("uploads"), now)
        accounts = people.make_accounts(session, content, partners, now)
    firms = Firms(db.session, now)
    bar = tqdm(total=companies + 18, desc="가상 기업", unit="곳", disable=not sys.stderr.isatty())
    for written in firms.write(companies):
        db.session.commit()
        bar.update(written - bar.n)
    bar.close()
    own = setting()
    stage = Stage(db.session, content, own, outreach.settings.base_url, partners, accounts, firms.featured)
    for _title in stories.everything(stage):
        db.session.commit()
    returned.bring_back(stage, inbound.setting(current_app._get_current_object()))  # type: ignore[attr-defined]
    db.session.commit()
    return stage


def _send_before_your_eyes(stage: Stage, now: datetime) -> tuple[Mailing, dict[str, int]]:
    """Write, approve, schedule and send one mailing, as people and the worker would."""
    campaign = stage.campaigns["winter"]
    past = stage.mailings["spring-first"]
    own = _present(stage, now)
    with unit_of_work(db.session) as session:
        actor = stage.actor("promotion2")
        smallest, largest = SHOWN_HEADCOUNT
        audience = audiences.save(
            session, actor, campaign, name="상담을 먼저 권할 20~60인 기업",
            conditions={"min_headcount": smallest, "max_headcount": largest}, now=now,
        )
        mailing = mailings.create(session, actor, campaign, {
            "title": "겨울방학 사전 안내", "audience_id": audience.id, "message_class": MessageClass.PUBLIC_NOTICE,
            "topic": Topic.SUBSIDIES,
            "class_reason": past.class_reason, "subject": past.subject, "preheader": past.preheader,
            "blocks": past.blocks, **stories.sender(campaign),
        }, now=now)
        stories.approve(dataclasses.replace(stage, setting=own), mailing, "manager", now)
        mailings.schedule(session, stage.actor("manager"), mailing, now, now=now, smtp_ready=True)
    with unit_of_work(db.session) as session:
        delivery.start_due(session, now=now)
    engine = Engine(current_app._get_current_object())  # type: ignore[attr-defined]
    while engine.step():
        pass
    engine.step()  # finish
    engine.close()
    return mailing, dict(engine.settled)


def _present(stage: Stage, now: datetime) -> Setting:
    """The setting of a page asked for now."""
    return dataclasses.replace(stage.setting, history=current_app.extensions[HISTORY], now=now)


def _print_papers(stage: Stage) -> None:
    """Render and publish brochures and case sheets."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    click.echo("홍보물을 만드는 중입니다…", err=True)
    with unit_of_work(db.session):
        editions = [edition.id for edition in papers.order_papers(stage, app, templates_folder(app))]
    papers.render_all(app)
    with unit_of_work(db.session):
        failed = papers.publish(stage, editions)
        handouts.hand_out(stage)
        letters.post_letters(stage, app, templates_folder(app), app.extensions["outreach"].signer)
    for problem in failed:
        click.echo(f"  만들지 못한 홍보물: {problem}", err=True)
    stage.editions = len(editions) - len(failed)


def _summary(stage: Stage, companies: int, mailing: Mailing, totals: dict[str, int]) -> None:
    rows: list[tuple[str, str]] = [
        ("가상 기업", f"{companies:,}곳과 이야기 속 기업 {len(stage.companies)}곳"),
        ("협력기관·계정", f"{len(stage.partners)}곳 · {len(stage.people)}명"),
        ("캠페인·사례", f"{len(stage.campaigns)}건 · {len(stage.cases)}건"),
        ("홍보물", f"책자, 전단, 포스터와 사례집 {stage.editions}종"),
        ("방금 보낸 메일", f"'{mailing.title}' 접수 {totals.get('accepted', 0):,}통"),
    ]
    click.echo("\n동행 아웃리치 데모 (모든 기업과 사람은 가상입니다)")
    _show([*rows, *_ways_in(stage.base_url)])
    click.echo("  다음 할 일: 받은 메일에서 '상담' 버튼을 누르고 답한 뒤, 플래너로 로그인해 리드를 확인해 보세요.\n")


def _ways_in(base_url: str) -> list[tuple[str, str]]:
    """Where to look, and as whom."""
    accounts = [(ROLE_LABELS[role], demo_email(role)) for role in Role]
    return [("시작하기", base_url), ("받은 메일 보기", f"{base_url}/mailbox"), ("비밀번호", DEMO_PASSWORD), *accounts]


def _show(rows: Sequence[tuple[str, str]]) -> None:
    """Label and value in two columns; a Korean letter takes two places on a terminal."""
    widths = [sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in label) for label, _ in rows]
    for (label, value), width in zip(rows, widths, strict=True):
        click.echo(f"  {label}{' ' * (max(widths) - width)}  {value}")
