"""Letters by post through the API: read by those who may edit the campaign, approved by a second person."""

from __future__ import annotations

from campaigns.post import service
from campaigns.post.models import PostRun
from campaigns.post.rules import RunState
from outreach.audit.models import AccessKind, AccessRecord
from outreach.db import db
from outreach.scope import Role
from tests.api.calling import program_of
from tests.people import NOW, make_user


def test_runs_letters_and_returns(setting, client):
    for _each in range(2):
        setting.company()
    service.make(db.session, setting.actor, setting.run, setting.request(), version=None, now=NOW, unapproved=1)
    db.session.commit()
    officer = program_of(client, setting.officer)
    runs = f"/campaigns/{setting.campaign.id}/letters"
    one = f"{runs}/{setting.run.id}"
    [run] = officer.walk(runs)
    assert (run["state"], run["numbers"]["letters"]) == ("review", 2) and officer.get(one).json["id"] == run["id"]
    letters = list(officer.walk(f"{one}/items", limit=1))
    assert [letter["position"] for letter in letters] == [1, 2] and letters[0]["address"].startswith("서울")
    looks = db.session.query(AccessRecord).filter_by(kind=AccessKind.VIEW, subject="post_item").count()
    assert looks == 2, "each page of them"
    assert officer.post(f"{one}/approve", {"version": run["version"]}).status_code == 403
    second = program_of(client, make_user(Role.CENTRE_MANAGER, centre=setting.centre))
    assert second.post(f"{one}/approve", {"version": run["version"] - 1}).status_code == 409
    assert second.post(f"{one}/approve", {"version": run["version"]}).json["state"] == "made"
    assert db.session.get(PostRun, run["id"]).state is RunState.MADE

    entered = second.post("/letters/returns", {"code": letters[0]["code"], "reason": "moved"})
    assert entered.json["returned_reason"] == "moved"
    assert [row["id"] for row in second.walk(f"{one}/items", state="returned")] == [letters[0]["id"]]
    assert second.post("/letters/returns", {"code": "123", "reason": "moved"}).status_code == 422
    stranger = program_of(client, make_user(Role.PROMOTION))
    assert {stranger.get(path).status_code for path in (runs, one, f"{one}/items")} == {404}
    assert stranger.post("/letters/returns", {"code": letters[1]["code"], "reason": "moved"}).status_code == 404
