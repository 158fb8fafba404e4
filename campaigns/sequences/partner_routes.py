"""A partner's own word, given in its reading room: no more follow-up mail to the companies it invited."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from campaigns.planning.models import Campaign, CampaignPartner
from campaigns.planning.rules import CampaignState
from campaigns.sequences import members
from campaigns.sequences.models import PartnerStop, Sequence
from campaigns.sequences.rules import UNDER_WAY
from outreach.db import db
from outreach.errors import NotFound
from outreach.scope import Role, Scope
from outreach.web import access
from outreach.web.acts import carry_out

blueprint = Blueprint("partner_stops", __name__)


@blueprint.post("/portal/campaigns/<int:campaign_id>/follow-ups/<any(stop, lift):act>")
@access.allow(Role.PARTNER)
def decide(campaign_id: int, act: str) -> Any:
    """Stop the follow-ups of a campaign for one's own companies, or allow them again."""
    organisation_id = access.scope().organisation_id
    assert organisation_id is not None
    campaign, actor, now = _own_campaign(campaign_id, organisation_id), access.actor(), _now()
    if act == "lift":
        done = _("다시 보낼 수 있게 했습니다. 이미 끝난 곳은 되살아나지 않습니다.")
        carry_out(lambda: members.lift_stop(db.session, actor, campaign, organisation_id, now=now), done)
    else:
        word = request.form.get("note", "").strip()
        said = f"{current_user.name}: {word}" if word else str(current_user.name)
        done = _("우리 기관이 초대한 기업에는 후속 메일을 더 보내지 않습니다.")
        carry_out(
            lambda: members.partner_stop(db.session, actor, campaign, organisation_id, note=said, now=now), done
        )
    return redirect(url_for("portal.index", _anchor="follow-ups"))


def panel(scope: Scope, _subject: Any) -> str:
    """The partner's campaigns that follow up, with how many of its companies are written to, or since when none is."""
    assert scope.organisation_id is not None  # the panel is for partners only
    rows = [
        (campaign, share)
        for campaign in _following_up(scope.organisation_id)
        for share in members.partners(db.session, campaign)
        if share.organisation.id == scope.organisation_id
    ]
    return render_template("sequences/partner_panel.html", rows=rows) if rows else ""


def _following_up(organisation_id: int) -> list[Campaign]:
    under_way = sa.exists().where(Sequence.campaign_id == Campaign.id, Sequence.state.in_(UNDER_WAY))
    stopped = sa.exists().where(
        PartnerStop.campaign_id == Campaign.id, PartnerStop.organisation_id == organisation_id,
        PartnerStop.lifted_at.is_(None),
    )
    query = _campaigns_of(organisation_id).where(sa.or_(under_way, stopped)).order_by(Campaign.id.desc())
    return list(db.session.scalars(query))


def _own_campaign(campaign_id: int, organisation_id: int) -> Campaign:
    """Raises NotFound for one of others."""
    campaign = db.session.scalar(_campaigns_of(organisation_id).where(Campaign.id == campaign_id))
    if campaign is None:
        raise NotFound("우리 기관이 함께하는 캠페인이 아닙니다.")
    return campaign


def _campaigns_of(organisation_id: int) -> sa.Select[tuple[Campaign]]:
    return sa.select(Campaign).join(CampaignPartner, CampaignPartner.campaign_id == Campaign.id).where(
        CampaignPartner.organisation_id == organisation_id, Campaign.state != CampaignState.DRAFT
    )


def _now() -> datetime:
    return current_app.extensions["outreach"].clock.now()
