"""The page of the working calendar: who looks, who decides, what it says."""

from __future__ import annotations

from datetime import date

import pytest

from outreach.calendar import service
from outreach.calendar.rules import Channel, Hours, MessageClass
from outreach.db import db
from outreach.scope import Role
from tests.people import make_user, sign_in

pytestmark = pytest.mark.usefixtures("office_hours")
HOURS = "/calendar/hours/email/public_notice"


@pytest.fixture
def keeper(client):
    return sign_in(client, make_user(Role.HEADQUARTERS))


def test_it_tells_hours_and_holidays(keeper) -> None:
    page = keeper.get("/calendar/").text
    assert "평일 08:00~20:00" in page and "정보통신망법 제50조 제3항" in page and "매일 08:00~21:00" in page
    assert "기독탄신일" in page and "2026. 12. 25.(금)" in page
    assert "신정연휴" in keeper.get("/calendar/?year=2027").text
    assert keeper.get("/calendar/?year=999999").status_code == 200


def test_a_holiday_is_added_and_taken_back(keeper) -> None:
    values = {"day": "2026-11-27", "name": "임시공휴일", "reason": "국무회의 의결"}
    page = keeper.post("/calendar/holidays", data=values, follow_redirects=True).text
    assert "공휴일을 더했습니다" in page and "국무회의 의결" in page and "추가됨" in page
    again = keeper.post("/calendar/holidays", data=values, follow_redirects=True).text
    assert "이미 정한 것이 있습니다" in again
    assert "되돌렸습니다" in keeper.post("/calendar/holidays/2026-11-27/take-back", follow_redirects=True).text
    assert service.overrides(db.session) == []


def test_a_listed_holiday_becomes_a_working_day(keeper) -> None:
    page = keeper.post(
        "/calendar/holidays/2026-12-25/cancel", data={"reason": "당직"}, follow_redirects=True
    ).text
    assert "취소됨: 근무일" in page and service.load(db.session).is_workday(date(2026, 12, 25))
    assert keeper.post("/calendar/holidays/nonsense/cancel", data={"reason": "당직"}).status_code == 404


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"days": "workdays", "opens": "09:00", "closes": "18:00", "reason": "근무시간만"}, "바꾸었습니다"),
        ({"days": "workdays", "opens": "18:00", "closes": "09:00", "reason": "거꾸로"}, "시작 시각보다 늦어야"),
        ({"days": "workdays", "opens": "", "closes": "", "reason": "빈 시각"}, "모두 적어 주세요"),
        ({"days": "workdays", "opens": "09:00", "closes": "18:00", "reason": " "}, "왜 바꾸는지"),
        ({"days": "sometimes", "opens": "09:00", "closes": "18:00", "reason": "없는 말"}, "alert"),
    ],
)
def test_hours_are_decided_or_refused_with_the_reason(keeper, values, said) -> None:
    named = {f"email-public_notice-{name}": value for name, value in values.items()}
    assert said in keeper.post(HOURS, data=named, follow_redirects=True).text
    assert bool(service.decided_hours(db.session)) == (said == "바꾸었습니다")


def test_midnight_as_an_end_and_back_to_the_default(keeper) -> None:
    values = {"days": "every_day", "opens": "08:00", "closes": "00:00", "reason": "늦게까지"}
    keeper.post(HOURS, data={f"email-public_notice-{name}": value for name, value in values.items()})
    assert service.load(db.session).hours(MessageClass.PUBLIC_NOTICE) == Hours(480, 1440, False)
    assert "기본 시간으로 되돌렸습니다" in keeper.post(f"{HOURS}/reset", follow_redirects=True).text
    assert service.decided_hours(db.session) == {}
    assert keeper.post("/calendar/hours/fax/public_notice").status_code == 404


def test_the_law_cannot_be_overruled_on_the_page(keeper) -> None:
    values = {"days": "every_day", "opens": "07:00", "closes": "22:00", "reason": "급함"}
    page = keeper.post(
        "/calendar/hours/sms/advertising", follow_redirects=True,
        data={f"sms-advertising-{name}": value for name, value in values.items()},
    ).text
    assert "08:00부터 21:00까지만" in page
    assert (Channel.SMS, MessageClass.ADVERTISING) not in service.decided_hours(db.session)


def test_others_look_and_decide_nothing(client) -> None:
    sign_in(client, make_user(Role.PROMOTION))
    page = client.get("/calendar/")
    assert page.status_code == 200 and "공휴일 추가" not in page.text
    for path in ("/calendar/holidays", "/calendar/holidays/2026-12-25/cancel", HOURS, f"{HOURS}/reset"):
        assert client.post(path, data={"reason": "나도"}).status_code == 403
    sign_in(client, make_user(Role.PARTNER))
    assert client.get("/calendar/").status_code == 403


def test_in_english(keeper) -> None:
    keeper.get("/language/en")
    page = keeper.get("/calendar/").text
    assert "Sending calendar" in page and "Weekdays 08:00–20:00" in page
