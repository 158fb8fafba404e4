"""The mail that all senders of the benchmark send: about 8 KB, multipart, Korean, personal in four places.

``SUBJECT``, ``TEXT`` and ``HTML`` hold the slots of our compiler; the peers fill the same places by their own means.
"""

from __future__ import annotations

from campaigns.mailings.compose import Composed
from campaigns.mailings.content import PersonalField

_LEAD = "{{회사명}} {{담당자}} 님께, 육아휴직 대체인력을 무료로 찾아 드립니다."
_PARAGRAPHS = (
    "휴직하는 직원의 자리를 채울 사람을 인재채움뱅크가 무료로 찾아 드리고, 지원금 신청도 돕습니다. "
    "가까운 고용센터의 일·육아 동행 플래너가 전화로 먼저 여쭙고, 원하시면 사업장으로 찾아갑니다.",
    "육아기 근로시간 단축, 시차출퇴근, 업무분담 지원금까지 회사 사정에 맞는 제도를 골라 드립니다. "
    "서류는 플래너가 함께 준비하며, 상담과 진단에는 비용이 들지 않습니다.",
    "같은 산업단지의 이웃 기업은 석 달 만에 대체인력을 구하고 복직률을 열에 아홉까지 올렸습니다. "
    "자세한 이야기는 아래 단추를 누르시면 사례집에서 보실 수 있습니다.",
    "가까운 날에 같은 지역 대표님들을 모시고 한 시간짜리 설명회를 엽니다. 오시기 어려우면 화상으로도 참여하실 수 있고, "
    "끝난 뒤에는 자료와 자주 묻는 질문을 메일로 보내 드립니다.",
    "이미 육아휴직을 쓰는 직원이 있다면 남은 동료의 업무를 나누는 방법과 그 비용을 덜어 드리는 길부터 함께 찾습니다. "
    "작은 회사일수록 한 사람의 빈자리가 크다는 것을 알기에, 급한 일정부터 먼저 살펴 드립니다.",
    "지원금은 사업장이 먼저 쓰고 나중에 받는 방식이어서 처음에 준비할 것을 알아 두시면 좋습니다. "
    "무엇부터 해야 하는지 한 장으로 정리한 점검표를 함께 보내 드리니 인사 담당자와 나누어 보시기 바랍니다.",
)
_BUTTON = "background:#256ef4;color:#fff;padding:12px 24px;text-decoration:none"
_STYLE = "font-family:'Malgun Gothic',sans-serif;font-size:16px;line-height:1.7;color:#1e2124;margin:0 0 16px"

SUBJECT = "{{회사명}} 대체인력 지원 안내"
TEXT = "\n\n".join((
    _LEAD, *_PARAGRAPHS, "상담 신청: {{form}}\n사례집: {{link0}}",
    "무료 수신거부(로그인 없이): {{unsubscribe}}\nUnsubscribe, free and without signing in: {{unsubscribe}}\n"
    "시험고용센터 02-0000-0000",
)) + "\n"
HTML = (
    '<!doctype html><html lang="ko"><head><meta charset="utf-8"><title>안내</title></head>'
    '<body style="margin:0;background:#f4f5f6"><div style="max-width:600px;margin:0 auto;padding:24px;background:#fff">'
    f'<h1 style="{_STYLE};font-size:22px">{_LEAD}</h1>'
    + "".join(f'<p style="{_STYLE}">{paragraph}</p>' for paragraph in _PARAGRAPHS)
    + f'<p style="{_STYLE}"><a href="{{{{form}}}}" style="{_BUTTON}">상담 신청하기</a></p>'
    f'<p style="{_STYLE}"><a href="{{{{link0}}}}">이웃 기업의 사례집 보기</a></p>'
    f'<p style="{_STYLE};font-size:13px">시험고용센터 · 서울 가상로 1 · 02-0000-0000<br>'
    '<a href="{{unsubscribe}}">무료 수신거부(로그인 없이)</a> · <a href="{{unsubscribe}}">Unsubscribe, free</a></p>'
    "</div></body></html>"
)
SENDER_NAME, SENDER = "시험고용센터", "centre@outreach.example"


def composed() -> Composed:
    """As an approval freezes it."""
    fields = [PersonalField("회사명", None), PersonalField("담당자", None)]
    return Composed(SUBJECT, "", HTML, TEXT, fields, links=[("https://outreach.example/cases", "사례집")])


def with_names(template: str, field: str) -> str:
    """``template`` for a peer: each slot as ``field % name`` with names in ASCII."""
    names = {"회사명": "company", "담당자": "person", "form": "form", "link0": "link", "unsubscribe": "unsubscribe"}
    for slot, name in names.items():
        template = template.replace(f"{{{{{slot}}}}}", field % name)
    return template
