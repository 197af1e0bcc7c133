"""`mien say` with the real voice, its files measured by ffmpeg and not by our own meter."""

import json
import re
import subprocess

import numpy as np
import pytest

from emotion_embed.signals.recordings import read_audio
from generators.voice.prosody.loudness import integrated_lufs, true_peak_dbtp
from studio.media.audio_file import SOUND_SUFFIXES
from studio.media.video import ffmpeg_path
from ui.cli import run as mien

pytestmark = pytest.mark.whole
TEXT = "[joy:0.8] What a *lovely* day! [sadness] But I miss my brother, and he is far away. [anger] Call him!"


def measured(path):
    """Loudness in LUFS and true peak in dBTP, as ffmpeg's meter has them."""
    command = [
        ffmpeg_path(),
        "-nostdin",
        "-hide_banner",
        "-i",
        str(path),
        "-af",
        "ebur128=peak=true",
        "-f",
        "null",
        "-",
    ]
    log = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    return float(re.findall(r"I:\s+(-?[\d.]+) LUFS", log)[-1]), float(re.findall(r"Peak:\s+(-?[\d.]+) dBFS", log)[-1])


@pytest.mark.parametrize("suffix", SOUND_SUFFIXES)
@pytest.mark.parametrize("voice", ["af_heart", "am_michael"])
def test_a_file_is_at_minus_16_lufs_under_minus_1_db(studio, tmp_path, suffix, voice):
    sound = studio.say(TEXT, voice=voice, out=tmp_path / f"say{suffix}")
    loudness, peak = measured(sound.path)
    assert loudness == pytest.approx(-16, abs=0.5)
    assert peak <= -1.0
    assert read_audio(sound.path).duration_s == pytest.approx(sound.duration_s, abs=0.05)


def test_a_stream_comes_sentence_by_sentence_without_clicks(studio):
    parts = list(studio.say_stream(TEXT))
    assert len(parts) >= 3
    samples = np.concatenate([part.audio.samples for part in parts])
    rate_hz = parts[0].audio.sample_rate_hz
    assert integrated_lufs(samples, rate_hz) == pytest.approx(-16, abs=1)
    assert true_peak_dbtp(samples) <= -1.0
    for join in np.cumsum([len(part.audio.samples) for part in parts])[:-1]:
        near = samples[join - 24 : join + 24]
        assert np.abs(near).max() < 0.01 and np.abs(np.diff(near)).max() < 0.005
    ends_s = [part.start_s + part.audio.duration_s for part in parts]
    assert [part.start_s for part in parts[1:]] == pytest.approx(ends_s[:-1], abs=1e-3)
    assert "".join(word.text for part in parts for word in part.words).startswith("Whatalovelyday")


@pytest.mark.parametrize("feeling", ["sadness", "anger"])
def test_a_stream_of_one_feeling_lands_on_the_level_too(studio, feeling):
    parts = list(studio.say_stream("I never thought of that. Now it is too late. Tell me why.", emotion=feeling))
    samples = np.concatenate([part.audio.samples for part in parts])
    assert integrated_lufs(samples, parts[0].audio.sample_rate_hz) == pytest.approx(-16, abs=1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<speak>Tom &amp; Jerry <break time='1s'/> <emphasis>won</emphasis>.</speak>", ["Tom", "&", "Jerry", "won"]),
        ("Hello 你好 world. Привет!", None),
        ("Red \x1b[31malert\x1b[0m,\x07 go\u202e on.", ["Red", "alert", "go", "on"]),
    ],
)
def test_odd_texts_are_read_without_their_signs(studio, tmp_path, text, words):
    sound = studio.say(text, out=tmp_path / "say.wav")
    assert sound.duration_s > 0.5
    if words:
        assert [word[0] for word in sound.report["words"]] == words


def test_the_command_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert mien(["say", "Good morning.", "-v", "bf_emma", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["path"] == "out/say.wav" and facts["request"]["voice"] == "bf_emma"
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["say.report.json", "say.wav"]
    assert mien(["say", "Good morning.", "--out", "a.ogg"]) == 0
    assert re.fullmatch(r"a\.ogg \(.* LUFS, true peak -.* dB\)\n", capsys.readouterr().out)
    assert mien(["say", "Good morning.", "--out", "b.ogg", "-q"]) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("arguments", "says", "status"),
    [
        (["…!?"], "empty", 2),
        (["a long story " * 7700], "minutes", 2),
        (["Hello.", "-v", "af_hart"], "af_heart", 2),
        (["こんにちは。"], "Japanese", 2),
        (["こんにちは。", "-v", "jf_alpha"], "Japanese", 3),
        (["Hello.", "--out", "new/say.aac"], ".flac", 2),
        (["Hello.", "--out", "/proc/nowhere/say.wav"], "written", 2),
        (["Hello.", "--reference", "me.wav"], "--i-have-consent", 2),
        (["Hello.", "--emotion", "hapiness"], "happiness", 2),
    ],
)
def test_bad_input_is_one_sentence_and_leaves_nothing(tmp_path, monkeypatch, capsys, arguments, says, status):
    monkeypatch.chdir(tmp_path)
    assert mien(["say", *arguments]) == status
    out, err = capsys.readouterr()
    assert out == "" and len(err.splitlines()) == 1 and says in err
    assert list(tmp_path.iterdir()) == []


def test_weights_that_cannot_be_had(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MIEN_OFFLINE", "1")
    monkeypatch.setenv("MIEN_CACHE", "empty cache")
    assert mien(["say", "Hello."]) == 3
    assert "mien checkpoints pull" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
