"""Kinds and states of materials."""

from __future__ import annotations

import enum
from typing import Any

from cases.documents.kinds import KINDS


def _(text: str) -> str:
    """Marks ``text`` for translation; the look-up happens where it is shown."""
    return text


CASE_SHEET = "case_sheet"

#: Every kind of material: the sheet of a case, and the kinds of documents.
KIND_LABELS: dict[str, str] = {CASE_SHEET: _("우수사례집(2쪽)")} | {name: kind.label for name, kind in KINDS.items()}


class EditionState(str, enum.Enum):
    RENDERING = "rendering"
    READY = "ready"
    FAILED = "failed"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"
    RETURNED = "returned"


STATE_LABELS = {
    EditionState.RENDERING: _("만드는 중"),
    EditionState.READY: _("검토 전"),
    EditionState.FAILED: _("만들지 못함"),
    EditionState.PUBLISHED: _("게시"),
    EditionState.WITHDRAWN: _("배포 중단"),
    EditionState.RETURNED: _("돌려보냄"),
}


class Way(str, enum.Enum):
    """How a download was made."""

    PORTAL = "portal"
    STAFF = "staff"
    API = "api"
    LINK = "link"
    SHARE = "share"
    BUNDLE = "bundle"


MOVES: dict[EditionState, frozenset[EditionState]] = {
    EditionState.RENDERING: frozenset({EditionState.READY, EditionState.FAILED}),
    EditionState.FAILED: frozenset({EditionState.RENDERING, EditionState.READY}),
    EditionState.READY: frozenset({EditionState.PUBLISHED, EditionState.RETURNED}),
    EditionState.PUBLISHED: frozenset({EditionState.WITHDRAWN}),
    EditionState.WITHDRAWN: frozenset(),
    EditionState.RETURNED: frozenset(),
}

#: Editions whose file is there and right.
FINISHED = frozenset({EditionState.READY, EditionState.PUBLISHED, EditionState.WITHDRAWN, EditionState.RETURNED})

WAY_LABELS = {
    Way.PORTAL: _("협력기관"), Way.STAFF: _("직원"), Way.API: _("API"), Way.LINK: _("공개 링크"),
    Way.SHARE: _("기한 링크"), Way.BUNDLE: _("묶음(zip)"),
}


class Format(str, enum.Enum):
    """What an edition can be had as."""

    PRINT = "print"
    SCREEN = "screen"
    PRESS = "press"
    ARCHIVE = "archive"
    HWPX = "hwpx"
    PORTRAIT = "portrait"
    SQUARE = "square"
    WIDE = "wide"
    KAKAO = "kakao"
    CHANNEL = "channel"


FORMAT_LABELS = {
    Format.PRINT: _("인쇄용 PDF"), Format.SCREEN: _("화면용 PDF"), Format.PRESS: _("인쇄소용 PDF(재단선)"),
    Format.ARCHIVE: _("보존용 PDF/A"), Format.HWPX: _("한글 문서(HWPX)"),
    Format.PORTRAIT: _("인스타그램 세로"), Format.SQUARE: _("인스타그램 정사각"),
    Format.WIDE: _("페이스북·블로그·링크 미리보기"),
    Format.KAKAO: _("카카오톡 공유"), Format.CHANNEL: _("카카오톡 채널 메시지"),
}
#: What each is good for, for someone who does not know the formats.
FORMAT_USES = {
    Format.PRINT: _("사무실 프린터로 찍을 때"), Format.SCREEN: _("메일에 붙이거나 누리집에 올릴 때"),
    Format.PRESS: _("인쇄소에 맡길 때. 도련 3mm와 재단선이 있습니다"),
    Format.ARCHIVE: _("기록물로 보존할 때(PDF/A-2a)"),
    Format.HWPX: _("공문에 붙이거나 글을 옮겨 쓸 때"), Format.PORTRAIT: _("1080×1350, 게시물"),
    Format.SQUARE: _("1080×1080, 게시물"), Format.WIDE: _("1200×630, 링크를 올릴 때의 그림"),
    Format.KAKAO: _("800×400, 단체방과 1:1 대화"), Format.CHANNEL: _("720×720, 500 KB 이하"),
}

#: How the same pages are printed for other purposes: for a printing house with bleed and marks, for the archive as
#: PDF/A (ISO 19005-2).
REPRINTS: dict[Format, dict[str, Any]] = {
    Format.PRESS: {"bleed_mm": 3, "marks": True}, Format.ARCHIVE: {"variant": "pdf/a-2a"},
}

#: Width and height in pixels. Instagram's own 4:5 and 1:1; 1.91:1 is what Open Graph readers show (Facebook,
#: Naver blog); KakaoTalk crops link pictures to 800x400 (devtalk.kakao.com, og:image), and a channel message asks for
#: 720x720 of at most 500 KB.
PICTURES: dict[Format, tuple[int, int]] = {
    Format.PORTRAIT: (1080, 1350), Format.SQUARE: (1080, 1080), Format.WIDE: (1200, 630), Format.KAKAO: (800, 400),
    Format.CHANNEL: (720, 720),
}
#: Bytes that KakaoTalk takes for the picture of a channel message.
CHANNEL_BYTES = 500_000


def suffix(form: Format) -> str:
    """Of the file's name."""
    if form in PICTURES:
        return ".png"
    return ".hwpx" if form is Format.HWPX else ".pdf"


class NoticeKind(str, enum.Enum):
    """What someone who downloaded an edition is told."""

    RENEWED = "renewed"
    WITHDRAWN = "withdrawn"


#: How long a link with an end may last, in days.
LONGEST_SHARE = 366


def counts_as_download(method: str, status: int, range_start: int | None) -> bool:
    """Whether a request that was answered is a download: a GET that got the file from its first byte on. A
    viewer fetches the rest in further ranges; a check for change (304) fetches nothing.

    :param range_start: first byte asked for; None without a Range header (RFC 9110 §14).
    """
    return method == "GET" and status in (200, 206) and range_start in (None, 0)


class OrderState(str, enum.Enum):
    """An order of printed copies."""

    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    PARTLY = "partly"
    DELIVERED = "delivered"
    REFUSED = "refused"
    CANCELLED = "cancelled"


ORDER_LABELS = {
    OrderState.REQUESTED: _("접수"), OrderState.CONFIRMED: _("확정"), OrderState.PARTLY: _("일부 배부"),
    OrderState.DELIVERED: _("배부 완료"), OrderState.REFUSED: _("반려"), OrderState.CANCELLED: _("취소"),
}
ORDER_MOVES: dict[OrderState, frozenset[OrderState]] = {
    OrderState.REQUESTED: frozenset({OrderState.CONFIRMED, OrderState.REFUSED, OrderState.CANCELLED}),
    OrderState.CONFIRMED: frozenset({
        OrderState.CONFIRMED, OrderState.PARTLY, OrderState.DELIVERED, OrderState.REFUSED, OrderState.CANCELLED,
    }),
    OrderState.PARTLY: frozenset({OrderState.PARTLY, OrderState.DELIVERED}),
    OrderState.DELIVERED: frozenset(),
    OrderState.REFUSED: frozenset(),
    OrderState.CANCELLED: frozenset(),
}
#: Someone still has to do something.
OPEN_ORDERS = frozenset({OrderState.REQUESTED, OrderState.CONFIRMED, OrderState.PARTLY})
MOST_COPIES = 100_000


class Carriage(str, enum.Enum):
    """How copies got to where they were wanted."""

    COURIER = "courier"
    POST = "post"
    BY_HAND = "by_hand"
    COLLECTED = "collected"


CARRIAGE_LABELS = {
    Carriage.COURIER: _("택배"), Carriage.POST: _("우편"), Carriage.BY_HAND: _("직접 전달"),
    Carriage.COLLECTED: _("방문 수령"),
}


def after_delivery(granted: int, delivered: int) -> OrderState:
    """Where an order stands once ``delivered`` of the ``granted`` copies are out."""
    return OrderState.DELIVERED if delivered >= granted else OrderState.PARTLY
