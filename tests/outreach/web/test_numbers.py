"""An id no row can have is a page not found, wherever it stands in an address."""

import re

import pytest

from outreach.scope import Role
from outreach.web.numbers import MAX_ID
from tests.outreach.web.test_routes_guarded import example, marks
from tests.people import make_user, sign_in


def pages(app, number: object) -> set[str]:
    """The address of every page of headquarters that names a row, with ``number`` for the first one."""
    return {
        example(re.sub(r"<int:[^>]+>", str(number), rule.rule, count=1))
        for rule in app.url_map.iter_rules()
        if "<int:" in rule.rule and "GET" in rule.methods and Role.HEADQUARTERS in (marks(app, rule.endpoint)[0] or ())
    }


@pytest.mark.parametrize("number", [MAX_ID + 1, 10**18 * 99, "9" * 5000, "²", "１", "+1", "-1"])
def test_a_number_that_is_no_id_is_not_found(client, app, number):
    sign_in(client, make_user(Role.HEADQUARTERS))
    paths = pages(app, number)
    assert len(paths) > 20
    assert {path: client.get(path).status_code for path in paths} == dict.fromkeys(paths, 404)


def test_the_largest_id_is_looked_up(client, app):
    """The last id there could be reaches the database, and does no harm there."""
    sign_in(client, make_user(Role.HEADQUARTERS))
    for path in pages(app, MAX_ID):
        assert client.get(path).status_code in {302, 404}, path


ODD = [MAX_ID + 1, "9" * 25, "²", "-1", "x", "\x00"]
LIST_ARGUMENTS = ("page", "province", "district", "centre", "complex", "campaign", "planner", "region", "recipient")


@pytest.mark.parametrize("number", ODD)
def test_a_list_asked_for_nonsense_is_still_a_page(client, app, number):
    sign_in(client, make_user(Role.HEADQUARTERS))
    for rule in app.url_map.iter_rules():
        roles = marks(app, rule.endpoint)[0] or ()
        if not rule.arguments and "GET" in rule.methods and Role.HEADQUARTERS in roles:
            query = dict.fromkeys(LIST_ARGUMENTS, number)
            assert client.get(rule.rule, query_string=query).status_code < 500, rule.rule
