"""Letters, labels and lists as files: re-opened, measured in millimetres, read by a scanner."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from campaigns.planning.models import Campaign
from campaigns.post import printing
from campaigns.post.models import PostItem, PostRun
from campaigns.post.rules import LABEL_SHEETS, Box, ItemState, Window, letter_code, read_code
from outreach.clock import kst_today
from outreach.pdf.inspect import inspect, thumbnails
from outreach.pdf.options import RenderedPdf
from tests.campaigns.post.conftest import STATIC
from tests.people import NOW

MM = 72 / 25.4
LONG = "서울특별시 구로구 디지털로32길 30, 코오롱디지털타워빌란트 1차 14층 1403호부터 1408호까지 (구로동)"


def item(place: int, **values: object) -> PostItem:
    given = {"name": f"시험정밀{place}", "person": "", "address": f"서울특별시 구로구 시험로 {place}",
             "postcode": f"{8300 + place * 40:05}", **values}
    return PostItem(id=place, run_id=1, position=place, code=letter_code(1, place), state=ItemState.MADE, **given)


RUN = PostRun(
    id=1, name="11월 편지", salutation="{{회사명}} {{담당자}}님께", sender_name="서울관악고용센터",
    sender_phone="02-000-0000", sender_postal="08392 서울특별시 구로구 시험로 42", window=Window().to_json(),
)
RUN.campaign = Campaign(name="행복산단")
ITEMS = [item(1, person="김민수 과장"), item(2, name="아주 긴 이름의 " * 6 + "주식회사", address=LONG), item(3)]


def address(letter: PostItem) -> str:
    return f"https://outreach.example/p/cAHk8sdfsdfsdfsdf{letter.id:05}"


@pytest.fixture(scope="module")
def letters(base: RenderedPdf) -> bytes:
    return printing.letters(STATIC, RUN, ITEMS, base.data, address)


def lines(data: bytes, page: int) -> Iterator[tuple[str, Box]]:
    """The words of a page with their place in mm from its upper left corner."""
    document = pypdfium2.PdfDocument(data)
    text = document[page].get_textpage()
    for number in range(text.count_rects()):
        left, bottom, right, top = text.get_rect(number)
        yield text.get_text_bounded(left, bottom, right, top), Box(
            left / MM, 297 - top / MM, (right - left) / MM, (top - bottom) / MM)
    document.close()


def codes(data: bytes, page: int) -> dict[str, str]:
    """What a scanner reads on the page as it is printed, by the kind of code."""
    [picture] = thumbnails(data, width=1700, pages=[page])
    found = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))
    return {str(code.format): code.text for code in found}


def test_every_letter_says_its_own_name_over_the_same_text(letters):
    facts = inspect(letters)
    assert facts.pages == 3 and facts.all_fonts_embedded and facts.language == "ko" and facts.title == "11월 편지 편지"
    for number, text in enumerate(facts.text, start=1):
        assert "무료 방문 상담 안내" in text and "우편 그만 받기" in text and f"{8300 + number * 40:05}" in text
    assert "시험정밀1 김민수 과장님께" in facts.text[0] and "김민수 과장 귀하" in facts.text[0]
    assert "시험정밀3 인사·노무 담당자님께" in facts.text[2] and "시험정밀1" not in facts.text[2]


@pytest.mark.parametrize("page", range(3))
def test_the_window_shows_all_of_the_address_and_nothing_else(letters, page):
    shown, seen = Window().shown, Window().seen
    inside = [
        (words, box) for words, box in lines(letters, page)
        if seen.holds(box.x, box.y) or seen.holds(box.x + box.width, box.y + box.height)
    ]
    assert all(
        shown.holds(box.x, box.y) and shown.holds(box.x + box.width, box.y + box.height) for _words, box in inside
    ), inside
    text = " ".join(words for words, _box in inside)
    for needed in ("보내는 곳", ITEMS[page].postcode, "귀하", ITEMS[page].name[:5], *ITEMS[page].address.split()):
        assert needed in text
    assert "시행일" not in text and "무료" not in text


@pytest.mark.parametrize("page", range(3))
def test_its_codes_lead_to_that_company_alone(letters, page):
    found = codes(letters, page)
    assert found == {"QR Code": address(ITEMS[page]), "Code 128": ITEMS[page].code}
    assert read_code(found["Code 128"]) == ITEMS[page].code
    assert address(ITEMS[page]).removeprefix("https://") in inspect(letters).text[page].replace("\n", "")


def test_the_same_letters_are_the_same_file(letters, base):
    assert printing.letters(STATIC, RUN, ITEMS, base.data, address) == letters


def test_the_text_is_in_the_file_once(letters, base):
    many = printing.letters(STATIC, RUN, [item(place) for place in range(1, 101)], base.data, address)
    assert len(many) < len(letters) + 100 * 4_000


def test_labels_begin_where_told_and_move_as_told():
    sheet = LABEL_SHEETS["LS-3108"]
    made = [item(place) for place in range(1, 15)]
    data = printing.labels(STATIC, RUN, made, "LS-3108", start=3, right=1.5, down=-1)
    assert inspect(data).pages == 2  # twelve on the first sheet
    for number in (1, 12):
        x, y = sheet.place(number + 1)
        own = Box(x + 1.5, y - 1, sheet.width, sheet.height)
        [box] = [box for words, box in lines(data, 0) if words.strip() == f"시험정밀{number}"]
        assert own.holds(box.x, box.y) and own.holds(box.x + box.width, box.y + box.height)
    assert codes(data, 1)["Code 128"] in {made[12].code, made[13].code}


@pytest.mark.parametrize("stock", LABEL_SHEETS)
def test_a_long_address_stays_on_its_label(stock):
    sheet, data = LABEL_SHEETS[stock], printing.labels(STATIC, RUN, [ITEMS[1]], stock)
    own = Box(*sheet.place(0), sheet.width, sheet.height)
    found = list(lines(data, 0))
    assert all(own.holds(box.x, box.y) and own.holds(box.x + box.width, box.y + box.height) for _words, box in found)
    assert "1408호까지" in " ".join(words for words, _box in found)


def test_the_list_counts_bundles_and_all():
    made = [item(place) for place in range(1, 61)]
    data = printing.hand_over(STATIC, RUN, made, kst_today(NOW))
    text = "\n".join(inspect(data).text)
    assert printing.bundles(made)[:2] == [("083", 2), ("084", 2)]
    assert sum(number for _name, number in printing.bundles(made)) == 60
    assert "우편번호 083" in text and "60통" in text and "서명 또는 인" in text and "2026. 11. 23. 만듦" in text
    assert all(each.name in text and each.postcode in text for each in made)


def test_sheets_to_try_show_nobody():
    for data in (printing.try_sheet(STATIC, RUN), printing.label_try_sheet(STATIC, "LS-3106", right=1)):
        assert inspect(data).pages == 1 and "시험정밀1" not in inspect(data).text[0]
