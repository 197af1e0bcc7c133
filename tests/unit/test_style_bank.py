"""Emotions as speaking styles."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotion_embed import taxonomy
from emotion_embed.state import EmotionState, parse_emotion, parse_vad
from emotion_embed.taxonomy import BASIC
from generators.voice.kokoro.identity import HALF
from generators.voice.prosody.prosody import COLUMNS, FACTORS, N_COLUMNS, N_STYLE, PLAIN, PLAIN_ROW
from generators.voice.prosody.style_bank import ProsodyStyleBank, load_style_bank, prosody_for


def test_no_emotion_is_exactly_the_neutral_prosody():
    for state in (EmotionState(), EmotionState({"joy": 0.0}), parse_emotion("neutral"), parse_emotion("boredom:0")):
        assert prosody_for(state) == PLAIN


def test_the_bank_has_an_offset_for_every_basic_emotion_and_boredom():
    bank = load_style_bank()
    assert bank.names[0] == "neutral" and set(BASIC) | {"boredom"} <= set(bank.names)
    assert bank.offsets.shape == (len(bank.names), N_COLUMNS) and not bank.offsets[0].any()
    assert np.isfinite(bank.offsets).all() and np.abs(bank.offsets[1:]).max(1).min() > 0.1


@pytest.mark.parametrize("feeling", sorted(taxonomy.FEELINGS))
def test_every_emotion_mixes_the_offsets(feeling):
    bank = load_style_bank()
    weights = bank.mixing_weights(feeling)
    assert weights.sum() == pytest.approx(1) and (weights >= 0).all()
    if feeling in bank.names:
        assert weights[bank.names.index(feeling)] == 1


@pytest.mark.parametrize(
    ("finer", "nearest"),
    [("rage", "anger"), ("irritation", "anger"), ("terror", "fear"), ("worry", "fear"), ("grief", "sadness"),
     ("excitement", "joy"), ("amusement", "joy")],
)  # fmt: skip
def test_finer_emotions_take_the_style_of_their_kind(finer, nearest):
    bank = load_style_bank()
    weights = bank.mixing_weights(finer)[1:]
    assert bank.names[1 + int(weights.argmax())] == nearest


@given(st.sampled_from(sorted(taxonomy.FEELINGS)), st.floats(0, 1), st.floats(0, 1))
def test_more_of_an_emotion_goes_further_from_the_neutral_prosody(feeling, one, other):
    def far(strength):
        row = prosody_for(parse_emotion(f"{feeling}:{strength:.6f}")).row()
        return np.abs(np.log(np.maximum(row, 1e-3)) - np.log(np.maximum(PLAIN_ROW, 1e-3)))[COLUMNS["rate"]]

    low, high = sorted((one, other))
    assert far(low) <= far(high) + 1e-5


@given(st.floats(0, 1), st.sampled_from(BASIC[1:]), st.sampled_from(BASIC[1:]))
def test_a_mixture_lies_between(share, one, other):
    if one == other:
        return
    mixed = prosody_for(EmotionState({one: share, other: 1 - share})).row()
    ends = [prosody_for(EmotionState({name: 1.0})).row() for name in (one, other)]
    assert (mixed >= np.minimum(*ends) - 1e-6).all() and (mixed <= np.maximum(*ends) + 1e-6).all()


def test_coordinates_work_as_well_as_names():
    joyful, sad = (prosody_for(parse_vad(vad)) for vad in ("0.81,0.51,0.46", "-0.63,-0.27,-0.33"))
    assert joyful.rate > 1 > sad.rate


def test_boredom_is_its_own_and_not_only_a_mixture():
    state = parse_emotion("boredom")
    assert state.named == {"boredom": 1.0} and str(state) == "boredom:1"
    assert prosody_for(state) != prosody_for(EmotionState(state.weights))
    assert prosody_for(state.scaled(0.5)) == prosody_for(parse_emotion("boredom:0.5"))


@pytest.mark.parametrize(
    ("emotion", "column", "direction"),
    [("joy", "rate", 1), ("sadness", "rate", -1), ("boredom", "rate", -1), ("fear", "rate", 1),
     ("anger", "energy_db", 1),
     ("sadness", "energy_db", -1), ("sadness", "pause_scale", 1), ("disgust", "rate", -1)],
)  # fmt: skip
def test_what_the_search_found_agrees_with_the_reviews(emotion, column, direction):
    """Scherer (2003), Juslin & Laukka (2003)."""
    row = prosody_for(parse_emotion(emotion)).row()
    assert (row - PLAIN_ROW)[COLUMNS[column]] * direction > 0


def test_axes_of_the_style_space_are_two_halves():
    from safetensors.numpy import load_file

    import checkpoints

    axes = load_file(checkpoints.weights_path("voice_manner") / "model.safetensors")["axes"]
    assert axes.shape == (2, N_STYLE // 2, HALF)
    for half in axes:
        lengths = np.linalg.norm(half, axis=1)
        assert np.allclose(half @ half.T, np.diag(lengths**2), atol=1e-3) and (np.diff(lengths) <= 1e-6).all()


def test_factors_of_the_neutral_prosody_are_one():
    """What multiplies has a logarithm of 0 where nothing is changed."""
    assert (PLAIN_ROW[[COLUMNS[name] for name in FACTORS]] == 1).all()


def test_a_bank_that_does_not_begin_with_neutral_is_refused():
    bank = load_style_bank()
    with pytest.raises(ValueError, match="neutral"):
        ProsodyStyleBank(bank.names[::-1], bank.keys[::-1], bank.offsets[::-1], bank.temperature)


def test_a_point_is_said_as_the_feelings_that_lie_there():
    calm = prosody_for(parse_vad("0.3,-0.5,0.1"))
    assert calm == prosody_for(EmotionState(named=parse_vad("0.3,-0.5,0.1").named)) and calm.rate < 1
