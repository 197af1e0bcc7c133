"""Every bad input of the design through the command line: one sentence, exit status 2, nothing left behind."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import checkpoints
from tests.films import save_film
from tests.sounds import save_wav
from ui.cli import run as mien

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.whole


@pytest.fixture(scope="module")
def astronaut():
    return Image.open(checkpoints.path("portrait-astronaut") / "astronaut.png").convert("RGB")


@pytest.fixture
def refuses(tmp_path, monkeypatch, capsys):
    """Run `mien` in an empty folder and hold that it refuses in one sentence and leaves nothing new."""
    monkeypatch.chdir(tmp_path)

    def check(*arguments, says, status=2):
        before = sorted(p.name for p in tmp_path.rglob("*"))
        capsys.readouterr()
        left = mien([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        sentences = [line for line in err.splitlines() if "%" not in line]  # a busy machine may tell of progress
        assert left == status, err
        assert out == ""
        assert len(sentences) == 1, err
        assert says.lower() in sentences[0].lower()
        assert "Traceback" not in err
        assert sorted(p.name for p in tmp_path.rglob("*")) == before

    return check


def save_float_wav(path, samples, rate_hz=16_000):
    """A WAV of 32-bit floats, which can hold what is not a number."""
    data = np.asarray(samples, "<f4").tobytes()
    header = b"RIFF" + (36 + len(data)).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
    header += b"".join(n.to_bytes(size, "little") for n, size in ((3, 2), (1, 2), (rate_hz, 4), (rate_hz * 4, 4)))
    header += (4).to_bytes(2, "little") + (32).to_bytes(2, "little") + b"data" + len(data).to_bytes(4, "little")
    path.write_bytes(header + data)
    return path


# Portraits


def test_no_face(refuses, tmp_path):
    shade = np.linspace(0, 255, 400, dtype=np.uint8)
    Image.fromarray(np.stack([np.tile(shade, (400, 1))] * 3, -1)).save(tmp_path / "wall.png")
    refuses("render", "Hello.", "-p", tmp_path / "wall.png", says="face")


def test_several_faces_and_one_that_is_not_there(refuses, tmp_path, astronaut):
    pair = Image.new("RGB", (1024, 512))
    pair.paste(astronaut, (0, 0))
    pair.paste(astronaut.transpose(Image.Transpose.FLIP_LEFT_RIGHT), (512, 0))
    pair.save(tmp_path / "pair.png")
    refuses("render", "Hello.", "-p", tmp_path / "pair.png", says="--face")
    refuses("render", "Hello.", "-p", tmp_path / "pair.png", "--face", 7, says="face")
    refuses("render", "Hello.", "-p", tmp_path / "pair.png", "--face", 0, says="counted from 1")


def test_a_face_too_small(refuses, tmp_path, astronaut):
    scene = Image.new("RGB", (640, 480), (90, 120, 150))
    scene.paste(astronaut.crop((130, 20, 330, 220)).resize((110, 110), Image.Resampling.LANCZOS), (260, 180))
    scene.save(tmp_path / "far.png")
    refuses("render", "Hello.", "-p", tmp_path / "far.png", says="96")


def test_a_hundred_megapixels(refuses, tmp_path):
    Image.new("1", (10_000, 10_000)).save(tmp_path / "huge.png")
    refuses("render", "Hello.", "-p", tmp_path / "huge.png", says="megapixels")


def test_a_video_where_a_picture_was_due(refuses, tmp_path):
    (tmp_path / "clip.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(200))
    refuses("render", "Hello.", "-p", tmp_path / "clip.mp4", says="video")


def test_a_camera_s_raw_file(refuses, tmp_path):
    (tmp_path / "IMG_1.CR3").write_bytes(b"\0\0\0\x18ftypcrx " + bytes(200))
    refuses("render", "Hello.", "-p", tmp_path / "IMG_1.CR3", says="raw file")


def test_a_torn_picture_and_one_that_is_none(refuses, tmp_path, astronaut):
    astronaut.save(tmp_path / "whole.png")
    (tmp_path / "torn.png").write_bytes((tmp_path / "whole.png").read_bytes()[:20_000])
    refuses("render", "Hello.", "-p", tmp_path / "torn.png", says="torn")
    (tmp_path / "text.png").write_text("no picture")
    refuses("render", "Hello.", "-p", tmp_path / "text.png", says="picture")
    refuses("render", "Hello.", "--background", tmp_path / "text.png", says="picture")


def test_a_picture_too_small_and_no_picture_at_all(refuses, tmp_path):
    Image.new("RGB", (40, 40)).save(tmp_path / "dot.png")
    refuses("render", "Hello.", "-p", tmp_path / "dot.png", says="96")
    refuses("render", "Hello.", "-p", tmp_path / "nowhere.png", says="no portrait")
    refuses("render", "Hello.", "-p", tmp_path, says="folder")


# Texts and feelings


@pytest.mark.parametrize("text", ["", "  \n\t ", "…!?", "[joy]"])
def test_an_empty_text(refuses, text):
    refuses("render", text, says="empty")


def test_a_text_of_an_hour(refuses):
    refuses("render", "This goes on and on. " * 2700, says="minutes")


def test_unknown_feelings_name_near_ones(refuses):
    refuses("render", "Hello.", "--emotion", "hapiness", says="happiness")
    refuses("render", "[angre] Hello.", says="anger")
    refuses("render", "Hello.", "--emotion", "joy:1.5", says="0 to 1")
    refuses("render", "Hello.", "--vad", "2,0,0", says="-1 to 1")
    refuses("render", "Hello.", "--emotion", "joy", "--vad", "0,0,0", says="one of them")


def test_a_track_that_is_none(refuses, tmp_path):
    (tmp_path / "track.json").write_text('{"keys": []}')
    refuses("render", "Hello.", "--track", tmp_path / "track.json", says="key")
    (tmp_path / "torn.json").write_text('{"keys": [')
    refuses("render", "Hello.", "--track", tmp_path / "torn.json", says="track")


def test_unknown_voices_and_generators(refuses):
    refuses("render", "Hello.", "--voice", "af_hart", says="af_heart")
    refuses("render", "Hello.", "--head-generator", "mash", says="mesh")


def test_a_voice_that_cannot_speak_here_is_missing(refuses):
    refuses("render", "こんにちは。", "--voice", "jf_alpha", says="Japanese", status=3)


@pytest.mark.parametrize("name", ["face-landmarker", "kokoro-v1.0-int8"])
def test_weights_damaged_within_their_size_are_named(refuses, tmp_path_factory, monkeypatch, name):
    cache = tmp_path_factory.mktemp("cache")
    for checkpoint in (
        "face-landmarker",
        "selfie-segmenter",
        "kokoro-v1.0-int8",
        "kokoro-voices",
        "portrait-astronaut",
        "whisper-base",
    ):
        for file in checkpoints.catalog()[checkpoint].files:
            here = cache / checkpoint / file.path
            here.parent.mkdir(parents=True, exist_ok=True)
            here.symlink_to(checkpoints.path(checkpoint) / file.path)
    damaged = cache / name / checkpoints.catalog()[name].files[0].path
    damaged.unlink()
    with open(damaged, "wb") as file:
        file.truncate(checkpoints.catalog()[name].files[0].size_bytes)
    monkeypatch.setenv("MIEN_CACHE", str(cache))
    monkeypatch.setenv("MIEN_OFFLINE", "1")
    refuses("render", "Hello.", says=f"mien checkpoints pull {name}", status=3)


# Recordings


def test_silence(refuses, tmp_path):
    refuses("animate", save_wav(tmp_path / "silence.wav", np.zeros(32_000)), says="silent")


def test_samples_that_are_no_numbers(refuses, tmp_path):
    samples = np.sin(np.arange(32_000) / 20)
    samples[1000] = np.nan
    refuses("animate", save_float_wav(tmp_path / "nan.wav", samples), says="not numbers")


def test_a_recording_too_short_or_too_long(refuses, tmp_path):
    refuses("animate", save_wav(tmp_path / "click.wav", np.ones(800)), says="shorter")
    refuses("animate", save_wav(tmp_path / "hour.wav", np.ones(3600 * 1000), 1000), says="longer")


def test_a_torn_recording_and_one_that_is_none(refuses, tmp_path, astronaut):
    (tmp_path / "torn.mp3").write_bytes(b"ID3\x03" + bytes(30))
    refuses("animate", tmp_path / "torn.mp3", says="cannot be read")
    (tmp_path / "text.wav").write_text("no sound")
    refuses("animate", tmp_path / "text.wav", says="cannot be read")
    astronaut.save(tmp_path / "face.png")
    refuses("animate", tmp_path / "face.png", says="sound")
    refuses("animate", tmp_path / "nowhere.wav", says="no recording")


# Videos to follow


def test_no_video_a_folder_and_what_is_none(refuses, tmp_path, astronaut):
    refuses("reenact", tmp_path / "nowhere.mp4", says="no video")
    refuses("reenact", tmp_path, says="folder")
    (tmp_path / "text.mp4").write_text("no video")
    refuses("reenact", tmp_path / "text.mp4", says="cannot be read")
    astronaut.save(tmp_path / "face.png")
    astronaut.save(tmp_path / "face.jpg")
    refuses("reenact", tmp_path / "face.png", says="still picture")
    refuses("reenact", tmp_path / "face.jpg", says="still picture")
    refuses("reenact", save_wav(tmp_path / "talk.wav", np.sin(np.arange(32_000) / 20)), says="no picture")


def test_a_video_without_a_face_one_that_is_torn_and_one_of_an_hour(refuses, tmp_path):
    grey = [np.full((128, 128, 3), 20 * i, np.uint8) for i in range(10)]
    refuses("reenact", save_film(tmp_path / "wall.mp4", grey), says="no face")
    refuses("reenact", save_film(tmp_path / "hour.mp4", grey[:3], times_s=[0, 1, 3600]), says="30 minutes")
    noise = list(np.random.default_rng(0).integers(0, 255, (80, 128, 128, 3), np.uint8))
    whole = save_film(tmp_path / "whole.mkv", noise).read_bytes()
    (tmp_path / "torn.mkv").write_bytes(whole[: len(whole) // 3])
    refuses("reenact", tmp_path / "torn.mkv", says="torn")


def test_motion_that_lacks_a_column(refuses, tmp_path):
    (tmp_path / "motion.csv").write_text("Timecode,BlendshapeCount,JawOpen\n00:00:00:00.000,61,0.5\n")
    refuses("reenact", tmp_path / "motion.csv", says="Live Link Face")
    (tmp_path / "empty.csv").write_text("")
    refuses("reenact", tmp_path / "empty.csv", says="no frames")


def test_a_video_that_would_be_overwritten(refuses, tmp_path):
    film = save_film(tmp_path / "film.mp4", [np.zeros((64, 64, 3), np.uint8)] * 3)
    refuses("reenact", film, "-o", film, says="overwrite")


# Where the clip goes


def test_an_output_that_cannot_be_written(refuses, tmp_path):
    (tmp_path / "file").write_text("")
    refuses("render", "Hello.", "-o", tmp_path / "file" / "clip.mp4", says="written")
    refuses("render", "Hello.", "-o", "/proc/nowhere/clip.mp4", says="written")
    refuses("render", "Hello.", "-o", tmp_path, says="folder")
    refuses("render", "Hello.", "-o", "clip.avi", says=".mp4")


def test_an_output_over_its_own_input(refuses, tmp_path):
    sound = save_wav(tmp_path / "talk.mp4", np.sin(np.arange(32_000) / 20))
    refuses("animate", sound, "-o", sound, says="overwrite")


def test_numbers_out_of_range(refuses):
    for option, value in (("--fps", "0"), ("--fps", "nan"), ("--size", "9000"), ("--seed", "-1"), ("--rate", "9")):
        refuses("render", "Hello.", option, value, says="from")


def test_a_program_of_its_own_says_no_more_than_that_sentence(tmp_path):
    """Native libraries write to the terminal by themselves: nothing of that reaches the user."""
    Image.new("RGB", (300, 300), (90, 90, 90)).save(tmp_path / "wall.png")
    command = [sys.executable, "-m", "ui.cli", "render", "Hello.", "-p", str(tmp_path / "wall.png")]
    done = subprocess.run([*command, "-o", str(tmp_path / "new" / "c.mp4")], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 2
    assert done.stdout == ""
    assert [line for line in done.stderr.splitlines() if "%" not in line] == [done.stderr.splitlines()[-1]]
    assert "face" in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["wall.png"]


def test_weights_that_cannot_be_had(refuses, monkeypatch):
    monkeypatch.setenv("MIEN_OFFLINE", "1")
    monkeypatch.setenv("MIEN_CACHE", "empty cache")
    refuses("render", "Hello.", says="mien checkpoints pull", status=3)
