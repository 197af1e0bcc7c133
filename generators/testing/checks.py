"""What speech and motion must hold whoever made them, and how a promise that is broken is told of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from checkpoints.errors import BadInput
from generators.contracts import ARKIT_CHANNELS, Motion, Phone, Speech, Word

ROUNDING_S = 2e-3  # so far times may disagree


def expect(is_so: Any, sentence: str) -> None:
    """Raise `AssertionError` with a sentence unless something is so."""
    if not is_so:
        raise AssertionError(sentence)


def expect_bad_input(call: Any, sentence: str) -> None:
    """Raise `AssertionError` with a sentence unless `call()` raises `BadInput` with a sentence of its own."""
    try:
        call()
    except BadInput as error:
        expect(len(str(error)) > 10, f"{sentence} It says only “{error}”.")
    else:
        raise AssertionError(sentence)


def check_speech(parts: Sequence[Speech], text: str) -> None:
    """Raise `AssertionError` unless parts of speech hold what `Speech` promises about a text."""
    expect(parts, "There is no speech.")
    expect(len({part.audio.sample_rate_hz for part in parts}) == 1, "The sample rate changes between parts.")
    for part in parts:
        samples = part.audio.samples
        expect(samples.dtype == np.float32 and samples.ndim == 1, "Samples must be float32, one channel.")
        expect(np.isfinite(samples).all() and np.abs(samples).max(initial=0) <= 1, "Samples must lie in −1..1.")
        _check_times(part.words, part.audio.duration_s, "word")
        _check_times(part.phones, part.audio.duration_s, "phone")
        for phone in part.phones:
            word = part.words[phone.word_index]
            inside = word.start_s - ROUNDING_S <= phone.start_s and phone.end_s <= word.end_s + ROUNDING_S
            expect(inside, f"The phone {phone} lies outside its word {word}.")
    words = [word for part in parts for word in part.words]
    expect(words, "There are no words.")
    ends = [0, *(word.char_end for word in words)]
    for end, word in zip(ends, words, strict=False):
        expect(end <= word.char_start < word.char_end <= len(text), f"The offsets of {word} do not follow {end}.")


def _check_times(items: Sequence[Word | Phone], duration_s: float, what: str) -> None:
    """Whether words or phones follow each other inside a sound."""
    last_s = 0.0
    for item in items:
        expect(last_s - ROUNDING_S <= item.start_s <= item.end_s, f"The {what} {item} does not follow {last_s:.3f} s.")
        last_s = item.end_s
    expect(last_s <= duration_s + ROUNDING_S, f"A {what} ends at {last_s:.3f} s, after the sound ({duration_s:.3f} s).")


def check_motion(motion: Motion, n_frames: int, fps: float) -> None:
    """Raise `AssertionError` unless a motion has so many frames, and values in the ranges that `Motion` names."""
    expect(motion.fps == fps, f"It says {motion.fps} frames per second where {fps} are asked for.")
    shapes = {"blendshapes": (n_frames, len(ARKIT_CHANNELS)), "breath": (n_frames,)}
    shapes |= dict.fromkeys(("head_rotation_deg", "head_translation_cm"), (n_frames, 3))
    for name, shape in shapes.items():
        values = getattr(motion, name)
        expect(values.shape == shape, f"{name} is {values.shape}; it must be {shape}.")
        expect(np.isfinite(values).all(), f"{name} holds nan or inf.")
    expect(motion.blendshapes.dtype == np.float32, "blendshapes must be float32.")
    for values in (motion.blendshapes, motion.breath):
        expect(((values >= 0) & (values <= 1)).all(), "blendshapes and breath must lie in 0..1.")
    expect(np.abs(motion.head_rotation_deg).max(initial=0) < 90, "The head turns by 90 degrees or more.")
