"""Feelings as ways of speaking."""

from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkpoints.errors import BadInput
from emotion_embed.state import EmotionState
from emotion_embed.taxonomy import BASIC
from generators.voice.prosody import PLAIN, Prosody, prosody_at, prosody_for


def test_no_feeling_is_exactly_the_plain_voice():
    assert prosody_for(EmotionState()) == PLAIN == Prosody()
    assert prosody_for(EmotionState({"joy": 0.0})) == PLAIN


@pytest.mark.parametrize(
    ("emotion", "field", "direction"),
    [
        ("joy", "rate", 1), ("joy", "pitch_semitones", 1), ("joy", "pitch_range", 1),
        ("sadness", "rate", -1), ("sadness", "pitch_semitones", -1), ("sadness", "pitch_range", -1),
        ("sadness", "energy_db", -1), ("sadness", "pause_scale", 1), ("anger", "rate", 1), ("anger", "energy_db", 1),
        ("anger", "pitch_range", 1), ("fear", "rate", 1), ("fear", "pitch_semitones", 1),
        ("surprise", "pitch_semitones", 1), ("surprise", "pitch_range", 1), ("disgust", "rate", -1),
        ("disgust", "pitch_semitones", -1), ("contempt", "rate", -1), ("contempt", "pitch_range", -1),
    ],
)  # fmt: skip
def test_directions_of_the_literature_grow_with_intensity(emotion, field, direction):
    values = [getattr(prosody_for(EmotionState({emotion: weight})), field) for weight in (0.0, 0.3, 0.6, 1.0)]
    assert (np.diff(values) * direction > 0).all()


@given(st.floats(0, 1), st.sampled_from(BASIC[1:]), st.sampled_from(BASIC[1:]))
def test_a_mixture_lies_between(share, one, other):
    if one == other:
        return
    mixed = astuple(prosody_for(EmotionState({one: share, other: 1 - share})))
    ends = [astuple(prosody_for(EmotionState({name: 1.0}))) for name in (one, other)]
    assert all(min(a, b) - 1e-9 <= m <= max(a, b) + 1e-9 for m, a, b in zip(mixed, *ends, strict=True))


def test_stretches_hold_from_their_offset_on():
    loud, slow = Prosody(energy_db=3), Prosody(rate=0.8)
    rows = prosody_at([(5, loud), (10, slow)], [0, 5, 9, 10, 40])
    assert rows[:, 3].tolist() == [3, 3, 3, 0, 0]
    assert rows[:, 0].tolist() == [1, 1, 1, 0.8, 0.8]
    assert prosody_at(lambda offset: Prosody(rate=1 + offset / 100), [0, 50])[:, 0].tolist() == [1, 1.5]
    assert (prosody_at(None, [3]) == astuple(PLAIN)).all()


def test_values_are_kept_within_what_the_voice_can_do():
    assert prosody_at(Prosody(rate=9, pitch_semitones=-40), [0])[0, :2].tolist() == [2.0, -12.0]


@pytest.mark.parametrize("bad", [Prosody(rate=float("nan")), [(5, PLAIN), (1, PLAIN)]])
def test_senseless_settings_are_refused(bad):
    with pytest.raises(BadInput):
        prosody_at(bad, [0])
