"""`mien perceive` on real files: words, voices, clips; what is odd gets a flat honest answer or one sentence."""

import json

import numpy as np
import pytest

import checkpoints
from emotion_embed import taxonomy
from emotion_embed.bank import load_emotion_bank
from emotion_embed.perception import ONLY_WORDS, perceive
from emotion_embed.readers.speech import load_speech_reader, speech_pieces
from emotion_embed.signals.audio import Audio
from emotion_embed.signals.whisper_features import WhisperEncoder, log_mel
from emotion_embed.state import parse_emotion
from emotion_embed.track import read_track
from generators.contracts import join_speech
from generators.voice.prosody.style_bank import prosody_for
from studio.quality.metrics import word_error_rate
from tests.sounds import save_wav
from ui.cli import run as mien

pytestmark = pytest.mark.whole
HAPPY = "What a wonderful surprise, I am so happy to see you again!"


@pytest.fixture(scope="module")
def happy(kokoro):
    speech = join_speech(kokoro.stream(HAPPY, voice="af_heart", prosody=prosody_for(parse_emotion("joy"))))
    return speech.audio


def ask(capsys, *arguments):
    capsys.readouterr()
    status = mien(["perceive", *map(str, arguments)])
    out, err = capsys.readouterr()
    return status, out, err


def test_the_inner_layers_are_whispers_own():
    """Our NumPy encoder ends where CTranslate2's does."""
    from emotion_embed.signals.asr import load_whisper
    from emotion_embed.signals.whisper_features import _read_variables

    times_s = np.arange(16_000 * 2) / 16_000
    samples = (0.2 * np.sin(2 * np.pi * 180 * times_s) * np.sin(2 * np.pi * 3 * times_s)).astype(np.float32)
    padded = np.pad(samples, (0, 16_000 * 30 - len(samples)))
    last = WhisperEncoder.load(6).layers(padded)[-1]
    with open(checkpoints.path("whisper-base") / "model.bin", "rb") as file:
        weights = dict(_read_variables(file))
    normed = (last - last.mean(-1, keepdims=True)) / np.sqrt(last.var(-1, keepdims=True) + 1e-5)
    ours = normed * weights["encoder/layer_norm/gamma"] + weights["encoder/layer_norm/beta"]
    theirs = np.array(load_whisper().encode(np.ascontiguousarray(log_mel(padded).T)))[0]
    correlation = [np.corrcoef(a, b)[0, 1] for a, b in zip(ours[:100:10], theirs[:100:10], strict=True)]
    assert min(correlation) > 0.99  # theirs are 8-bit


def test_only_words_are_read_until_more_is_allowed(happy, tmp_path, capsys):
    recording = save_wav(tmp_path / "happy.wav", happy.samples, happy.sample_rate_hz)
    status, out, err = ask(capsys, recording)
    assert status == 0
    assert ONLY_WORDS in err and "voice:" not in out and "text:" in out
    assert "joy" in out.splitlines()[0] or "excitement" in out.splitlines()[0]


def test_words_and_voice_with_everything_beside(happy, tmp_path, capsys):
    recording = save_wav(tmp_path / "happy.wav", happy.samples, happy.sample_rate_hz)
    plot, track = tmp_path / "plot.png", tmp_path / "track.json"
    status, out, _ = ask(capsys, recording, "--voice", "--json", "--bank", "--plot", plot, "--track", track)
    facts = json.loads(out)
    assert status == 0
    assert [e["modality"] for e in facts["evidence"]] == ["text", "voice"]
    assert sum(facts["distribution"].values()) == pytest.approx(1, abs=0.02)
    assert "happy" in facts["transcript"]["text"].lower()
    assert facts["moments"][0]["start_s"] < 0.6
    assert facts["moments"][-1]["end_s"] == pytest.approx(happy.duration_s, abs=0.8)
    assert facts["bank"][0]["stands_for"]
    assert plot.read_bytes().startswith(b"\x89PNG")
    assert read_track(track).keys


def test_the_same_recording_gives_the_same_answer(happy):
    one, other = (perceive(happy, voice=True).to_dict() for _ in range(2))
    assert one == other


@pytest.mark.parametrize("change", ["8 kHz", "48 kHz stereo"])
def test_other_formats_give_nearly_the_same(happy, change, tmp_path):
    plain = perceive(happy, voice=True)
    rate_hz = 1000 * int(change.split()[0])
    samples = happy.resampled(rate_hz).samples
    if change.endswith("stereo"):
        samples = np.stack([samples, 0.5 * samples], 1)
    found = perceive(save_wav(tmp_path / "other.wav", samples, rate_hz), voice=True)
    assert word_error_rate(plain.transcript.text, found.transcript.text, "en") <= 0.1
    assert np.abs(np.subtract(found.vad, plain.vad)).max() < 0.35


def music(duration_s=4.0):
    times_s = np.arange(int(16_000 * duration_s)) / 16_000
    notes = [220, 277, 330, 440, 330, 277]
    pitch = np.repeat(notes, len(times_s) // len(notes) + 1)[: len(times_s)]
    phase = 2 * np.pi * np.cumsum(pitch) / 16_000
    return 0.2 * sum(np.sin(k * phase) / k for k in range(1, 6))


@pytest.mark.parametrize(
    "samples", [music(), 0.1 * np.random.default_rng(0).standard_normal(48_000)], ids=["music", "noise"]
)
def test_what_is_no_speech_is_never_a_sure_feeling(samples):
    audio = Audio(samples.astype(np.float32), 16_000)
    found = perceive(audio, voice=True)
    assert max(found.distribution.values()) < 0.35
    assert found.confidence < 0.2
    assert "no speech" in found.evidence[-1].reasons[0] or found.evidence[-1].reliability < 0.3


def test_a_fifth_of_a_second_is_a_flat_answer(happy):
    n = int(0.2 * happy.sample_rate_hz) + 1
    found = perceive(Audio(happy.samples[6000 : 6000 + n], happy.sample_rate_hz), voice=True)
    assert max(found.distribution.values()) < 0.5
    assert found.confidence < 0.35


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda p: save_wav(p, np.zeros(16_000), 16_000), "is silent"),
        (lambda p: save_wav(p, 0.1 * np.ones(1000), 16_000), "shorter than 0.2 s"),
        (lambda p: p.write_bytes(b"RIFF\x10\x00\x00\x00WAVE") and p, "cannot be read"),
    ],
    ids=["silence", "short", "torn"],
)
def test_what_cannot_be_read_is_one_sentence(make, says, tmp_path, capsys):
    path = tmp_path / "odd.wav"
    make(path)
    status, out, err = ask(capsys, path, "--voice", "--plot", tmp_path / "plot.png")
    assert (status, out) == (2, "")
    assert says in err and len(err.strip().splitlines()) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["odd.wav"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["x" * 1_000_000], "1,000,000 characters"),
        (["  "], "empty"),
        (["hello", "--plot", "plot.txt"], "must end in"),
        (["hello", "--track", "track.csv"], "must end in .json"),
        (["hello", "--plot", "x" * 300 + ".png"], "too long"),
        (["hello", "--language", "tlh"], "are not read"),
        (["nowhere.mp4"], "There is no file at"),
    ],
)
def test_bad_requests_are_one_sentence(arguments, says, capsys):
    status, out, err = ask(capsys, *arguments)
    assert (status, out) == (2, "")
    assert says in err and len(err.strip().splitlines()) == 1


def test_the_voice_itself_is_heard(kokoro):
    """Prosody alone moves what is heard: the same neutral words, agitated against downcast. (Synthetic voices.)"""
    reader, bank = load_speech_reader(), load_emotion_bank()
    heard: dict[str, list[float]] = {"joy": [], "sadness": []}
    embedded: dict[str, list[float]] = {"joy": [], "sadness": []}
    for feeling in heard:
        for voice in ("af_heart", "am_michael", "bm_george"):
            prosody = prosody_for(parse_emotion(feeling))
            speech = join_speech(kokoro.stream("The papers are on the table upstairs.", voice=voice, prosody=prosody))
            pieces = speech_pieces(speech.audio)
            heard[feeling].append(reader.read_pieces(pieces).vad_mean[1])
            embedding = bank.embed_voice(reader.projected(pieces[0].pooled()[None])[0])
            embedded[feeling].append(taxonomy.vad_moments(bank.feelings(embedding.mean))[0][1])
    assert np.mean(heard["joy"]) > np.mean(heard["sadness"])
    assert np.mean(embedded["joy"]) > np.mean(embedded["sadness"])


def test_a_clip_of_our_own_is_read_by_words_voice_and_face(studio, tmp_path):
    clip = studio.speak(HAPPY, emotion="joy:0.9", out=tmp_path / "clip.mp4", size="256")
    found = studio.perceive(clip.path, voice=True, face=True)
    assert [e.modality for e in found.evidence] == ["text", "voice", "face"]
    assert found.top in ("joy", "excitement")
    assert found.vad[0] > 0.3
    words_only = studio.perceive(clip.path)
    assert [e.modality for e in words_only.evidence] == ["text"]
