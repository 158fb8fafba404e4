"""The first page of each role, and the language switch that leads back to it."""

import pytest

from outreach.scope import ROLE_LABELS, Role
from tests.people import make_user, sign_in


@pytest.mark.parametrize("role", list(Role))
def test_every_role_has_a_first_page(client, role):
    user = make_user(role)
    page = sign_in(client, user).get("/").text
    assert "2026. 11. 23.(월)" in page and ROLE_LABELS[role] in page
    assert user.belonging in page
    assert 'href="/" aria-current="page"' in page


def test_anonymous_is_sent_to_sign_in(client):
    assert client.get("/").location == "/login"


@pytest.mark.parametrize("role", list(Role))
def test_every_menu_entry_opens(client, role):
    sign_in(client, make_user(role))
    page = client.get("/").text
    menu = page.split('id="site-menu"')[1].split("</nav>")[0]
    links = [part.split('"')[0] for part in menu.split('href="')[1:]]
    assert links
    for link in links:
        assert client.get(link, follow_redirects=True).status_code == 200, link


def test_the_language_is_remembered(client):
    sign_in(client, make_user(Role.AUDITOR))
    assert 'lang="ko"' in client.get("/").text
    assert client.get("/language/en?next=/me/").location == "/me/"
    assert 'lang="en"' in client.get("/").text
    assert client.get("/language/xx").status_code == 404
    assert client.get("/language/ko?next=//evil.example").location == "/"
