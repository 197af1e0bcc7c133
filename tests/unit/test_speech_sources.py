"""Recordings and silence as speech sources: their chunks end to end, without any model."""

import numpy as np
import pytest

from checkpoints.errors import BadInput
from checkpoints.notices import gathering
from emotion_embed.signals.audio import Audio
from generators import registry
from generators.contracts import join_speech
from generators.voice.recording.source import RecordingVoice, fit_duration, plain_chunks


def noise(duration_s: float, rate_hz: int = 16_000) -> Audio:
    samples = np.random.default_rng(0).normal(0, 0.1, round(duration_s * rate_hz))
    return Audio(samples.astype(np.float32), rate_hz)


@pytest.mark.parametrize("duration_s", [0.0, 0.3, 2.0, 5.25])
def test_plain_chunks_are_the_whole_sound(duration_s):
    audio = noise(duration_s)
    chunks = list(plain_chunks(audio))
    assert sum(len(chunk.audio.samples) for chunk in chunks) == len(audio.samples)
    assert all(chunk.audio.duration_s <= 2.0 and not chunk.words and not chunk.phones for chunk in chunks)
    if chunks:
        np.testing.assert_array_equal(join_speech(chunks).audio.samples, audio.samples)


def test_a_sound_is_cut_or_filled_with_silence_to_last_as_long_as_the_motion():
    longer, shorter = fit_duration(noise(1.0), 1.5), fit_duration(noise(1.0), 0.75)
    assert (longer.duration_s, shorter.duration_s) == (1.5, 0.75)
    assert not longer.samples[16_000:].any() and longer.samples[:16_000].any()


@pytest.mark.parametrize(("too_long_s", "is_said"), [(0.4, False), (0.6, True)])
def test_only_a_cut_that_can_be_heard_is_said(too_long_s, is_said):
    notices: list[str] = []
    with gathering(notices):
        fit_duration(noise(1.0 + too_long_s), 1.0)
    assert bool(notices) == is_said


def test_silence_lasts_as_asked_and_comes_in_short_chunks():
    voice = registry.load("voice", registry.implied("voice", "").name)
    chunks = list(voice.stream(5.0001))
    assert [len(chunk.audio.samples) for chunk in chunks] == [48_000, 48_000, 24_002]
    assert not any(chunk.audio.samples.any() for chunk in chunks)
    assert list(voice.stream(0.0)) == []
    assert next(voice.stream(1.0, sample_rate_hz=8000)).audio.sample_rate_hz == 8000


def test_where_nobody_speaks_there_are_no_words_and_a_text_is_refused():
    notices: list[str] = []
    with gathering(notices):
        chunks = list(RecordingVoice().stream(noise(2.5), if_wordless="there are no captions"))
    assert notices == ["No voice is heard in the recording: there are no captions."]
    assert [chunk.audio.duration_s for chunk in chunks] == [2.0, 0.5]
    with pytest.raises(BadInput, match="cannot be what is said there"):
        RecordingVoice().stream(noise(2.5), text="Hello")
