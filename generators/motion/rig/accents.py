"""What the voice does beyond its sounds: phrases and pauses, how loud, how high, and which syllables stand out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from emotion_embed.signals.audio import Audio
from generators.contracts import Phone
from generators.motion.rig.visemes import is_vowel

PHRASE_PAUSE_S = 0.2  # a shorter gap is a held sound, not a pause
LEVEL_RATE_HZ = 100
SILENCE_DB = -80.0
AUDIBLE_DB = 35.0  # under the loud moments: what is softer is no sound of speech
LONGEST_SOUND_S, SHORTEST_SOUND_S = 0.22, 0.08


@dataclass(frozen=True)
class Phrase:
    """A run of sounds without a pause, in seconds; `pause_before_s` is how long it was silent before."""

    start_s: float
    end_s: float
    pause_before_s: float


@dataclass(frozen=True)
class Accent:
    """A syllable that stands out: when its vowel is at its fullest, and how much (about 0.3 weak, 1 strong)."""

    time_s: float
    strength: float


def phrases(phones: Sequence[Phone], offset_s: float, silent_since_s: float) -> list[Phrase]:
    """Phrases among time-ordered phones, times shifted by `offset_s`; before the first it is silent since then."""
    found: list[Phrase] = []
    for phone in phones:
        start_s, end_s = phone.start_s + offset_s, phone.end_s + offset_s
        last_end_s = found[-1].end_s if found else silent_since_s
        if found and start_s - last_end_s < PHRASE_PAUSE_S:
            found[-1] = Phrase(found[-1].start_s, max(end_s, last_end_s), found[-1].pause_before_s)
        else:
            found.append(Phrase(start_s, end_s, max(0.0, start_s - last_end_s)))
    return found


def level_db(audio: Audio) -> np.ndarray:
    """Loudness (n,) in decibels below full scale at `LEVEL_RATE_HZ`, over windows of 30 ms."""
    n = max(1, int(np.ceil(audio.duration_s * LEVEL_RATE_HZ)))
    edges = np.round(np.arange(n + 1) * audio.sample_rate_hz / LEVEL_RATE_HZ).astype(int)
    edges = np.minimum(edges, len(audio.samples))
    hops = np.add.reduceat(np.append(np.square(audio.samples), np.float32(0)), edges[:-1]).astype(float)
    lengths = np.maximum(np.diff(edges), 0).astype(float)
    around = np.ones(3)
    power = np.convolve(hops, around, "same")[:n] / np.maximum(np.convolve(lengths, around, "same")[:n], 1)
    return np.maximum(10 * np.log10(power + 1e-12), SILENCE_DB)


def trim_to_sound(phones: Sequence[Phone], audio: Audio) -> tuple[Phone, ...]:
    """Time-ordered phones, those before a pause ending where their sound does.

    Voices and aligners stretch the last sound of a phrase over the silence that follows it.
    """
    if not phones:
        return ()
    level = level_db(audio)
    heard = np.concatenate([[0], np.cumsum(level > np.percentile(level, 95) - AUDIBLE_DB)])
    starts_s = [*(p.start_s for p in phones[1:]), audio.duration_s]
    trimmed = []
    for phone, next_s in zip(phones, starts_s, strict=True):
        first, last = (min(int(round(t * LEVEL_RATE_HZ)), len(level)) for t in (phone.start_s, phone.end_s))
        if next_s - phone.start_s > LONGEST_SOUND_S and last > first and heard[last] > heard[first]:
            sound_end = int(np.searchsorted(heard, heard[last]))  # frames up to the last one that is heard
            end_s = max(sound_end / LEVEL_RATE_HZ + 0.02, phone.start_s + SHORTEST_SOUND_S)
            phone = replace(phone, end_s=min(phone.end_s, end_s))
        trimmed.append(phone)
    return tuple(trimmed)


def phone_levels_db(phones: Sequence[Phone], audio: Audio) -> np.ndarray:
    """Mean loudness (m,) in decibels of each phone."""
    level = np.concatenate([[0.0], np.cumsum(level_db(audio))])
    edges = np.array([(p.start_s, p.end_s) for p in phones]).reshape(-1, 2) * LEVEL_RATE_HZ
    low = np.clip(np.round(edges[:, 0]), 0, len(level) - 2).astype(int)
    high = np.clip(np.round(edges[:, 1]), low + 1, len(level) - 1).astype(int)
    return (level[high] - level[low]) / (high - low)


def pitch_hz(audio: Audio, time_s: float) -> float:
    """Pitch of the voice around a moment by autocorrelation, 0 where there is none."""
    step = max(1, audio.sample_rate_hz // 8000)
    rate_hz = audio.sample_rate_hz / step
    start = max(0, int((time_s - 0.025) * audio.sample_rate_hz))
    frame = audio.samples[start : start + int(0.05 * audio.sample_rate_hz) : step].astype(float)
    longest, shortest = int(rate_hz / 65), int(rate_hz / 450)
    if len(frame) < 2 * longest:
        return 0.0
    frame = frame - frame.mean()
    spectrum = np.fft.rfft(frame * np.hanning(len(frame)), 2 * len(frame))
    similarity = np.fft.irfft(np.abs(spectrum) ** 2)[: longest + 1]
    similarity = (
        similarity
        / (np.correlate(np.hanning(len(frame)), np.hanning(len(frame)), "full")[len(frame) - 1 :])[: longest + 1]
    )
    lag = shortest + int(np.argmax(similarity[shortest:]))
    return rate_hz / lag if similarity[lag] > 0.4 * max(similarity[0], 1e-9) else 0.0


def accents(phones: Sequence[Phone], audio: Audio, offset_s: float, least_gap_s: float = 0.32) -> list[Accent]:
    """The syllables that stand out by stress, loudness and pitch, at least `least_gap_s` apart, in time order."""
    stressed = any(p.stress for p in phones)
    vowels = [p for p in phones if is_vowel(p.symbol) and (p.stress or not stressed)]
    if not vowels:
        return []
    middle_s = np.array([0.5 * (p.start_s + p.end_s) for p in vowels])
    loud = phone_levels_db(vowels, audio)
    high = np.log2([max(pitch_hz(audio, t), 1.0) for t in middle_s])
    high = np.where(high > 0, high, np.median(high[high > 0]) if (high > 0).any() else 0.0)
    stress = np.array([{2: 0.2, 1: 0.0}.get(p.stress, -0.1) for p in vowels])
    rise = (loud - np.median(loud)) / 6 + 2.5 * (high - np.median(high))
    strength = np.clip(0.5 + stress + 0.35 * rise, 0.1, 1.2)
    chosen: list[int] = []
    for i in np.argsort(-strength, kind="stable"):
        if strength[i] > 0.35 and all(abs(middle_s[i] - middle_s[j]) >= least_gap_s for j in chosen):
            chosen.append(int(i))
    return [Accent(float(middle_s[i] + offset_s), float(strength[i])) for i in sorted(chosen)]
