"""Account administration: administrators for all, centre managers for their own centre and its partners."""

import pytest
import sqlalchemy as sa

from outreach.accounts.models import User
from outreach.accounts.rules import LOCK_FOR
from outreach.audit.models import AccessRecord, ChangeRecord
from outreach.mail.models import OutboxMessage
from outreach.scope import Role
from tests.people import make_centre, make_organisation, make_user, sign_in


@pytest.fixture
def centre(session):
    return make_centre("suwon", "수원고용센터")


@pytest.fixture
def planner(centre):
    return make_user(Role.PLANNER, centre=centre, email="plan@suwon.example", name="이플래너")


@pytest.fixture
def partner(centre):
    return make_user(Role.PARTNER, organisation=make_organisation(centre), email="han@complex.example", name="한협력")


@pytest.fixture
def other(session):
    return make_user(Role.PLANNER, email="plan@daegu.example", name="남플래너")


@pytest.fixture
def admin(client, planner):
    return sign_in(client, make_user(Role.ADMINISTRATOR, name="최관리"))


@pytest.fixture
def manager(client, centre, planner):
    return sign_in(client, make_user(Role.CENTRE_MANAGER, centre=centre, email="head@suwon.example"))


def values(**changes):
    return {"email": "New@Suwon.Example", "name": "새사람", "title": "", "phone": "", "role": "promotion"} | changes


def named(session, email):
    return session.scalar(sa.select(User).where(User.email == email))


# -- the list --------------------------------------------------------------------------------------------


def test_an_administrator_sees_everyone(admin, planner, partner, other):
    page = admin.get("/accounts/").text
    assert all(name in page for name in ("이플래너", "한협력", "남플래너", "최관리"))


def test_a_manager_sees_the_centre_and_its_partners(manager, planner, partner, other):
    page = manager.get("/accounts/").text
    assert "이플래너" in page and "한협력" in page
    assert "남플래너" not in page and "head@suwon.example" not in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [("q=이플", True), ("q=plan@suwon", True), ("q=nobody", False), ("role=planner", True), ("role=auditor", False),
     ("role=nonsense", True), ("state=active", False),
     ("state=closed", False), ("state=locked", False),
     ("state=invited", True), ("q=%25", False)],
)
def test_filters(admin, query, shown):
    assert ("이플래너" in admin.get(f"/accounts/?{query}").text) is shown


def test_the_first_page_counts_accounts_to_look_at(manager, planner, partner, other, clock):
    planner.locked_until = clock.now() + LOCK_FOR
    page = manager.get("/").text
    assert "비밀번호를 아직 정하지 않음" in page
    assert "이플래너" in manager.get("/accounts/?state=locked").text
    clock.advance(minutes=16)
    assert "이플래너" not in manager.get("/accounts/?state=locked").text


def test_the_list_is_logged(admin, planner, session):
    admin.get("/accounts/?role=planner")
    record = session.scalar(sa.select(AccessRecord).where(AccessRecord.subject == "user_account"))
    assert record.subject_ids == [planner.id]


# -- making ----------------------------------------------------------------------------------------------


def test_an_account_is_made_and_its_link_shown_and_mailed(admin, centre, session):
    assert admin.get("/accounts/new").status_code == 200
    response = admin.post("/accounts/new", data=values(centre=str(centre.id)))
    assert response.status_code == 200 and response.headers["Cache-Control"] == "no-store"
    made, message = named(session, "new@suwon.example"), session.scalar(sa.select(OutboxMessage))
    assert made.role is Role.PROMOTION and made.centre_id == centre.id and made.password is None
    link = response.text.split('class="code">')[1].split("<")[0]
    assert link in message.text and "1일 동안" in message.text and "None" not in message.html
    assert message.to_address == "new@suwon.example"
    assert admin.get(link.removeprefix("http://localhost")).status_code == 200


def test_a_manager_makes_partners_accounts_of_the_own_centre(manager, partner, session):
    data = values(role="partner", organisation=str(partner.organisation_id))
    assert manager.post("/accounts/new", data=data).status_code == 200
    assert named(session, "new@suwon.example").organisation_id == partner.organisation_id


@pytest.mark.parametrize(
    "bad",
    [{"email": "no address"}, {"email": ""}, {"name": " "}, {"role": "king"}, {"role": "planner", "centre": ""},
     {"role": "auditor", "centre": "own"}, {"role": "partner", "centre": "", "organisation": ""},
     {"centre": "999999"}, {"email": "plan@suwon.example"}],
)
def test_bad_input_is_shown_again(admin, centre, session, bad):
    count = session.scalar(sa.select(sa.func.count()).select_from(User))
    data = values(centre=str(centre.id)) | {k: str(centre.id) if v == "own" else v for k, v in bad.items()}
    response = admin.post("/accounts/new", data=data)
    assert response.status_code == 422 and "입력하신 내용을 확인" in response.text
    assert session.scalar(sa.select(sa.func.count()).select_from(User)) == count
    assert session.scalar(sa.select(OutboxMessage)) is None


@pytest.mark.parametrize("role", ["administrator", "headquarters", "centre_manager", "auditor"])
def test_a_manager_cannot_make_higher_roles(manager, centre, session, role):
    response = manager.post("/accounts/new", data=values(role=role, centre=str(centre.id)))
    assert response.status_code == 422 and named(session, "new@suwon.example") is None


def test_a_manager_cannot_reach_into_another_centre(manager, other, session):
    data = values(role="planner", centre=str(other.centre_id))
    assert manager.post("/accounts/new", data=data).status_code == 422
    abroad = make_organisation(make_centre())
    data = values(role="partner", organisation=str(abroad.id))
    assert manager.post("/accounts/new", data=data).status_code == 422
    assert named(session, "new@suwon.example") is None


# -- changing --------------------------------------------------------------------------------------------


def test_details_are_corrected_and_kept_in_the_history(manager, planner, session):
    assert 'value="이플래너"' in manager.get(f"/accounts/{planner.id}").text
    data = {"name": "이새이름", "title": "주무관", "phone": "031-000-0000"}
    assert manager.post(f"/accounts/{planner.id}", data=data).status_code == 302
    assert planner.name == "이새이름" and planner.title == "주무관"
    assert "이플래너 → 이새이름" in manager.get(f"/accounts/{planner.id}").text


def test_a_name_is_needed(manager, planner):
    assert manager.post(f"/accounts/{planner.id}", data={"name": ""}).status_code == 422
    assert planner.name == "이플래너"


def test_a_role_changes_only_when_confirmed(manager, centre, planner, session):
    url, data = f"/accounts/{planner.id}/role", {"role": "promotion", "centre": str(centre.id)}
    assert manager.post(url, data=data).status_code == 422
    assert planner.role is Role.PLANNER
    assert manager.post(url, data=data | {"confirm": "y"}).status_code == 302
    assert planner.role is Role.PROMOTION
    record = session.scalar(sa.select(ChangeRecord).where(ChangeRecord.action == "change_role"))
    assert record.changes["role"] == ["planner", "promotion"]


def test_a_changed_role_signs_the_person_out(app, admin, planner, centre):
    browser = sign_in(app.test_client(), planner)
    assert browser.get("/").status_code == 200
    admin.post(f"/accounts/{planner.id}/role", data={"role": "auditor", "centre": "", "confirm": "y"})
    assert "/login" in browser.get("/").location
    assert planner.centre_id is None


def test_a_role_with_the_wrong_belonging_is_refused(admin, planner):
    data = {"role": "headquarters", "centre": str(planner.centre_id), "confirm": "y"}
    assert admin.post(f"/accounts/{planner.id}/role", data=data).status_code == 422
    assert planner.role is Role.PLANNER


def test_a_closed_account_is_signed_out_and_may_be_opened_again(app, manager, planner):
    browser = sign_in(app.test_client(), planner)
    manager.post(f"/accounts/{planner.id}/active", data={"active": "0"})
    assert planner.active is False and "/login" in browser.get("/").location
    assert manager.post(f"/accounts/{planner.id}/link").status_code == 409
    manager.post(f"/accounts/{planner.id}/active", data={"active": "1"})
    assert planner.active is True and browser.get("/").status_code == 200


def test_nobody_closes_or_changes_themselves(client):
    admin = make_user(Role.ADMINISTRATOR)
    sign_in(client, admin)
    assert client.post(f"/accounts/{admin.id}/active", data={"active": "0"}).status_code == 409
    data = {"role": "auditor", "centre": "", "confirm": "y"}
    assert client.post(f"/accounts/{admin.id}/role", data=data).status_code == 422
    assert admin.active is True and admin.role is Role.ADMINISTRATOR


def test_a_link_is_sent_again(manager, planner, session):
    assert "/reset/" in manager.post(f"/accounts/{planner.id}/link").text
    assert session.scalar(sa.select(OutboxMessage.to_address)) == "plan@suwon.example"


# -- others ----------------------------------------------------------------------------------------------

POSTS = ("role", "active", "link")


def test_a_manager_does_not_find_people_of_other_centres(manager, other):
    assert manager.get(f"/accounts/{other.id}").status_code == 404
    for act in POSTS:
        assert manager.post(f"/accounts/{other.id}/{act}", data={"active": "0"}).status_code == 404
    assert other.active is True


def test_bad_id(admin):
    assert admin.get("/accounts/99999").status_code == 404
    assert admin.post("/accounts/99999/active").status_code == 404


@pytest.mark.parametrize("act", POSTS)
def test_get_is_refused_where_something_changes(admin, planner, act):
    assert admin.get(f"/accounts/{planner.id}/{act}").status_code == 405


@pytest.mark.parametrize("role", [Role.HEADQUARTERS, Role.PROMOTION, Role.PLANNER, Role.PARTNER, Role.AUDITOR])
def test_other_roles_are_refused(client, planner, role):
    sign_in(client, make_user(role))
    assert client.get("/accounts/").status_code == 403
    assert client.get(f"/accounts/{planner.id}").status_code == 403
    assert client.post(f"/accounts/{planner.id}/active", data={"active": "0"}).status_code == 403


def test_anonymous_is_sent_to_sign_in(client, planner):
    assert "/login" in client.get("/accounts/").location
    assert "/login" in client.post(f"/accounts/{planner.id}/active").location
