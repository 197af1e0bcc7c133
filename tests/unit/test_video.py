"""The video module by what it writes, read back by another decoder."""

from fractions import Fraction

import av
import numpy as np
import pytest

from checkpoints.errors import BadInput
from emotion_embed.signals.recordings import read_audio
from studio.media.caption_burnin import CaptionPainter, drawable
from studio.media.captions import Caption
from studio.media.edit import join_clips
from studio.media.video import VideoWriter
from tests.films import probe

SIZE, RATE_HZ = (192, 128), 24_000


def make_frames(n, size=SIZE):
    """A bright square that walks over a gradient."""
    width, height = size
    for i in range(n):
        frame = np.zeros((height, width, 3), np.uint8)
        frame[..., 0] = np.linspace(20, 200, width, dtype=np.uint8)
        frame[40:60, 2 * i : 2 * i + 20] = (240, 230, 40)
        yield frame


def write(path, n=30, fps=25.0, size=SIZE):
    tone = 0.3 * np.sin(2 * np.pi * 300 * np.arange(round(n / fps * RATE_HZ)) / RATE_HZ)
    with VideoWriter(path, size, fps, RATE_HZ) as writer:
        for frame in make_frames(n, size):
            writer.write_frame(frame)
        writer.write_sound(tone.astype(np.float32))
    return path


def decoded(path):
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


@pytest.mark.parametrize("fps", [25.0, 29.97, 60.0])
def test_picture_and_sound_are_as_written(tmp_path, fps):
    path = write(tmp_path / "a b 'ü.mp4", 30, fps)
    info = probe(path)
    assert (info.width, info.height, info.n_frames) == (*SIZE, 30)
    assert (info.video_codec, info.pixel_format, info.audio_codec) == ("h264", "yuv420p", "aac")
    assert abs(info.fps - fps) < 0.01
    assert abs(info.duration_s - 30 / fps) < 0.5 / fps
    assert abs(info.duration_s - info.audio_duration_s) <= 1 / fps
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_colours_come_back(tmp_path):
    frames = np.stack(list(make_frames(20)))
    error = np.abs(decoded(write(tmp_path / "c.mp4", 20)).astype(int) - frames)
    assert np.median(error) <= 2
    assert error.mean() < 5


def test_players_are_told_the_colours_and_the_exact_rate(tmp_path):
    with av.open(str(write(tmp_path / "c.mp4", 30, Fraction(30000, 1001)))) as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        bt709, narrow = 1, 1
        assert (context.color_primaries, context.color_trc, context.colorspace) == (bt709,) * 3
        assert context.color_range == narrow
        assert stream.average_rate == Fraction(30000, 1001)


def test_the_file_starts_with_its_index(tmp_path):
    data = write(tmp_path / "c.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    assert b"Synthetic media" in data


def test_the_same_frames_give_the_same_bytes(tmp_path):
    assert write(tmp_path / "a.mp4").read_bytes() == write(tmp_path / "b.mp4").read_bytes()


def test_missing_sound_becomes_silence(tmp_path):
    with VideoWriter(tmp_path / "c.mp4", SIZE, 25, RATE_HZ) as writer:
        for frame in make_frames(25):
            writer.write_frame(frame)
        writer.write_sound(np.zeros(100, np.float32))
    assert abs(probe(tmp_path / "c.mp4").audio_duration_s - 1.0) <= 0.04


def test_an_error_leaves_nothing(tmp_path):
    with pytest.raises(ZeroDivisionError), VideoWriter(tmp_path / "c.mp4", SIZE, 25, RATE_HZ) as writer:
        writer.write_frame(next(make_frames(1)))
        raise ZeroDivisionError
    with pytest.raises(ValueError, match="frame"), VideoWriter(tmp_path / "c.mp4", SIZE, 25, RATE_HZ) as writer:
        writer.write_frame(np.zeros((3, 3, 3), np.uint8))
    assert list(tmp_path.iterdir()) == []


def test_a_caption_never_leaves_the_frame_and_leaves_the_rest_alone():
    painter = CaptionPainter()
    painter.add([Caption(0, 1, "a line that is too long for such a small frame\nand another")])
    frame = np.full((128, 192, 3), 90, np.uint8)
    painted = painter.paint(frame, 0.5)
    assert (frame == 90).all()
    changed = np.argwhere((painted != 90).any(axis=-1))
    assert len(changed) > 50
    assert changed[:, 0].min() > 40
    assert changed[:, 1].min() >= 1


@pytest.mark.parametrize(
    "text",
    [
        "Größe, Œuvre, Łódź, ığüş",
        "Việt Nam, đường",
        "Ελληνικά, ᾧ",
        "Привет, ўїґ",
        "Հայերեն",
        "ქართული",
        "עברית",
        "العربية",
    ],
)
def test_captions_are_drawn_in_many_scripts(text):
    assert drawable(text) == text


def test_captions_drop_emoji_and_refuse_a_script_that_the_font_lacks():
    assert drawable("Où? “¡Señor – Größe!” 🎉 1½…") == "Où? “¡Señor – Größe!”  1½…"
    with pytest.raises(BadInput, match="SRT"):
        drawable("नमस्ते")


def test_a_name_with_a_colon_is_a_file_and_no_protocol(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write("take: 2.mp4", 30)
    assert probe("take: 2.mp4").n_frames == 30
    assert read_audio("take: 2.mp4").duration_s == pytest.approx(1.2, abs=0.05)
    assert join_clips(["take: 2.mp4", "take: 2.mp4"], "take: 3.mp4").report["frames"] == 60
