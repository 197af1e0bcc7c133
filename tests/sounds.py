"""Sound files, levels and checks of speech that several test files need."""

import wave

import numpy as np
import pytest


def save_wav(path, samples, rate_hz=16_000):
    """16 bits, any number of channels: samples (n,) or (n, channels)."""
    samples = np.atleast_2d(np.asarray(samples).T).T
    with wave.open(str(path), "wb") as file:
        file.setparams((samples.shape[1], 2, rate_hz, 0, "NONE", ""))
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def level_db(samples):
    return 10 * np.log10(np.mean(np.square(samples)) + 1e-12)


def check_exact_pauses(speak):
    """Pauses at both ends and between words are exact and hold a room's noise; `speak(text, pauses)` says them."""
    text = "Big apples, good trees."
    speech = speak(text, [(0, 0.8), (4, 1.2), (17, 0.3), (len(text), 0.9)])
    first, second, third, fourth = speech.words
    found_s = [first.start_s, second.start_s - first.end_s, fourth.start_s - third.end_s]
    assert found_s == pytest.approx([0.8, 1.2, 0.3], abs=0.002)
    assert speech.audio.duration_s - fourth.end_s == pytest.approx(0.9, abs=0.002)
    rate_hz = speech.audio.sample_rate_hz
    silence = speech.audio.samples[round((first.end_s + 0.02) * rate_hz) : round((second.start_s - 0.02) * rate_hz)]
    assert -85 < level_db(silence) < -60  # a room, no dead silence
    for word in (first, second):
        edge = speech.audio.samples[round(word.start_s * rate_hz) :][: round(0.03 * rate_hz)]
        assert level_db(edge) > -50
