"""Where a suppression came from, as a person reads it."""

from __future__ import annotations

import pytest

from outreach.companies.consent import source_words


@pytest.mark.parametrize(("source", "words"), [
    ("delivery:12", "메일의 수신거부 링크(발송 12번)"), ("mailing:3", "3번 메일을 보낼 때"),
    ("2026. 11. 23. 전화로 요청", "2026. 11. 23. 전화로 요청"), ("전화: 02-000-1350", "전화: 02-000-1350"), ("", ""),
])
def test_codes_become_words_and_words_stay(source: str, words: str) -> None:
    assert str(source_words(source)) == words
