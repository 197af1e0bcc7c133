"""Leave to clone a voice and to use weights under a licence: only the user gives it, in plain words."""

import datetime

import pytest

from checkpoints.errors import BadInput, Missing
from generators.voice.consent import LICENCE_SWITCH, Consent, check_consent, check_licence
from generators.voice.coqui.folder import CPML


@pytest.mark.parametrize("who", ["Ada Lovelace", "  Ada   Lovelace ", "I, Ada, agree", "myself", "王小明"])
def test_a_consent_names_who_and_when(who):
    consent = check_consent(who, "2024-02-29")
    assert consent == Consent(" ".join(who.split()), "2024-02-29")
    assert consent.to_dict() == {"who": consent.who, "date": "2024-02-29"}


def test_one_given_today_holds():
    today = datetime.date.today().isoformat()
    assert check_consent("Ada", today).date == today


@pytest.mark.parametrize("who", [None, "", "   "])
def test_none_is_refused(who):
    with pytest.raises(BadInput, match="needs the consent of whose voice it is") as caught:
        check_consent(who, "2024-05-01")
    assert "--i-have-consent" in str(caught.value) and "--consent-date" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("date", [None, "", " "])
def test_one_without_a_date_is_refused(date):
    with pytest.raises(BadInput, match="The consent of Ada has no date.*--consent-date"):
        check_consent("Ada", date)


@pytest.mark.parametrize("who", ["yes", "x", "I agree", "2026-11-02", "Given."])
def test_one_that_names_nobody_is_refused(who):
    with pytest.raises(BadInput, match="does not say who"):
        check_consent(who, "2024-05-01")


@pytest.mark.parametrize(
    "date", ["2.11.2024", "11/02/2024", "2024-11-2", "20241102", "2024-11", "2024-W44-6", "today", "2 November 2024"]
)
def test_a_date_in_other_words_is_told_the_form_in_one_sentence(date):
    with pytest.raises(BadInput, match="write it as 2026-11-02") as caught:
        check_consent("Ada", date)
    assert str(caught.value).count(". ") == 0


@pytest.mark.parametrize(
    ("date", "sentence"),
    [("2024-02-30", "no calendar"), ("2023-02-29", "no calendar"), ("9999-01-01", "still to come")],
)
def test_a_day_that_cannot_be_is_refused(date, sentence):
    with pytest.raises(BadInput, match=sentence):
        check_consent("Ada", date)


@pytest.mark.parametrize("who", [True, 7, "Ada,\nLovelace", "Ada \x1b[2J", "A" * 301])
def test_what_is_no_line_of_text_is_refused(who):
    with pytest.raises(BadInput, match="one line"):
        check_consent(who, "2024-05-01")


def test_a_licence_is_never_accepted_for_the_user(monkeypatch):
    monkeypatch.delenv(LICENCE_SWITCH, raising=False)
    for given in (None, "", "mit", ["other"], "no cpml"):
        with pytest.raises(Missing, match="Coqui Public Model License") as caught:
            check_licence(CPML, "XTTS-v2", given)
        assert f"{LICENCE_SWITCH}=cpml" in str(caught.value)
        assert "non-commercial" in str(caught.value)


@pytest.mark.parametrize("given", ["cpml", " CPML ", ["other", "cpml"]])
def test_a_licence_is_accepted_by_its_key(monkeypatch, given):
    monkeypatch.delenv(LICENCE_SWITCH, raising=False)
    check_licence(CPML, "XTTS-v2", given)


def test_a_licence_is_accepted_by_the_environment(monkeypatch):
    monkeypatch.setenv(LICENCE_SWITCH, "other, cpml")
    check_licence(CPML, "XTTS-v2")
    monkeypatch.setenv(LICENCE_SWITCH, "other")
    with pytest.raises(Missing):
        check_licence(CPML, "XTTS-v2")
