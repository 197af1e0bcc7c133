"""The measuring instruments on curves whose truth is known, so that each of them can fail."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotion_embed.signals.audio import Audio
from emotion_embed.signals.face_landmarks import head_angles_deg
from emotion_embed.signals.face_track import FaceTrack
from generators.contracts import ARKIT_CHANNELS, Phone
from studio.quality import metrics as self_check
from studio.quality.observation import Observation

FPS = 25.0
RATE_HZ = 16_000


def face_points(gap, lids=None, turn_deg=0.0, size_px=100.0):
    """Landmarks (n, 478, 3) of a schematic face with this lip gap and lid height in interocular distances."""
    n = len(gap)
    lids = np.full(n, 0.09) if lids is None else lids
    points = np.zeros((n, 478, 3))
    at = {33: (-0.5, 0), 133: (-0.2, 0), 362: (0.2, 0), 263: (0.5, 0), 2: (0, 0.6), 0: (0, 0.8), 17: (0, 1.1)}
    at |= {61: (-0.25, 0.95), 291: (0.25, 0.95), 168: (0, 0), 152: (0, 1.5), 55: (-0.1, -0.2), 285: (0.1, -0.2)}
    at |= {
        107: (-0.1, -0.25),
        336: (0.1, -0.25),
        105: (-0.4, -0.25),
        334: (0.4, -0.25),
        468: (-0.35, 0),
        473: (0.35, 0),
    }
    for index, (x, y) in at.items():
        points[:, index, :2] = x, y
    for upper, lower in ((82, 87), (13, 14), (312, 317)):
        points[:, upper, 1], points[:, lower, 1] = 0.95 - np.asarray(gap) / 2, 0.95 + np.asarray(gap) / 2
    for heights, x in ((((160, 144), (158, 153)), -0.35), (((385, 380), (387, 373)), 0.35)):
        for upper, lower in heights:
            points[:, upper, :2] = np.stack([np.full(n, x), -lids / 2], 1)
            points[:, lower, :2] = np.stack([np.full(n, x), lids / 2], 1)
    c, s = np.cos(np.radians(turn_deg)), np.sin(np.radians(turn_deg))
    points[:, :, :2] = points[:, :, :2] @ np.array([[c, s], [-s, c]])
    return points * size_px + 200


def track(points):
    n = len(points)
    return FaceTrack(
        FPS, np.zeros((n, len(ARKIT_CHANNELS))), points, np.ones(n, bool), np.zeros((n, 3)), np.arange(n) / FPS
    )


def syllables(n_s, lag_s=0.0, seed=0):
    """Sound whose loudness is irregular syllables, and lips that follow it `lag_s` later at frame middles."""
    rng = np.random.default_rng(seed)
    times_s = np.arange(int(n_s * RATE_HZ)) / RATE_HZ
    centres_s = np.cumsum(rng.uniform(0.18, 0.4, int(n_s / 0.3)))
    sizes = rng.uniform(0.4, 1, len(centres_s))
    loudness = lambda t: sum(a * np.exp(-(((t - c) / 0.06) ** 2)) for a, c in zip(sizes, centres_s, strict=True))  # noqa: E731
    sound = rng.normal(size=len(times_s)) * 0.3 * np.maximum(loudness(times_s), 1e-4)
    frames_s = (np.arange(int(n_s * FPS)) + 0.5) / FPS
    return Audio(sound.astype(np.float32), RATE_HZ), 0.12 * loudness(frames_s - lag_s)


@pytest.mark.parametrize("turn_deg", [0, 25, -40])
@pytest.mark.parametrize("size_px", [40, 300])
def test_the_lip_gap_does_not_care_for_size_and_roll(turn_deg, size_px):
    gap = np.array([0.0, 0.05, 0.2])
    assert self_check.lip_gap(face_points(gap, turn_deg=turn_deg, size_px=size_px)) == pytest.approx(gap, abs=1e-6)


@pytest.mark.parametrize("lag_ms", [-120, -40, 0, 60, 140])
def test_the_lag_is_found(lag_ms):
    audio, gap = syllables(24, lag_ms / 1000)
    found_ms, r = self_check.lip_lag(gap, FPS, audio)
    assert found_ms == pytest.approx(lag_ms, abs=15)
    assert r > 0.6


def test_lips_that_ignore_the_sound_do_not_correlate_and_still_lips_have_no_lag():
    audio, _ = syllables(24)
    _, other = syllables(24, seed=7)
    assert self_check.lip_lag(other, FPS, audio)[1] < 0.3
    assert self_check.lip_lag(np.zeros(600), FPS, audio) is None


def talk(closing_gap, n=40):
    """Lips that open to .12 and come down to `closing_gap` in every /p/; the phones /p a/ again and again."""
    gap, phones = [], []
    for i in range(n):
        start_s = i * 10 / FPS
        gap += [closing_gap] * 3 + [0.06] + [0.12] * 5 + [0.06]
        phones += [Phone("p", start_s, start_s + 0.12), Phone("a", start_s + 0.16, start_s + 0.36)]
    return np.array(gap), phones


@pytest.mark.parametrize(("closing_gap", "closed_share"), [(0.0, 1.0), (0.012, 1.0), (0.06, 0.0), (0.1, 0.0)])
def test_closures_count_only_when_lips_touch(closing_gap, closed_share):
    gap, phones = talk(closing_gap)
    report = self_check.check_lips(track(face_points(gap)), None, phones)
    assert report.closed_share == closed_share
    assert report.n_closing == 40
    assert report.open_share == (1.0 if closing_gap < 0.1 else report.open_share)


def test_a_closure_at_the_wrong_time_does_not_count():
    gap, phones = talk(0.0)
    late = [Phone(p.symbol, p.start_s + 0.2, p.end_s + 0.2) for p in phones]
    assert self_check.check_lips(track(face_points(gap)), None, late).closed_share < 0.1


def test_vowels_behind_closed_lips_are_not_open():
    gap, phones = talk(0.0)
    swapped = [Phone("a" if p.symbol == "p" else "p", p.start_s, p.end_s) for p in phones]
    report = self_check.check_lips(track(face_points(gap)), None, swapped)
    assert report.open_share < 0.1


def test_a_mouth_that_never_closes_does_not_set_its_own_standard():
    gap, phones = talk(0.08)
    assert self_check.check_lips(track(face_points(gap)), None, phones).closed_share == 0


def test_silence_is_judged_between_phones_only():
    gap = np.concatenate([np.full(50, 0.1), np.zeros(50), np.full(50, 0.1)])
    phones = [Phone("a", 0.0, 2.0), Phone("a", 4.0, 6.0)]
    seconds, motion, opened = self_check.stillness(gap, FPS, phones, 0.02)
    assert seconds == pytest.approx(1.76, abs=0.1)
    assert motion == opened == 0
    quiver = gap + 0.01 * (np.arange(150) % 2)
    assert self_check.stillness(quiver, FPS, phones, 0.02)[1] == pytest.approx(10)
    assert self_check.stillness(gap + 0.05, FPS, phones, 0.02)[2] == 1


@settings(deadline=None, max_examples=25)
@given(st.lists(st.floats(0.6, 4.0), min_size=1, max_size=8), st.floats(0.12, 0.3), st.floats(0.0, 0.15))
def test_blinks_are_counted_and_timed(pauses_s, length_s, rest):
    fps = 50.0
    centres_s = 1 + np.cumsum(np.array(pauses_s) + 0.4)
    times_s = (np.arange(int((centres_s[-1] + 1) * fps)) + 0.5) / fps
    opening = np.full(len(times_s), 0.3)
    for centre_s in centres_s:  # half-closed for `length_s`
        opening *= 1 - (1 - rest) * np.exp(-np.log(2) * (2 * (times_s - centre_s) / length_s) ** 2)
    found = self_check.blinks(opening, fps)
    assert len(found) == len(centres_s)
    assert np.array([t for t, _ in found]) == pytest.approx(centres_s, abs=0.03)
    assert np.array([d for _, d in found]) == pytest.approx(length_s, abs=0.05)


def test_a_squint_and_a_tremor_are_no_blinks():
    rng = np.random.default_rng(0)
    opening = 0.3 - 0.08 * (np.arange(250) > 125) + rng.normal(size=250) * 0.01
    assert self_check.blinks(opening, FPS) == []


def test_gaze_shifts_are_jumps_and_not_drifts():
    points = face_points(np.zeros(200))
    jumping, drifting = points.copy(), points.copy()
    for iris in (468, 473):
        jumping[:, iris, 0] += 3.0 * (np.arange(200) // 50 % 2)
        drifting[:, iris, 0] += np.linspace(0, 6, 200)
    lids = self_check.lid_opening(points)
    assert self_check.gaze_shifts(jumping, FPS, lids) == 3
    assert self_check.gaze_shifts(drifting, FPS, lids) == 0


def test_frozen_frames_are_seen():
    points = face_points(np.zeros(50))
    same = np.array([False] * 20 + [True] * 10 + [False] * 20)
    life = self_check.check_life(Observation(track(points), None, (512, 512), 2.0, 0.0, same))
    assert life.frozen_share == pytest.approx(10 / 49)
    assert life.longest_frozen_s == pytest.approx(0.4)


@pytest.mark.parametrize(("yaw", "pitch", "roll"), [(20, 0, 0), (0, -12, 0), (0, 0, 9), (10, 5, 0)])
def test_head_angles(yaw, pitch, roll):
    """A matrix that turns the face to the viewer's right, up, and clockwise gives the angles back."""
    y, p, r = np.radians([yaw, -pitch, -roll])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    about_z = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    matrix = np.eye(4)
    matrix[:3, :3] = about_y @ about_x @ about_z
    assert head_angles_deg(matrix) == pytest.approx([yaw, pitch, roll], abs=0.6)


@pytest.mark.parametrize(
    ("said", "heard", "rate"),
    [
        ("Bring my 2 maps.", "bring my two maps", 0.0),
        ("[joy:0.6] I’m here!", "I'm here.", 0.0),
        ("one two three four", "one too three", 0.5),
        ("hello", "", 1.0),
        ("hello", "well hello there", 2.0),
    ],
)
def test_word_error_rate(said, heard, rate):
    assert self_check.word_error_rate(said, heard) == rate


@pytest.mark.parametrize(
    ("language", "said", "heard", "rate"),
    [
        ("fr-fr", "J’ai vingt-trois ans.", "j'ai 23 ans", 0.0),
        ("hi", "नमस्ते, आप कैसे हैं?", "नमस्ते आप कैसे हैं", 0.0),
        ("hi", "नमस्ते, आप कैसे हैं?", "नमस्ते आप केसे हैं", 0.25),
        ("es", "1" * 400, "2" * 400, 1.0),
    ],
)
def test_word_error_rate_in_other_languages(language, said, heard, rate):
    assert self_check.word_error_rate(said, heard, language) == rate


@given(st.text(max_size=60))
def test_a_text_has_no_errors_against_itself(text):
    assert self_check.word_error_rate(text, text) == 0
