"""Real clips joined, put into another shape and captioned, and what is then heard and seen in them."""

import numpy as np
import pytest

from emotion_embed.signals.asr import transcribe
from emotion_embed.signals.recordings import read_audio
from studio.media.edit import caption_clip, join_clips, reframe_clip
from studio.quality.metrics import word_error_rate
from studio.studio import Studio
from tests.films import read_film

pytestmark = pytest.mark.whole
TEXTS = ("My sister painted the kitchen.", "I heard about your dog.")


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Two clips of other sizes and rates."""
    folder, studio = tmp_path_factory.mktemp("clips"), Studio()
    fast = {"motion_generator": "procedural"}
    one = studio.speak(TEXTS[0], out=folder / "one.mp4", size="128", **fast)
    two = studio.speak(TEXTS[1], out=folder / "two.mp4", size="192x128", fps=29.97, voice="bf_emma", **fast)
    return [one, two]


def test_joined_clips_are_understood_and_captioned_in_time(clips, tmp_path):
    joined = join_clips([clip.path for clip in clips], tmp_path / "joined.mp4")
    assert joined.duration_s == pytest.approx(sum(clip.duration_s for clip in clips), abs=0.02)
    heard = transcribe(read_audio(joined.path), "en")
    assert word_error_rate(" ".join(TEXTS), heard.text) <= 0.1
    dog = next(word for word in heard.words if "dog" in word.text.lower())
    _, start_s, end_s = next(word for word in joined.report["words"] if word[0] == "dog.")
    assert abs((dog.start_s + dog.end_s) / 2 - (start_s + end_s) / 2) < 0.25

    captioned = caption_clip(joined.path, tmp_path / "captioned.mp4")
    assert captioned.report["captions_from"] == "joined.report.json"
    changed = np.array([
        np.abs(a.astype(int) - b).max() > 100
        for a, b in zip(read_film(joined.path), read_film(captioned.path), strict=True)
    ])  # fmt: skip
    words = joined.report["words"]
    assert changed[round(words[0][1] * 25) + 1 : round(words[4][2] * 25)].all()


def test_a_clip_without_report_is_listened_to(clips, tmp_path):
    reframed = reframe_clip(clips[0].path, "9:16", tmp_path / "tall.mp4")
    (tmp_path / "tall.report.json").unlink()
    captioned = caption_clip(reframed.path, tmp_path / "captioned.mp4", language="en")
    assert captioned.report["captions_from"] == "listening"
    said = " ".join(word for word, _, _ in captioned.report["words"])
    assert word_error_rate(TEXTS[0], said) <= 0.25
