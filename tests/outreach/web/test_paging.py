"""Pages of lists: their addresses, their numbers, and cursors that walk everything once."""

import pytest
import sqlalchemy as sa

from outreach.errors import Invalid
from outreach.regions.models import Centre
from outreach.web.paging import MAX_PAGE, Page, after, page_number
from tests.people import make_centre


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("", ""),
        ("page=7", ""),
        ("q=%EC%84%9C%EC%9A%B8&state=a&state=b", "q=%EC%84%9C%EC%9A%B8&state=a&state=b&"),
        ("endpoint=x", "endpoint=x&"),
        ("_scheme=gopher&_external=1&_anchor=a", "_scheme=gopher&_external=1&_anchor=a&"),
        ("self=1&values=2&_method=DELETE", "self=1&values=2&_method=DELETE&"),
    ],
)
def test_another_page_keeps_the_filters_whatever_they_are_called(app, query, kept):
    with app.test_request_context(f"/language/ko?{query}"):
        assert Page([], 1, 50, 0).url(3) == f"/language/ko?{kept}page=3"


@pytest.mark.parametrize(
    ("text", "number"),
    [("3", 3), ("0", 1), ("-1", 1), ("", 1), ("x", 1), ("²", 1),
     ("٣", 1), ("１", 1), ("1e3", 1), ("999999", MAX_PAGE), ("9" * 99, 1)],
)
def test_nonsense_is_the_first_page(app, text, number):
    with app.test_request_context("/health", query_string={"page": text}):
        assert page_number() == number


@pytest.mark.parametrize("limit", [1, 3, 7, 8, 50])
def test_a_cursor_walks_all_rows_exactly_once(session, limit):
    made = [make_centre().id for _ in range(7)]
    seen, cursor = [], None
    while True:
        page = after(session, sa.select(Centre), Centre.id, cursor=cursor, limit=limit)
        seen += [row.id for row in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == made


@pytest.mark.parametrize("cursor", ["²", "-1", "1.5", "x", "9" * 19, "1 OR 1=1", "１"])
def test_a_made_up_cursor_is_refused_by_name(session, cursor):
    with pytest.raises(Invalid) as caught:
        after(session, sa.select(Centre), Centre.id, cursor=cursor, limit=5)
    assert "cursor" in caught.value.fields
