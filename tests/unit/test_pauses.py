"""Levels, edges and pauses of spoken parts, at the sampling rates of different voices."""

import numpy as np
import pytest

from emotion_embed.audio import Audio
from generators.contracts import Phone, Speech, Word
from generators.voice.loudness import true_peak_dbtp
from generators.voice.pauses import PAUSES_S, trimmed, with_inner_pauses, with_pause
from generators.voice.sound import heard_until_s, levelled, speech_level_dbfs

RATES_HZ = (16_000, 22_050, 24_000)
SPANS_S = [(0.4, 0.9), (1.3, 1.8)]  # what is heard of 2.3 s


def spoken(rate_hz):
    """Two tones, the silence of a model around them."""
    times_s = np.arange(round(2.3 * rate_hz)) / rate_hz
    heard = sum((times_s >= start) & (times_s < end) for start, end in SPANS_S)
    samples = (0.1 * heard * np.sin(2 * np.pi * 220 * times_s)).astype(np.float32)
    phones = tuple(Phone("ə", *span, 0, i) for i, span in enumerate(SPANS_S))
    words = tuple(Word("uh", *span, 3 * i, 3 * i + 2) for i, span in enumerate(SPANS_S))
    return Speech(Audio(samples, rate_hz), phones, words)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_a_part_begins_and_ends_as_asked(rate_hz):
    part = with_pause(trimmed(spoken(rate_hz), lead_s=0.1, tail_s=0.12), ".", 1.0, lead_s=0.1)
    assert (part.phones[0].start_s, part.words[1].end_s) == pytest.approx((0.1, 1.5), abs=1e-4)
    assert part.audio.duration_s == pytest.approx(1.5 + PAUSES_S["."], abs=1e-4)
    assert part.audio.samples[0] == part.audio.samples[-1] == 0
    short = with_pause(trimmed(spoken(rate_hz), lead_s=0.1, tail_s=0.12), "", 1.0, lead_s=0.1)
    assert short.audio.duration_s == pytest.approx(1.62, abs=1e-4)  # nothing is cut off for a shorter pause


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("scale", [0.5, 1.0, 2.5])
def test_inner_pauses_follow_their_scale_and_nothing_else_changes(rate_hz, scale):
    part = with_inner_pauses(spoken(rate_hz), np.array([scale, 1.0]))
    assert part.phones[0] == spoken(rate_hz).phones[0]
    assert part.phones[1].start_s - part.phones[0].end_s == pytest.approx(0.4 * scale, abs=1e-3)
    assert part.phones[1].end_s - part.phones[1].start_s == pytest.approx(0.5)
    first = round(part.phones[1].start_s * rate_hz)
    silence = part.audio.samples[round(part.phones[0].end_s * rate_hz) + 2 : first - 2]
    assert not silence.any() and np.abs(part.audio.samples[first : first + 200]).max() > 0.05


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_a_sound_is_heard_until_it_dies_away(rate_hz):
    samples = np.concatenate([spoken(rate_hz).audio.samples] * 10)
    assert heard_until_s(samples, rate_hz, 20.7 + 1.3, 22.9) == pytest.approx(22.5, abs=0.02)
    assert heard_until_s(samples, rate_hz, 20.7 + 1.3, 22.2) == 22.2


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_speech_comes_to_its_level_and_its_peaks_stay_below(rate_hz):
    samples = spoken(rate_hz).audio.samples
    assert speech_level_dbfs(levelled(samples, rate_hz, -20.0, 0.89), rate_hz) == pytest.approx(-20.0, abs=0.1)
    assert true_peak_dbtp(levelled(samples, rate_hz, -10.0, 0.89, np.array([0.0, 12.0]))) <= -1.0
