"""Finer feelings have faces of their own, by rule and on a sampled face."""

import re

import numpy as np
import pytest

from emotion_embed import taxonomy
from emotion_embed.state import EmotionState, parse_emotion
from emotion_embed.track import EmotionKey, EmotionTrack
from generators.contracts import ARKIT_CHANNELS, CHANNEL_INDEX
from generators.motion.diffusion.motion_space import BLINK_COLUMNS, FEELING_COLUMNS, N_MOTION
from generators.motion.diffusion.named_expressions import NamedExpressions
from generators.motion.procedural.expressions import Expressions
from generators.motion.rig.action_units import ACTION_UNITS, FINER, HEAD_UNITS, INTENSITIES, face_of

FPS = 25.0
TIMES_S = np.arange(75) / FPS


def track_of(*emotions: EmotionState) -> EmotionTrack:
    return EmotionTrack(tuple(EmotionKey(float(i), emotion) for i, emotion in enumerate(emotions)))


def by_rule(emotion: EmotionState) -> dict[str, float]:
    """The face that somebody settles into, without its liveliness."""
    expressions = Expressions(np.random.default_rng(0), 1.0)
    expressions.liveliness, expressions.idle = np.zeros(52), np.zeros(52)
    channels, _ = expressions.at(TIMES_S, track_of(emotion).sample(TIMES_S), FPS)
    return dict(zip(ARKIT_CHANNELS, channels[-1].tolist(), strict=True))


def added(*emotions: EmotionState) -> np.ndarray:
    """What is added to a sampled face, (n, 59)."""
    return NamedExpressions().put_in(np.zeros((75, N_MOTION)), TIMES_S, track_of(*emotions), FPS)


def test_the_table_is_written_in_facs():
    for name, feeling in taxonomy.FEELINGS.items():
        for unit in feeling.action_units:
            number, letter = re.fullmatch(r"R?(\d+)([A-E]?)", unit).groups()
            assert letter in INTENSITIES, name
            assert number in ACTION_UNITS or number in HEAD_UNITS or name in taxonomy.BASIC, name


@pytest.mark.parametrize("name", FINER)
def test_every_finer_feeling_shows_and_is_not_its_mixture(name):
    state = parse_emotion(name)
    named, crude = by_rule(state), by_rule(EmotionState(state.weights))
    assert np.linalg.norm(face_of(name)) > 0.3 and max(face_of(name)) <= 1
    assert max(abs(named[channel] - crude[channel]) for channel in named) > 0.08


@pytest.mark.parametrize(
    ("name", "raised", "kept_low"),
    [
        ("boredom", {"eyeBlinkLeft": 0.35, "mouthFrownLeft": 0.25}, ("mouthSmileLeft", "browInnerUp")),
        ("calm", {"eyeBlinkLeft": 0.12, "mouthSmileLeft": 0.25}, ("mouthFrownLeft", "browDownLeft")),
        ("hope", {"browInnerUp": 0.45, "mouthSmileLeft": 0.25}, ("mouthFrownLeft", "eyeBlinkLeft")),
        ("rage", {"browDownLeft": 0.85, "eyeWideLeft": 0.5, "mouthFrownLeft": 0.6}, ("mouthSmileLeft",)),
    ],
)
def test_faces_are_what_facs_says(name, raised, kept_low):
    face = by_rule(parse_emotion(name))
    assert all(face[channel] > least for channel, least in raised.items())
    assert all(face[channel] < 0.1 for channel in kept_low)


@pytest.mark.parametrize("name", ["boredom", "calm", "hope", "terror", "nostalgia"])
def test_more_of_a_feeling_shows_more(name):
    amounts = [np.linalg.norm(list(by_rule(parse_emotion(f"{name}:{s}")).values())) for s in (0.0, 0.2, 0.5, 0.8, 1.0)]
    assert (np.diff(amounts) > 0.02).all()


def test_a_mixture_of_a_basic_and_a_finer_feeling_shows_both():
    both = by_rule(parse_emotion("anger:0.5,boredom:0.5"))
    assert both["browDownLeft"] > 0.4 and both["eyeBlinkLeft"] > 0.15


@pytest.mark.parametrize("emotion", ["joy", "sadness:0.4,anger:0.3", "neutral"])
def test_nothing_is_added_to_basic_emotions(emotion):
    vectors = np.random.default_rng(0).random((75, N_MOTION))
    assert NamedExpressions().put_in(vectors, TIMES_S, track_of(parse_emotion(emotion)), FPS) is vectors


def test_only_the_face_around_speech_is_changed():
    speech = np.setdiff1d(np.arange(N_MOTION), np.concatenate([FEELING_COLUMNS, BLINK_COLUMNS]))
    changed = added(*(parse_emotion(name) for name in ("terror", "boredom", "desire")))
    assert not changed[:, speech].any() and np.abs(changed).max() > 0.2


def test_what_is_added_comes_and_goes_smoothly():
    changed = added(parse_emotion("joy"), parse_emotion("boredom"), parse_emotion("joy"))
    lids = changed[:, CHANNEL_INDEX["eyeBlinkLeft"]]
    assert lids[:25].max() == 0 and lids.max() > 0.25 > 0.15 > lids[-1]
    assert np.abs(np.diff(changed, axis=0)).max() < 0.05


def test_parts_continue_where_the_last_one_ended():
    track, whole, halves = (
        track_of(parse_emotion("hope"), parse_emotion("boredom")),
        NamedExpressions(),
        NamedExpressions(),
    )
    nothing = np.zeros((75, N_MOTION))
    at_once = whole.put_in(nothing, TIMES_S, track, FPS)
    parts = [halves.put_in(nothing[i : i + 25], TIMES_S[i : i + 25], track, FPS) for i in (0, 25, 50)]
    assert np.concatenate(parts) == pytest.approx(at_once)
