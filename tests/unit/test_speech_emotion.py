"""Features of a voice, and what the committed head says of them."""

import numpy as np
import pytest

from emotion_embed.readers import speech
from emotion_embed.readers.prosody_features import SUMMARY_NAMES, prosody_frames, summarise
from emotion_embed.signals.audio import Audio


def tone(pitch_hz: np.ndarray | float, duration_s: float = 1.0, breath: float = 0.0) -> Audio:
    """A buzzing voice: twenty harmonics that fall off."""
    times_s = np.arange(int(16_000 * duration_s)) / 16_000
    phase = 2 * np.pi * np.cumsum(np.broadcast_to(pitch_hz, times_s.shape)) / 16_000
    buzz = sum(np.sin(k * phase) / k**1.5 for k in range(1, 20))
    noise = np.random.default_rng(0).standard_normal(len(times_s))
    return Audio((0.1 * buzz + breath * noise).astype(np.float32), 16_000)


@pytest.mark.parametrize("pitch_hz", [80, 110, 160, 220, 330, 440])
def test_pitch_is_found_within_a_third_of_a_semitone(pitch_hz):
    frames = prosody_frames(tone(pitch_hz))
    inside = frames.pitch_st[5:-5]
    assert np.isfinite(inside).mean() > 0.95
    assert np.nanmedian(inside) == pytest.approx(12 * np.log2(pitch_hz / 100), abs=0.34)


def test_noise_has_no_pitch_and_breath_lowers_the_periodicity():
    noise = Audio(np.random.default_rng(1).standard_normal(16_000).astype(np.float32) * 0.1, 16_000)
    assert np.isfinite(prosody_frames(noise).pitch_st).mean() < 0.2
    clear, breathy = prosody_frames(tone(150)), prosody_frames(tone(150, breath=0.1))
    assert clear.periodicity.mean() > breathy.periodicity.mean() + 0.05


def test_the_summary_does_not_depend_on_the_level():
    loud, soft = tone(np.linspace(120, 200, 16_000)), tone(np.linspace(120, 200, 16_000))
    soft = Audio(soft.samples * 0.1, 16_000)
    assert summarise(prosody_frames(loud)) == pytest.approx(summarise(prosody_frames(soft)), abs=0.05)


def test_the_summary_tells_what_it_is_named_after():
    def value(name, audio):
        return summarise(prosody_frames(audio))[SUMMARY_NAMES.index(name)]

    assert value("pitch_mean_st", tone(220)) > value("pitch_mean_st", tone(110)) + 11
    assert value("pitch_std_st", tone(np.linspace(100, 250, 16_000))) > value("pitch_std_st", tone(150)) + 2
    assert value("pitch_slope_st_s", tone(np.linspace(200, 100, 16_000))) < -8
    beats = np.sin(2 * np.pi * 2.0 * np.arange(32_000) / 16_000) ** 2  # four syllables a second
    spoken = Audio((tone(150, 2.0).samples * beats).astype(np.float32), 16_000)
    assert value("syllables_per_s", spoken) == pytest.approx(4, abs=0.8)


def test_silence_and_a_click_do_not_break_the_summary():
    for samples in (np.zeros(4000), np.eye(1, 4000, 2000)[0], np.full(320, 0.5)):
        assert np.isfinite(summarise(prosody_frames(Audio(samples.astype(np.float32), 16_000)))).all()


@pytest.fixture(scope="module")
def reader():
    return speech.load_speech_reader()


def test_what_is_far_from_any_voice_gets_a_flat_unreliable_answer(reader):
    rng = np.random.default_rng(0)
    mean, scale = reader._w["mean"], reader._w["scale"]
    near = (mean + 0.3 * scale * rng.standard_normal(len(mean)))[None]
    far = (mean + 12.0 * scale * rng.standard_normal(len(mean)))[None]
    assert reader.strangeness(far, 2.0)[0] > 1.3 > reader.strangeness(near, 2.0)[0]
    assert reader.evidence(far, np.array([2.0])).reliability < 0.35


def test_a_blink_of_sound_is_a_hint_only(reader):
    mean, scale = reader._w["mean"], reader._w["scale"]
    features = (mean + 0.4 * scale * np.random.default_rng(2).standard_normal(len(mean)))[None]
    long, short = (reader.evidence(features, np.array([s])) for s in (3.0, 0.2))
    assert max(short.distribution.values()) < max(long.distribution.values())
    assert short.reliability < long.reliability


def test_nothing_said_is_nothing_known():
    evidence = speech.no_speech()
    assert max(evidence.distribution.values()) == pytest.approx(1 / 7)
    assert evidence.reliability == 0
    assert "no speech" in evidence.reasons[0]
