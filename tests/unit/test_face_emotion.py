"""What a face shows, on one analysed frame that is moved by hand: no weights, no pictures."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checkpoints.errors import BadInput
from emotion_embed import taxonomy
from emotion_embed.readers import face
from emotion_embed.readers.face import ACTION_UNITS, Rest
from emotion_embed.signals import face_track
from emotion_embed.signals.face_landmarks import ARKIT_CHANNELS, CHANNEL_INDEX, FaceReading, distinct_faces
from emotion_embed.signals.face_track import FaceTrack
from emotion_embed.signals.video import thinned

FPS = 10.0

# A frame of our own rendering of the demo's portrait at rest, as FaceLandmarker saw it.
SCORES = {
    "eyeBlinkLeft": 0.019, "eyeLookDownLeft": 0.0736, "eyeLookInLeft": 0.1108, "eyeLookOutLeft": 0.031,
    "eyeLookUpLeft": 0.1085, "eyeSquintLeft": 0.2905, "eyeWideLeft": 0.0261, "eyeBlinkRight": 0.0125,
    "eyeLookDownRight": 0.0701, "eyeLookInRight": 0.0246, "eyeLookOutRight": 0.108, "eyeLookUpRight": 0.1129,
    "eyeSquintRight": 0.1942, "eyeWideRight": 0.027, "jawOpen": 0.0138, "mouthClose": 0.0012, "mouthFunnel": 0.003,
    "mouthPucker": 0.0013, "mouthSmileLeft": 0.0693, "mouthSmileRight": 0.0851, "mouthFrownLeft": 2.6e-5,
    "mouthFrownRight": 3.1e-5, "mouthDimpleLeft": 0.066, "mouthDimpleRight": 0.0382, "mouthStretchLeft": 0.0017,
    "mouthStretchRight": 0.0032, "mouthRollLower": 0.0047, "mouthRollUpper": 0.0084, "mouthShrugLower": 0.0021,
    "mouthShrugUpper": 0.0216, "mouthPressLeft": 0.1818, "mouthPressRight": 0.1749, "mouthLowerDownLeft": 0.0079,
    "mouthLowerDownRight": 0.0107, "mouthUpperUpLeft": 0.0027, "mouthUpperUpRight": 0.0047, "browDownLeft": 0.0616,
    "browDownRight": 0.088, "browInnerUp": 0.0057, "browOuterUpLeft": 0.0412, "browOuterUpRight": 0.0287,
}  # fmt: skip
MARKS = {
    33: (202.1, 201.8, 3.4), 133: (239.7, 208.0, -2.5), 362: (284.7, 210.2, -1.2), 263: (322.8, 208.0, 6.2),
    160: (209.9, 196.5, -6.0), 144: (213.1, 208.8, -3.0), 158: (224.6, 196.7, -8.2), 153: (227.3, 209.1, -5.1),
    385: (300.7, 200.1, -6.4), 380: (296.9, 213.0, -3.3), 387: (315.6, 201.9, -3.6), 373: (311.3, 214.0, -0.6),
    107: (243.3, 182.6, -31.2), 336: (286.3, 183.9, -30.3), 63: (194.6, 178.2, -11.8), 293: (334.3, 185.2, -8.8),
    2: (260.2, 270.1, -19.6), 0: (258.5, 288.0, -16.0), 13: (257.8, 293.5, -7.1), 61: (223.8, 289.7, 12.1),
    291: (291.1, 293.2, 13.9), 10: (266.3, 143.4, -31.8), 152: (253.3, 354.8, 28.9), 234: (169.1, 217.0, 79.3),
    454: (349.3, 226.3, 83.5),
}  # fmt: skip
ROTATION_DEG = (0.7, -12.6, 2.9)
INTEROCULAR_PX = 120.9

SAD = {"browInnerUp": 0.5, "mouthFrown": 0.04, "mouthSmile": 0.002}
GLAD = {"mouthSmile": 0.8, "eyeSquint": 0.45}
AMAZED = {"browInnerUp": 0.6, "browOuterUp": 0.6, "eyeWide": 0.11, "eyeSquint": 0.07}
ANGRY = {"browDown": 0.45, "browInnerUp": 0.0003, "eyeSquint": 0.42}


def resting(n=30, fps=FPS):
    """A face at rest for `n` frames."""
    scores = np.array([SCORES.get(name, 1e-6) for name in ARKIT_CHANNELS])
    landmarks = np.tile(np.mean(list(MARKS.values()), axis=0), (478, 1))
    for mark, at in MARKS.items():
        landmarks[mark] = at
    return FaceTrack(
        fps,
        np.tile(scores, (n, 1)),
        np.tile(landmarks, (n, 1, 1)),
        np.ones(n, bool),
        np.tile(ROTATION_DEG, (n, 1)),
        np.arange(n) / fps,
    )


def moved(frames, scores=(), marks=(), where=slice(None)):
    """With `scores` set (both sides of a name without one) and landmarks moved by (right, down) in eye distances."""
    for name, value in dict(scores).items():
        for channel in (name, f"{name}Left", f"{name}Right"):
            if channel in CHANNEL_INDEX:
                frames.scores[where, CHANNEL_INDEX[channel]] = value
    for mark, by in dict(marks).items():
        frames.landmarks[where, mark, :2] += np.multiply(by, INTEROCULAR_PX)
    return frames


def top(evidence):
    return max(evidence.distribution, key=evidence.distribution.get)


def unit(frames, name, rest=None):
    return face.action_units(frames, rest)[:, ACTION_UNITS.index(name)]


def speaking(n=80, seed=0):
    """Lips as in quick speech: open and closed, wide and round, several times a second."""
    rng = np.random.default_rng(seed)
    frames, syllable = resting(n), np.abs(np.sin(np.arange(n) * 2.1 + rng.uniform(0, 3)))
    loud = syllable * rng.uniform(0.5, 1, n)
    for name, least, most in (
        ("jawOpen", 0.01, 0.4), ("mouthLowerDownLeft", 0.01, 0.3), ("mouthLowerDownRight", 0.01, 0.3),
        ("mouthFunnel", 0.003, 0.3), ("mouthStretchLeft", 0.002, 0.03), ("mouthStretchRight", 0.002, 0.03),
        ("mouthUpperUpLeft", 0.003, 0.08), ("mouthUpperUpRight", 0.003, 0.08),
    ):  # fmt: skip
        frames.scores[:, CHANNEL_INDEX[name]] = least + (most - least) * loud
    for mark, down in ((152, 0.2), (61, 0.03), (291, 0.03), (13, -0.02)):
        frames.landmarks[:, mark, 1] += down * INTEROCULAR_PX * loud
    return frames


# Feelings -------------------------------------------------------------------------------------------------------------


def test_a_face_at_rest_is_mostly_neutral_and_flat_in_the_rest():
    evidence = face.read_expression(resting())
    assert top(evidence) == "neutral" and evidence.distribution["neutral"] > 0.4
    assert max(share for name, share in evidence.distribution.items() if name != "neutral") < 0.2
    assert evidence.intensity < 0.2
    assert evidence.reasons[0] == "the face is nearly at rest"
    assert np.abs(evidence.vad_mean).max() < 0.35


@pytest.mark.parametrize(
    ("shown", "feeling", "reason"),
    [
        (SAD, "sadness", "inner brows raised"),
        (GLAD, "joy", "lip corners up"),
        (AMAZED, "surprise", "brows raised"),
        (ANGRY, "anger", "brows lowered"),
        ({"browInnerUp": 0.5, "browOuterUp": 0.15, "eyeWide": 0.09, "eyeSquint": 0.1, "mouthStretch": 0.12}, "fear",
         "lips stretched"),
        ({"mouthUpperUp": 0.4, "browDown": 0.3, "browInnerUp": 0.001, "eyeSquint": 0.48}, "disgust",
         "upper lip raised"),
        ({"mouthDimpleLeft": 0.1, "mouthDimpleRight": 0.006}, "contempt", "one lip corner tightened"),
    ],
)  # fmt: skip
def test_a_prototype_is_seen_and_said(shown, feeling, reason):
    evidence = face.read_expression(moved(resting(), shown))
    assert top(evidence) == feeling
    assert reason in evidence.reasons
    assert evidence.intensity > 0.25
    assert evidence.modality == "face" and set(evidence.distribution) == set(taxonomy.BASIC)


def test_inner_brows_and_lip_corners_together_move_to_sadness_more_than_either():
    corners = {61: (0.01, 0.03), 291: (-0.01, 0.03)}
    share = lambda **how: face.read_expression(moved(resting(), **how)).distribution["sadness"]  # noqa: E731
    brows = share(scores={"browInnerUp": 0.3})
    lips = share(scores={"mouthFrown": 0.02}, marks=corners)
    both = share(scores={"browInnerUp": 0.3, "mouthFrown": 0.02}, marks=corners)
    assert share() < min(brows, lips) and max(brows, lips) < both


@pytest.mark.parametrize("seed", range(5))
def test_speech_alone_is_neither_surprise_nor_fear(seed):
    evidence = face.read_expression(speaking(seed=seed))
    assert top(evidence) == "neutral"
    assert evidence.distribution["surprise"] < 0.2 and evidence.distribution["fear"] < 0.25


def test_speech_does_not_hide_a_feeling():
    assert top(face.read_expression(moved(speaking(), GLAD))) == "joy"
    assert top(face.read_expression(moved(speaking(), AMAZED))) == "surprise"


def test_blinks_do_not_narrow_the_lids_but_a_squint_does():
    frames = resting(40)
    for start in (8, 21, 33):  # two frames each: 0.2 s
        closed = dict.fromkeys((160, 158, 385, 387), (0, 0.1))
        moved(frames, {"eyeBlink": 0.9, "eyeSquint": 0.6}, closed, slice(start, start + 2))
    assert face.read_expression(frames).reasons[0] == "the face is nearly at rest"
    narrow = moved(resting(), {"eyeSquint": 0.5}, dict.fromkeys((160, 158, 385, 387), (0, 0.025)))
    assert unit(narrow, "7").min() > 0.4 > 0.1 > unit(resting(), "7").max()


def test_a_gaze_that_falls_is_no_squint():
    marks = dict.fromkeys((160, 158, 385, 387), (0, 0.025))
    assert unit(moved(resting(), {"eyeSquint": 0.5, "eyeLookDown": 0.7}, marks), "7").max() < 0.05


def test_a_turned_head_has_no_contempt():
    frames = moved(resting(), {"mouthDimpleLeft": 0.1, "mouthDimpleRight": 0.006})
    frames.head_rotation_deg[:, 0] = 27
    assert unit(frames, "14R").max() == 0


# Geometry -------------------------------------------------------------------------------------------------------------


@given(st.floats(-25, 25), st.floats(-20, 20), st.floats(-30, 30), st.floats(0.3, 4))
@settings(max_examples=40, deadline=None)
def test_heights_on_the_face_do_not_change_with_pose_size_and_place(yaw, pitch, roll, scale):
    """A solid head, turned: what `head_frame` undoes is exactly what the head's angles say."""
    about = np.radians([yaw, pitch, roll])
    (sy, sp, sr), (cy, cp, cr) = np.sin(about), np.cos(about)
    turn = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]]) @ np.array([[1, 0, 0], [0, cp, sp], [0, -sp, cp]])
    turn = turn @ np.array([[cr, sr, 0], [-sr, cr, 0], [0, 0, 1]])
    straight = resting(1)
    straight.head_rotation_deg[:] = 0
    points = (straight.landmarks * (1, -1, -1)) @ turn.T * (1, -1, -1) * scale + (40, -70, 0)
    turned = FaceTrack(1.0, straight.scores, points, straight.found, np.array([[yaw, pitch, roll]]), np.zeros(1))
    one, other = face.measure(straight), face.measure(turned)
    for name in ("brow_slant", "eye_opening", "nose_to_lip", "corner_height"):
        assert other[name] == pytest.approx(one[name], abs=1e-6)


# Properties -----------------------------------------------------------------------------------------------------------

activations = st.lists(st.floats(0, 1), min_size=len(ACTION_UNITS), max_size=len(ACTION_UNITS)).map(np.array)


@given(activations)
@settings(deadline=None)
def test_any_activations_give_a_distribution(values):
    shares = face.feelings_of(values)
    assert shares.shape == (8,) and (shares > 0).all() and shares.sum() == pytest.approx(1)


@given(activations, st.sampled_from(ACTION_UNITS))
@settings(deadline=None)
def test_more_of_a_unit_speaks_for_the_feeling_that_it_weighs_most_for(values, name):
    i = ACTION_UNITS.index(name)
    weights = face.PROTOTYPES[:, i]
    if weights.max() <= 0:
        return
    less, more = values.copy(), values.copy()
    less[i], more[i] = 0.0, 1.0
    row = 1 + int(np.argmax(weights))
    assert face.feelings_of(more)[row] >= face.feelings_of(less)[row]


@given(st.dictionaries(st.sampled_from(ARKIT_CHANNELS), st.floats(0, 1), max_size=20), st.integers(1, 25))
@settings(max_examples=50, deadline=None)
def test_any_scores_give_sound_evidence(scores, n):
    evidence = face.read_expression(moved(resting(n), scores))
    assert sum(evidence.distribution.values()) == pytest.approx(1)
    assert 0 <= evidence.intensity <= 1 and 0 <= evidence.reliability <= 1
    assert np.abs(evidence.vad_mean).max() <= 1
    assert np.linalg.eigvalsh(evidence.vad_covariance).min() > 0
    assert evidence.reasons


@pytest.mark.parametrize(
    ("shown", "feeling"), [(SAD, "sadness"), (GLAD, "joy"), (AMAZED, "surprise"), (ANGRY, "anger")]
)
def test_share_and_intensity_grow_with_the_expression(shown, feeling):
    base = {name: SCORES.get(name, SCORES.get(f"{name}Left")) for name in shown}
    mixed = lambda part: {n: base[n] ** (1 - part) * shown[n] ** part for n in shown}  # noqa: E731
    seen = [face.read_expression(moved(resting(), mixed(part))) for part in np.linspace(0, 1, 6)]
    for values in ([e.distribution[feeling] for e in seen], [e.intensity for e in seen]):
        assert (np.diff(values) > -0.03).all() and values[-1] > values[0] + 0.2


# Times ----------------------------------------------------------------------------------------------------------------


def test_windows_follow_what_happens():
    frames = moved(resting(80), GLAD, where=slice(40, 80))
    windows = face.read_expression_windows(frames, window_s=1.0, hop_s=0.5)
    starts = [start_s for start_s, _ in windows]
    assert starts == pytest.approx(np.arange(0, 7.01, 0.5))
    assert {top(e) for start_s, e in windows if start_s <= 3.0} == {"neutral"}
    assert {top(e) for start_s, e in windows if start_s >= 4.0} == {"joy"}
    assert (
        top(face.read_expression(frames, 4.0, 8.0)) == "joy"
        and top(face.read_expression(frames, end_s=4.0)) == "neutral"
    )


@given(st.integers(1, 60), st.floats(0.3, 3), st.floats(0.2, 2))
@settings(max_examples=30, deadline=None)
def test_windows_cover_the_clip_and_hardly_pass_its_end(n, window_s, hop_s):
    frames = resting(n)
    starts = [start_s for start_s, _ in face.read_expression_windows(frames, window_s, hop_s)]
    assert starts[0] == 0 and np.diff(starts) == pytest.approx(np.full(len(starts) - 1, hop_s))
    assert len(starts) == 1 or starts[-1] + window_s <= frames.duration_s + hop_s / 2 + 1e-6
    assert starts[-1] + hop_s + window_s > frames.duration_s + hop_s / 2 - 1e-6


def test_times_and_spacing_of_what_is_analysed():
    thin = lambda fps, n: [t for t, _ in thinned(((i / fps, None) for i in range(n)), 10)]  # noqa: E731
    assert thin(25, 9) == pytest.approx([0, 0.12, 0.24])
    assert thin(30, 9) == pytest.approx([0, 0.1, 0.2])
    assert thin(29.97, 8) == pytest.approx([0, 0.1001, 0.2002], abs=1e-4)
    assert thin(8, 3) == pytest.approx([0, 0.125, 0.25])


def test_a_span_without_a_face_is_not_to_be_relied_on():
    frames = resting(40)
    frames.found[20:] = False
    frames.scores[20:] = frames.landmarks[20:] = frames.head_rotation_deg[20:] = np.nan
    assert face.read_expression(frames).reliability == pytest.approx(
        0.5 * face.read_expression(frames, 0, 2).reliability
    )
    nobody = face.read_expression(frames, 2.0, 4.0)
    assert nobody.reliability == nobody.intensity == 0 and nobody.reasons == ("no face is seen",)
    assert top(nobody) == "neutral"


# Reliability and the person's own rest --------------------------------------------------------------------------------


def test_small_turned_and_unknown_faces_are_relied_on_less():
    usual = face.read_expression(resting()).reliability
    small, turned = resting(), resting()
    small.landmarks[:] *= 0.45
    turned.head_rotation_deg[:, 0] = 30
    for frames, said in ((small, "only"), (turned, "turned")):
        evidence = face.read_expression(frames)
        assert evidence.reliability < 0.8 * usual
        assert any(said in reason for reason in evidence.reasons)
    assert face.read_expression(resting(1)).reliability < usual < 0.7


def test_a_brow_that_always_hangs_is_this_persons_rest_only_where_the_clip_tells():
    hanging = {"browDown": 0.35}
    short = moved(resting(50), hanging)
    assert face.own_rest(short) == Rest()
    always = moved(resting(300), hanging)
    assert face.own_rest(always).shift == {}, "somebody who frowns all through gives no reference"
    lively = moved(moved(resting(300), hanging), AMAZED, where=slice(180, 240))
    rest = face.own_rest(lively)
    assert rest.quality == 0.9 and rest.shift["browDown"] > 0.3
    before = face._evidence(short, Rest()).distribution["anger"]
    assert face._evidence(short, rest).distribution["anger"] < before
    assert face.read_expression(lively, 18, 24).reliability > 0.8
    assert top(face.read_expression(lively, 18, 24)) == "surprise"


# Whose face -----------------------------------------------------------------------------------------------------------


def reading(x=0.0, scale=1.0):
    frames = resting(1)
    points = (frames.landmarks[0] - frames.landmarks[0].mean(0)) * scale + (x, 300, 0)
    return FaceReading(points, frames.scores[0], np.array(ROTATION_DEG))


def test_nobody_several_and_small_faces_are_one_sentence_each():
    one, two = reading(200), reading(600)
    for seen, which, said in (
        ([[], []], None, "No face is seen in clip"),
        ([[one, two], [one, two]], None, r"shows 2 faces \(1: \(.*2: \("),
        ([[one, two]], 3, "no face 3"),
        ([[one]], 0, "no face 0"),
        ([[reading(200, 0.3)]], None, "at least 96 px"),
    ):
        with pytest.raises(BadInput, match=said) as caught:
            face_track._one_person(seen, "clip", which)
        assert str(caught.value).count("\n") == 0


def test_one_passer_by_and_small_faces_behind_do_not_count():
    one = reading(200)
    chosen = face_track._one_person([[one], [one, reading(600, 0.8)], [one], [one, reading(700, 0.3)]], "clip", None)
    assert chosen == [one] * 4


def test_the_chosen_person_is_followed_while_others_come_and_go():
    left = [reading(200 + 5 * i) for i in range(5)]
    right = [reading(600 - 5 * i) for i in range(5)]
    seen = [[left[0], right[0]], [right[1]], [left[2], right[2]], [left[3]], [left[4], right[4]]]
    assert face_track._one_person(seen, "clip", 2) == [right[0], right[1], right[2], None, right[4]]
    assert face_track._one_person(seen, "clip", 1) == [left[0], None, left[2], left[3], left[4]]


def test_a_face_on_a_larger_one_is_the_same_face():
    large, on_it, beside = reading(200), reading(210, 0.6), reading(600)
    assert distinct_faces([on_it, large, beside]) == [large, beside]


def test_a_missing_file_and_a_frame_rate_of_nothing():
    with pytest.raises(BadInput, match="There is no video or picture"):
        face_track.track_person("nowhere/clip.mp4")
    with pytest.raises(ValueError):
        face_track.track_person_in_frames([], 0)
