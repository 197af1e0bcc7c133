"""Films as they are decoded: times, and sound that begins with the picture."""

import av
import numpy as np
import pytest
from PIL import Image, ImageOps

from checkpoints.errors import BadInput
from emotion_embed.signals.display_matrix import stored_matrix
from emotion_embed.signals.video import decoded_frames, sound_of
from tests.films import save_film, shown_as
from tests.sounds import save_wav

GREY = np.full((64, 64, 3), 128, np.uint8)
RATE_HZ = 16_000


def times_of(path, most_fps=60.0):
    return [time_s for time_s, _ in decoded_frames(path, most_fps=most_fps)]


def test_frames_keep_the_times_at_which_they_are_shown(tmp_path):
    uneven_s = [0, 0.04, 0.1, 0.13, 0.3]
    assert times_of(save_film(tmp_path / "a.mp4", [GREY] * 5, times_s=uneven_s)) == pytest.approx(uneven_s, abs=2e-3)


@pytest.mark.parametrize(("fps", "looked_at_s"), [(25, 0.04), (30, 1 / 30), (50, 0.04), (60, 1 / 30)])
def test_fast_films_are_thinned_evenly(tmp_path, fps, looked_at_s):
    times_s = times_of(save_film(tmp_path / "a.mp4", [GREY] * 30, fps), most_fps=30.0)
    assert np.diff(times_s) == pytest.approx(looked_at_s, abs=3e-3)


@pytest.mark.parametrize("late_s", [0.0, 0.2])
def test_sound_begins_with_the_picture(tmp_path, late_s):
    click = np.zeros(RATE_HZ)
    click[RATE_HZ // 2 : RATE_HZ // 2 + 80] = 0.9
    path = save_film(tmp_path / "a.mp4", [GREY] * 25, sound=click, rate_hz=RATE_HZ, sound_from_s=late_s)
    sound = sound_of(path)
    assert np.abs(sound.samples).argmax() / sound.sample_rate_hz == pytest.approx(0.5 + late_s, abs=0.02)


def test_a_film_without_sound_has_none(tmp_path):
    assert sound_of(save_film(tmp_path / "a.mp4", [GREY] * 3)) is None


def test_what_is_no_film_is_one_sentence(tmp_path):
    (tmp_path / "text.mp4").write_text("Hello.\n" * 40)
    save_wav(tmp_path / "sound.wav", np.ones(8000))
    for name, says in (("text.mp4", "cannot be read"), ("sound.wav", "no picture")):
        with pytest.raises(BadInput, match=says):
            times_of(tmp_path / name)
    with pytest.raises(BadInput, match="cannot be read"):
        sound_of(tmp_path / "text.mp4")
    with pytest.raises(BadInput, match="30 minutes"):
        times_of(save_film(tmp_path / "long.mp4", [GREY] * 3, times_s=[0, 1, 1900]))


QUARTERS = np.zeros((64, 96, 3), np.uint8)  # red, green; blue, white
QUARTERS[:32, :48, 0] = QUARTERS[:32, 48:, 1] = QUARTERS[32:, :48, 2] = QUARTERS[32:, 48:] = 255


def colours_of(picture):
    """The letters of the four quarters, row by row."""
    height, width = picture.shape[:2]
    at = [picture[y, x] > 128 for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4)]
    return "".join({4: "R", 2: "G", 1: "B", 7: "W"}[int(r) * 4 + int(g) * 2 + int(b)] for r, g, b in at)


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv"])
@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ((), "RGBW"),
        (("-display_rotation", 90), "GWRB"),
        (("-display_rotation", 180), "WBGR"),
        (("-display_rotation", 270), "BRWG"),
        (("-display_hflip",), "GRWB"),
        (("-display_vflip",), "BWRG"),
        (("-display_rotation", 90, "-display_hflip"), "WGBR"),
        (("-display_rotation", 90, "-display_vflip"), "RBGW"),
    ],
)
def test_films_are_looked_at_as_they_are_to_be_shown(tmp_path, options, shown, suffix):
    film = shown_as(save_film(tmp_path / "a.mp4", [QUARTERS] * 3), tmp_path / f"b.{suffix}", *options)
    assert colours_of(next(decoded_frames(film, most_fps=30))[1]) == shown


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_photos_are_looked_at_as_their_exif_says(tmp_path, orientation, suffix):
    photo = Image.fromarray(QUARTERS)
    exif = photo.getexif()
    exif[274] = orientation
    photo.save(tmp_path / f"a.{suffix}", exif=exif)
    with Image.open(tmp_path / f"a.{suffix}") as stored:
        right = colours_of(np.asarray(ImageOps.exif_transpose(stored)))
    assert colours_of(next(decoded_frames(tmp_path / f"a.{suffix}", most_fps=30))[1]) == right


@pytest.mark.parametrize(
    "content", [b"", b"\0\0\0\x01moov", b"\0\0\0\x04moov", b"\x1aE\xdf\xa3\x00", b"RIFF1234AVI LIST" * 9]
)
def test_what_says_nothing_of_its_display_has_no_matrix(tmp_path, content):
    (tmp_path / "a.bin").write_bytes(content)
    assert stored_matrix(tmp_path / "a.bin") is None


def test_sound_that_lacks_in_a_film_is_silence(tmp_path):
    clicks = np.zeros((2, RATE_HZ // 2), np.float32)
    clicks[:, 4000:4080] = 0.9
    with av.open(str(tmp_path / "a.mkv"), "w") as container:
        picture = container.add_stream("mjpeg", rate=25)
        picture.height = picture.width = 64
        picture.pix_fmt = "yuvj420p"
        voice = container.add_stream("pcm_s16le", rate=RATE_HZ, layout="mono")
        for i in range(50):
            container.mux(picture.encode(av.VideoFrame.from_ndarray(GREY, format="rgb24")))
            if i in (0, 40):
                samples = (clicks[int(i > 0)] * 32767).astype("<i2")[None]
                block = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
                block.sample_rate, block.pts = RATE_HZ, i * RATE_HZ // 25
                container.mux(voice.encode(block))
    sound = sound_of(tmp_path / "a.mkv").samples
    assert np.abs(sound[: RATE_HZ // 2]).argmax() / RATE_HZ == pytest.approx(0.25, abs=0.01)
    assert np.abs(sound[RATE_HZ // 2 :]).argmax() / RATE_HZ + 0.5 == pytest.approx(1.6 + 0.25, abs=0.01)
