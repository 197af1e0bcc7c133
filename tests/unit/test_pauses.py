"""Levels, edges and pauses of spoken parts, at the sampling rates of different voices."""

import numpy as np
import pytest

from emotion_embed.signals.audio import Audio
from generators.contracts import Phone, Speech, Word
from generators.voice.frontend.phrasing import Gaps
from generators.voice.prosody.dsp import heard_until_s, levelled, quiet_span_s, speech_level_dbfs
from generators.voice.prosody.loudness import true_peak_dbtp
from generators.voice.prosody.pauses import spaced, trimmed, with_inner_pauses
from generators.voice.prosody.prosody import PAUSES_S, PLAIN_ROW

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
    settings = np.stack([PLAIN_ROW, PLAIN_ROW])
    model = trimmed(spoken(rate_hz), lead_s=0.1, tail_s=0.12)
    part = spaced(model, Gaps(PAUSES_S["."] + 0.1, 0.1), settings)
    assert (part.phones[0].start_s, part.words[1].end_s) == pytest.approx((0.1, 1.5), abs=1e-4)
    assert part.audio.duration_s == pytest.approx(1.5 + PAUSES_S["."], abs=1e-4)
    assert np.abs(part.audio.samples[[0, -1]]).max() < 1e-3
    short = spaced(model, Gaps(PAUSES_S[""] + 0.1, 0.1), settings)
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


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_pauses_that_are_asked_for_are_exact(rate_hz):
    gaps = Gaps(1.2, 0.1, is_exact=True, before_s=0.7)
    model = trimmed(spoken(rate_hz), lead_s=0.1, tail_s=0.12)
    part = spaced(model, gaps, np.stack([PLAIN_ROW, PLAIN_ROW * 2]))
    first, second = part.phones
    assert first.start_s == pytest.approx(0.7, abs=1e-9)
    assert part.audio.duration_s - second.end_s == pytest.approx(1.1, abs=1e-3)
    assert second.start_s - first.end_s == pytest.approx(0.4, abs=0.005)
    assert [(word.start_s, word.end_s) for word in part.words] == [(p.start_s, p.end_s) for p in part.phones]
    heard = np.flatnonzero(np.abs(part.audio.samples) > 0.004) / rate_hz
    assert (heard[0], part.audio.duration_s - heard[-1]) == pytest.approx((0.7, 1.1), abs=0.012)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_no_pause_is_dead_and_the_room_is_hardly_heard(rate_hz):
    part = spaced(trimmed(spoken(rate_hz), lead_s=0.1, tail_s=0.12), Gaps(3.0), np.stack([PLAIN_ROW, PLAIN_ROW]))
    pause = part.audio.samples[round((part.phones[-1].end_s + 0.1) * rate_hz) :].astype(float)
    blocks_db = 10 * np.log10(np.mean(np.square(pause[: len(pause) // 20 * 20].reshape(20, -1)), axis=1))
    assert blocks_db == pytest.approx(-75.0, abs=2.0)
    assert np.abs(np.diff(pause)).max() < 1e-3


def test_a_sound_without_a_pause_is_parted_where_it_is_quietest():
    samples = np.sin(np.arange(24_000) / 10).astype(np.float32)
    samples[10_000:11_000] *= 0.3
    start_s, end_s = quiet_span_s(samples, 24_000, 0.2, 0.8)
    assert 10_000 / 24_000 - 0.005 < start_s < end_s < 11_000 / 24_000 + 0.005
    assert quiet_span_s(samples, 24_000, 0.5, 0.5) is None
