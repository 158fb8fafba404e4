"""Why it is not forgotten whom a mailing went to."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from outreach.feature import RecordClass

RECIPIENTS = RecordClass(
    "deliveries", _l("메일을 보낸 주소와 이름"), None,
    _l("이미 보낸 메일의 수신거부 링크가 언제나 통해야 하고, 같은 안내를 거듭 보내지 않아야 합니다."),
)
