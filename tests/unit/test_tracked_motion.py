"""Following a face, on curves and heads whose truth is known: no weights, no pictures."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from checkpoints.errors import BadInput
from emotion_embed.signals.audio import Audio
from emotion_embed.signals.face_landmarks import ARKIT_CHANNELS, CHANNEL_INDEX
from generators.contracts import Motion, Speech, join_motion
from generators.head.mesh.pipeline import head_turn
from generators.head.mesh.rig import load_rig
from generators.motion.live_link import read_motion_csv, write_motion_csv
from generators.motion.rig.lip_geometry import CLOSED_GAP, lip_gap
from generators.motion.rig.resampling import resampled
from generators.motion.streaming import stream
from generators.motion.tracked import TrackedMotion, read_recorded_motion
from generators.motion.tracked.channels import closed_eyes, face_channels, set_lips, wanted_gap
from generators.motion.tracked.curves import smooth, steady
from generators.motion.tracked.face_track import WatchedFace
from generators.motion.tracked.pipeline import motion_of
from generators.motion.tracked.pose import head_pose
from generators.timeline import place

FPS = 25.0
curves = arrays(float, st.integers(1, 60), elements=st.floats(-1, 1, width=32))
FILTERS = {
    "steady": lambda values: steady(values, FPS, 0.05),
    "smooth": lambda values: smooth(values, FPS, 0.36),
}


def column(name):
    return CHANNEL_INDEX[name]


def bump(n, at, width=1.2):
    return np.exp(-0.5 * ((np.arange(n) - at) / width) ** 2)


# Filters --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILTERS)
@given(values=curves)
@settings(max_examples=50, deadline=None)
def test_a_filter_without_lag_does_not_know_which_way_time_runs(name, values):
    forwards, backwards = FILTERS[name](values), FILTERS[name](values[::-1])[::-1]
    assert forwards == pytest.approx(backwards, abs=1e-9)


@pytest.mark.parametrize("name", FILTERS)
@given(st.floats(-3, 3), st.floats(-0.5, 0.5))
@settings(max_examples=30, deadline=None)
def test_steady_movement_passes_as_it_is(name, start, step):
    line = start + step * np.arange(40)
    assert FILTERS[name](line)[4:-4] == pytest.approx(line[4:-4], abs=1e-9)


@given(st.integers(8, 30), st.floats(0.5, 2.0))
@settings(max_examples=30, deadline=None)
def test_blinks_and_closures_are_neither_moved_nor_filled(at, width):
    blink = bump(40, at, width)
    assert np.abs(steady(blink, FPS, 0.04) - blink).max() < 0.06
    assert steady(0.1 * (1 - blink), FPS, 0.006)[at] < 0.006
    assert steady(blink, FPS, 0.04).argmax() == at


def test_tremor_is_taken_out():
    rng = np.random.default_rng(0)
    tremor = rng.normal(0, 0.01, 400)
    assert steady(tremor, FPS, 0.04).std() < 0.5 * tremor.std()
    assert smooth(tremor, FPS, 0.36).std() < 0.6 * tremor.std()


@given(st.integers(2, 40), st.integers(0, 2**32 - 1))
@settings(max_examples=50, deadline=None)
def test_other_rates_stay_between_what_was_seen(n, seed):
    rng = np.random.default_rng(seed)
    times_s, values = np.cumsum(rng.uniform(0.01, 0.4, n)), rng.normal(size=(n, 2))
    at_s = np.linspace(times_s[0] - 1, times_s[-1] + 1, 200)
    found = resampled(times_s, values, at_s)
    assert resampled(times_s, values, times_s) == pytest.approx(values)
    assert (found.min(0) >= values.min(0) - 1e-9).all() and (found.max(0) <= values.max(0) + 1e-9).all()
    line = resampled(times_s, 2 * times_s, np.clip(at_s, times_s[0], times_s[-1]))
    assert line == pytest.approx(2 * np.clip(at_s, times_s[0], times_s[-1]))


def test_short_gaps_are_bridged_and_long_ones_held():
    times_s, values = np.array([0, 0.1, 0.5, 0.6, 2.6, 2.7]), np.array([0.0, 0, 1, 1, 5, 5])
    at = lambda time_s: resampled(times_s, values, np.array([time_s]))[0]  # noqa: E731
    assert 0.2 < at(0.3) < 0.8
    assert at(1.6) == at(2.3) == pytest.approx(1)
    assert 1.5 < at(2.5) < 4.5
    assert at(-3) == 0 and at(9) == 5
    assert resampled(np.array([1.0]), np.array([7.0]), np.array([0.0, 2.0])).tolist() == [7, 7]


# Head -----------------------------------------------------------------------------------------------------------------


def landmarks_of(rotation_deg, jaw=0.0, scale_px=12.0, shift_px=(300.0, 280.0)):
    """Landmarks (478, 3) px of the canonical head, turned as `Motion` says about its neck."""
    rig, neck = load_rig(), np.array([0.0, -7.0, -5.0])
    head = rig.canonical + jaw * rig.expression_deltas[column("jawOpen"), : rig.n_coarse]
    turned = (head - neck) @ head_turn(np.asarray(rotation_deg, float)).T + neck
    points = np.zeros((478, 3))
    points[:468] = turned * scale_px * (1, -1, -1) + (*shift_px, 0)
    return points


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_head_turns_as_it_was_seen_to_turn_and_stays_where_it_is(axis):
    angles_deg = np.linspace(-20, 20, 9)
    turns = [np.eye(3)[axis] * angle for angle in angles_deg]
    rotation_deg, translation_cm = head_pose(
        np.stack([landmarks_of(turn, jaw=0.5 * (i % 2)) for i, turn in enumerate(turns)])
    )
    assert rotation_deg[:, axis] == pytest.approx(angles_deg, abs=0.3)
    assert np.delete(rotation_deg, axis, 1) == pytest.approx(0, abs=0.3)
    assert translation_cm == pytest.approx(0, abs=0.25)


def test_a_head_that_moves_aside_and_nearer():
    seen = [
        landmarks_of((0, 0, 0)),
        landmarks_of((0, 0, 0), shift_px=(312, 268)),
        landmarks_of((0, 0, 0), scale_px=12.6),
    ]
    _, translation_cm = head_pose(np.stack(seen))
    assert (translation_cm[1] - translation_cm[0])[:2] == pytest.approx([1, 1], abs=0.05)
    assert translation_cm[2, 2] - translation_cm[0, 2] == pytest.approx(3.5, abs=0.1)


# Eyes -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("opened", "closed"), [(0.02, 0.55), (0.1, 0.7), (0.3, 0.65)])
def test_a_blink_reaches_from_this_persons_open_eyes_to_closed_ones(opened, closed):
    score = opened + (closed - opened) * (bump(250, 50) + bump(250, 130) + bump(250, 200))
    blink = closed_eyes(np.stack([score, score], 1))
    assert blink[[50, 130, 200]].min() == 1
    assert np.median(blink) == 0
    assert (blink[:, 0] > 0.5).sum() <= 12


def test_eyes_that_never_blink_stay_open():
    rng = np.random.default_rng(0)
    assert closed_eyes(0.1 + rng.normal(0, 0.01, (200, 2))).max() < 0.1


def test_both_eyes_blink_alike_and_one_can_wink():
    score = np.full((200, 2), 0.1)
    score[50, :] = 0.6, 0.5
    score[150:155, 0] = 0.6
    blink = closed_eyes(score)
    assert blink[50, 0] == blink[50, 1] > 0.8
    assert blink[152, 0] == 1 and blink[152, 1] < 0.1


# Expression and lips --------------------------------------------------------------------------------------------------

REST = {"eyeBlink": 0.08, "eyeSquint": 0.4, "mouthSmile": 0.1, "browDown": 0.1, "mouthPucker": 0.05}


def still_face(n, **rest):
    """Scores (n, 52) of a face at rest that trembles a little."""
    scores = np.full((n, 52), 0.002)
    for name, value in (REST | rest).items():
        for channel in (name, name + "Left", name + "Right"):
            if channel in CHANNEL_INDEX:
                scores[:, column(channel)] = value
    return np.clip(scores + np.random.default_rng(1).normal(0, 0.0005, scores.shape), 0, 1)


def channels_of(scores, gap=None):
    n = len(scores)
    return face_channels(scores, np.full(n, 0.01) if gap is None else gap, np.full(n, 0.3))


def test_a_face_at_rest_moves_nothing_whoever_it_is():
    for rest in ({}, {"mouthPucker": 0.6, "browDown": 0.3, "eyeBlink": 0.2}):
        assert channels_of(still_face(100, **rest)).max() < 0.1


def test_expressions_count_from_the_persons_own_rest():
    smiles = []
    for rest in (0.0, 0.15):
        scores = still_face(200, mouthSmile=rest)
        scores[100:150, [column("mouthSmileLeft"), column("mouthSmileRight")]] = rest + 0.5 * (1 - rest)
        channels = channels_of(scores)
        assert channels[:90, column("mouthSmileLeft")].max() < 0.03
        smiles.append(channels[120, column("mouthSmileLeft")])
    assert smiles == pytest.approx([0.5, 0.5], abs=0.06)


def test_a_smile_that_lasts_all_along_is_no_rest():
    assert channels_of(still_face(100, mouthSmile=0.8))[:, column("mouthSmileLeft")].min() > 0.5


@given(arrays(float, (12, 52), elements=st.floats(0, 1)), arrays(float, 12, elements=st.floats(-0.02, 0.5)))
@settings(max_examples=50, deadline=None)
def test_channels_are_amounts_whatever_is_seen(scores, gap):
    channels = channels_of(scores, gap)
    assert channels.shape == (12, 52) and channels.dtype == np.float32
    assert np.isfinite(channels).all() and channels.min() >= 0 and channels.max() <= 1


@given(arrays(float, (6, 52), elements=st.floats(0, 0.4)), arrays(float, 6, elements=st.floats(CLOSED_GAP, 0.3)))
@settings(max_examples=50, deadline=None)
def test_lips_stand_as_far_apart_as_they_shall(channels, wanted):
    set_lips(channels, wanted)
    assert lip_gap(channels) == pytest.approx(wanted, abs=1e-6)


def test_lips_that_touch_are_asked_to_touch_though_a_moustache_is_in_the_way():
    for bias in (0.0, 0.02):
        opening = np.clip(np.sin(np.linspace(0, 12, 100)), 0, 1) * 0.2
        wanted = wanted_gap(opening + bias)
        assert wanted[opening == 0].max() == pytest.approx(CLOSED_GAP, abs=1e-3)
        assert np.corrcoef(wanted, opening)[0, 1] > 0.99


# Motion ---------------------------------------------------------------------------------------------------------------


def watched(n=100, fps=30.0):
    """A still head whose mouth opens and shuts and whose eyes blink at known times."""
    jaw = np.clip(np.sin(np.arange(n) / fps * 2 * np.pi), 0, 1) * 0.5
    scores = still_face(n)
    blink = bump(n, 40)
    for side in ("Left", "Right"):
        scores[:, column("eyeBlink" + side)] += 0.55 * blink
    landmarks = np.stack([landmarks_of((0, 0, 0), jaw=j) for j in jaw])
    return WatchedFace(np.arange(n) / fps, scores.astype(np.float32), landmarks, n / fps, fps), jaw


@pytest.mark.parametrize("fps", [12.0, 25.0, 30.0, 60.0])
def test_motion_at_any_rate_lasts_as_long_and_keeps_time(fps):
    seen, jaw = watched()
    motion = motion_of(seen, fps)
    assert len(motion) == round(seen.duration_s * fps)
    true = np.interp(np.arange(len(motion)) / fps, seen.times_s, jaw)
    assert np.corrcoef(lip_gap(motion.blendshapes), true)[0, 1] > 0.98
    shut = np.flatnonzero(motion.channel("eyeBlinkLeft") > 0.5) / fps
    assert shut.mean() == pytest.approx(40 / 30, abs=0.5 / fps)
    assert motion.channel("eyeBlinkLeft").max() > 0.9
    assert 0 <= motion.breath.min() < motion.breath.max() <= 1


def test_motion_without_a_rate_has_the_films_own():
    seen, _ = watched(fps=24.0)
    assert motion_of(seen).fps == 24.0


@given(st.lists(st.integers(100, 30_000), min_size=1, max_size=8), st.sampled_from([12.0, 25.0, 29.97]))
@example(lengths=[100, 100, 100, 2153, 9421, 5726], fps=25.0)  # 27.5 frames, of which seconds added up make less
@settings(max_examples=30, deadline=None)
def test_motion_keeps_step_with_the_sound(lengths, fps):
    seconds = sum(lengths) / 16_000
    n = round(seconds * fps)
    shapes = np.repeat(np.arange(n, dtype=np.float32)[:, None], 52, 1)
    motion = Motion(fps, shapes, np.zeros((n, 3)), np.zeros((n, 3)), np.zeros(n))
    parts = [Speech(Audio(np.zeros(length, np.float32), 16_000)) for length in lengths]
    handed = list(stream(TrackedMotion(motion), place(parts), fps=fps))
    assert join_motion(handed).blendshapes[:, 0].tolist() == list(range(n))


def test_motion_of_another_rate_is_refused():
    seen, _ = watched(10)
    with pytest.raises(ValueError, match="fps"):
        TrackedMotion(motion_of(seen, 30.0)).start(fps=25.0)


# Recorded motion ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fps", [24.0, 25.0, 30.0, 60.0])
def test_a_recording_comes_back_at_its_own_rate(tmp_path, fps):
    seen, _ = watched(100)
    motion = motion_of(seen, fps)
    write_motion_csv(motion, tmp_path / "m.csv")
    back = read_recorded_motion(tmp_path / "m.csv")
    assert back.fps == fps
    assert back.blendshapes == pytest.approx(motion.blendshapes, abs=1e-5)
    assert back.head_rotation_deg == pytest.approx(motion.head_rotation_deg, abs=0.01)
    assert back.breath == pytest.approx(motion.breath)
    assert len(read_recorded_motion(tmp_path / "m.csv", 12.0)) == round(len(motion) / fps * 12)


def test_a_recording_that_begins_within_a_second_tells_its_rate(tmp_path):
    seen, _ = watched(100)
    write_motion_csv(motion_of(seen, 60.0), tmp_path / "m.csv")
    header, *rows = (tmp_path / "m.csv").read_text().splitlines()
    (tmp_path / "cut.csv").write_text("\n".join([header, *rows[35:]]))
    assert read_motion_csv(tmp_path / "cut.csv").fps == 60
    (tmp_path / "short.csv").write_text("\n".join([header, *rows[:20]]))
    assert read_motion_csv(tmp_path / "short.csv").fps == 60


def test_a_head_that_was_filmed_from_below_does_not_look_up(tmp_path):
    n = 60
    turned = np.zeros((n, 3)) + (0, 12, 3)
    write_motion_csv(
        Motion(60, np.zeros((n, 52), np.float32), turned, np.zeros((n, 3)), np.zeros(n)), tmp_path / "m.csv"
    )
    assert read_recorded_motion(tmp_path / "m.csv").head_rotation_deg == pytest.approx(0)


def test_a_recording_without_a_column_or_of_an_hour_is_refused(tmp_path):
    names = ["Timecode", *(name[0].upper() + name[1:] for name in ARKIT_CHANNELS), "HeadYaw", "HeadPitch", "HeadRoll"]
    row = "0:0:0:0," + ",".join(["0"] * (len(names) - 1)) + "\n"
    (tmp_path / "m.csv").write_text(",".join(n for n in names if n != "JawOpen") + "\n" + row)
    with pytest.raises(BadInput, match="JawOpen"):
        read_recorded_motion(tmp_path / "m.csv")
    (tmp_path / "hour.csv").write_text(",".join(names) + "\n" + row * (60 * 1900))
    with pytest.raises(BadInput, match="30 minutes"):
        read_recorded_motion(tmp_path / "hour.csv")
