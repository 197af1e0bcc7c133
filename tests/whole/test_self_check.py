"""A real clip graded by its own pixels and sound, and the same clip spoilt in ways that must show."""

import json
from dataclasses import replace

import av
import numpy as np
import pytest

from checkpoints.errors import BadInput
from emotion_embed.signals.audio import Audio
from studio.quality.metrics import check_clip, check_life, check_lips, measure_clip, read_phones
from studio.quality.observation import observe

pytestmark = pytest.mark.whole
TEXT = "Pam put my map by the pub, and Bob came back from the farm at about five. My father bought apples and plums."


@pytest.fixture(scope="module")
def clip(studio, tmp_path_factory):
    return studio.speak(TEXT, out=tmp_path_factory.mktemp("clip") / "clip.mp4")


@pytest.fixture(scope="module")
def seen(clip):
    return observe(clip.path)


@pytest.fixture(scope="module")
def phones(clip):
    return read_phones(clip.report["phones"])


def write_frames(path, frames):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))


def read_frames(path):
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def test_a_good_clip_passes(clip):
    grade = json.loads(json.dumps(check_clip(clip.path, clip.report)))
    assert grade["word_error_rate"] <= 0.1
    assert grade["lips"]["closed_share"] >= 0.85
    assert grade["lips"]["open_share"] >= 0.8
    assert grade["life"]["frozen_share"] == grade["life"]["face_lost_share"] == 0
    assert grade["audio_video_difference_s"] <= 0.05
    assert -100 <= grade["lips"]["lag_ms"] <= 100


def test_late_sound_shows_in_the_lag(seen, phones):
    rate_hz = seen.audio.sample_rate_hz
    late = Audio(np.concatenate([np.zeros(int(0.1 * rate_hz), np.float32), seen.audio.samples]), rate_hz)
    before, after = (check_lips(seen.face, audio, phones).lag_ms for audio in (seen.audio, late))
    assert after == pytest.approx(before - 100, abs=15)


def test_phones_at_other_times_do_not_meet_closed_lips(seen, phones):
    def closed_share(late_s):
        moved = [replace(p, start_s=p.start_s + late_s, end_s=p.end_s + late_s) for p in phones]
        return check_lips(seen.face, None, moved).closed_share

    wrong = np.mean([closed_share(late_s) for late_s in (-0.2, -0.1, 0.1, 0.2)])  # one alone may meet other closures
    assert wrong < closed_share(0.0) - 0.3


def test_a_frozen_picture_shows(clip, tmp_path):
    frames = read_frames(clip.path)[:40]
    write_frames(tmp_path / "frozen.mp4", frames[:20] + [frames[20]] * 20)
    life = check_life(observe(tmp_path / "frozen.mp4"))
    assert life.longest_frozen_s >= 0.7
    assert 0.4 < life.frozen_share < 0.6


def test_a_clip_without_a_face_or_without_sound(clip, tmp_path):
    frames = read_frames(clip.path)[:10]
    write_frames(tmp_path / "silent.mp4", frames)
    report = measure_clip(tmp_path / "silent.mp4", text="hello")
    assert report.heard is report.lips.lag_ms is report.audio_video_difference_s is None
    write_frames(tmp_path / "empty.mp4", [np.full_like(frames[0], 90)] * 5)
    with pytest.raises(BadInput, match="No face"):
        measure_clip(tmp_path / "empty.mp4")


@pytest.mark.parametrize("content", [b"", b"not a video", None])
def test_what_is_no_video_is_one_sentence(tmp_path, content):
    path = tmp_path / "clip.mp4"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInput, match="clip.mp4"):
        measure_clip(path)


def test_a_torn_clip(clip, tmp_path):
    torn = tmp_path / "torn.mp4"
    torn.write_bytes(clip.path.read_bytes()[:20_000])
    with pytest.raises(BadInput, match="torn"):
        measure_clip(torn)
