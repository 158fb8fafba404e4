"""Messages kept in the database, and said in another language when they are read."""

from __future__ import annotations

import pytest

from outreach.web.language import translated
from outreach.wording import Text, restored, stored, with_particles

NESTED = Text(
    "%(share)s(결과 %(results)s건 중 거부 %(refused)s건). 까닭: %(reasons)s. 도메인: %(domains)s.",
    share=Text("거부 비율이 %(percent)s%%를 넘어 스스로 멈추었습니다", percent=5), results="40", refused="9",
    reasons=Text.joined([Text("%(what)s %(n)s건", what=Text("없는 주소"), n="9")], ", "), domains="a.example",
)


AS_IF_STORED = '{"template": "x", "values": {}}'


@pytest.mark.parametrize("message", ["", "점검", "{아무 말}", AS_IF_STORED, Text("접수됨"), NESTED])
def test_comes_back_as_it_was(message):
    again = restored(stored(message))
    assert again == message
    if isinstance(message, Text) and message.values:
        assert isinstance(again, Text) and (again.template, again.values) == (message.template, message.values)


def test_is_said_in_the_readers_language(app):
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert translated(restored(stored(NESTED))) == (
            "It paused itself because more than 5% were refused (9 refusals among 40 results). Reasons: No such "
            "address 9. Domains: a.example."
        )


@pytest.mark.parametrize(("words", "settled"), [
    ("사례을(를) 골라", "사례를 골라"), ("사업을(를) 골라", "사업을 골라"), ("‘제목’은(는) 없는", "‘제목’은 없는"),
    ("‘서울’(으)로", "‘서울’로"), ("‘부산’(으)로", "‘부산’으로"), ("‘게시’(으)로", "‘게시’로"),
    ("한빛공단(가상)이(가)", "한빛공단(가상)이"), ("누리회(가상)과(와)", "누리회(가상)와"),
    ("제10을(를)", "제10을"), ("제2을(를)", "제2를"), ("URL이(가)", "URL이"), ("PDF이(가)", "PDF가"),
    ("a@example.kr(으)로", "a@example.kr(으)로"), ("확인(지금) 중", "확인(지금) 중"),
])
def test_particles_follow_the_word_before_them(words, settled):
    assert with_particles(words) == settled


def test_a_message_settles_its_particles_with_its_values():
    assert str(Text("‘%(what)s’을(를) 적어 주세요.", what="제도")) == "‘제도’를 적어 주세요."
    assert str(restored(stored(Text("‘%(what)s’을(를) 적어 주세요.", what="제목")))) == "‘제목’을 적어 주세요."
