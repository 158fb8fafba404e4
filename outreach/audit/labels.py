"""Words for what the records hold. A feature that records something new adds its words here; a word that
is missing is shown as recorded, never hidden."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext

from outreach.audit.models import AccessKind


def _(text: str) -> str:
    """Marks ``text`` for translation; the look-up happens when it is shown."""
    return text


KINDS = {
    AccessKind.VIEW: _("조회"),
    AccessKind.SEARCH: _("검색"),
    AccessKind.EXPORT: _("엑셀 내보내기"),
    AccessKind.DOWNLOAD: _("내려받기"),
    AccessKind.CREATE: _("등록"),
    AccessKind.UPDATE: _("수정"),
    AccessKind.DELETE: _("삭제"),
    AccessKind.SIGN_IN: _("로그인"),
}

SUBJECTS = {
    "user_account": _("계정"),
    "organisation": _("협력기관"),
    "organisation_contact": _("협력기관 담당자"),
    "centre": _("고용센터"),
    "company": _("기업"),
    "workplace": _("사업장"),
    "contact": _("기업 담당자"),
    "suppression": _("수신거부"),
    "consent": _("수신 동의"),
    "consent_notice": _("수신동의 통지"),
    "import": _("명단 들여오기"),
    "programme": _("지원제도"),
    "case": _("우수사례"),
    "document": _("홍보물 원고"),
    "material": _("홍보자료"),
    "print_order": _("인쇄물 신청"),
    "campaign": _("캠페인"),
    "audience": _("대상 명단"),
    "mailing": _("메일 발송"),
    "sequence": _("연속 메일"),
    "delivery": _("발송 대상"),
    "sending_limit": _("보내는 한도"),
    "sending_policy": _("스스로 멈추는 기준"),
    "domain_rest": _("잠시 쉬는 도메인"),
    "response": _("응답"),
    "post_run": _("우편 발송"),
    "post_item": _("편지"),
    "inbound": _("되돌아온 메일"),
    "lead": _("상담 건"),
    "access_record": _("접속기록"),
    "retention": _("개인정보 보관"),
    "calendar": _("발송 달력"),
    "sender_domain": _("보내는 도메인"),
}

ACTIONS = {
    "create": _("등록"),
    "update": _("수정"),
    "delete": _("삭제"),
    "deactivate": _("사용 중지"),
    "reactivate": _("다시 사용"),
    "change_role": _("역할 변경"),
    "edit": _("수정"),
    "state": _("상태 변경"),
    "stage": _("단계 변경"),
    "lift": _("해제"),
    "logo": _("기관 표지(로고) 변경"),
    "jurisdiction": _("관할 변경"),
    "partners": _("협력기관 변경"),
    "materials": _("홍보물 변경"),
    "photo": _("사진 변경"),
    "interview": _("방문 조사표 작성"),
    "replace": _("내려진 것을 바꿈"), "reapprove": _("바꾼 내용 승인"), "take_back": _("준비로 되돌림"),
    "take_down": _("기업 요청으로 내림"),
    "render": _("인쇄용 PDF 만들기"),
    "publish": _("게시"),
    "withdraw": _("배포 중단"),
    "grant": _("협력기관에 주기"),
    "revoke": _("협력기관에서 거두기"),
    "share": _("기한 링크 만들기"),
    "end_share": _("기한 링크 끝내기"),
    "print": _("인쇄"),
    "recall": _("인쇄물 회수"),
    "erase": _("보관 기간이 지나 삭제"),
    "holiday_added": _("공휴일 추가"),
    "holiday_cancelled": _("공휴일 취소"),
    "holiday_taken_back": _("공휴일 변경 되돌림"),
    "hours_changed": _("보내는 시간 변경"),
    "hours_reset": _("보내는 시간을 기본으로"),
    "assign": _("기업의 회신으로 정함"),
    "bounce": _("반송으로 정함"),
    "refuse": _("수신거부로 정함"),
    "settle": _("확인함"),
    "ignore": _("제외"),
    "hand_over": _("다른 센터로 넘김"),
    "restore": _("판단을 되돌림"),
    "retry": _("다시 보냄"),
    "comment": _("의견"),
    "send_back": _("돌려보내기"),
    "ask_review": _("검토 요청"),
    "make": _("편지 만들기"),
    "post": _("우체국에 넘김"),
}

FIELDS = {
    "email": _("이메일"), "name": _("이름"), "name_en": _("영문 이름"), "title": _("직위·부서"), "phone": _("전화"),
    "role": _("역할"), "belonging": _("소속"), "active": _("사용"), "kind": _("구분"), "homepage": _("누리집"),
    "mou_from": _("협약 시작"), "mou_to": _("협약 종료"), "mou_note": _("협약 내용"), "regions": _("담당 지역"),
    "centre": _("담당 센터"), "contacts": _("담당자"), "logo": _("로고"), "district": _("시군구"),
    "partners": _("협력기관"), "materials": _("홍보물"), "purpose": _("목적"), "budget": _("예산"),
    "targets": _("목표"), "owner": _("담당"),
    "starts_on": _("시작일"), "ends_on": _("종료일"), "due_on": _("기한"), "note": _("메모"),
    "valid_from": _("시작일"), "valid_to": _("종료일"), "address": _("주소"), "state": _("상태"),
    "reason": _("까닭"), "licence": _("이용 허락"), "style": _("모양"), "owner_id": _("담당"),
    "audience_id": _("대상 명단"),
}

_YES_NO = {True: _("예"), False: _("아니요")}


def kind(value: AccessKind) -> str:
    return gettext(KINDS[value])


def subject(value: str) -> str:
    return gettext(SUBJECTS[value]) if value in SUBJECTS else value


def action(value: str) -> str:
    return gettext(ACTIONS[value]) if value in ACTIONS else value


def field(value: str) -> str:
    return gettext(FIELDS[value]) if value in FIELDS else value


def shown(value: Any) -> str:
    """A recorded value as a person reads it; what was empty is a dash."""
    if value is None or value in ("", [], {}):
        return "–"
    if isinstance(value, bool):
        return gettext(_YES_NO[value])
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
