"""Pauses of spoken parts: those inside them, and what stands before and behind them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from emotion_embed.audio import Audio
from generators.contracts import Speech
from generators.voice import sound as sounds
from generators.voice.prosody import PAUSES_S

_HEARD_S = 0.05  # a shorter gap between sounds is not heard as a pause


def retimed(speech: Speech, audio: Audio, heard: Callable[[float], float]) -> Speech:
    """`audio` with the phones and words of `speech` at the times that `heard` gives for theirs, in seconds."""

    def at(item: Any) -> Any:
        return replace(item, start_s=float(heard(item.start_s)), end_s=float(heard(item.end_s)))

    return Speech(audio, tuple(map(at, speech.phones)), tuple(map(at, speech.words)))


def trimmed(speech: Speech, lead_s: float, tail_s: float) -> Speech:
    """The model's own silence cut off, but for so much before the first phone and behind the last."""
    audio, rate_hz = speech.audio, speech.audio.sample_rate_hz
    first = max(0, round((speech.phones[0].start_s - lead_s) * rate_hz))
    last = round((speech.phones[-1].end_s + tail_s) * rate_hz)
    spoken = Audio(sounds.faded(audio.samples[first:last], rate_hz), rate_hz)
    return retimed(speech, spoken, lambda time_s: max(0.0, time_s - first / rate_hz))


def with_pause(speech: Speech, mark: str, scale: float, lead_s: float) -> Speech:
    """The natural pause behind a part that ends with `mark`, times `scale`, less what stands there already.

    `lead_s` stands before the part that follows: together they are one pause to the ear.
    """
    audio, rate_hz = speech.audio, speech.audio.sample_rate_hz
    pause_s = (PAUSES_S.get(mark, PAUSES_S["."]) + lead_s) * scale - lead_s
    silence_s = max(0.0, pause_s - (audio.duration_s - speech.phones[-1].end_s))
    silence = np.zeros(round(silence_s * rate_hz), np.float32)
    return replace(speech, audio=Audio(np.concatenate([sounds.faded(audio.samples, rate_hz), silence]), rate_hz))


def with_inner_pauses(speech: Speech, scales: np.ndarray) -> Speech:
    """Pauses between phones made longer or shorter, each by the scale of the phone before it, (n_phones,)."""
    samples, rate_hz, phones = speech.audio.samples, speech.audio.sample_rate_hz, speech.phones
    borders_s, grown_s = [0.0], [0.0]
    for i in range(len(phones) - 1):
        start_s, end_s = phones[i].end_s, phones[i + 1].start_s
        if scales[i] != 1 and end_s - start_s > _HEARD_S:
            span = (start_s + grown_s[-1], end_s + grown_s[-1])
            samples, more_s = sounds.stretch_pause(samples, rate_hz, *span, scales[i])
            borders_s.append(end_s)
            grown_s.append(grown_s[-1] + more_s)
    later = lambda s: s + grown_s[int(np.searchsorted(borders_s, s, side="right")) - 1]  # noqa: E731
    return retimed(speech, Audio(samples, rate_hz), later)
