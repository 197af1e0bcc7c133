"""A feeling over time: what generators read of it, and what of it a file keeps."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkpoints.errors import BadInput
from emotion_embed import taxonomy
from emotion_embed.bank import load_emotion_bank
from emotion_embed.state import EmotionState, Gaussian, parse_emotion, parse_vad
from emotion_embed.track import NAMES, EmotionKey, EmotionTrack, read_track

TIMES_S = np.linspace(0, 3, 40)


def track_of(*emotions: str) -> EmotionTrack:
    return EmotionTrack(tuple(EmotionKey(float(i), parse_emotion(emotion)) for i, emotion in enumerate(emotions)))


def kept(track: EmotionTrack, tmp_path) -> EmotionTrack:
    path = tmp_path / "track.json"
    path.write_text(track.to_json(), encoding="utf-8")
    return read_track(path)


def test_a_curve_says_all_that_is_known_at_every_time():
    curve = track_of("joy", "boredom:0.5").sample(TIMES_S)
    assert len(curve) == 40 and curve.weights.shape == (40, 7) and curve.vad.shape == (40, 3)
    assert curve.strengths.shape == (40, len(NAMES)) and curve.names == NAMES
    assert curve.embedding.shape == (40, 32) and curve.embedding is curve.embedding
    assert curve.strengths[-1, NAMES.index("boredom")] == 0.5 and curve.strengths[-1].sum() == 0.5
    assert curve.vad[-1] == pytest.approx(0.5 * np.array(taxonomy.FEELINGS["boredom"].vad))
    assert curve.weights[-1].sum() == pytest.approx(0.5 * 0.35)


def test_of_basic_feelings_strengths_are_the_weights():
    curve = track_of("joy:0.3,fear:0.2", "anger", "neutral").sample(TIMES_S)
    assert (curve.strengths[:, :7] == curve.weights).all() and not curve.strengths[:, 7:].any()


def test_a_curve_crosses_smoothly():
    curve = track_of("joy", "hope", "calm").sample(np.arange(0, 3, 0.02))
    for values in (curve.weights, curve.strengths, curve.vad, curve.embedding):
        assert np.abs(np.diff(values, axis=0)).max() < 0.12 * np.abs(values).max()


def test_the_embedding_is_the_banks_and_an_explicit_one_counts():
    bank, hope = load_emotion_bank(), parse_emotion("hope")
    curve = track_of("hope").sample(TIMES_S)
    assert curve.embedding[0] == pytest.approx(bank.read(bank.embed(hope).mean), abs=1e-6)
    fear = bank.embed(parse_emotion("fear"))
    given_one = EmotionTrack((EmotionKey(0.0, EmotionState({"joy": 0.5}, embedding=fear)),)).sample(TIMES_S)
    assert given_one.embedding[0] == pytest.approx(bank.read(fear.mean), abs=1e-6)


def test_a_track_is_frozen_and_grows_into_a_new_one():
    keys = [EmotionKey(0.0, parse_emotion("joy"))]
    track = EmotionTrack(keys)
    keys.append(EmotionKey(1.0, parse_emotion("fear")))
    longer = track.with_keys(keys[1:])
    assert len(track.keys) == 1 and isinstance(track.keys, tuple) and longer.keys == tuple(keys)
    assert track.sample(TIMES_S).weights[-1] == pytest.approx(keys[0].emotion.vector())


def test_a_moment_of_a_track_is_a_state():
    assert track_of("joy", "boredom").at(2.9) == parse_emotion("boredom")
    assert track_of("joy:0.5").at(1.0) == parse_emotion("joy:0.5")
    asked = EmotionTrack((EmotionKey(0.0, parse_vad("0.3,-0.5,0.1")),)).at(1.0)
    assert asked.vad == pytest.approx((0.3, -0.5, 0.1))


strengths = st.floats(0, 1)
states = st.one_of(
    st.builds(lambda name, s: parse_emotion(f"{name}:{s!r}"), st.sampled_from(taxonomy.names()), strengths),
    st.builds(lambda a, b: EmotionState({"joy": a / 2, "fear": b / 2}), strengths, strengths),
    st.builds(lambda a, s: parse_emotion("boredom:0.7,joy:0.3").scaled(a * s), strengths, strengths),
    st.builds(lambda *v: parse_vad(",".join(map(repr, v))), *[st.floats(-1, 1)] * 3),
    st.builds(lambda a, v: EmotionState({"anger": a}, vad_mean=(v, -v, 0.1)), strengths, st.floats(-1, 1)),
)


@given(st.lists(states, min_size=1, max_size=4))
def test_a_file_keeps_a_track_to_the_last_digit(tmp_path_factory, emotions):
    track = EmotionTrack(tuple(EmotionKey(i / 3, emotion, 0.1 + i / 7) for i, emotion in enumerate(emotions)))
    again = kept(track, tmp_path_factory.mktemp("track"))
    for one, other in zip(track.keys, again.keys, strict=True):
        assert (one.start_s, one.transition_s) == (other.start_s, other.transition_s)
        assert one.emotion.vad_mean == other.emotion.vad_mean
    assert (track.sample(TIMES_S).weights == again.sample(TIMES_S).weights).all()
    assert (track.sample(TIMES_S).strengths == again.sample(TIMES_S).strengths).all()


def test_a_file_keeps_an_embedding(tmp_path):
    own = Gaussian(np.linspace(-1, 1, 32, dtype=np.float32), np.linspace(-2, 0, 32, dtype=np.float32))
    state = EmotionState({"joy": 0.123456789}, vad_mean=(0.1, 0.2, 0.3), embedding=own)
    emotion = kept(EmotionTrack((EmotionKey(0.0, state),)), tmp_path).keys[0].emotion
    assert emotion == state
    assert (emotion.embedding.mean == own.mean).all() and (emotion.embedding.log_variance == own.log_variance).all()


def test_a_key_may_be_a_point_alone(tmp_path):
    (tmp_path / "t.json").write_text('{"keys": [{"start_s": 0, "vad": [0.3, -0.5, 0.1]}]}')
    track = read_track(tmp_path / "t.json")
    assert track.keys[0].emotion == parse_vad("0.3,-0.5,0.1")
    assert track.sample(TIMES_S).vad[7] == pytest.approx((0.3, -0.5, 0.1))


@pytest.mark.parametrize(
    "key",
    [
        {"vad": [0.3, 2, 0.1]},
        {"vad": [0.3, 0.1]},
        {"vad": "calm"},
        {"vad": [None, 0, 0]},
        {"emotion": "joy", "vad": [0.3, float("nan"), 0]},
        {"emotion": "joy", "weights": {"joy": 2}},
        {"emotion": "joy", "weights": {"joy": 0.9, "fear": 0.9}},
        {"emotion": "joy", "weights": {"hope": 0.5}},
        {"emotion": "joy", "weights": 3},
        {"emotion": "joy", "embedding": {"mean": [0] * 31, "log_variance": [0] * 32}},
        {"emotion": "joy", "embedding": {"mean": [float("nan")] * 32, "log_variance": [0] * 32}},
        {"emotion": "joy", "embedding": 3},
        {},
    ],
)
def test_a_key_that_makes_no_sense_is_refused(tmp_path, key):
    (tmp_path / "t.json").write_text(json.dumps({"keys": [{"start_s": 0, **key}]}))
    with pytest.raises(BadInput, match="t.json"):
        read_track(tmp_path / "t.json")
