"""Where somebody speaks: our reading of Silero's answers against faster-whisper's, and that a sound is asked once."""

import numpy as np
import pytest
from faster_whisper import vad as theirs
from hypothesis import given
from hypothesis import strategies as st

from emotion_embed.signals import vad
from emotion_embed.signals.audio import MODEL_RATE_HZ, Audio
from emotion_embed.signals.vad import VoiceActivity, is_spoken, speech_regions, voice_activity


@given(
    st.lists(st.sampled_from([0.0, 0.1, 0.34, 0.36, 0.45, 0.5, 0.9]), min_size=1, max_size=150),
    st.sampled_from([(0.3, 0.12, 0.1), (1.0, 0.0, 0.2), (0.1, 0.25, 0.4)]),
    st.integers(0, 511),
)
def test_regions_are_those_of_faster_whisper(probabilities, durations_s, n_last):
    n_samples = 512 * (len(probabilities) - 1) + n_last
    pause_s, speech_s, margin_s = durations_s
    options = theirs.VadOptions(
        min_speech_duration_ms=int(1000 * speech_s),
        min_silence_duration_ms=int(1000 * pause_s),
        speech_pad_ms=int(1000 * margin_s),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(theirs, "get_vad_model", lambda: lambda samples: np.array(probabilities))
        wanted = theirs.get_speech_timestamps(np.zeros(n_samples, np.float32), options)
    activity = VoiceActivity(np.array(probabilities), n_samples / MODEL_RATE_HZ)
    found = activity.regions(shortest_pause_s=pause_s, shortest_speech_s=speech_s, margin_s=margin_s)
    assert [(round(a * MODEL_RATE_HZ), round(b * MODEL_RATE_HZ)) for a, b in found] == [
        (region["start"], region["end"]) for region in wanted
    ]


class Silero:
    """Says of every frame how loud it is, and counts what it is asked."""

    def __init__(self):
        self.n_frames = 0

    def __call__(self, samples):
        self.n_frames += len(samples) // 512
        return np.abs(samples.reshape(-1, 512)).max(axis=1)


@pytest.fixture
def silero(monkeypatch):
    model = Silero()
    monkeypatch.setattr(theirs, "get_vad_model", lambda: model)
    return model


def _spoken(duration_s, stretches_s, rate_hz=24_000):
    samples = np.zeros(round(duration_s * rate_hz), np.float32)
    for start_s, end_s in stretches_s:
        samples[round(start_s * rate_hz) : round(end_s * rate_hz)] = 0.9
    return Audio(samples, rate_hz)


@pytest.mark.parametrize("rate_hz", [16_000, 24_000, 44_100, 8_000])
def test_parts_share_what_is_known_of_the_whole(silero, rate_hz):
    audio = _spoken(70, [(1, 3), (27, 31), (40.5, 41), (69, 70)], rate_hz)
    whole = speech_regions(audio)
    asked = silero.n_frames
    assert asked <= 70 / 0.032 + 2 * 25 + 1
    assert np.array(whole) == pytest.approx(np.array([(0.9, 3.1), (26.9, 31.1), (40.4, 41.1), (68.9, 70)]), abs=0.04)
    part = audio.between(26.01, 41.77).between(0.5, 15.0)
    assert np.array(speech_regions(part)) == pytest.approx(np.array([(0.39, 4.59), (13.89, 14.5)]), abs=0.04)
    assert silero.n_frames == asked


def test_it_listens_no_further_than_it_must(silero):
    assert is_spoken(_spoken(600, [(2, 4), (500, 510)]))
    assert silero.n_frames < 1000
    assert is_spoken(_spoken(100, [(95, 97)]))
    assert not is_spoken(_spoken(100, []))
    assert not is_spoken(Audio(np.zeros(0, np.float32), 16_000))


def test_a_stretch_begins_where_it_is_cut():
    audio = Audio(np.zeros(16_000 * 3, np.float32), 16_000)
    audio.memo["voice activity"] = {0: np.ones(94)}
    activity = voice_activity(audio, 0.5, 2.5)
    assert activity.regions() == [(0.0, 2.0)]
    assert vad.speech_regions(audio.between(0.5, 2.5)) == [(0.0, 2.0)]


def test_a_sound_is_converted_for_the_models_once():
    audio = _spoken(1, [(0, 1)])
    assert audio.resampled(16_000) is audio.resampled(16_000)
    assert len(audio.resampled(16_000).samples) == 16_000
    part = audio.between(0.25, 0.5)
    assert np.shares_memory(part.samples, audio.samples) and part.duration_s == 0.25
