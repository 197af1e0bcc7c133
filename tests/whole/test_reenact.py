"""A clip of one portrait leads another: what the second shows is what the first did, when it did it."""

import threading

import av
import numpy as np
import pytest
from PIL import Image, ImageOps

import checkpoints
from checkpoints.errors import BadInput, Cancelled
from emotion_embed.signals.face_geometry import lid_opening, lip_gap
from emotion_embed.signals.face_track import track_largest_face
from generators.motion.live_link import read_motion_csv
from studio import RenderRequest
from studio.quality.metrics import blinks
from studio.quality.observation import observe
from tests.films import probe, read_film, save_film
from tests.processes import SECOND_OF_WORK_S, work_s
from tests.sounds import save_wav

pytestmark = pytest.mark.whole

TEXT = "[joy:0.6] Bob and Pam came back from the farm at about five, and my mother baked a pie."


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("a folder")


@pytest.fixture(scope="module")
def driver(studio, folder):
    return studio.speak(TEXT, out=folder / "driver.mp4", seed=3)


@pytest.fixture(scope="module")
def other(folder):
    """Somebody else: the demo's portrait in a mirror, grey and cut."""
    photo = Image.open(checkpoints.path("portrait-astronaut") / "astronaut.png").convert("L")
    ImageOps.mirror(photo.crop((30, 0, 430, 400))).convert("RGB").save(folder / "other.png")
    return folder / "other.png"


@pytest.fixture(scope="module")
def clip(studio, driver, other, folder):
    """What comes of it, and the progress that was told."""
    told = []
    made = studio.reenact(
        driver.path, portrait=other, out=folder / "clip.mp4", motion_csv=True, progress=lambda *p: told.append(p)
    )
    return made, told


@pytest.fixture(scope="module")
def seen(driver, clip):
    """Driver and clip, frame by frame."""
    return observe(driver.path), observe(clip[0].path)


def best_lag(curve, other, reach=6):
    """At how many frames' delay `other` is most like `curve`, and how much alike they are then."""
    inner = slice(reach, len(curve) - reach)
    alike = [
        np.corrcoef(curve[inner], other[reach + lag : len(other) - reach + lag])[0, 1]
        for lag in range(-reach, reach + 1)
    ]
    return int(np.argmax(alike)) - reach, max(alike)


def sound_of(path):
    with av.open(str(path)) as container:
        return np.concatenate([frame.to_ndarray().ravel() for frame in container.decode(audio=0)])


def test_the_lips_open_as_wide_and_at_the_same_time(seen):
    led, follows = (lip_gap(one.face.landmarks) for one in seen)
    lag, alike = best_lag(led, follows)
    assert abs(lag) <= 1
    assert alike > 0.9
    assert 0.7 < np.polyfit(led, follows, 1)[0] < 1.4


def test_blinks_come_in_the_same_frames(seen):
    led, follows = ([time_s for time_s, _ in blinks(lid_opening(one.face.landmarks), 25)] for one in seen)
    assert len(led) >= 1
    assert follows == pytest.approx(led, abs=2.5 / 25)


def test_head_and_smile_follow(seen):
    led, follows = (one.face for one in seen)
    assert best_lag(led.head_rotation_deg[:, 2], follows.head_rotation_deg[:, 2])[0] in (-1, 0, 1)
    assert best_lag(led.head_rotation_deg[:, 2], follows.head_rotation_deg[:, 2])[1] > 0.8
    assert np.abs(np.diff(follows.head_rotation_deg, axis=0)).max() < 4
    assert min(one.score("mouthSmileLeft").mean() for one in (led, follows)) > 0.4


def test_picture_and_sound_last_as_long_as_the_drivers(driver, clip):
    made = clip[0]
    assert probe(made.path).n_frames == driver.report["frames"] == made.report["frames"]
    assert abs(made.report["audio_duration_s"] - made.duration_s) <= 1 / 25
    assert abs(np.std(sound_of(made.path)) / np.std(sound_of(driver.path)) - 1) < 0.1


def test_the_report_says_whose_motion_it_is(driver, clip):
    report = clip[0].report
    assert report["generators"] == {"voice": "recording", "motion": "tracked", "head": "mesh"}
    assert report["request"]["video"] == str(driver.path)
    assert RenderRequest.from_dict(report["request"]).video == str(driver.path)
    assert not any("kokoro" in name or "whisper" in name for name in report["weights"])
    assert report["timings_s"]["motion"] > 0


def test_progress_tells_of_watching(clip):
    shares = [done for stage, done, _ in clip[1] if stage == "watching"]
    assert shares == sorted(shares) and shares[-1] == 1
    assert clip[1][-1][0] == "video"


def test_motion_that_was_written_leads_to_the_same(studio, clip, other, folder):
    written = clip[0].path.with_suffix(".motion.csv")
    again = studio.reenact(written, portrait=other, out=folder / "again.mp4", motion_csv=True)
    assert again.report["generators"] == {"voice": "silence", "motion": "recorded", "head": "mesh"}
    first, second = (read_motion_csv(path) for path in (written, again.path.with_suffix(".motion.csv")))
    assert (first.fps, len(first)) == (second.fps, len(second))
    assert second.blendshapes == pytest.approx(first.blendshapes, abs=1e-5)
    assert second.head_rotation_deg == pytest.approx(first.head_rotation_deg, abs=0.05)
    assert np.abs(sound_of(again.path)).max() < 1e-3


def test_recorded_motion_keeps_step_with_its_sound_though_rows_are_missing(studio, tmp_path):
    """A clip of a broken rate writes its motion, an editor takes rows out, and the motion is spoken again."""
    first = studio.speak(
        "Bob and Pam came back from my farm.", out=tmp_path / "a.mp4", fps=29.97, motion_csv=True, seed=3
    )
    header, *rows = first.path.with_suffix(".motion.csv").read_text().splitlines()
    (tmp_path / "edited.csv").write_text("\n".join([header, *rows[:12], *rows[32:]]))
    again = studio.reenact(tmp_path / "edited.csv", audio=first.path, out=tmp_path / "b.mp4")
    assert again.duration_s == pytest.approx(first.duration_s, abs=1 / 25)
    assert abs(again.report["audio_duration_s"] - first.report["audio_duration_s"]) < 1 / 25
    assert ["0.7 s" in sentence for sentence in again.report["warnings"]] == [True]
    led, follows = (lip_gap(observe(clip.path).face.landmarks) for clip in (first, again))
    led = np.interp(np.arange(len(follows)) / 25, np.arange(len(led)) / 29.97, led)
    lag, alike = best_lag(led[26:], follows[26:])
    assert lag == 0 and alike > 0.9


def test_another_sound_can_go_with_it_and_its_words_are_read_where_they_are_wanted(studio, driver, other, tmp_path):
    silent = save_film(tmp_path / "silent.mp4", read_film(driver.path)[:50])
    made = studio.reenact(silent, portrait=other, audio=driver.path, out=tmp_path / "c.mp4", srt=True)
    assert made.report["generators"]["voice"] == "recording"
    assert made.report["frames"] == 50
    assert abs(made.report["audio_duration_s"] - 2) < 0.01
    assert "farm" in made.path.with_suffix(".srt").read_text()
    tone = save_wav(tmp_path / "tone.wav", 0.3 * np.sin(np.arange(48_000) / 8))
    request = RenderRequest(video=str(silent), audio=str(tone), srt=True, out=str(tmp_path / "d.mp4"))
    parts = list(studio.stream(request))
    assert sum(len(part.frames) for part in parts) == 50
    assert sum(part.audio.duration_s for part in parts) == pytest.approx(2)


def test_the_largest_face_is_followed_and_a_gap_is_bridged(driver, tmp_path):
    frames = []
    for i, frame in enumerate(read_film(driver.path)[:24]):
        scene = np.full((512, 880, 3), 120, np.uint8)
        scene[:, :512] = 120 if 10 <= i < 14 else frame
        scene[80:432, 520:872] = np.asarray(Image.fromarray(frame).resize((352, 352)))
        frames.append(scene)
    seen = track_largest_face(save_film(tmp_path / "two.mp4", frames))
    assert seen.landmarks[seen.found][:, :, 0].max() < 512
    assert seen.found.sum() == 20
    assert seen.duration_s == pytest.approx(24 / 25, abs=0.01)


def test_cancelling_while_the_video_is_watched_stops_within_a_second_of_work(studio, driver, tmp_path):
    cancel, asked_s = threading.Event(), []

    def at_once(stage, done, total):
        if stage == "watching" and done > 0 and not cancel.is_set():
            asked_s.append(work_s())
            cancel.set()

    with pytest.raises(Cancelled):
        studio.reenact(driver.path, out=tmp_path / "new" / "c.mp4", cancel=cancel, progress=at_once)
    assert work_s() - asked_s[0] < SECOND_OF_WORK_S
    assert list(tmp_path.iterdir()) == []


def test_a_face_too_small_is_one_sentence(driver, tmp_path):
    scene = np.full((480, 640, 3), 120, np.uint8)
    scene[100:260, 200:360] = np.asarray(Image.fromarray(read_film(driver.path)[0]).resize((160, 160)))
    with pytest.raises(BadInput, match="96 px"):
        track_largest_face(save_film(tmp_path / "far.mp4", [scene] * 3))
