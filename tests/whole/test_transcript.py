"""Hearing words: right ones from speech at any rate, none from silence, noise and tones."""

import numpy as np
import pytest

from checkpoints.errors import BadInput
from emotion_embed.signals.asr import transcribe
from emotion_embed.signals.audio import Audio
from emotion_embed.signals.vad import speech_regions
from generators.contracts import join_speech
from studio.quality.metrics import word_error_rate

pytestmark = pytest.mark.whole
TEXT = "The morning market opens early, and people bring apples, plums and bread."


@pytest.fixture(scope="module")
def speech(kokoro):
    return join_speech(kokoro.stream(TEXT, voice="af_bella"))


def not_speech(kind, seconds=6, rate_hz=16_000):
    times_s = np.arange(seconds * rate_hz) / rate_hz
    if kind == "noise":
        return np.random.default_rng(0).normal(size=len(times_s)) * 0.1
    if kind == "tones":  # a slow tune of decaying chords
        notes = [np.sin(2 * np.pi * f * times_s) for f in (262, 330, 392, 523)]
        return 0.1 * sum(notes) * np.exp(-3 * (times_s % 0.5))
    return np.zeros(len(times_s))


def test_words_and_their_times(speech):
    heard = transcribe(speech.audio)
    assert heard.language == "en"
    assert heard.language_probability > 0.5
    assert word_error_rate(TEXT, heard.text) == 0
    starts_s = np.array([word.start_s for word in heard.words])
    assert np.abs(starts_s - [word.start_s for word in speech.words]).mean() < 0.15
    assert (np.diff(starts_s) > 0).all()


@pytest.mark.parametrize("rate_hz", [8_000, 48_000])
def test_any_sample_rate(speech, rate_hz):
    assert word_error_rate(TEXT, transcribe(speech.audio.resampled(rate_hz), "en").text) <= 0.1


@pytest.mark.parametrize("kind", ["silence", "noise", "tones"])
def test_nothing_is_invented_where_nobody_speaks(kind):
    audio = Audio(not_speech(kind).astype(np.float32), 16_000)
    assert speech_regions(audio) == []
    assert transcribe(audio).words == ()
    with pytest.raises(BadInput, match="No speech"):
        transcribe(audio, allow_no_speech=False)


def test_nothing_is_invented_between_sentences(speech):
    silence = np.zeros(speech.audio.sample_rate_hz * 8, np.float32)
    audio = Audio(np.concatenate([speech.audio.samples, silence, speech.audio.samples]), speech.audio.sample_rate_hz)
    heard = transcribe(audio, "en")
    assert word_error_rate(f"{TEXT} {TEXT}", heard.text) <= 0.05
    length_s = speech.audio.duration_s
    assert not any(length_s + 0.3 < word.start_s < length_s + 7.5 for word in heard.words)


def test_a_fifth_of_a_second(speech):
    start = int(speech.words[1].start_s * speech.audio.sample_rate_hz)
    short = Audio(speech.audio.samples[start : start + speech.audio.sample_rate_hz // 5], speech.audio.sample_rate_hz)
    assert len(transcribe(short, "en").words) <= 2


def test_an_unknown_language_is_one_sentence(speech):
    with pytest.raises(BadInput, match="tlh"):
        transcribe(speech.audio, "tlh")


def test_the_english_model(speech):
    assert word_error_rate(TEXT, transcribe(speech.audio, model="whisper-tiny").text) <= 0.1
