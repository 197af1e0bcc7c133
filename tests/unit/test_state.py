"""One moment's feeling: by name, by a point, and what is left of it when it is weaker."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkpoints.errors import BadInput
from emotion_embed import taxonomy
from emotion_embed.bank import load_emotion_bank
from emotion_embed.state import NEUTRAL, EmotionState, parse_emotion, parse_vad


def test_a_point_arrives_as_it_was_asked_for():
    state = parse_vad("0.3,-0.5,0.1")
    assert state.vad == (0.3, -0.5, 0.1)
    assert next(iter(state.named)) == "calm"
    assert taxonomy.mean_vad(state.mixture) == pytest.approx(state.vad, abs=0.05)


def test_a_point_of_a_basic_emotion_is_that_emotion():
    state = parse_vad("0.81,0.51,0.46")
    assert state.named == {} and state.weights == pytest.approx({"joy": 1.0}, abs=0.01)
    assert parse_vad("0,0,0").mixture == {}


@pytest.mark.parametrize("text", ["", "joy", "1,2", "0,0,0,0", "0,0,1.01", "nan,0,0", "inf,0,0"])
def test_what_is_no_point_is_refused(text):
    with pytest.raises(BadInput, match="valence,arousal,dominance"):
        parse_vad(text)


@given(st.sampled_from(sorted(taxonomy.FEELINGS)), st.floats(0, 1))
def test_a_named_feeling_lies_where_its_name_does(name, strength):
    state = parse_emotion(f"{name}:{strength!r}")
    assert state.vad == pytest.approx(strength * np.array(taxonomy.FEELINGS[name].vad))
    assert state.scaled(0.5).vad == pytest.approx(0.5 * np.array(state.vad))


def test_the_mixture_has_the_finest_names():
    assert parse_emotion("boredom:0.5,joy:0.5").mixture == {"boredom": 0.5, "joy": 0.5}
    assert parse_emotion("joy:0.5").mixture == {"joy": 0.5}
    assert NEUTRAL.mixture == {} and str(NEUTRAL) == "neutral"


def test_the_top_of_a_named_feeling_is_its_name():
    assert [parse_emotion(text).top for text in ("boredom", "hope:0.9", "joy", "calm:0.1")] == [
        "boredom",
        "hope",
        "joy",
        "neutral",
    ]


def test_a_weaker_point_is_nearer_to_nothing():
    assert parse_vad("0.4,-0.2,0.2").scaled(0.5).vad == pytest.approx((0.2, -0.1, 0.1))


def test_the_bank_reads_a_named_feeling_by_its_name():
    bank = load_emotion_bank()
    named, crude = parse_emotion("boredom"), EmotionState(parse_emotion("boredom").weights)
    assert next(iter(bank.feelings(bank.embed(named).mean))) == "boredom"
    assert next(iter(bank.feelings(bank.embed(crude).mean))) != "boredom"
