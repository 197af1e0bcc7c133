import dataclasses
import json
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkpoints.errors import BadInput
from emotion_embed.track import read_track
from studio.checks import check_out
from studio.media.files import in_one_step
from studio.request import RenderRequest, SayRequest

_maybe = lambda values: st.none() | values  # noqa: E731
_words = st.text(max_size=20)
requests = st.builds(
    RenderRequest,
    text=_maybe(_words),
    audio=_maybe(_words),
    video=_maybe(_words),
    portrait=_maybe(_words),
    voice=_words,
    language=_maybe(_words),
    emotion=_maybe(_words),
    vad=_maybe(_words),
    track=_maybe(_words),
    rate=st.floats(allow_nan=False),
    pitch=st.floats(allow_nan=False),
    seed=st.integers(),
    fps=st.floats(allow_nan=False),
    size=_words,
    background=_maybe(_words),
    captions=st.booleans(),
    face=_maybe(st.integers()),
    out=_words,
)


@given(requests)
def test_a_request_survives_json(request_):
    assert RenderRequest.from_dict(json.loads(json.dumps(request_.to_dict()))) == request_


@given(st.sampled_from([f.name for f in dataclasses.fields(RenderRequest)]), st.lists(st.integers(), max_size=2))
def test_no_field_takes_a_list(name, value):
    with pytest.raises(BadInput, match=name):
        RenderRequest.from_dict({name: value})


def test_whole_numbers_stand_for_floats_but_truth_is_no_number():
    assert RenderRequest.from_dict({"fps": 30}).fps == 30.0
    with pytest.raises(BadInput, match="seed"):
        RenderRequest.from_dict({"seed": True})


def test_an_unknown_field_names_near_ones():
    with pytest.raises(BadInput, match="emotion"):
        RenderRequest.from_dict({"emotoin": "joy"})


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "nothing to say"),
        ({"text": ""}, "empty"),
        ({"text": " \n… [joy] !"}, "empty"),
        ({"text": "hour " * 12_000}, "minutes"),
        ({"text": "a\0b"}, "NUL"),
        ({"text": "hi", "out": "a\0b.mp4"}, "NUL"),
        ({"text": "caf\udce9"}, "UTF-8"),
        ({"text": "hi", "portrait": "nowhere.png"}, "no portrait at nowhere.png"),
        ({"text": "hi", "portrait": "."}, "folder"),
        ({"audio": "nowhere.wav"}, "no recording"),
        ({"video": "nowhere.mp4"}, "no video at nowhere.mp4"),
        ({"video": "."}, "folder, not a video"),
        ({"video": "me.mp4", "text": "hi"}, "text and a video both"),
        ({"video": "me.mp4", "emotion": "joy"}, "leave out the emotion"),
        (
            {"video": "me.mp4", "voice_reference": "a.wav", "consent": "Ada", "consent_date": "2024-05-01"},
            "leave out the voice reference",
        ),
        ({"text": "hi", "emotion": "joyy"}, "did you mean joy"),
        ({"text": "hi", "emotion": "joy:2"}, "from 0 to 1"),
        ({"text": "hi", "vad": "0.1,0.2"}, "valence"),
        ({"text": "hi", "emotion": "joy", "vad": "0,0,0"}, "give one"),
        ({"text": "hi", "track": "nowhere.json"}, "track"),
        ({"text": "[jox] hi"}, "did you mean joy"),
        ({"text": "hi", "rate": 3.0}, "rate"),
        ({"text": "hi", "rate": float("nan")}, "rate"),
        ({"text": "hi", "pitch": 40.0}, "pitch"),
        ({"text": "hi", "fps": 0.0}, "frame rate"),
        ({"text": "hi", "fps": 61.0}, "frame rate"),
        ({"text": "hi", "seed": -1}, "seed"),
        ({"text": "hi", "face": 0}, "face"),
        ({"text": "hi", "size": "64"}, "128"),
        ({"text": "hi", "size": "512x4096"}, "2048"),
        ({"text": "hi", "size": "big"}, "not a size"),
        ({"text": "hi", "size": "5³"}, "not a size"),
        ({"text": "hi", "background": "#12345"}, "colour"),
        ({"text": "hi", "background": "nowhere.png"}, "background"),
        ({"text": "hi", "head_generator": "mash"}, "mesh"),
        ({"text": "hi", "motion_generator": "diffusio"}, "diffusion"),
        ({"text": "hi", "motion_generator": "diffusion:nowhere"}, "no folder"),
        ({"text": "hi", "motion_style": "hed:1"}, "did you mean head"),
        ({"text": "hi", "motion_style": "head:9"}, "from -2 to 2"),
        ({"text": "hi", "motion_style": "head"}, "not a style"),
        ({"text": "hi", "motion_style": "nowhere.csv"}, "no motion style at nowhere.csv"),
        ({"text": "hi", "motion_style": "head:1", "motion_generator": "procedural"}, "has no styles"),
        ({"video": "me.mp4", "motion_style": "head:1"}, "leave out the motion style"),
        ({"text": "hi", "out": "clip.avi"}, ".mp4"),
        ({"text": "hi", "out": "clip"}, ".mp4"),
    ],
)
def test_what_cannot_become_a_clip_is_one_sentence(fields, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInput, match=sentence) as raised:
        RenderRequest(**fields).check_inputs()
    assert "\n" not in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_a_track_and_marks_are_one_too_many(tmp_path):
    track = tmp_path / "track.json"
    track.write_text('{"keys": [{"start_s": 0, "emotion": "joy"}]}')
    RenderRequest(text="hi", track=str(track), out=str(tmp_path / "c.mp4")).check_inputs()
    with pytest.raises(BadInput, match="give one"):
        RenderRequest(text="[joy] hi", track=str(track), out=str(tmp_path / "c.mp4")).check_inputs()


def test_a_good_request_makes_nothing_when_checked(tmp_path):
    RenderRequest(text="[hope] Good [1] day.", out=str(tmp_path / "new" / "c.mp4")).check_inputs()
    assert list(tmp_path.iterdir()) == []


def test_an_output_that_cannot_be_written(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(BadInput, match="cannot|written"):
        check_out(file / "clip.mp4")
    folder = tmp_path / "folder.mp4"
    folder.mkdir()
    with pytest.raises(BadInput, match="folder"):
        check_out(folder)
    video = tmp_path / "talk.mp4"
    video.write_text("")
    with pytest.raises(BadInput, match="overwrite"):
        check_out(video, inputs=(str(video),))


BESIDE = [
    ("video", "clip.motion.csv", {"motion_csv": True}),
    ("audio", "clip.srt", {"srt": True}),
    ("portrait", "clip.vtt", {"text": "hi", "vtt": True}),
    ("background", "clip.report.json", {"text": "hi"}),
    ("motion_style", "clip.motion.csv", {"text": "hi", "motion_csv": True}),
    ("voice_reference", "clip.srt", {"text": "hi", "srt": True, "consent": "Ada Byron", "consent_date": "2024-05-01"}),
]


@pytest.mark.parametrize("link", [None, "symbolic", "hard", "spelling"])
@pytest.mark.parametrize(("role", "name", "fields"), BESIDE)
def test_nothing_beside_the_clip_takes_the_place_of_an_input(tmp_path, role, name, fields, link):
    given = tmp_path / name
    given.write_text("Mine.")
    if link in ("symbolic", "hard"):
        given = tmp_path / f"other{given.suffix}"
        (given.symlink_to if link == "symbolic" else given.hardlink_to)(tmp_path / name)
    (tmp_path / "new").mkdir()
    path = f"{tmp_path}/new/../{name}" if link == "spelling" else str(given)
    with pytest.raises(BadInput, match=f"{name} is also an input.*overwrite"):
        RenderRequest(**{role: path, "out": str(tmp_path / "clip.mp4"), **fields}).check_inputs()


def test_what_is_not_asked_for_is_in_nobodys_way(tmp_path):
    (tmp_path / "clip.motion.csv").write_text("")
    (tmp_path / "clip.srt").write_text("")
    RenderRequest(video=str(tmp_path / "clip.motion.csv"), srt=True, out=str(tmp_path / "clip.mp4")).check_inputs()


def test_files_beside_the_clip_that_would_meet_are_refused(tmp_path):
    request = RenderRequest(text="hi", srt=True, vtt=True, out=str(tmp_path / "clip.mp4"))
    (tmp_path / "clip.srt").symlink_to(tmp_path / "clip.vtt")
    with pytest.raises(BadInput, match="one file with another"):
        request.check_inputs()
    (tmp_path / "clip.srt").unlink()
    (tmp_path / "clip.srt").mkdir()
    with pytest.raises(BadInput, match="folder"):
        request.check_inputs()


def test_a_reports_place_is_kept_for_a_voice_too(tmp_path):
    (tmp_path / "a.report.json").write_text("{}")
    with pytest.raises(BadInput, match="overwrite"):
        SayRequest(text="hi", voice=str(tmp_path / "a.report.json"), out=str(tmp_path / "a.wav")).check_inputs()


def test_a_rate_for_a_csv_needs_a_csv(tmp_path):
    (tmp_path / "m.csv").write_text("")
    out = str(tmp_path / "c.mp4")
    RenderRequest(video=str(tmp_path / "m.csv"), csv_fps=59.94, out=out).check_inputs()
    RenderRequest(text="hi", motion_style=str(tmp_path / "m.csv"), csv_fps=30, out=out).check_inputs()
    with pytest.raises(BadInput, match="Live Link Face CSV"):
        RenderRequest(text="hi", csv_fps=25, out=out).check_inputs()
    with pytest.raises(BadInput, match="from 1 to 240"):
        RenderRequest(video=str(tmp_path / "m.csv"), csv_fps=0, out=out).check_inputs()


@pytest.mark.parametrize(
    ("size", "expected"),
    [("512", (512, 512)), ("721x961", (720, 960)), ("9:16", (576, 1024)), ("16:9", (1024, 576)), ("photo", None)],
)
def test_frame_sizes_are_even(size, expected):
    assert RenderRequest(text="hi", size=size).frame_size() == expected


def test_a_mark_before_the_first_word_is_how_the_clip_starts():
    start = lambda **fields: str(RenderRequest(**fields).start_emotion())  # noqa: E731
    assert start(text=" [sadness:0.5] Hi.", emotion="joy") == "sadness:0.5"
    assert start(text="Hi. [sadness:0.5] Oh.", emotion="joy") == "joy:1"
    assert start(text="Hi.") == "neutral"


@pytest.mark.parametrize(
    "keys",
    [
        "[]",
        "5",
        "[5]",
        '[{"start_s": 0, "emotion": 5}]',
        '[{"start_s": 0, "emotion": null}]',
        '[{"start_s": -1, "emotion": "joy"}]',
        '[{"start_s": NaN, "emotion": "joy"}]',
        '[{"start_s": 0, "emotion": "joy", "transition_s": NaN}]',
        '[{"start_s": 0, "emotion": "joy", "transition_s": -1}]',
        '[{"start_s": 1, "emotion": "joy"}, {"start_s": 0, "emotion": "joy"}]',
    ],
)
def test_a_track_that_makes_no_sense_is_refused(tmp_path, keys):
    (tmp_path / "track.json").write_text(f'{{"keys": {keys}}}')
    with pytest.raises(BadInput):
        read_track(tmp_path / "track.json")


@pytest.mark.parametrize("length", [246, 250, 5000])
def test_a_name_that_no_file_can_have_is_refused(tmp_path, length):
    with pytest.raises(BadInput, match="aaa… "):
        check_out(tmp_path / ("a" * length + ".mp4"))
    with pytest.raises(BadInput, match="too long"):
        RenderRequest(text="Hello.", portrait="b" * 5000, out=str(tmp_path / "c.mp4")).check_inputs()


def test_a_long_name_that_fits_is_taken(tmp_path):
    check_out(tmp_path / ("a" * 240 + ".mp4"))


def test_two_that_write_the_same_file_at_once_do_not_disturb_each_other(tmp_path):
    path = tmp_path / "clip.srt"
    with in_one_step(path) as one, in_one_step(path) as other:
        one.write_text("one")
        other.write_text("other")
    assert path.read_text() == "one"
    with pytest.raises(KeyError), in_one_step(path) as half:
        half.write_text("ha")
        raise KeyError
    assert path.read_text() == "one"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ("4:3", (1024, 768)),
        ("3:4", (768, 1024)),
        ("4:5", (820, 1024)),
        ("21:9", (1024, 438)),
        ("1:1", (512, 512)),
        ("720X960", (720, 960)),
        ("720×960", (720, 960)),
        (" 720 x 960 ", (720, 960)),
        ("512px", (512, 512)),
    ],
)
def test_shapes_and_sizes_as_people_write_them(size, expected):
    assert RenderRequest(text="hi", size=size).frame_size() == expected


@pytest.mark.parametrize("size", ["0:1", "1:9", "9:1", "x", "4:3:2", "7-3", "720x"])
def test_what_is_no_shape_is_refused(size):
    with pytest.raises(BadInput):
        RenderRequest(text="hi", size=size).frame_size()


@pytest.mark.parametrize(
    ("fps", "rate"),
    [(29.97, "30000/1001"), (23.976, "24000/1001"), (23.98, "24000/1001"), (59.94, "60000/1001"), (25.0, "25"),
     (30.0, "30"), (12.5, "25/2"), (24.0, "24")],
)  # fmt: skip
def test_the_frame_rates_of_television_are_exact(fps, rate):
    assert RenderRequest(text="hi", fps=fps).frame_rate() == Fraction(rate)
