"""Finished clips made into others: frame for frame, sample for sample, with a report that says of what."""

import hashlib
import json
import threading
from fractions import Fraction

import av
import numpy as np
import pytest

from checkpoints.errors import BadInput, Cancelled
from emotion_embed.signals.recordings import read_audio
from studio.media.edit import EDITED_NOTE, caption_clip, join_clips, reframe_clip
from studio.media.video import SYNTHETIC_NOTE, VideoWriter
from tests.films import probe, read_film, save_film, shown_as
from ui.cli import run as mien

NTSC = Fraction(30000, 1001)
RATE_HZ = 48_000


N_LEVELS = 27  # greys that an encoder keeps apart; neighbours in time are far from each other


def levels(n, size=(96, 64), start=0):
    """Frames that say by their grey which they are, `numbers(start, start + n)`."""
    greys = [20 + 8 * ((start + i) * 10 % N_LEVELS) for i in range(n)]
    return [np.full((size[1], size[0], 3), grey, np.uint8) for grey in greys]


def numbers(start, end, step=1):
    return [i % N_LEVELS for i in range(start, end, step)]


def seen(path, at=(0.5, 0.5)):
    """Which of `levels` every frame of a film shows; −1 for black."""
    frames = np.stack(read_film(path)).astype(float)
    row, column = round(at[0] * (frames.shape[1] - 1)), round(at[1] * (frames.shape[2] - 1))
    steps = np.round((frames[:, row, column, 0] - 20) / 8).astype(int)
    return [step * 19 % N_LEVELS if step >= 0 else -1 for step in steps]  # 10 · 19 is 1 more than 7 · 27


def burst(duration_s, at_s, rate_hz=RATE_HZ):
    """Silence with 20 ms of a rising tone in it."""
    sound, time_s = np.zeros(round(duration_s * rate_hz), np.float32), np.arange(round(0.02 * rate_hz)) / rate_hz
    start = round(at_s * rate_hz)
    sound[start : start + len(time_s)] = 0.5 * np.sin(2 * np.pi * (500 + 40_000 * time_s) * time_s)
    return sound


def bursts_in(path):
    """When the bursts of a film begin, in seconds."""
    heard = read_audio(path, RATE_HZ).samples
    like = burst(0.02, 0)
    match = np.abs(np.correlate(heard, like, "valid"))
    found = []
    while match.max() > 0.4 * (like**2).sum():
        found.append(int(match.argmax()))
        match[max(0, found[-1] - 2000) : found[-1] + 2000] = 0
    return sorted(start / RATE_HZ for start in found)


def ours(path, n=20, words=(("Hello", 0.1, 0.3), ("you", 0.35, 0.6)), text="Hello, [joy] you!"):
    """A clip of ours with its report beside it."""
    with VideoWriter(path, (96, 64), 25, 24_000) as writer:
        for frame in levels(n):
            writer.write_frame(frame)
        writer.write_sound(0.3 * np.sin(np.arange(n * 960) / 9))
    report = {"request": {"text": text}, "duration_s": n / 25, "words": words, "generators": {"voice": "kokoro"}}
    path.with_suffix(".report.json").write_text(json.dumps(report))
    return path


def captioned(path):
    """Which frames of a dark film have white letters."""
    return [bool((frame.min(-1) > 200).sum() > 15) for frame in read_film(path)]


def dark(path, n=30, **sound):
    return save_film(path, [np.full((128, 192, 3), 30, np.uint8)] * n, **sound)


# Joining -------------------------------------------------------------------------------------------------------------


def test_clips_follow_one_another_at_the_rate_of_the_first(tmp_path):
    one = save_film(tmp_path / "one.mp4", levels(10), fps=25)
    two = save_film(tmp_path / "two.mp4", levels(16, start=20), fps=50)
    made = join_clips([one, two, one], tmp_path / "new" / "out.mp4")
    shown = seen(made.path)
    assert shown == [*numbers(0, 10), *numbers(20, 36, 2), *numbers(0, 10)]
    assert made.report["frames"] == len(shown) == 28
    assert {file.name for file in made.path.parent.iterdir()} == {"out.mp4", "out.report.json"}


@pytest.mark.parametrize("fps", [NTSC, Fraction(24000, 1001), Fraction(25), Fraction(60000, 1001)])
def test_no_frame_is_lost_or_doubled_at_its_own_rate(tmp_path, fps):
    with VideoWriter(tmp_path / "one.mp4", (96, 64), fps, 24_000) as writer:
        for frame in levels(50):
            writer.write_frame(frame)
    made = join_clips([tmp_path / "one.mp4"], tmp_path / "out.mp4")
    assert seen(made.path) == numbers(0, 50)
    with av.open(str(made.path)) as container:
        assert container.streams.video[0].average_rate == fps


def test_a_rate_that_is_told_in_milliseconds_is_meant_exactly(tmp_path):
    film = save_film(tmp_path / "one.mp4", levels(300, (32, 32)), fps=NTSC)
    made = join_clips([film], tmp_path / "out.mp4")
    with av.open(str(film)) as told, av.open(str(made.path)) as exact:
        assert told.streams.video[0].average_rate != NTSC == exact.streams.video[0].average_rate


def test_a_long_row_does_not_drift(tmp_path):
    one = save_film(tmp_path / "one.mp4", levels(31), fps=NTSC, sound=burst(31 * 1.001 / 30, 0.5), rate_hz=RATE_HZ)
    two = save_film(tmp_path / "two.mp4", levels(13), fps=25, sound=burst(0.52, 0.25), rate_hz=RATE_HZ)
    made = join_clips([one, two] * 4, tmp_path / "out.mp4")
    each_s = 31 * 1.001 / 30 + 0.52
    expected = [i * each_s + at_s for i in range(4) for at_s in (0.5, 31 * 1.001 / 30 + 0.25)]
    assert bursts_in(made.path) == pytest.approx(expected, abs=0.002)
    info = probe(made.path)
    assert abs(info.duration_s - 4 * each_s) <= 0.5 / NTSC + 1e-3
    assert abs(info.duration_s - info.audio_duration_s) <= 1 / NTSC


def test_a_clip_without_sound_is_silent_and_moves_none(tmp_path):
    loud = save_film(tmp_path / "loud.mp4", levels(25), sound=burst(1, 0.4), rate_hz=RATE_HZ)
    silent = save_film(tmp_path / "silent.mp4", levels(25))
    made = join_clips([silent, loud, silent, loud], tmp_path / "out.mp4")
    assert bursts_in(made.path) == pytest.approx([1.4, 3.4], abs=0.002)
    sound = read_audio(made.path, RATE_HZ).samples
    assert np.abs(sound[: round(0.9 * RATE_HZ)]).max() < 0.01
    assert np.abs(sound[round(2.1 * RATE_HZ) : round(2.9 * RATE_HZ)]).max() < 0.01


@pytest.mark.parametrize("late_s", [0.3, -0.2])
def test_sound_that_begins_elsewhere_than_the_picture_stays_in_time(tmp_path, late_s):
    film = save_film(
        tmp_path / "late.mkv", levels(40), sound=burst(1.2, 0.5), rate_hz=RATE_HZ, sound_from_s=max(0.0, late_s)
    )
    if late_s < 0:  # the picture begins after the sound
        times_s = [i / 25 - late_s for i in range(30)]
        film = save_film(tmp_path / "early.mkv", levels(30), times_s=times_s, sound=burst(1.2, 0.5), rate_hz=RATE_HZ)
    made = join_clips([film], tmp_path / "out.mp4")
    assert bursts_in(made.path) == pytest.approx([0.5 + late_s], abs=0.025)  # an mkv tells times in milliseconds


def test_two_sounds_meet_without_a_click(tmp_path):
    tone = 0.5 * np.cos(2 * np.pi * 100 * np.arange(RATE_HZ) / RATE_HZ).astype(np.float32)
    one = save_film(tmp_path / "one.mkv", levels(25), sound=tone, rate_hz=RATE_HZ)
    two = save_film(tmp_path / "two.mkv", levels(25), sound=-tone, rate_hz=RATE_HZ)
    sound = read_audio(join_clips([one, two], tmp_path / "out.mp4").path, RATE_HZ).samples
    near, far = (
        np.abs(np.diff(sound[round(a * RATE_HZ) : round(b * RATE_HZ)])).max() for a, b in ((0.98, 1.02), (0.3, 0.7))
    )
    assert near < 20 * far  # 120 times where it is cut off


def test_frames_of_uneven_times_are_shown_when_they_are_due(tmp_path):
    film = save_film(tmp_path / "uneven.mp4", levels(5), times_s=[0, 0.04, 0.2, 0.24, 0.4], fps=25)
    shown = seen(join_clips([save_film(tmp_path / "a.mp4", levels(5)), film], tmp_path / "out.mp4").path)
    assert shown[5:15] == [0, 1, 1, 1, 1, 2, 3, 3, 3, 3]


def test_other_sizes_stand_between_borders_upright(tmp_path):
    wide = save_film(tmp_path / "wide.mp4", levels(5, (96, 64), 30))
    tall = save_film(tmp_path / "tall.mp4", levels(5, (48, 96), 40))
    turned = shown_as(
        save_film(tmp_path / "flat.mp4", levels(5, (96, 48), 50)), tmp_path / "turned.mp4", "-display_rotation", "90"
    )
    made = join_clips([wide, tall, turned], tmp_path / "out.mp4")
    assert seen(made.path) == [*numbers(30, 35), *numbers(40, 45), *numbers(50, 55)]
    at_the_side = seen(made.path, (0.5, 0.05))
    assert at_the_side == [*numbers(30, 35), *[-1] * 10]
    assert seen(made.path, (0.03, 0.5))[5:] == [*numbers(40, 45), *numbers(50, 55)]


def test_odd_sizes_are_taken(tmp_path):
    with av.open(str(tmp_path / "odd.mkv"), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 97, 65, "yuv444p"
        for frame in levels(5, (97, 65)):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))
    made = join_clips([tmp_path / "odd.mkv"], tmp_path / "out.mp4")
    assert (seen(made.path), made.report["size"]) == (numbers(0, 5), [96, 64])


def test_the_report_says_of_what_a_clip_is_made(tmp_path):
    one, other = ours(tmp_path / "one.mp4"), save_film(tmp_path / "other.mp4", levels(10))
    made = join_clips([one, other], tmp_path / "out.mp4")
    report = json.loads((tmp_path / "out.report.json").read_text())
    assert report == json.loads(json.dumps(made.report))
    mine, theirs = report["sources"]
    assert mine["sha256"] == hashlib.sha256(one.read_bytes()).hexdigest()
    assert (mine["path"], mine["synthetic"], mine["generators"]) == (str(one), True, {"voice": "kokoro"})
    assert (theirs["path"], theirs["synthetic"]) == (str(other), False)
    assert "generated" in report["synthetic"]
    assert report["words"] is None  # nobody knows what the other says
    assert SYNTHETIC_NOTE.encode() in made.path.read_bytes()


def test_what_nobody_generated_is_not_called_so(tmp_path):
    made = join_clips([save_film(tmp_path / "real.mp4", levels(5))], tmp_path / "out.mp4")
    assert EDITED_NOTE.encode() in made.path.read_bytes()
    assert b"Synthetic" not in made.path.read_bytes()


def test_words_move_along_and_become_captions(tmp_path):
    one = ours(tmp_path / "one.mp4")
    made = join_clips([one, one], tmp_path / "both.mp4")
    assert made.report["words"] == [
        ["Hello,", 0.1, 0.3],
        ["you!", 0.35, 0.6],
        ["Hello,", 0.9, 1.1],
        ["you!", 1.15, 1.4],
    ]
    again = caption_clip(made.path, tmp_path / "captioned.mp4")
    assert again.report["captions_from"] == "both.report.json"
    assert again.report["words"] == made.report["words"]
    assert again.report["sources"][0]["sources"] == made.report["sources"]
    assert again.report["sources"][0]["synthetic"]


# Reframing -----------------------------------------------------------------------------------------------------------


def test_a_clip_stands_on_a_colour(tmp_path):
    film = save_film(tmp_path / "a.mp4", levels(5, (96, 64), 40))
    made = reframe_clip(film, "144x256", tmp_path / "b.mp4", background="#0ac80a")
    frame = read_film(made.path)[0].astype(int)
    assert frame.shape == (256, 144, 3)
    assert np.abs(frame[[10, 245], 72] - (10, 200, 10)).max() < 12
    assert seen(made.path) == numbers(40, 45)


def test_a_clip_stands_on_a_picture_that_fills_the_frame(tmp_path):
    from PIL import Image

    Image.new("RGB", (180, 100), (0, 0, 180)).save(tmp_path / "blue.png")
    film = save_film(tmp_path / "a.mp4", levels(5, start=40))
    made = reframe_clip(film, "144x256", tmp_path / "b.mp4", background=str(tmp_path / "blue.png"))
    corners = read_film(made.path)[0].astype(int)[[4, 4, 250, 250], [4, 140, 4, 140]]
    assert np.abs(corners - (0, 0, 180)).max() < 14


def test_a_clip_may_fill_the_frame(tmp_path):
    made = reframe_clip(save_film(tmp_path / "a.mp4", levels(5, start=40)), "1:1", tmp_path / "b.mp4", fill=True)
    assert made.report["size"] == [512, 512]
    for at in ((0, 0), (0.5, 0.5), (1, 1)):
        assert seen(made.path, at) == numbers(40, 45)


def test_a_clip_of_that_shape_is_left_alone(tmp_path):
    film = save_film(tmp_path / "a.mp4", levels(20, (128, 128)), fps=NTSC, sound=burst(0.6, 0.2), rate_hz=RATE_HZ)
    made = reframe_clip(film, "128", tmp_path / "b.mp4")
    assert seen(made.path) == numbers(0, 20)
    assert bursts_in(made.path) == pytest.approx([0.2], abs=0.002)


@pytest.mark.parametrize(
    ("aspect", "background", "says"),
    [("photo", "#000000", "not a shape"), ("round", "#000000", "not a size"), ("1:1", "#00", "not a colour")],
)
def test_a_shape_or_colour_that_is_none(tmp_path, aspect, background, says):
    film = save_film(tmp_path / "a.mp4", levels(5))
    with pytest.raises(BadInput, match=says):
        reframe_clip(film, aspect, tmp_path / "b.mp4", background=background)
    assert [file.name for file in tmp_path.iterdir()] == ["a.mp4"]


# Captions ------------------------------------------------------------------------------------------------------------

SRT = (
    "\ufeff1\r\n00:00:00,400 --> 00:00:00,800 X1:40\r\n{\\an8}<i>Hello</i>\r\nthere & you\r\n\r\n"
    "2\n0:00:01.000 --> 0:00:01.1\nBye\n"
)
VTT = "WEBVTT\n\nNOTE no words\n\n00:00.400 --> 00:00.800 line:0\n<v Ann>Hello</v>\n<00:00:00.500>there &amp; you\n"


@pytest.mark.parametrize(("name", "text"), [("a.srt", SRT), ("b.SRT", SRT), ("c.vtt", VTT)])
def test_captions_of_a_file_are_seen_while_they_are_due(tmp_path, name, text):
    (tmp_path / name).write_bytes(text.encode())
    made = caption_clip(dark(tmp_path / "film.mp4"), tmp_path / "out.mp4", srt=tmp_path / name)
    shown = captioned(made.path)
    assert shown[:10] == [False] * 10 and shown[10:20] == [True] * 10 and not any(shown[20:25])
    assert (any(shown[25:27]), made.report["captions"]) == ((False, 1) if name == "c.vtt" else (True, 2))


def test_captions_lie_beside_a_clip(tmp_path):
    film = dark(tmp_path / "film.mp4")
    (tmp_path / "film.srt").write_text(SRT)
    made = caption_clip(film, tmp_path / "out.mp4")
    assert made.report["captions_from"] == "film.srt"
    assert captioned(made.path)[12]


def test_the_report_of_a_clip_goes_before_an_older_file(tmp_path):
    one = ours(tmp_path / "one.mp4")
    (tmp_path / "one.srt").write_text(SRT)
    assert caption_clip(one, tmp_path / "out.mp4").report["captions_from"] == "one.report.json"


@pytest.mark.parametrize(
    "content", ["{}", "[1]", "torn", '{"duration_s": 99, "words": []}', '{"duration_s": 1.2, "words": [3]}']
)
def test_a_report_of_another_clip_is_passed_over_aloud(tmp_path, content):
    film = dark(tmp_path / "film.mp4")
    (tmp_path / "film.report.json").write_text(content)
    (tmp_path / "film.srt").write_text(SRT)
    made = caption_clip(film, tmp_path / "out.mp4")
    assert made.report["captions_from"] == "film.srt"
    assert any("no report of film.mp4" in warning for warning in made.report["warnings"])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "no file with captions"),
        ("Hello.", "holds no captions"),
        ("1\n00:00:00,400 --> 00:00:00,800\nनमस्ते\n", "cannot be drawn"),
        ("\0\0\1", "no text"),
    ],
)
def test_captions_that_are_none(tmp_path, text, says):
    film, srt = dark(tmp_path / "film.mp4"), tmp_path / "a.srt"
    if text is not None:
        srt.write_text(text)
    with pytest.raises(BadInput, match=says):
        caption_clip(film, tmp_path / "out.mp4", srt=srt)
    assert not list(tmp_path.glob("out*")) and not list(tmp_path.glob(".*"))


def test_a_silent_clip_without_captions(tmp_path):
    with pytest.raises(BadInput, match="no sound"):
        caption_clip(dark(tmp_path / "film.mp4"), tmp_path / "out.mp4")


# What goes wrong -----------------------------------------------------------------------------------------------------


def test_what_is_no_clip_is_told_before_any_work(tmp_path):
    good = save_film(tmp_path / "good.mp4", levels(5))
    (tmp_path / "text.mp4").write_text("Hello.\n" * 40)
    (tmp_path / "list.mp4").write_text("ffconcat version 1.0\nfile good.mp4\n")
    (tmp_path / "list.m3u8").write_text("#EXTM3U\n#EXTINF:1,\ngood.mp4\n")
    (tmp_path / "empty.mp4").write_bytes(b"")
    from PIL import Image

    Image.new("RGB", (64, 64)).save(tmp_path / "still.png")
    before = {file.name for file in tmp_path.iterdir()}
    for name in ("none.mp4", ".", "text.mp4", "list.mp4", "list.m3u8", "empty.mp4", "still.png"):
        with pytest.raises(BadInput):
            join_clips([good, tmp_path / name], tmp_path / "out" / "joined.mp4")
    with pytest.raises(BadInput, match="no clips"):
        join_clips([], tmp_path / "out" / "joined.mp4")
    assert {file.name for file in tmp_path.iterdir()} == before


def test_a_torn_clip_is_told_of(tmp_path):
    noise = list(np.random.default_rng(0).integers(0, 255, (200, 64, 96, 3), np.uint8))
    save_film(tmp_path / "whole.mkv", noise)
    with VideoWriter(tmp_path / "whole.mp4", (96, 64), 25, 24_000) as writer:
        for frame in noise:
            writer.write_frame(frame)
    for kind in ("mkv", "mp4"):
        data = (tmp_path / f"whole.{kind}").read_bytes()
        (tmp_path / f"torn.{kind}").write_bytes(data[: len(data) // 3])
    made = join_clips([tmp_path / "torn.mkv"], tmp_path / "out.mp4")  # says nothing of its picture's length
    assert 40 < made.report["frames"] < 100
    assert any("torn" in warning for warning in made.report["warnings"])
    before = made.path.read_bytes()
    with pytest.raises(BadInput, match="torn"):
        join_clips([tmp_path / "torn.mp4"], tmp_path / "out.mp4")
    assert made.path.read_bytes() == before and not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("out", ["film.mp4", "out.mov", "folder", "file/out.mp4", "clash.mp4", "kept.mp4"])
def test_an_output_that_cannot_be(tmp_path, out):
    film = save_film(tmp_path / "film.mp4", levels(5))
    (tmp_path / "folder").mkdir()
    (tmp_path / "clash.report.json").mkdir()
    (tmp_path / "kept.report.json").write_text("")
    (tmp_path / "kept.report.json").chmod(0o444)
    (tmp_path / "file").write_text("")
    before = film.read_bytes()
    with pytest.raises(BadInput):
        join_clips([film, film], tmp_path / out, progress=lambda *_: pytest.fail("It has begun already."))
    assert film.read_bytes() == before and not list(tmp_path.glob(".*"))


def test_a_cancel_leaves_what_was_there(tmp_path):
    film = save_film(tmp_path / "film.mp4", levels(30))
    (tmp_path / "out.mp4").write_text("old")
    cancel = threading.Event()
    with pytest.raises(Cancelled):
        join_clips([film, film], tmp_path / "out.mp4", progress=lambda *_: cancel.set(), cancel=cancel)
    assert {file.name for file in tmp_path.iterdir()} == {"film.mp4", "out.mp4"}
    assert (tmp_path / "out.mp4").read_text() == "old"


def test_progress_runs_to_its_end(tmp_path):
    film, told = save_film(tmp_path / "film.mp4", levels(30)), []
    join_clips([film, film], tmp_path / "out.mp4", progress=lambda *news: told.append(news))
    done = [news[1] for news in told]
    assert done == sorted(done) and told[-1] == ("video", 2.4, 2.4)


# The command line ----------------------------------------------------------------------------------------------------


def test_the_commands_make_clips(tmp_path, capsys):
    film = str(save_film(tmp_path / "take: 1.mp4", levels(10, (128, 96))))
    (tmp_path / "a.srt").write_text(SRT)
    out = str(tmp_path / "out.mp4")
    assert mien(["join", film, film, "-o", out]) == 0
    assert capsys.readouterr().out.startswith(f"{out} (0.8 s made in ")
    assert mien(["reframe", film, "--aspect", "9:16", "--background", "#203040", "-o", out, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["size"] == [576, 1024]
    assert mien(["caption", film, "--srt", str(tmp_path / "a.srt"), "-o", out, "-q"]) == 0
    assert capsys.readouterr().out == ""


def test_the_commands_explain_what_is_wrong(tmp_path, capsys):
    assert mien(["join", str(tmp_path / "none.mp4"), "-o", str(tmp_path / "out.mp4")]) == 2
    assert capsys.readouterr().err == f"There is no clip at {tmp_path / 'none.mp4'}.\n"
    assert mien(["join"]) == 2
    assert mien(["reframe", "a.mp4"]) == 2
