"""The letters, labels and lists of a run as PDF: drawn when they are asked for, kept nowhere.

All draw the frozen rows, so a file made again is the same, byte for byte.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from itertools import groupby
from pathlib import Path

from campaigns.post.models import PostItem, PostRun
from campaigns.post.rules import (
    FOLDS,
    LABEL_SHEETS,
    NOBODY,
    PAPER,
    Box,
    LabelSheet,
    Window,
    prefix,
    salutation,
    shown_code,
)
from outreach.pdf.canvas import INK, LINE, SOFT, Canvas, Leaf
from outreach.pdf.templates import grouped, korean_date

GUIDE = "#c2431a"
_BAR = (38.0, 4.5)  # a module of 0.38 mm: read through a window's film
_CODE = (20.0, 242.0, 32.0)  # the QR code of the first page: left, top, side with quiet zone
_TALK = (20.0, 127.0)  # the salutation's baseline
_WIDTH = 168.0  # of the letter's text
#: 우정사업본부 recommends 11 pt (9 to 14), the postcode at the right of the last line, 2 mm below a bar code.
_SIZE, _LEADING = 11.0, 5.1
_EDGE = 2.0  # between address and the window's side

Address = Callable[[PostItem], str]


def letters(static: Path, run: PostRun, items: Sequence[PostItem], base: bytes, address: Address) -> bytes:
    """All letters as one file: the base once, and on it for each company its address in the window, the salutation and
    its own QR code. ``base``: the letter, or where they differ all of them (campaigns.post.bodies). ``address``: of a
    letter's response form."""
    canvas = Canvas(static, title=f"{run.name} 편지", base=base)
    window = Window.from_json(run.window)
    for item in items:
        first, *others = _pages(item, canvas.base_pages)
        leaf = canvas.page(first)
        _in_window(leaf, window.shown, run, item)
        size = leaf.size_for(salutation(run.salutation, item.name, item.person), 10.5, _WIDTH, smallest=8)
        leaf.fitted(*_TALK, salutation(run.salutation, item.name, item.person), size, _WIDTH, smallest=8)
        _answer(leaf, address(item))
        for number in others:
            canvas.page(number)
    return canvas.pdf()


def _pages(item: PostItem, base_pages: int) -> range:
    """The pages of the base that are this letter's: all, or its own."""
    return range(item.first_page, item.first_page + item.pages) if item.pages else range(base_pages)


def example(static: Path, run: PostRun, base: bytes, base_url: str) -> bytes:
    """The letter as it will be, to a company that does not exist."""
    return letters(static, run, [_example()], base, lambda _item: f"{base_url}/p/{'0' * 19}")


def _example() -> PostItem:
    return PostItem(  # its check digits are wrong: scanned by mistake, it is no letter
        code="000010000133", name="예시정밀 주식회사", person="", address="서울특별시 구로구 보기로 12, 3층 301호",
        postcode="08390",
    )


def _in_window(leaf: Leaf, box: Box, run: PostRun, item: PostItem) -> None:
    """Sender in small type (an envelope with a window may have none printed), the code of the letter, the address."""
    box = Box(box.x + _EDGE, box.y, box.width - 2 * _EDGE, box.height)
    leaf.fitted(box.x, box.y + 2.6, f"보내는 곳  {run.sender_name}  {run.sender_postal}", 6.5, box.width, smallest=5,
                ink=SOFT)
    top = box.y + 4.2
    leaf.bars(box.x + 1, top, *_BAR, item.code)
    leaf.text(box.x + 43.5, top + 3.2, shown_code(item.code), 7, ink=SOFT)
    size = _SIZE
    room = box.y + box.height - (top + _BAR[1] + 2.5)
    while True:
        lines = leaf.broken(item.address, size, box.width)
        leading = _LEADING * size / _SIZE
        if (len(lines) + 2) * leading <= room or size <= 8:
            break
        size -= 0.5
    y = top + _BAR[1] + 2.5 + leading * 0.75
    for line in lines[:max(1, int(room / leading) - 2)]:
        leaf.text(box.x, y, line, size)
        y += leading
    leaf.fitted(box.x, y, item.name, size, box.width, smallest=7, bold=True)
    y += leading
    leaf.fitted(box.x, y, _to(item), size, box.width - 20, smallest=7)
    leaf.text(box.x + box.width, y, item.postcode, size + 1, bold=True, right=True, spread=1.2)


def _to(item: PostItem) -> str:
    return f"{item.person or NOBODY} 귀하"


def _answer(leaf: Leaf, address: str) -> None:
    """The QR code, and what people type who have no camera."""
    x, y, side = _CODE
    leaf.qr(x - 2.5, y + 0.5, side, address)
    leaf.fitted(x + 34, y + 27.5, address.partition("://")[2] or address, 7.5, 110, ink=SOFT)


def try_sheet(static: Path, run: PostRun) -> bytes:
    """A sheet to fold and put into the envelope at hand: what must be seen, what must not, and rulers to measure by."""
    canvas, window = Canvas(static, title="창봉투 시험지"), Window.from_json(run.window)
    leaf = canvas.page()
    leaf.text(20, 22, "창봉투 시험지", 16, bold=True)
    leaf.text(20, 29, "100% 크기로 인쇄해 점선에서 두 번 접고 봉투에 넣어 흔들어 보십시오.", 9, ink=SOFT)
    for fold in FOLDS:
        leaf.line(0, fold, PAPER[0], fold, ink=SOFT, dashed=True)
    leaf.frame(*window.seen, ink=GUIDE, dashed=True)
    leaf.frame(*window.shown, weight=1.2, ink=INK)
    _in_window(leaf, window.shown, run, _example())
    y = 112.0
    for text in (
        "굵은 칸: 종이가 어디로 밀려도 창에 다 보여야 합니다. 가려지면 창의 크기와 위치를 다시 재어 주십시오.",
        "붉은 점선: 창으로 보일 수 있는 가장 넓은 범위입니다. 이 안에는 주소 말고 아무것도 인쇄하지 않습니다.",
        f"지금 값(mm): 봉투 {window.envelope_width:g}×{window.envelope_height:g}, "
        f"창 {window.width:g}×{window.height:g}, 왼쪽에서 {window.left:g}, 아래에서 {window.bottom:g}",
    ):
        for line in leaf.broken(text, 10, 170):
            leaf.text(20, y, line, 10)
            y += 6
        y += 2
    _ruler(leaf, 20, 150)
    return canvas.pdf()


def _ruler(leaf: Leaf, x: float, y: float) -> None:
    leaf.text(x, y - 3, "아래 자가 100mm인지 확인해 주십시오.", 9, ink=SOFT)
    leaf.line(x, y, x + 100, y, ink=INK)
    for mark in range(0, 101):
        leaf.line(x + mark, y, x + mark, y + (5 if mark % 10 == 0 else 3 if mark % 5 == 0 else 1.8), ink=INK,
                  weight=0.3)
        if mark % 10 == 0:
            leaf.text(x + mark + 0.4, y + 8, str(mark), 7, ink=SOFT)


def labels(
    static: Path, run: PostRun, items: Sequence[PostItem], stock: str, *, start: int = 1, right: float = 0,
    down: float = 0,
) -> bytes:
    """Address labels on sheets of ``stock``, beginning with label ``start`` of the first sheet (counted from 1), all
    shifted by ``right`` and ``down`` mm."""
    sheet = LABEL_SHEETS[stock]
    canvas, place = Canvas(static, title=f"{run.name} 주소 라벨"), min(max(start, 1), sheet.count) - 1
    leaf = None
    for item in items:
        if leaf is None or place == sheet.count:
            place = place if leaf is None else 0
            leaf = canvas.page()
        x, y = sheet.place(place)
        _label(leaf, sheet, x + right, y + down, item)
        place += 1
    return canvas.pdf()


def _label(leaf: Leaf, sheet: LabelSheet, x: float, y: float, item: PostItem) -> None:
    """Address, name, postcode; the code at the foot, so that a label that came back is known, too."""
    left, width = x + 4, sheet.width - 8
    size = 10.0 if sheet.width > 80 else 8.5
    room = sheet.height - 11
    while True:
        lines = leaf.broken(item.address, size, width)
        if (len(lines) + 2) * size * 0.46 <= room or size <= 6.5:
            break
        size -= 0.5
    step = size * 0.46
    baseline = y + 3.2 + step * 0.75
    for line in lines[:max(1, int(room / step) - 2)]:
        leaf.text(left, baseline, line, size)
        baseline += step
    leaf.fitted(left, baseline, item.name, size, width, smallest=6, bold=True)
    baseline += step
    leaf.fitted(left, baseline, _to(item), size, width - 17, smallest=6)
    leaf.text(left + width, baseline, item.postcode, size + 1, bold=True, right=True, spread=0.8)
    foot = y + sheet.height - 6.2
    leaf.bars(left + 1, foot, 34, 3.6, item.code)
    if sheet.width > 80:
        leaf.text(left + width, foot + 2.9, shown_code(item.code), 6.5, ink=SOFT, right=True)


def label_try_sheet(static: Path, stock: str, *, right: float = 0, down: float = 0) -> bytes:
    """The outlines of a sheet's labels, to be held against it."""
    sheet = LABEL_SHEETS[stock]
    canvas = Canvas(static, title=f"라벨 시험지 {stock}")
    leaf = canvas.page()
    for number in range(sheet.count):
        x, y = sheet.place(number)
        leaf.frame(x + right, y + down, sheet.width, sheet.height, ink=INK)
        leaf.text(x + right + 4, y + down + 7, f"{stock}  {number + 1}번 칸", 9)
        leaf.text(x + right + 4, y + down + 13, f"오른쪽 {right:g}mm, 아래 {down:g}mm 옮김", 7.5, ink=SOFT)
    return canvas.pdf()


# -- the list that goes with them to the post office ---------------------------------------------------------

_TOP, _BOTTOM, _ROW = 52.0, 278.0, 6.2
_COLUMNS = (("번호", 15), ("우편번호", 27), ("받는 곳", 44), ("주소", 92), ("코드", 192))


def bundles(items: Sequence[PostItem]) -> list[tuple[str, int]]:
    """How many letters there are for each postcode prefix, in their order."""
    return sorted(Counter(prefix(item.postcode) for item in items).items())


def hand_over(static: Path, run: PostRun, items: Sequence[PostItem], day: date) -> bytes:
    """발송 목록: every letter, the bundles by postcode, the sum, and who handed over to whom."""
    canvas = Canvas(static, title=f"{run.name} 우편 발송 목록")
    list_pages = _List(canvas, run, len(items), day)
    for _prefix, group in groupby(items, key=lambda item: prefix(item.postcode)):
        rows = list(group)
        list_pages.bundle(_prefix, len(rows))
        for item in rows:
            list_pages.row(item)
    list_pages.foot(bundles(items))
    return canvas.pdf()


class _List:
    """Rows down one page after the other."""

    def __init__(self, canvas: Canvas, run: PostRun, total: int, day: date):
        self._canvas, self._run, self._total, self._day = canvas, run, total, day
        self._number = 0
        self._begin()

    def bundle(self, name: str, number: int) -> None:
        """The heading of the letters of one prefix; never alone at a page's foot."""
        self._room(2 * _ROW)
        self._leaf.field(15, self._y - 4.4, 180, _ROW, "#eef2f7")
        self._leaf.text(17, self._y, f"우편번호 {name}", 9, bold=True)
        self._leaf.text(193, self._y, f"{grouped(number)}통", 9, bold=True, right=True)
        self._y += _ROW

    def row(self, item: PostItem) -> None:
        self._room(_ROW)
        leaf, y = self._leaf, self._y
        leaf.text(24, y, str(item.position), 8, right=True)
        leaf.text(27, y, item.postcode, 8)
        leaf.fitted(44, y, item.name, 8, 46, smallest=6)
        leaf.fitted(92, y, item.address, 8, 78, smallest=6)
        leaf.text(195, y, shown_code(item.code), 7, ink=SOFT, right=True)
        leaf.line(15, y + 1.8, 195, y + 1.8, weight=0.25)
        self._y += _ROW

    def foot(self, sums: Sequence[tuple[str, int]]) -> None:
        """The bundles side by side, the sum, and the signatures."""
        lines = -(-len(sums) // 6)
        self._room(lines * 5.6 + 52)
        leaf = self._leaf
        self._y += 5
        leaf.text(15, self._y, "묶음별 통수 (우편번호 앞 세 자리)", 10, bold=True)
        self._y += 7
        for place, (name, number) in enumerate(sums):
            x, y = 15 + place % 6 * 30, self._y + place // 6 * 5.6
            leaf.text(x, y, name, 8.5)
            leaf.text(x + 25, y, grouped(number), 8.5, right=True)
        self._y += lines * 5.6 + 4
        leaf.line(15, self._y - 3, 195, self._y - 3, weight=0.8, ink=INK)
        leaf.text(15, self._y + 3, "합계", 11, bold=True)
        leaf.text(195, self._y + 3, f"{grouped(self._total)}통", 12, bold=True, right=True)
        self._y += 17
        for x, who in ((15, "넘기는 사람 (고용센터)"), (108, "받는 사람 (우체국·발송대행)")):
            leaf.text(x, self._y, who, 9, ink=SOFT)
            for at, unit in ((9, "년"), (17, "월"), (25, "일")):
                leaf.text(x + at, self._y + 9, unit, 8, ink=SOFT)
            leaf.line(x + 30, self._y + 10, x + 87, self._y + 10, weight=0.5, ink=INK)
            leaf.text(x + 87, self._y + 9, "(서명 또는 인)", 8, ink=SOFT, right=True)

    def _room(self, height: float) -> None:
        if self._y + height - _ROW > _BOTTOM:
            self._begin()

    def _begin(self) -> None:
        self._number += 1
        leaf = self._leaf = self._canvas.page()
        leaf.text(15, 22, "우편 발송 목록 및 인수인계표", 16, bold=True)
        leaf.text(195, 22, f"{self._number}쪽", 9, ink=SOFT, right=True)
        leaf.fitted(15, 30, f"{self._run.campaign.name}  ·  {self._run.name}", 10, 130)
        leaf.fitted(15, 36, f"{self._run.sender_name}  {self._run.sender_phone}", 9, 130, ink=SOFT)
        leaf.text(195, 30, f"모두 {grouped(self._total)}통", 10, bold=True, right=True)
        leaf.text(195, 36, f"{korean_date(self._day)} 만듦", 9, ink=SOFT, right=True)
        leaf.line(15, 40, 195, 40, weight=0.8, ink=INK)
        for label, x in _COLUMNS:
            at = 24 if label == "번호" else 195 if label == "코드" else x
            leaf.text(at, 45, label, 8, bold=True, ink=SOFT, right=label in ("번호", "코드"))
        leaf.line(15, 47, 195, 47, ink=LINE)
        self._y = _TOP
