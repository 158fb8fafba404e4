"""Codes, windows, label sheets and salutations."""

from __future__ import annotations

import pytest

from campaigns.post.rules import (
    LABEL_SHEETS,
    Window,
    letter_code,
    read_code,
    salutation,
    shown_code,
    unknown_fields,
)
from outreach.pdf.barcode import bars, modules


def test_a_code_is_read_back_however_it_is_typed():
    code = letter_code(12, 345)
    assert read_code(code) == read_code(f" {shown_code(code)}\r") == code == "000120034591"


def test_no_wrong_digit_and_no_two_swapped_ones_pass():
    code = letter_code(7, 41)
    wrong = {code[:at] + digit + code[at + 1:] for at in range(12) for digit in "0123456789"} - {code}
    swapped = {code[:at] + code[at + 1] + code[at] + code[at + 2:] for at in range(11)} - {code}
    assert [each for each in wrong | swapped if read_code(each)] == []


@pytest.mark.parametrize("text", ["", "123", "https://outreach.example/q/abc", "٠٠٠١٢٠٠٣٤٥٩١", "8801234567893"])
def test_anything_else_is_no_code(text):
    assert read_code(text) is None


def test_bars_are_as_wide_as_told():
    drawn = list(bars("000120034535"))
    assert drawn[-1].start + drawn[-1].width == modules("000120034535")
    with pytest.raises(ValueError, match="even"):
        list(bars("123"))


def test_the_address_is_seen_wherever_the_sheet_slides():
    window = Window()
    for aside in (0, window.slack[0]):
        for up in (0, window.slack[1]):
            # the window over the sheet when the sheet lies ``aside`` from the left and ``up`` from the bottom
            left, top = window.left - aside, 99 - window.bottom - window.height + up
            shown = window.shown
            assert left <= shown.x and shown.x + shown.width <= left + window.width
            assert top <= shown.y and shown.y + shown.height <= top + window.height
            assert window.seen.holds(left, top) and window.seen.holds(left + window.width, top + window.height)


@pytest.mark.parametrize(("values", "said"), [
    ({}, ""), ({"envelope_width": 200}, "210"), ({"left": 140}, "밖으로"), ({"width": 65}, "좁습니다"),
    ({"bottom": 40}, "위나 아래"), ({"left": 110, "width": 95}, ""),
])
def test_a_window_that_shows_too_little_or_too_much_is_told(values, said):
    problem = Window.from_json({**Window().to_json(), **values}).problem()
    assert (said in problem) and (bool(said) == bool(problem))


@pytest.mark.parametrize("sheet", LABEL_SHEETS.values(), ids=LABEL_SHEETS)
def test_labels_lie_on_the_paper_and_not_on_each_other(sheet):
    x, y = sheet.place(sheet.count - 1)
    assert x + sheet.width <= 210 and y + sheet.height <= 297
    assert sheet.pitch_x >= sheet.width and sheet.pitch_y >= sheet.height


def test_a_person_nobody_knows_is_addressed_by_the_post():
    text = "{{회사명}} {{ 담당자 | 님 }}님께"
    assert salutation(text, "㈜새봄", "김민수 과장") == "㈜새봄 김민수 과장님께"
    assert salutation(text, "㈜새봄", "") == "㈜새봄 인사·노무 담당자님께"
    assert unknown_fields("{{회사명}} {{전화}}", ("회사명",)) == ["전화"]
