"""What `perceive` makes of what it is given, before and without any recording."""

import io
import json

import numpy as np
import pytest

from checkpoints.errors import BadInput
from emotion_embed.perception import perceive
from emotion_embed.signals.audio import Audio
from emotion_embed.track import read_track
from studio.media.trajectory_plot import plot_trajectory
from ui import cli

STORY = "I got the job, I am so happy! But my dog died last night. I cannot stop crying."


@pytest.fixture(scope="module")
def story():
    return perceive(STORY)


def test_a_message_is_a_state_with_moments(story):
    assert [m.words for m in story.moments] == [
        "I got the job, I am so happy!",
        "But my dog died last night.",
        "I cannot stop crying.",
    ]
    assert story.moments[0].state.top in ("joy", "excitement")
    assert story.moments[2].state.vad[0] < -0.2 < 0.2 < story.moments[0].state.vad[0]
    assert any("two minds" in remark for remark in story.remarks)
    assert story.evidence[0].causes
    assert story.embedding.mean.shape == (32,)


def test_the_track_is_what_generators_read(story, tmp_path):
    path = tmp_path / "track.json"
    path.write_text(story.track.to_json(), encoding="utf-8")
    track = read_track(path)
    assert track.at(0.2).vector()[0] > 0.3  # joy
    assert track.at(story.duration_s).vector()[1] > 0.3  # sadness


def test_json_is_plain(story):
    facts = json.loads(json.dumps(story.to_dict()))
    assert facts["top"] == story.top
    assert set(facts) >= {
        "distribution",
        "vad",
        "intensity",
        "confidence",
        "conflict",
        "evidence",
        "moments",
        "remarks",
    }


def test_a_text_file_is_read_as_text(tmp_path):
    path = tmp_path / "a letter.txt"
    path.write_text("Thank you so much for everything!", encoding="utf-8-sig")
    assert perceive(str(path)).top == "gratitude"


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("nowhere.wav", "There is no file at nowhere.wav"),
        ("./letter.txt", "There is no file at"),
        ("C:\\letters\\one", "There is no file at"),
        (None, "A source is a message"),
        ("", "empty"),
        (Audio(np.zeros(16_000, np.float32), 16_000), "silent"),
        (Audio(np.full(16_000, np.nan, np.float32), 16_000), "not numbers"),
        (Audio(np.ones(800, np.float32), 16_000), "shorter than 0.2 s"),
    ],
)
def test_bad_sources_get_one_sentence(source, sentence):
    with pytest.raises(BadInput, match=sentence):
        perceive(source)


def test_torn_and_foreign_files(tmp_path):
    torn = tmp_path / "torn.wav"
    torn.write_bytes(b"RIFF\x00\x00")
    with pytest.raises(BadInput, match="cannot be read"):
        perceive(str(torn))
    foreign = tmp_path / "data.bin"
    foreign.write_bytes(bytes(range(256)) * 20)
    with pytest.raises(BadInput, match="no text in UTF-8"):
        perceive(str(foreign))
    with pytest.raises(BadInput, match="is a folder"):
        perceive(tmp_path)
    with pytest.raises(BadInput, match="nothing to read"):
        perceive()


def test_a_picture_is_not_read_without_leave(tmp_path):
    picture = tmp_path / "face.png"
    picture.write_bytes(b"\x89PNG")
    with pytest.raises(BadInput, match="add --face"):
        perceive(str(picture))


def test_the_plot_is_a_picture(story, tmp_path):
    plot_trajectory(story, tmp_path / "new folder" / "plot.png")
    assert (tmp_path / "new folder" / "plot.png").read_bytes().startswith(b"\x89PNG")
    assert [p.name for p in (tmp_path / "new folder").iterdir()] == ["plot.png"]
    with pytest.raises(BadInput, match="must end in"):
        plot_trajectory(story, tmp_path / "plot.txt")


@pytest.mark.parametrize("allowed", ["af_heart", "false", 1, None])
def test_only_a_plain_yes_allows_a_voice_to_be_read(allowed):
    with pytest.raises(BadInput, match="must be True or False"):
        perceive("hello", voice=allowed)


@pytest.mark.parametrize(("value", "allowed"), [("1", True), ("yes", True), ("0", False), ("off", False), ("", False)])
def test_a_setting_allows_only_with_a_clear_yes(monkeypatch, value, allowed):
    monkeypatch.setenv("MIEN_READ_VOICE", value)
    assert cli._allowed("MIEN_READ_VOICE") is allowed


def test_an_unclear_setting_is_refused(monkeypatch):
    monkeypatch.setenv("MIEN_READ_FACE", "perhaps")
    with pytest.raises(BadInput, match="must be 1 or 0"):
        cli._allowed("MIEN_READ_FACE")


def test_what_comes_in_on_stdin_is_never_a_file_name(monkeypatch, tmp_path, capsys):
    secret = tmp_path / "secret.txt"
    secret.write_text("I am so sad and lonely.")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(str(secret).encode())))
    assert cli.run(["perceive", "-", "--json"]) == 0
    assert "sadness" not in json.loads(capsys.readouterr().out)["top"]


def test_options_that_cannot_apply_are_refused():
    with pytest.raises(BadInput, match="--voice"):
        perceive("hello", speaker="A")
    with pytest.raises(BadInput, match="--face"):
        perceive("hello", face_number=2)
    with pytest.raises(BadInput, match="no speech model named"):
        perceive("hello", voice=True, speech_model="bogus")


def test_a_list_of_other_files_is_no_recording(tmp_path):
    (tmp_path / "list.wav").write_text("ffconcat version 1.0\nfile other.wav\n")
    with pytest.raises(BadInput):
        perceive(tmp_path / "list.wav")


def test_letters_that_are_not_read_are_left_out_and_named():
    found = perceive("Thank you, that is nice. Я тебя ненавижу!")
    assert found.top == "gratitude"
    assert any("1 of 2 sentences were left out" in remark for remark in found.remarks)


@pytest.mark.parametrize("message", ["12345", "...", "?!"])
def test_where_there_is_nothing_to_read_nothing_is_sure(message):
    assert perceive(message).confidence < 0.1
