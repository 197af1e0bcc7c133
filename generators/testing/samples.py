"""What generators are tested with: speech, feelings and motion without any model."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from emotion_embed.signals.audio import Audio
from emotion_embed.state import parse_emotion
from emotion_embed.track import EmotionKey, EmotionTrack
from generators.contracts import ARKIT_CHANNELS, CHANNEL_INDEX, Motion, Phone, PlacedSpeech, Speech, Word


def sample_speech() -> list[Speech]:
    """Three parts of noise in the rhythm of syllables, with words and phones: 0.61, 1.3 and 2.2 s."""
    return [noise(seconds) for seconds in (0.61, 1.3, 2.2)]


def sample_track() -> EmotionTrack:
    """Joy that turns to sadness after a second."""
    return EmotionTrack((EmotionKey(0.0, parse_emotion("joy:0.8")), EmotionKey(1.0, parse_emotion("sadness:0.7"))))


def sample_motion(part: PlacedSpeech, fps: float) -> Motion:
    """A jaw that goes up and down beside a part of speech, on a head that sways."""
    times_s = np.array(part.frames(fps)) / fps
    shapes = np.zeros((len(times_s), len(ARKIT_CHANNELS)), np.float32)
    shapes[:, CHANNEL_INDEX["jawOpen"]] = 0.2 - 0.2 * np.cos(2 * np.pi * 4 * times_s)
    turn = np.stack([4 * np.sin(2 * np.pi * 0.5 * times_s), *[np.zeros(len(times_s))] * 2], 1)
    return Motion(fps, shapes, turn, np.zeros_like(turn), np.full(len(times_s), 0.5, np.float32))


def n_values_in(thing: Any, known: set[int] | None = None) -> int:
    """How many numbers and other single values an object holds, however deep."""
    known = set() if known is None else known
    if id(thing) in known or isinstance(thing, (type, ModuleType, FunctionType)):
        return 0
    known.add(id(thing))
    if isinstance(thing, np.ndarray):
        return thing.size
    inside: list[Any] = list(vars(thing).values()) if hasattr(thing, "__dict__") else []
    inside += [getattr(thing, name, None) for name in getattr(type(thing), "__slots__", ())]
    if isinstance(thing, Mapping):
        inside += [*thing, *thing.values()]
    elif isinstance(thing, (list, tuple, set, frozenset, deque)):
        inside += list(thing)
    return 1 + sum(n_values_in(item, known) for item in inside)


def noise(duration_s: float, rate_hz: int = 16_000, level: float = 0.2) -> Speech:
    """Noise that swells four times a second, each swell a word of m and ɑ; a `level` of 0 is silence without words."""
    n_samples = round(duration_s * rate_hz)
    times_s = np.arange(n_samples) / rate_hz
    swell = np.abs(np.sin(2 * np.pi * 2 * times_s))
    samples = level * swell * np.random.default_rng(0).uniform(-1, 1, n_samples)
    words, phones = [], []
    for i in range(int(duration_s / 0.25) if level else 0):
        start_s, middle_s, end_s = (i * 0.25 + at_s for at_s in (0.02, 0.09, 0.23))
        words.append(Word("ma", start_s, end_s, 3 * i, 3 * i + 2))
        phones += [Phone("m", start_s, middle_s, 0, i), Phone("ɑ", middle_s, end_s, 2, i)]
    return Speech(Audio(samples.astype(np.float32), rate_hz), tuple(phones), tuple(words))


def constant_track(name: str) -> EmotionTrack:
    """One feeling from beginning to end, such as "joy:1"."""
    return EmotionTrack((EmotionKey(0.0, parse_emotion(name)),))
