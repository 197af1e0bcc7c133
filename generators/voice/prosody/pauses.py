"""Pauses of spoken chunks: those inside them, and what stands before and behind them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from emotion_embed.signals.audio import Audio
from generators.contracts import Phone, Speech
from generators.voice.frontend.phrasing import Gaps
from generators.voice.prosody import dsp

_GAP_S = 0.05  # a shorter gap between sounds is not heard as a pause
_SHORTEST_S = 0.02  # of a phone
_LAG_S = 0.09  # so far the times of phones may lie from what is heard, and a stop is silent


def retimed(speech: Speech, audio: Audio, heard: Callable[[float], float | np.ndarray]) -> Speech:
    """`audio` with the phones and words of `speech` at the times that `heard` gives for theirs, in seconds."""

    def at(item: Any) -> Any:
        return replace(item, start_s=float(heard(item.start_s)), end_s=float(heard(item.end_s)))

    return Speech(audio, tuple(map(at, speech.phones)), tuple(map(at, speech.words)))


def trimmed(speech: Speech, lead_s: float, tail_s: float) -> Speech:
    """The model's own silence cut off, but for so much before the first phone and behind the last."""
    audio, rate_hz = speech.audio, speech.audio.sample_rate_hz
    first = max(0, round((speech.phones[0].start_s - lead_s) * rate_hz))
    last = round((speech.phones[-1].end_s + tail_s) * rate_hz)
    spoken = Audio(dsp.faded(audio.samples[first:last], rate_hz), rate_hz)
    return retimed(speech, spoken, lambda time_s: max(0.0, time_s - first / rate_hz))


def spaced(speech: Speech, gaps: Gaps, settings: np.ndarray) -> Speech:
    """The chunk with its silences as `gaps` say, `settings` (n_words, N_COLUMNS), and room tone in it all."""
    if gaps.before_s is not None:
        speech = _with_exact_lead(speech, gaps.before_s)
    tail_s = gaps.tail_s(settings[-1])
    speech = _with_exact_tail(speech, tail_s) if gaps.is_exact else _with_tail(speech, tail_s)
    audio = speech.audio
    return replace(speech, audio=Audio(dsp.with_room_tone(audio.samples, audio.sample_rate_hz), audio.sample_rate_hz))


def _with_tail(speech: Speech, tail_s: float) -> Speech:
    """Silence after the chunk, so that it ends at least `tail_s` behind its last phone."""
    audio, rate_hz = speech.audio, speech.audio.sample_rate_hz
    silence_s = max(0.0, tail_s - (audio.duration_s - speech.phones[-1].end_s))
    silence = np.zeros(round(silence_s * rate_hz), np.float32)
    return replace(speech, audio=Audio(np.concatenate([dsp.faded(audio.samples, rate_hz), silence]), rate_hz))


def _with_exact_tail(speech: Speech, tail_s: float) -> Speech:
    """The chunk with silence of exactly so long behind the last that is heard of it."""
    audio, rate_hz, last = speech.audio, speech.audio.sample_rate_hz, speech.words[-1]
    start_s = max(last.start_s + _SHORTEST_S, last.end_s - _LAG_S)
    end_s, _ = dsp.quiet_span_s(audio.samples, rate_hz, start_s, audio.duration_s) or (last.end_s, 0.0)
    samples = dsp.with_silence(audio.samples, rate_hz, end_s, audio.duration_s, tail_s)
    return _timed(speech, Audio(samples, rate_hz), _ending(speech.phones, end_s))


def _with_exact_lead(speech: Speech, lead_s: float) -> Speech:
    """The chunk with silence of exactly so long before the first that is heard of it."""
    audio, rate_hz, first = speech.audio, speech.audio.sample_rate_hz, speech.words[0]
    end_s = min(first.end_s - _SHORTEST_S, first.start_s + _LAG_S)
    _, start_s = dsp.quiet_span_s(audio.samples, rate_hz, 0.0, end_s) or (0.0, first.start_s)
    samples = dsp.with_silence(audio.samples, rate_hz, 0.0, start_s, lead_s)
    phones = [_later(phone, lead_s - start_s) for phone in speech.phones]
    return _timed(speech, Audio(samples, rate_hz), _beginning(phones, lead_s))


def _later(phone: Phone, by_s: float) -> Phone:
    return replace(phone, start_s=phone.start_s + by_s, end_s=phone.end_s + by_s)


def _ending(phones: Sequence[Phone], end_s: float) -> list[Phone]:
    """The phones with the last of them ending at a time, and those before it no later than it begins."""
    fitted: list[Phone] = []
    for phone in reversed(phones):
        last_s = min(phone.end_s, end_s) if fitted else end_s
        end_s = min(phone.start_s, last_s - _SHORTEST_S)
        fitted.append(replace(phone, start_s=end_s, end_s=last_s))
    return fitted[::-1]


def _beginning(phones: Sequence[Phone], start_s: float) -> list[Phone]:
    """The phones with the first of them beginning at a time, and those behind it no sooner than it ends."""
    fitted: list[Phone] = []
    for phone in phones:
        first_s = max(phone.start_s, start_s) if fitted else start_s
        start_s = max(phone.end_s, first_s + _SHORTEST_S)
        fitted.append(replace(phone, start_s=first_s, end_s=start_s))
    return fitted


def _timed(speech: Speech, audio: Audio, phones: Sequence[Phone]) -> Speech:
    """The same words in other sound, from their first phone to their last."""
    starts_s = {phone.word_index: phone.start_s for phone in reversed(phones)}
    ends_s = {phone.word_index: phone.end_s for phone in phones}
    words = (replace(word, start_s=starts_s[i], end_s=ends_s[i]) for i, word in enumerate(speech.words))
    return Speech(audio, tuple(phones), tuple(words))


def with_inner_pauses(speech: Speech, scales: np.ndarray) -> Speech:
    """Pauses between phones made longer or shorter, each by the scale of the phone before it, (n_phones,)."""
    samples, rate_hz, phones = speech.audio.samples, speech.audio.sample_rate_hz, speech.phones
    borders_s, grown_s = [0.0], [0.0]
    for i in range(len(phones) - 1):
        start_s, end_s = phones[i].end_s, phones[i + 1].start_s
        if scales[i] != 1 and end_s - start_s > _GAP_S:
            span = (start_s + grown_s[-1], end_s + grown_s[-1])
            samples, more_s = dsp.stretch_pause(samples, rate_hz, *span, scales[i])
            borders_s.append(end_s)
            grown_s.append(grown_s[-1] + more_s)
    later = lambda s: s + grown_s[int(np.searchsorted(borders_s, s, side="right")) - 1]  # noqa: E731
    return retimed(speech, Audio(samples, rate_hz), later)
