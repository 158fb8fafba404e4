"""The demo's letters: a run to companies without e-mail, posted a while ago; one came back, one was answered."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from flask import Flask

from campaigns.audience import service as audiences
from campaigns.demo import stories
from campaigns.demo.stories import Stage
from campaigns.post import answers, letter, returns, service
from campaigns.post.jobs import keep
from campaigns.post.models import PostRun
from campaigns.post.rules import ReturnReason
from campaigns.responses.rules import Answer
from cases.materials.jobs import pdf_worker
from outreach.clock import kst_today
from outreach.leads.rules import Want
from outreach.signing import Signer

CAMPAIGN, AUTHOR = "spring", "promotion"
#: The smallest firms that few mails reach, so that about two dozen letters come of it.
HEADCOUNT = (8, 20)
#: Days ago.
POSTED, RETURNED, ANSWERED = 12, 6, 5


def post_letters(stage: Stage, app: Flask, templates: Path, signer: Signer) -> PostRun:
    """Written, made and posted at once, through the services; its base is rendered here, with the date of then."""
    session, actor = stage.session, stage.actor(AUTHOR)
    campaign, scope = stage.campaigns[CAMPAIGN], stage.people[AUTHOR].scope()
    posted, (smallest, largest) = stage.setting.now - timedelta(days=POSTED), HEADCOUNT
    audience = audiences.save(
        session, actor, campaign, name="메일로 닿지 않는 작은 기업",
        conditions={"min_headcount": smallest, "max_headcount": largest, "recent_days": 0}, now=posted,
    )
    run = service.create(session, actor, campaign, "메일 없는 기업에 우편 안내", audience.id, now=posted)
    written = stories.sender(campaign)
    service.edit(session, actor, run, {
        "sender_name": written["sender_name"], "sender_phone": written["sender_phone"],
        "sender_postal": written["sender_postal"],
    }, version=None, now=posted)
    html = letter.html(session, templates, run, [letter.example(run, None)], kst_today(posted))
    run.base_sha256, run.look_sha256, run.base_pages = keep(app, run, pdf_worker(app).render(html))
    session.flush()
    service.make(
        session, actor, run, service.request_of(session, run, stage.setting.history, None, now=posted), version=None,
        now=posted,
    )
    service.post(session, actor, run, now=posted)
    first, second = service.items(session, run)[2:4]
    returns.scan(
        session, scope, actor, signer, first.code, ReturnReason.MOVED,
        now=stage.setting.now - timedelta(days=RETURNED),
    )
    answers.take(
        session, second, Answer(
            wants=(Want.SUBSTITUTE.value,), message="편지를 받았습니다. 육아휴직 대체인력을 구하는 방법이 궁금합니다.",
            preferred_time="", person="담당자", phone="02-000-0042", email="", company_name=second.name, consented=True,
        ), submission="demo:letter", now=stage.setting.now - timedelta(days=ANSWERED), base_url=stage.base_url,
    )
    return run
