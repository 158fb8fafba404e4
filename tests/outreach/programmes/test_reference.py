"""The shipped programme catalogue: complete, dated without gaps that matter, and never surer than it is."""

import json
from datetime import date

import pytest

from outreach.programmes import reference
from outreach.programmes.reference import KINDS, load_programmes, programme

TODAY = date(2026, 11, 23)
MID_2024 = date(2024, 7, 2)


@pytest.fixture(scope="module")
def programmes():
    return load_programmes()


def test_every_kind_is_represented(programmes):
    assert {row.kind for row in programmes} == set(KINDS)


def test_the_four_employer_grants_have_versions_for_mid_2024_2025_and_2026(programmes):
    for code in ("parental-leave-grant", "reduced-hours-grant", "substitute-grant", "work-sharing-grant"):
        versions = [programme(code).version_on(day) for day in (MID_2024, date(2025, 6, 1), TODAY)]
        assert None not in versions
        assert len(set(map(id, versions))) == 3


@pytest.mark.parametrize(
    ("code", "day", "amounts"),
    [
        ("substitute-grant", MID_2024, [800_000, 1_200_000]),
        ("substitute-grant", date(2025, 6, 1), [1_200_000]),
        ("substitute-grant", TODAY, [1_400_000, 1_300_000, 1_200_000]),
        ("parental-leave-grant", MID_2024, [300_000, 2_000_000]),
        ("parental-leave-grant", TODAY, [300_000, 1_000_000, 100_000]),
        ("work-sharing-grant", MID_2024, [200_000]),
        ("work-sharing-grant", date(2025, 6, 1), [None]),
        ("work-sharing-grant", TODAY, [600_000, 400_000]),
        ("flexible-work-consulting", MID_2024, [0]),
    ],
)
def test_amounts_of_their_time(code, day, amounts):
    assert [amount.amount_won for amount in programme(code).version_on(day).amounts] == amounts


def test_amounts_known_from_practice_or_pages_are_not_called_verified(programmes):
    for row in programmes:
        for version in row.versions:
            if any(amount.amount_won for amount in version.amounts):
                assert version.certainty in "SM", row.code


@pytest.mark.parametrize(
    ("code", "day", "certainty"),
    [
        ("parental-leave-grant", MID_2024, "M"),
        ("parental-leave-grant", TODAY, "S"),
        ("substitute-grant", TODAY, "S"),
        ("parental-leave-benefit", TODAY, "M"),
        ("spouse-leave-right", date(2026, 3, 1), "M"),
        ("spouse-leave-right", TODAY, "V"),
        ("parental-leave-right", date(2026, 9, 1), "S"),
        ("infertility-leave-right", date(2026, 11, 27), "V"),
        ("workplace-childcare-support", TODAY, "V"),
        ("companion-planner", MID_2024, "V"),
    ],
)
def test_certainty_is_that_of_the_sources(code, day, certainty):
    assert programme(code).version_on(day).certainty == certainty


def test_the_law_of_the_day_counts(programmes):
    leave = programme("infertility-leave-right")
    assert "처음 2일" in leave.version_on(date(2026, 11, 26)).summary_ko
    assert "처음 4일" in leave.version_on(date(2026, 11, 27)).summary_ko
    assert programme("spouse-miscarriage-leave-right").version_on(date(2026, 9, 17)) is None


def test_what_has_ended_has_no_version_today():
    assert programme("worklife-infrastructure").version_on(TODAY) is None


def test_both_languages_and_whole_sentences(programmes):
    for row in programmes:
        assert row.name_ko and row.name_en.isascii()
        for version in row.versions:
            assert version.summary_ko.endswith(".") and version.summary_en.isascii()
            assert all(line.endswith(".") for line in version.conditions)
            assert version.conditions_text.count("\n") == max(len(version.conditions) - 1, 0)


def test_unknown_code():
    with pytest.raises(KeyError):
        programme("no-such-programme")


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("certainty", "X", "certainty X"),
        ("checked_on", None, "checked_on"),
        ("valid_to", "2020-01-01", "ends before"),
        ("summary_ko", "", "summary or source missing"),
        ("amounts", [{"label": "x", "amount_won": None, "unit": "원", "note": ""}], "says nothing"),
    ],
)
def test_a_slip_in_the_file_is_named(tmp_path, monkeypatch, field, value, complaint):
    content = json.loads(reference.DATA.read_text(encoding="utf-8"))
    content["programmes"] = [row for row in content["programmes"] if row["code"] == "companion-planner"]
    content["programmes"][0]["versions"][0][field] = value
    file = tmp_path / "programmes.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    monkeypatch.setattr(reference, "DATA", file)
    load_programmes.cache_clear()
    try:
        with pytest.raises(ValueError, match=complaint):
            load_programmes()
    finally:
        load_programmes.cache_clear()
