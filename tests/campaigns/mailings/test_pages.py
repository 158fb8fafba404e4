"""The editor: who may write, what is saved, what the preview shows."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from campaigns.mailings import service
from campaigns.mailings.models import Mailing
from campaigns.mailings.rules import MailingState, MessageClass
from outreach.audit.models import AccessRecord
from outreach.db import db
from outreach.mail.models import OutboxMessage
from outreach.scope import Role
from outreach.uploads.models import Upload
from tests.campaigns.audience.making import make_contact
from tests.people import make_user


def path(mailing, act="edit"):
    return f"/mailings/{mailing.id}/{act}"


# -- who may write ---------------------------------------------------------------------------------------


def test_anonymous_people_are_sent_to_sign_in(client, draft):
    assert "/login" in client.get(path(draft)).location


@pytest.mark.parametrize("role", [Role.PARTNER, Role.PLANNER, Role.AUDITOR, Role.ADMINISTRATOR])
def test_only_editors_write(browse, draft, role):
    client = browse(make_user(role))
    assert client.get(path(draft)).status_code == 403
    assert client.post(path(draft), data={}).status_code == 403


def test_another_centres_mailing_is_not_found(browse, draft, campaign, posted):
    client = browse(make_user(Role.PROMOTION))
    assert client.get(path(draft)).status_code == 404
    assert client.post(path(draft), data=posted(title="남의 것")).status_code == 404
    assert client.get(f"/campaigns/{campaign.id}/mailings/new").status_code == 404
    for act in ("preview", "check", "pictures", "withdraw"):
        assert client.post(path(draft, act)).status_code == 404
    assert draft.title == "첫 안내"


def test_a_centre_reads_headquarters_mailing_and_does_not_write_it(browse, draft):
    draft.campaign.centre_id = None
    client = browse(make_user(Role.PROMOTION))
    assert client.get(f"/mailings/{draft.id}/").status_code == 200
    assert client.get(path(draft)).status_code == 403


@pytest.mark.parametrize("act", ["preview", "check", "pictures", "withdraw"])
def test_acts_are_posts(browse, draft, officer, act):
    assert browse(officer).get(path(draft, act)).status_code == 405


# -- writing ---------------------------------------------------------------------------------------------


def test_a_mailing_is_begun_with_some_blocks(browse, officer, campaign):
    client = browse(officer)
    response = client.post(f"/campaigns/{campaign.id}/mailings/new", data={"title": "겨울 안내"})
    made = db.session.query(Mailing).one()
    assert response.location == path(made)
    assert [block["kind"] for block in made.blocks] == ["heading", "text", "button", "contact"]
    assert made.sender_address == officer.email
    assert "겨울 안내" in client.get(response.location).text


def test_a_title_is_needed(browse, officer, campaign):
    page = browse(officer).post(f"/campaigns/{campaign.id}/mailings/new", data={"title": "  "}).text
    assert "제목을 적어 주세요" in page
    assert db.session.query(Mailing).count() == 0


def test_blocks_are_saved_in_the_order_of_their_places(browse, officer, draft, posted):
    data = posted() | {
        "blocks-1-kind": "text", "blocks-1-text": "나중에 온 글", "blocks-10-kind": "button", "blocks-10-label": "보기",
        "blocks-10-target": "url", "blocks-10-url": "https://www.work24.go.kr/", "blocks-2-kind": "contact",
        "blocks-2-text": "",
    }
    assert browse(officer).post(path(draft), data=data).status_code == 302
    assert [block["kind"] for block in draft.blocks] == ["heading", "text", "contact", "button"]
    assert draft.blocks[1]["text"] == "나중에 온 글"
    assert draft.blocks[3]["url"] == "https://www.work24.go.kr/"


def test_a_stale_version_is_refused_and_what_was_written_stays_on_the_page(browse, officer, draft, posted, actor, now):
    old = posted(subject="내가 쓴 제목")
    service.edit(db.session, actor, draft, {"subject": "먼저 저장한 제목"}, version=draft.version, now=now)
    page = browse(officer).post(path(draft), data=old).text
    assert "다른 사람이 내용을 저장했습니다" in page
    assert "내가 쓴 제목" in page
    assert draft.subject == "먼저 저장한 제목"


def test_an_unknown_personal_field_is_named(browse, officer, draft, posted):
    page = browse(officer).post(path(draft), data=posted(subject="{{회사}} 안내")).text
    assert "없는 개인화 항목입니다" in page
    assert draft.subject == "{{회사명}} 안내"


def test_an_edit_voids_a_review(browse, officer, draft, posted):
    draft.state = MailingState.REVIEW
    client = browse(officer)
    assert "승인 요청이나 승인이 사라지고" in client.get(path(draft)).text
    client.post(path(draft), data=posted(subject="고친 제목"))
    assert draft.state is MailingState.DRAFT


def test_a_sent_mailing_is_not_edited(browse, officer, draft, posted):
    draft.state = MailingState.FINISHED
    page = browse(officer).post(path(draft), data=posted(subject="늦은 제목")).text
    assert "고칠 수 없습니다" in page
    assert draft.subject == "{{회사명}} 안내"


# -- asking for approval ----------------------------------------------------------------------------------


def test_saving_and_asking_for_approval(browse, officer, draft, posted):
    make_contact(officer.centre_id)
    response = browse(officer).post(path(draft), data=posted(then="submit", subject="마지막 제목"))
    assert response.location == f"/mailings/{draft.id}/"
    assert draft.state is MailingState.REVIEW and draft.subject == "마지막 제목"


def test_what_is_missing_is_said_and_the_text_is_saved_all_the_same(browse, officer, draft, posted):
    page = browse(officer).post(path(draft), data=posted(then="submit", preheader=""), follow_redirects=True).text
    assert draft.state is MailingState.DRAFT and draft.preheader == ""
    assert "미리보기 문구" in page and "보낼 수 있는 수신자가 없습니다" in page


def test_the_author_takes_the_request_back(browse, officer, draft):
    draft.state = MailingState.REVIEW
    browse(officer).post(path(draft, "withdraw"))
    assert draft.state is MailingState.DRAFT


def test_the_check_names_a_recipient_without_a_value(browse, officer, draft, posted):
    make_contact(officer.centre_id).name = ""
    page = browse(officer).post(path(draft, "check"), data=posted(subject="{{담당자}}님께")).text
    assert "&#39;담당자&#39; 값이 없습니다" in page and "/contacts/" in page
    assert draft.subject == "{{회사명}} 안내"


# -- looking at it ----------------------------------------------------------------------------------------


def test_the_preview_shows_what_is_not_yet_saved(browse, officer, draft, posted):
    data = posted(**{"blocks-0-text": "아직 저장하지 않은 글"})
    response = browse(officer).post(path(draft, "preview"), data=data)
    assert "아직 저장하지 않은 글" in response.text
    assert "style-src 'self' 'unsafe-inline'" in response.headers["Content-Security-Policy"]
    assert draft.blocks[0]["text"] == "{{회사명}} 대표님께"


def test_the_preview_as_a_recipient_is_noted(browse, officer, draft, posted):
    contact = make_contact(officer.centre_id)
    company = contact.workplace.company.name
    page = browse(officer).post(path(draft, "preview"), data=posted(recipient=contact.id)).text
    assert f"{company} 대표님께" in page
    assert db.session.query(AccessRecord).one().subject_ids == [contact.id]


def test_nobody_outside_the_centre_is_shown(browse, officer, draft, posted):
    stranger = make_contact(make_user(Role.PROMOTION).centre_id)
    company = stranger.workplace.company.name
    client = browse(officer)
    page = client.post(path(draft, "preview"), data=posted(recipient=stranger.id)).text
    assert company not in page and "다시 골라 주세요" in page
    assert company not in client.get(path(draft, "mail"), query_string={"recipient": stranger.id}).text


def test_unfinished_blocks_are_left_out_of_the_preview(browse, officer, draft, posted):
    data = posted(**{"blocks-2-kind": "picture", "blocks-2-alt": "빈 그림"})
    page = browse(officer).post(path(draft, "preview"), data=data).text
    assert "대표님께" in page and "빈 그림" not in page


def test_the_text_part(browse, officer, draft):
    page = browse(officer).get(path(draft, "mail") + "?view=text").text
    assert "[ [회사명] 대표님께 ]" in page and "수신거부" in page


def test_a_planner_sees_the_mail_but_nobodys_values(browse, officer, draft):
    contact = make_contact(officer.centre_id)
    client = browse(make_user(Role.PLANNER, centre=officer.centre))
    assert "대표님께" in client.get(path(draft, "mail")).text
    assert client.get(path(draft, "mail"), query_string={"recipient": contact.id}).status_code == 403


def test_advertising_is_labelled_and_explained(browse, officer, draft, posted):
    client = browse(officer)
    client.post(path(draft), data=posted(message_class="advertising"))
    assert draft.message_class is MessageClass.ADVERTISING
    page = client.get(path(draft)).text
    assert "수신에 동의한 사람에게만" in page
    assert "(광고) {{회사명}} 안내" in client.get(f"/mailings/{draft.id}/").text


def test_a_test_mail_goes_to_oneself(browse, officer, draft, posted):
    page = browse(officer).post(path(draft), data=posted(then="test"), follow_redirects=True).text
    mail = db.session.query(OutboxMessage).one()
    assert mail.to_address == officer.email and "시험 발송" in mail.subject
    assert "시험 메일을 보냈습니다" in page


# -- pictures ---------------------------------------------------------------------------------------------


def picture() -> io.BytesIO:
    stream = io.BytesIO()
    Image.new("RGB", (640, 320), "navy").save(stream, "PNG")
    stream.seek(0)
    return stream


def test_a_picture_is_taken_in_and_shown_to_mail_programs(app, browse, client, officer, draft, posted):
    writer = browse(officer)
    answer = writer.post(path(draft, "pictures"), data={"file": (picture(), "사무실.png")}).json
    upload = db.session.get(Upload, answer["id"])
    assert answer["name"] == "사무실.png" and upload.media_type == "image/jpeg"
    data = posted(**{"blocks-1-kind": "picture", "blocks-1-upload_id": answer["id"], "blocks-1-alt": "사무실"})
    page = writer.post(path(draft, "preview"), data=data).text
    address = page.split('src="http://localhost')[1].split('"')[0]
    shown = client.get(address)
    assert shown.status_code == 200 and shown.mimetype == "image/jpeg"
    assert client.get(address[:-3] + "xyz").status_code == 404


def test_what_is_no_picture_is_refused_with_the_reason(browse, officer, draft):
    response = browse(officer).post(path(draft, "pictures"), data={"file": (io.BytesIO(b"<svg>"), "a.svg")})
    assert response.status_code == 422
    assert "SVG" in response.json["problem"]


# -- elsewhere --------------------------------------------------------------------------------------------


def test_the_campaign_and_the_first_page_show_it(browse, officer, draft, campaign):
    client = browse(officer)
    assert "첫 안내" in client.get(f"/campaigns/{campaign.id}").text
    draft.state = MailingState.REVIEW
    assert "첫 안내" in client.get("/").text


def test_a_begun_mailing_waits_on_its_author_s_first_page(browse, officer, draft):
    draft.author_id = officer.id
    assert "첫 안내" in browse(officer).get("/").text
    draft.author_id = None
    assert "첫 안내" not in browse(officer).get("/").text
