"""Procedural motion keeps its promises: closures, openings, stillness, life, counts and reproducibility."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checkpoints.errors import BadInput
from emotion_embed.signals.audio import Audio
from emotion_embed.state import NEUTRAL, EmotionState
from emotion_embed.taxonomy import BASIC
from emotion_embed.track import EmotionCurve, EmotionKey, EmotionTrack
from generators.contracts import ARKIT_CHANNELS, Motion, Phone, Speech, join_motion, join_speech
from generators.motion.procedural import ProceduralMotion, ProceduralMotionConfig
from generators.motion.rig.lip_geometry import lip_gap
from generators.motion.rig.visemes import VISEMES, is_vowel, spell
from generators.motion.streaming import stream
from generators.timeline import place

RATE_HZ = 16000
EMOTIONS = BASIC[1:]
UPPER_FACE = [i for i, n in enumerate(ARKIT_CHANNELS) if n.startswith(("brow", "eye", "cheekSquint", "noseSneer"))]
SENTENCE = "b oʊ p iː p əl m ɛ t ð ə f ɔ ɹ _ w ʌ n m ɔ ɹ b ɪ ɡ ʃ oʊ _ v ɛ ɹ i m ʌ tʃ m uː v d b aɪ ɪ t".replace(
    "əl", "ə l"
)


def speak(text: str, lead_s: float = 0.3, tail_s: float = 0.45, pace: float = 1.0) -> Speech:
    """Speech by hand: `_` is a pause; vowels are buzzes, other sounds faint, stops silent."""
    phones, now_s, word = [], lead_s, 0
    for symbol in text.split():
        if symbol == "_":
            now_s, word = now_s + 0.45, word + 1
            continue
        length_s = pace * (0.15 if is_vowel(symbol) else 0.08)
        stress = 2 if is_vowel(symbol) and symbol != "ə" else 0
        phones.append(Phone(symbol.replace("ː", ""), now_s, now_s + length_s, stress, word))
        now_s += length_s
    times_s = np.arange(int((now_s + tail_s) * RATE_HZ)) / RATE_HZ
    samples = np.zeros(len(times_s), np.float32)
    for phone in phones:
        level = 0.4 if is_vowel(phone.symbol) else 0.0 if phone.symbol in "pbtdkɡ" else 0.05
        inside = (times_s >= phone.start_s) & (times_s < phone.end_s)
        samples[inside] = level * np.sin(2 * np.pi * 130 * times_s[inside])
    return Speech(Audio(samples, RATE_HZ), tuple(phones))


def feel(emotion: str = "neutral", intensity: float = 1.0) -> EmotionTrack:
    return EmotionTrack((EmotionKey(0.0, NEUTRAL if emotion == "neutral" else EmotionState({emotion: intensity})),))


def move(*parts: Speech, track: EmotionTrack | None = None, seed: int = 0, fps: float = 25.0, **settings_) -> Motion:
    generator = ProceduralMotion(ProceduralMotionConfig(**settings_))
    return join_motion(list(stream(generator, place(parts, track or feel()), seed=seed, fps=fps)))


def shown(phone: Phone, motion: Motion) -> slice:
    """The frames on show while a phone sounds."""
    first = int(phone.start_s * motion.fps)
    return slice(first, max(first + 1, int(np.ceil(phone.end_s * motion.fps))))


def shut_moments(motion: Motion, speech: Speech, symbols: str) -> np.ndarray:
    gap = lip_gap(motion.blendshapes)
    return np.array([gap[shown(p, motion)].min() for p in speech.phones if p.symbol in symbols])


@pytest.mark.parametrize("emotion", BASIC)
@pytest.mark.parametrize("fps", [23.976, 25.0, 60.0])
def test_lips_close_for_p_b_m_in_every_feeling(emotion, fps):
    speech = speak(SENTENCE)
    assert shut_moments(move(speech, track=feel(emotion), fps=fps), speech, "pbm").max() < 0.005


def test_even_hasty_closures_land_on_a_frame():
    speech = speak("ɑ b ɑ p ɑ m ɑ t ɑ m ɑ b ɑ", pace=0.28)
    assert shut_moments(move(speech), speech, "pbm").max() < 0.005
    middle = [int((p.start_s + p.end_s) / 2 * 25) for p in speech.phones if p.symbol in "pbm"]
    assert lip_gap(move(speech).blendshapes)[middle].max() < 0.005


def test_lip_goes_to_teeth_for_f_v_and_lips_round_for_u_w():
    speech = speak("ɑ f ɑ v ɑ _ w ɑ _ u _ i")
    motion = move(speech)
    assert shut_moments(motion, speech, "fv").max() < 0.05
    largest = lambda channel, phone: motion.channel(channel)[shown(phone, motion)].max()  # noqa: E731
    by_symbol = {p.symbol: p for p in speech.phones}
    assert largest("mouthRollLower", by_symbol["f"]) > 0.25 > largest("mouthRollLower", by_symbol["u"])
    assert min(largest("mouthPucker", by_symbol[s]) for s in "wu") > 0.45
    assert largest("mouthPucker", by_symbol["i"]) < 0.1 < largest("mouthStretchLeft", by_symbol["i"])


def test_rounding_comes_early():
    speech = speak("_ _ s t u")
    motion = move(speech)
    before_vowel = int((speech.phones[-1].start_s - 0.04) * motion.fps)
    assert motion.channel("mouthPucker")[before_vowel] > 0.1


@pytest.mark.parametrize("emotion", BASIC)
def test_open_vowels_open(emotion):
    speech = speak(SENTENCE + " _ k æ n ɑ s t ɑ p")
    gap = lip_gap(move(speech, track=feel(emotion)).blendshapes)
    tops = [gap[shown(p, move(speech))].max() for p in speech.phones if p.symbol[0] in "ɑæʌɔa"]
    assert min(tops) > 0.1


def test_louder_and_stressed_vowels_open_wider():
    speech = speak("d ɑ d ɑ d ɑ")
    samples = speech.audio.samples.copy()
    samples[: int(speech.phones[2].start_s * RATE_HZ)] *= 0.25
    motion = move(Speech(Audio(samples, RATE_HZ), speech.phones))
    soft, loud = (motion.channel("jawOpen")[shown(speech.phones[i], motion)].max() for i in (1, 5))
    assert loud > 1.2 * soft > 0


def test_lips_are_shut_and_still_in_silence():
    speech = speak(SENTENCE, lead_s=1.0, tail_s=1.0)
    gap = lip_gap(move(speech).blendshapes)
    assert gap[0] == 0
    after = int((speech.phones[-1].end_s + 0.15) * 25) + 1
    assert np.abs(gap[after:]).max() < 1e-6
    assert gap[: int((speech.phones[0].start_s - 0.1) * 25)].max() < 0.02


@pytest.mark.parametrize("emotion", BASIC)
def test_lips_do_not_quiver_in_silence_whatever_is_felt(emotion):
    speech = speak("ɑ", lead_s=1.0, tail_s=4.0)
    gap = lip_gap(move(speech, track=feel(emotion)).blendshapes)
    assert np.abs(np.diff(gap[-50:])).max() < 2e-3
    assert abs(gap[0]) < 0.04


def test_lips_move_with_the_sound():
    speech = join_speech(speak(SENTENCE) for _ in range(6))
    gap = lip_gap(move(speech, fps=100.0).blendshapes)
    power = np.convolve(speech.audio.samples**2, np.ones(640) / 640, "same")
    level = 10 * np.log10(power[80::160][: len(gap)] + 1e-4)
    lags = range(-12, 13)
    r = [np.corrcoef(level[20:-20], gap[20 + lag : len(gap) - 20 + lag])[0, 1] for lag in lags]
    assert -60 <= 10 * lags[int(np.argmax(r))] <= 40
    assert max(r) > 0.5


@pytest.mark.parametrize("fps", [23.976, 25.0, 29.97, 30.0, 60.0])
def test_frames_of_all_parts_never_drift(fps):
    parts = [Speech(Audio(np.zeros(n, np.float32), 22050)) for n in (11025, 333, 7, 40001, 12345)] * 5
    motions = list(stream(ProceduralMotion(), place(iter(parts), feel()), fps=fps))
    assert len(motions) == len(parts)
    assert sum(len(m) for m in motions) == round(sum(p.audio.duration_s for p in parts) * fps)


@pytest.mark.parametrize("emotion", ["neutral", "joy", "surprise"])
def test_nothing_jumps_at_the_border_of_parts(emotion):
    speech = speak(SENTENCE, lead_s=0.05, tail_s=0.1)
    # Parts with hardly a pause are the hardest; within a part the same face never jumps more.
    parts = list(stream(ProceduralMotion(), place([speech] * 4, feel(emotion))))
    slow = [
        i for i, n in enumerate(ARKIT_CHANNELS) if not n.startswith(("eyeBlink", "eyeLook", "eyeWide", "eyeSquint"))
    ]
    within = max(np.abs(np.diff(p.blendshapes[:, slow], axis=0)).max() for p in parts)
    for before, after in zip(parts[:-1], parts[1:], strict=True):
        assert np.abs(after.blendshapes[0, slow] - before.blendshapes[-1, slow]).max() <= max(within, 0.3)
        assert np.abs(after.head_rotation_deg[0] - before.head_rotation_deg[-1]).max() < 1.5
        assert np.abs(after.breath[0] - before.breath[-1]) < 0.1
    gap = lip_gap(join_motion(parts).blendshapes)
    joined = np.cumsum([len(p) for p in parts])[:-1]
    assert np.abs(gap[joined] - gap[joined - 1]).max() < 0.12


def test_the_same_seed_gives_the_same_motion_and_another_seed_the_same_lips():
    parts = [speak(SENTENCE), speak("m ɑ m ɑ")]
    first, same, other = (move(*parts, seed=s) for s in (0, 0, 7))
    for name in ("blendshapes", "head_rotation_deg", "head_translation_cm", "breath"):
        assert np.array_equal(getattr(first, name), getattr(same, name))
    assert not np.allclose(first.head_rotation_deg, other.head_rotation_deg, atol=0.5)
    assert not np.array_equal(first.channel("eyeBlinkLeft"), other.channel("eyeBlinkLeft"))
    lips = [i for i, n in enumerate(ARKIT_CHANNELS) if n.startswith(("mouth", "jaw"))]
    assert np.array_equal(first.blendshapes[:, lips], other.blendshapes[:, lips])


def test_the_upper_face_does_not_hear_which_sounds_are_spoken():
    speech = speak(SENTENCE)
    swap = {"p": "t", "b": "k", "m": "n", "ʃ": "l"}
    other = replace(speech, phones=tuple(replace(p, symbol=swap.get(p.symbol, p.symbol)) for p in speech.phones))
    one, two = move(speech, track=feel("fear")), move(other, track=feel("fear"))
    assert np.array_equal(one.blendshapes[:, UPPER_FACE], two.blendshapes[:, UPPER_FACE])
    assert not np.array_equal(one.channel("mouthClose"), two.channel("mouthClose"))


def test_the_lips_do_not_hear_how_strong_the_upper_face_feels():
    speech = speak(SENTENCE)
    gaps = [lip_gap(move(speech, track=feel("sadness", x)).blendshapes) for x in (0.0, 0.5, 1.0)]
    swings = [np.percentile(g, 95) - np.percentile(g, 5) for g in gaps]
    assert max(swings) / min(swings) < 1.15


ACTIONS = {
    "joy": ("mouthSmileLeft", "cheekSquintRight"),
    "sadness": ("browInnerUp", "mouthFrownLeft", "browDownRight"),
    "anger": ("browDownLeft", "eyeSquintRight", "mouthPressLeft"),
    "fear": ("browInnerUp", "browOuterUpLeft", "eyeWideRight", "mouthStretchLeft"),
    "surprise": ("browInnerUp", "browOuterUpRight", "eyeWideLeft", "jawOpen"),
    "disgust": ("noseSneerLeft", "mouthUpperUpRight", "mouthFrownLeft"),
}


@pytest.mark.parametrize("emotion", ACTIONS)
def test_expressions_grow_with_intensity(emotion):
    speech = speak("ɑ _ t ɑ", tail_s=1.5)
    strengths = np.linspace(0, 1, 6)
    motions = [move(speech, track=feel(emotion, s)) for s in strengths]
    for channel in ACTIONS[emotion]:
        means = [m.channel(channel).mean() for m in motions]
        assert (np.diff(means) > 0.004).all(), channel
    full = motions[-1].blendshapes.mean(0) - motions[0].blendshapes.mean(0)
    assert full.max() > 0.4


def test_contempt_is_one_sided():
    motion = move(speak("ɑ"), track=feel("contempt"))
    left, right = motion.channel("mouthSmileLeft").mean(), motion.channel("mouthSmileRight").mean()
    assert max(left, right) > 2 * min(left, right)


def test_feelings_come_quickly_and_go_slowly():
    keys = (EmotionKey(0, NEUTRAL), EmotionKey(1.0, EmotionState({"joy": 1.0})), EmotionKey(4.0, NEUTRAL))
    silent = Speech(Audio(np.zeros(8 * RATE_HZ, np.float32), RATE_HZ))
    smile = move(silent, track=EmotionTrack(keys)).channel("mouthSmileLeft")
    top = smile.max()
    rise_s = (np.argmax(smile > 0.75 * top) - np.argmax(smile > 0.05 * top)) / 25
    falling = smile[100:]
    fall_s = (np.argmax(falling < 0.1 * top) - np.argmax(falling < 0.75 * top)) / 25
    assert 0.3 <= rise_s <= 0.75
    assert rise_s < fall_s <= 1.4


def test_mixtures_never_overshoot():
    state = EmotionState(dict.fromkeys(EMOTIONS, 1.0))  # more than a mixture may weigh
    shapes = move(speak(SENTENCE), track=EmotionTrack((EmotionKey(0, state),))).blendshapes
    assert shapes.min() >= 0
    assert shapes.max() <= 1


@pytest.mark.parametrize(("emotion", "seed"), [("neutral", 0), ("neutral", 3), ("fear", 1), ("sadness", 2)])
def test_ten_minutes_of_blinks(emotion, seed):
    speech = speak(SENTENCE)
    n_parts = int(600 / speech.audio.duration_s)
    motion = move(*[speech] * n_parts, track=feel(emotion), seed=seed)
    lids = motion.channel("eyeBlinkLeft")
    starts = np.flatnonzero((lids[1:] > 0.5) & (lids[:-1] <= 0.5)) + 1
    ends = np.flatnonzero((lids[1:] <= 0.5) & (lids[:-1] > 0.5)) + 1
    assert 12 <= len(starts) / (len(motion) / 25 / 60) <= 22
    assert (np.diff(starts) / 25 >= 0.8).all()
    assert all(lids[a:b].max() > 0.99 for a, b in zip(starts, ends, strict=False))
    durations_s = (ends[: len(starts)] - starts[: len(ends)]) / 25
    assert ((durations_s >= 0.08) & (durations_s <= 0.4)).all()
    for window_s in (20, 60):
        edges = np.arange(0, len(motion) / 25 - window_s, 5)
        per_min = [60 / window_s * ((starts / 25 >= e) & (starts / 25 < e + window_s)).sum() for e in edges]
        assert min(per_min) >= 9
        assert max(per_min) <= 27


def test_the_head_lives_smoothly_within_its_range():
    speech = speak(SENTENCE)
    motion = move(*[speech] * int(60 / speech.audio.duration_s))
    reach = np.ptp(motion.head_rotation_deg, axis=0)
    assert (reach > 3).all()
    assert (reach < 20).all()
    assert np.abs(motion.head_translation_cm).max() < 1.5
    speed = np.abs(np.diff(motion.head_rotation_deg, axis=0)) * 25
    assert speed.max() < 60
    assert np.median(speed.sum(1)) > 1
    fine = move(*[speech] * 3, fps=100.0).head_rotation_deg
    assert np.abs(np.diff(fine, 2, axis=0)).max() * 100**2 < 1500  # no jolt: degrees per second squared


def test_a_whole_recording_may_come_as_one_part():
    speech = join_speech([speak(SENTENCE)] * 12)
    whole = move(speech)
    assert len(whole) == round(speech.audio.duration_s * 25) > 1000
    assert shut_moments(whole, speech, "pbm").max() < 0.005
    assert np.abs(np.diff(whole.head_rotation_deg, axis=0)).max() * 25 < 60
    assert np.abs(np.diff(whole.breath)).max() < 0.1
    alone = lip_gap(move(speak(SENTENCE)).blendshapes)
    assert np.abs(lip_gap(whole.blendshapes)[: len(alone) - 10] - alone[:-10]).max() < 1e-6


def test_eyes_stay_on_the_viewer_while_the_head_turns():
    speech = speak(SENTENCE)
    motion = move(*[speech] * 8, gaze_gain=0.0)
    yaw_deg = 30 * (motion.channel("eyeLookOutLeft") - motion.channel("eyeLookInLeft"))
    assert np.abs(yaw_deg + motion.head_rotation_deg[:, 0]).max() < 2
    both = motion.channel("eyeLookOutLeft"), motion.channel("eyeLookInRight")
    assert np.array_equal(*both)


def test_breath_is_drawn_twelve_to_sixteen_times_a_minute():
    motion = move(*[speak(SENTENCE)] * 20)
    breath = motion.breath
    lows = np.flatnonzero((breath[1:-1] < breath[:-2]) & (breath[1:-1] <= breath[2:]))
    assert 10 <= len(lows) / (len(motion) / 25 / 60) <= 18
    assert breath.min() >= 0
    assert breath.max() <= 1


def test_the_track_is_asked_only_for_what_is_being_spoken():
    class Growing:
        def __init__(self) -> None:
            self.asked_s: list[float] = []

        def sample(self, times_s: np.ndarray) -> EmotionCurve:
            self.asked_s.append(float(times_s.max()))
            return EmotionTrack().sample(times_s)

    track, parts = Growing(), [speak("m ɑ"), speak("b u")]
    list(stream(ProceduralMotion(), place(parts, track)))
    ends_s = np.cumsum([p.audio.duration_s for p in parts])
    assert (np.array(track.asked_s) <= ends_s + 0.3).all()


@pytest.mark.parametrize(
    ("symbol", "sounds"),
    [
        ("aɪ", ["a", "ɪ"]),
        ("tʃ", ["t", "ʃ"]),
        ("iː", ["i"]),
        ("ɑ̃", ["ɑ"]),
        ("tʰ", ["t"]),
        ("ts", ["s"]),
        ("ˈ", []),
        ("ж", ["t"]),
    ],
)
def test_any_ipa_is_spelt_in_known_sounds(symbol, sounds):
    assert spell(symbol) == sounds


SYMBOLS = st.one_of(st.sampled_from([*VISEMES, "aɪ", "oʊ", "tʃ", "ˈ", "?"]), st.text(min_size=0, max_size=3))


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.tuples(SYMBOLS, st.floats(-0.05, 0.3), st.floats(0, 0.3), st.integers(0, 2)), max_size=30),
    fps=st.sampled_from([10.0, 23.976, 25.0, 60.0]),
    emotion=st.sampled_from(BASIC),
    seed=st.integers(0, 3),
)
def test_any_speech_gives_a_finite_face_in_range(rows, fps, emotion, seed):
    phones, now_s = [], 0.1
    for symbol, gap_s, length_s, stress in rows:
        start_s = max(0.0, now_s + gap_s)
        phones.append(Phone(symbol, start_s, start_s + length_s, stress))
        now_s = start_s + length_s
    n = int((now_s + 0.2) * RATE_HZ)
    speech = Speech(Audio(np.sin(np.arange(n) / 9).astype(np.float32) * 0.3, RATE_HZ), tuple(phones))
    motion = move(speech, speech, track=feel(emotion), seed=seed, fps=fps)
    assert len(motion) == round(2 * n / RATE_HZ * fps)
    assert motion.blendshapes.dtype == np.float32
    for values in (motion.blendshapes, motion.head_rotation_deg, motion.head_translation_cm, motion.breath):
        assert np.isfinite(values).all()
    assert motion.blendshapes.min() >= 0
    assert motion.blendshapes.max() <= 1


@pytest.mark.parametrize("bad", [{"head_gain": -0.1}, {"expression_gain": 3.0}, {"blink_interval_s": 0.1}])
def test_settings_outside_their_range_are_refused(bad):
    with pytest.raises(BadInput, match=next(iter(bad))):
        ProceduralMotionConfig(**bad)


@pytest.mark.parametrize("fps", [0.0, -25.0, float("nan")])
def test_a_senseless_frame_rate_is_refused(fps):
    with pytest.raises(ValueError, match="fps"):
        ProceduralMotion().start(fps=fps)
