"""Leave to clone a voice and to use weights under a licence: only the user gives it, in plain words."""

import pytest

from checkpoints.errors import BadInput, Missing
from generators.voice.consent import CPML, LICENCE_SWITCH, Consent, check_consent, check_licence


@pytest.mark.parametrize(
    ("statement", "who", "when"),
    [
        ("Ada Lovelace, 2026-11-02", "Ada Lovelace", "2026-11-02"),
        ("  Ada   Lovelace ;  2026-11-02 15:30 ", "Ada Lovelace", "2026-11-02 15:30"),
        ("myself, today", "myself", "today"),
        ("Ada Lovelace on 2 November 2026", "Ada Lovelace", "2 November 2026"),
        ("Ada Lovelace consents, today at 15:30", "Ada Lovelace consents", "today at 15:30"),
        ("2026-11-02, Ada", "Ada", "2026-11-02"),
        ("May Smith, 3 pm", "May Smith", "3 pm"),
        ("Frau Weber, 2.11.2026", "Frau Weber", "2.11.2026"),
        ("Ada, March 2026", "Ada", "March 2026"),
        ("王小明, 2026-11-02", "王小明", "2026-11-02"),
    ],
)
def test_a_consent_names_who_and_when(statement, who, when):
    consent = check_consent(statement)
    assert (consent.who, consent.when) == (who, when)
    assert consent == Consent(who, when, " ".join(statement.split()))
    assert consent.to_dict() == {"who": who, "when": when, "text": consent.text}


@pytest.mark.parametrize("statement", [None, "", "   "])
def test_none_is_refused(statement):
    with pytest.raises(BadInput, match="needs the consent of whose voice it is") as caught:
        check_consent(statement)
    assert "--i-have-consent" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("statement", ["yes, 2026-11-02", "2026-11-02", "x, today", "today", "I agree, today"])
def test_one_that_names_nobody_is_refused(statement):
    with pytest.raises(BadInput, match="does not say who"):
        check_consent(statement)


@pytest.mark.parametrize("statement", ["Ada Lovelace", "April Jones", "Ada, who is my friend", "Ada, version 2"])
def test_one_without_a_time_is_refused(statement):
    with pytest.raises(BadInput, match="does not say when"):
        check_consent(statement)


@pytest.mark.parametrize("statement", [True, 7, "Ada,\n2026-11-02", "Ada, 2026-11-02\x1b[2J", "A" * 300 + ", today"])
def test_what_is_no_line_of_text_is_refused(statement):
    with pytest.raises(BadInput, match="one line"):
        check_consent(statement)


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
