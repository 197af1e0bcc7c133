"""Prosody at the three points where Kokoro is open: how long tokens last, the pitch curve, the energy curve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from generators.voice.frontend.g2p import PUNCTUATION
from generators.voice.kokoro.graph import CURVE_RATE_HZ
from generators.voice.kokoro.tokens import TokenisedChunk
from generators.voice.prosody.prosody import COLUMNS

CROSSING_S = 0.2  # prosody changes from word to word over this time
TREMOR_HZ = 5.5
_VOWELS = frozenset("aɑɐɒæəɘɛɜɝeɪiɨoɔuʊʌAIOWYᵊᵻɚɯøœy")
_STRESSED_WITHIN = 3  # so many tokens behind a stress mark its vowel is looked for
_ACCENT_S = 0.14  # an accent rises and falls over this time
_FINAL_S = 0.35  # over this time the melody turns at the end of a phrase
_FINAL_POWER = 1.5


@dataclass(frozen=True)
class TokenRoles:
    """What tokens are, each (n_tokens + 2,) with the start and end mark: a `vowel`, the vowel of a `stressed`
    syllable, part of the `final` syllable of a phrase (all 0 or 1), and the number of the `phrase` it belongs to,
    −1 for marks and punctuation."""

    vowel: np.ndarray
    stressed: np.ndarray
    final: np.ndarray
    phrase: np.ndarray

    @classmethod
    def of(cls, tokens: str) -> TokenRoles:
        """The roles of Kokoro's tokens, one character each; the start and end mark are added here."""
        vowel = np.array([0, *(token in _VOWELS for token in tokens), 0], float)
        stressed, final = np.zeros(len(vowel)), np.zeros(len(vowel))
        phrase = np.full(len(vowel), -1)
        for i, token in enumerate(tokens):
            if token == "ˈ":
                ahead = [j + 1 for j in range(i + 1, min(i + 1 + _STRESSED_WITHIN, len(tokens))) if vowel[j + 1]]
                stressed[ahead[:1]] = 1
        number, start = 0, 0
        for i in range(len(tokens) + 1):
            if i == len(tokens) or tokens[i] in PUNCTUATION:
                vowels = [j for j in range(start + 1, i + 1) if vowel[j]]
                if vowels:
                    phrase[start + 1 : i + 1] = number
                    final[vowels[-1] : i + 1] = 1
                    number += 1
                start = i + 1
        return cls(vowel, stressed, final, phrase)


def per_token(chunk: TokenisedChunk, settings: np.ndarray) -> np.ndarray:
    """Rows of words spread over tokens, (n_tokens + 2, N_COLUMNS): marks and spaces go with the word before."""
    owner = np.searchsorted(chunk.word_starts, np.arange(len(chunk.tokens)), side="right") - 1
    return settings[np.concatenate([[0], owner, [len(chunk.words) - 1]])]


def token_rates(roles: TokenRoles, rows: np.ndarray) -> np.ndarray:
    """By how much each token is quicker than the model would have it, (n_tokens + 2,)."""
    slower = (
        roles.vowel * np.log(rows[:, COLUMNS["vowel_lengthening"]])
        + roles.final * np.log(rows[:, COLUMNS["final_lengthening"]])
        + roles.stressed * np.log(rows[:, COLUMNS["accent_lengthening"]])
    )
    return rows[:, COLUMNS["rate"]] * np.exp(-slower)


def whole_units(raw: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """Units per token (n,) at these rates: the model's own rounding, then what rounding loses is carried on."""
    plain = np.maximum(np.round(raw), 1)
    units, carry = np.empty_like(plain), 0.0
    for i, wanted in enumerate(plain / rate):
        units[i] = max(1.0, np.round(wanted + carry))
        carry += wanted - units[i]
    return units


def over_frames(rows: np.ndarray, units: np.ndarray) -> np.ndarray:
    """Per-token rows as curves (2 Σ units, columns) that cross smoothly; constant ones stay exactly as they are."""
    curves = np.repeat(rows, 2 * units.astype(int), axis=0)
    changing = np.ptp(curves, axis=0) > 0
    for column in np.nonzero(changing)[0]:
        curves[:, column] = _smooth(curves[:, column], CROSSING_S)
    return curves


def melody_semitones(roles: TokenRoles, units: np.ndarray, curves: np.ndarray) -> np.ndarray:
    """How far the pitch moves at every frame, (2 Σ units,): level, accents, ends of phrases, declination, tremor."""
    frames = 2 * units.astype(int)
    value = {name: curves[:, column] for name, column in COLUMNS.items()}
    semitones = value["pitch_semitones"].copy()
    if value["accent_semitones"].any():
        semitones += value["accent_semitones"] * _smooth(np.repeat(roles.stressed, frames), _ACCENT_S, mode="constant")
    if value["final_semitones"].any() or value["declination_semitones"].any():
        place, to_go_s = _in_phrase(np.repeat(roles.phrase, frames))
        ending = np.clip(1 - to_go_s / _FINAL_S, 0, 1) ** _FINAL_POWER
        semitones += value["final_semitones"] * ending + value["declination_semitones"] * (0.5 - place)
    if value["tremor_semitones"].any():
        time_s = np.arange(len(curves)) / CURVE_RATE_HZ
        semitones += value["tremor_semitones"] * np.sin(2 * np.pi * TREMOR_HZ * time_s + np.sin(3 * time_s))
    return semitones


def steered_pitch(pitch_hz: np.ndarray, semitones: np.ndarray, scale: np.ndarray, mean_hz: float) -> np.ndarray:
    """Pitch moved by `semitones` and its distance from `mean_hz` scaled, where there is voice; all (n,)."""
    voiced = np.clip((pitch_hz - 30.0) / 40.0, 0.0, 1.0)  # below, the curve only says "no voice"
    octaves = np.log2(np.maximum(pitch_hz, 1.0) / mean_hz)
    moved = semitones / 12 + (scale - 1) * np.clip(octaves, -1.2, 1.2)
    return np.where(voiced > 0, np.minimum(pitch_hz * 2 ** (voiced * moved), 700.0), pitch_hz).astype(np.float32)


def steered_energy(energy: np.ndarray, contrast: np.ndarray) -> np.ndarray:
    """The energy curve with what is soft brought nearer to what is loud, or farther from it; both (n,)."""
    if (contrast == 1).all():
        return energy
    loud = np.percentile(energy, 90)
    return (loud + (energy - loud) * contrast).astype(np.float32)


def _in_phrase(phrase: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each frame lies in its phrase, 0..1, and how many seconds are left of it."""
    place, to_go_s = np.full(len(phrase), 0.5), np.full(len(phrase), np.inf)
    for number in range(phrase.max() + 1):
        (own,) = np.nonzero(phrase == number)
        first, last = own[0], own[-1] + 1
        place[first:last] = (np.arange(first, last) - first) / max(1, last - first)
        to_go_s[first:last] = (last - np.arange(first, last)) / CURVE_RATE_HZ
        following = np.nonzero(phrase[last:] >= 0)[0]
        end = last + (following[0] if len(following) else len(phrase) - last)
        place[last:end], to_go_s[last:end] = 1.0, 0.0  # a pause stays where its phrase ended
    if phrase.max() >= 0:
        place[: np.nonzero(phrase >= 0)[0][0]] = 0.0
    return place, to_go_s


def _smooth(values: np.ndarray, width_s: float, mode: Literal["edge", "constant"] = "edge") -> np.ndarray:
    n = int(width_s * CURVE_RATE_HZ) | 1
    window = np.hanning(n + 2)[1:-1]
    padded = np.pad(values, n // 2, mode=mode)
    return np.convolve(padded, window / window.sum(), mode="valid")
