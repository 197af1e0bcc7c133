"""What the mouth does for each speech sound: targets on articulatory axes, and how firmly each sound holds them.

The axes are amounts of the ARKit movements they turn into. A sound that does not care about an axis holds it
weakly there, so that its neighbours shape it (a /t/ between two /u/ is rounded, an /h/ takes its vowel's mouth).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from generators.contracts import Phone

AXES = ("jaw", "pucker", "funnel", "spread", "upper", "lower", "tongue")
JAW, PUCKER, FUNNEL, SPREAD, UPPER, LOWER, TONGUE = range(len(AXES))


@dataclass(frozen=True)
class Viseme:
    """Targets on the axes (0..1) and how firmly each is held: `jaw_hold`, `round_hold` (pucker, funnel, spread)
    and `lip_hold` (upper and lower lip). `seal` is "lips" for closed lips, "teeth" for lower lip on upper teeth."""

    targets: tuple[float, ...]
    jaw_hold: float = 1.0
    round_hold: float = 1.0
    lip_hold: float = 1.0
    vowel: bool = False
    seal: str = ""


def _vowel(jaw, pucker=0.0, funnel=0.0, spread=0.0, upper=0.08, lower=0.16, hold=1.0, round_hold=None) -> Viseme:
    round_hold = hold if round_hold is None else round_hold
    return Viseme((jaw, pucker, funnel, spread, upper, lower, 0.0), hold, round_hold, hold, vowel=True)


def _consonant(
    jaw, *, pucker=0.0, funnel=0.0, spread=0.0, upper=0.06, lower=0.15, tongue=0.0, holds, seal=""
) -> Viseme:
    return Viseme((jaw, pucker, funnel, spread, upper, lower, tongue), *holds, seal=seal)


_BILABIAL = _consonant(0.07, upper=0.0, lower=0.0, holds=(0.7, 0.1, 0.9), seal="lips")
_LABIODENTAL = _consonant(0.08, upper=0.2, lower=0.0, holds=(0.9, 0.25, 0.9), seal="teeth")
_DENTAL = _consonant(0.13, spread=0.1, upper=0.1, lower=0.22, tongue=1.0, holds=(0.7, 0.25, 0.7))
_ALVEOLAR = _consonant(0.11, spread=0.08, lower=0.18, holds=(0.55, 0.15, 0.5))
_LATERAL = _consonant(0.18, spread=0.1, lower=0.18, holds=(0.5, 0.15, 0.5))
_SIBILANT = _consonant(0.05, spread=0.22, upper=0.12, lower=0.28, holds=(0.9, 0.4, 0.8))
_POSTALVEOLAR = _consonant(0.06, pucker=0.4, funnel=0.5, upper=0.08, lower=0.1, holds=(0.9, 1.4, 0.8))
_RHOTIC = _consonant(0.13, pucker=0.25, funnel=0.2, upper=0.06, lower=0.1, holds=(0.5, 0.6, 0.5))
_TAP = _consonant(0.14, holds=(0.4, 0.1, 0.4))
_VELAR = _consonant(0.18, holds=(0.3, 0.1, 0.3))
_GLOTTAL = _consonant(0.15, upper=0.05, lower=0.1, holds=(0.12, 0.05, 0.12))
_LABIOVELAR = _consonant(0.07, pucker=1.0, funnel=0.08, upper=0.0, lower=0.0, holds=(1.0, 3.0, 1.0))
_PALATAL = _consonant(0.11, spread=0.35, upper=0.1, lower=0.2, holds=(0.6, 0.6, 0.6))
_NARROW_LIPS = _consonant(0.06, pucker=0.15, upper=0.0, lower=0.0, holds=(0.8, 0.5, 0.9))

VISEMES: dict[str, Viseme] = {
    **dict.fromkeys("ɑ", _vowel(0.46, lower=0.2)),
    **dict.fromkeys("a", _vowel(0.44, spread=0.08, upper=0.1, lower=0.2)),
    **dict.fromkeys("æ", _vowel(0.40, spread=0.25, upper=0.14, lower=0.25)),
    **dict.fromkeys("ʌɐ", _vowel(0.34, spread=0.05, lower=0.18)),
    **dict.fromkeys("əɘ", _vowel(0.20, lower=0.14, hold=0.6)),
    **dict.fromkeys("ɜɝɚɞ", _vowel(0.21, 0.15, 0.2, hold=0.9)),
    **dict.fromkeys("ɛ", _vowel(0.31, spread=0.22, upper=0.12, lower=0.22)),
    **dict.fromkeys("e", _vowel(0.25, spread=0.32, upper=0.12, lower=0.22)),
    **dict.fromkeys("ɪ", _vowel(0.19, spread=0.25, upper=0.1, lower=0.2, hold=0.85)),
    **dict.fromkeys("ɨᵻʏ", _vowel(0.15, spread=0.15, upper=0.08, lower=0.18, hold=0.7)),
    **dict.fromkeys("i", _vowel(0.14, spread=0.5, upper=0.12, lower=0.24)),
    **dict.fromkeys("ɯɤ", _vowel(0.15, spread=0.2)),
    **dict.fromkeys("ɔ", _vowel(0.36, 0.22, 0.32, upper=0.03, lower=0.08)),
    **dict.fromkeys("ɒ", _vowel(0.42, 0.08, 0.18, upper=0.04, lower=0.14)),
    **dict.fromkeys("oɵ", _vowel(0.25, 0.48, 0.36, upper=0.0, lower=0.04, round_hold=1.2)),
    **dict.fromkeys("ʊ", _vowel(0.17, 0.50, 0.22, upper=0.02, lower=0.06, round_hold=1.2)),
    **dict.fromkeys("uʉ", _vowel(0.09, 0.90, 0.18, upper=0.0, lower=0.0, round_hold=1.6)),
    **dict.fromkeys("y", _vowel(0.08, 0.85, 0.18, upper=0.0, lower=0.0, round_hold=1.6)),
    **dict.fromkeys("øœ", _vowel(0.22, 0.55, 0.3, upper=0.02, lower=0.04, round_hold=1.2)),
    **dict.fromkeys("pbmɓ", _BILABIAL),
    **dict.fromkeys("fvɱ", _LABIODENTAL),
    **dict.fromkeys("βɸʋ", _NARROW_LIPS),
    **dict.fromkeys("θð", _DENTAL),
    **dict.fromkeys("tdnɗʈɖɳ", _ALVEOLAR),
    **dict.fromkeys("lɫɭʎɬɺ", _LATERAL),
    **dict.fromkeys("sz", _SIBILANT),
    **dict.fromkeys("ʃʒʧʤɕʑʂʐ", _POSTALVEOLAR),
    **dict.fromkeys("ɹɻ", _RHOTIC),
    **dict.fromkeys("rɾɽ", _TAP),
    **dict.fromkeys("kgɡŋxɣqɢχʁʀɴħʕ", _VELAR),
    **dict.fromkeys("hɦʔ", _GLOTTAL),
    **dict.fromkeys("wʍɥ", _LABIOVELAR),
    **dict.fromkeys("jçʝɲcɟɰ", _PALATAL),
}  # fmt: skip
_WHOLE = {"ts": "s", "dz": "z", "ʦ": "s", "ʣ": "z", "ʨ": "ɕ", "ʥ": "ʑ", "ɝ": "ɜ"}
_LATIN = {"ä": "a", "ö": "ø", "ü": "y"}


def spell(symbol: str) -> list[str]:
    """The base sounds of an IPA symbol in order: "aɪ" → a, ɪ; "tʃ" → t, ʃ; length, stress and diacritics dropped.

    A sound that is in no table counts as the nearest plain one: an unknown letter as /t/, which shapes the
    mouth least; a symbol with no letter in it gives an empty list.
    """
    if symbol in _WHOLE:
        return [_WHOLE[symbol]]
    symbol = "".join(_LATIN.get(c, c) for c in unicodedata.normalize("NFC", symbol))
    sounds = []
    for char in unicodedata.normalize("NFD", symbol):
        if char in VISEMES:
            sounds.append(char)
        elif char in _WHOLE:
            sounds.append(_WHOLE[char])
        elif unicodedata.category(char) in ("Ll", "Lu", "Lo"):
            sounds.append(char.lower() if char.lower() in VISEMES else "t")
    return sounds


def is_vowel(symbol: str) -> bool:
    """Whether the symbol's first sound is a vowel."""
    sounds = spell(symbol)
    return bool(sounds) and VISEMES[sounds[0]].vowel


@dataclass(frozen=True)
class Segments:
    """Sounds in time order: `start_s`, `end_s` (m,), `targets` and `holds` (m, axes), `phone` (m,) index of the
    phone each came from, and `vowel`, `lips`, `teeth` (m,) bool."""

    start_s: np.ndarray
    end_s: np.ndarray
    targets: np.ndarray
    holds: np.ndarray
    phone: np.ndarray
    vowel: np.ndarray
    lips: np.ndarray
    teeth: np.ndarray

    def between(self, low_s: float, high_s: float) -> Segments:
        """Those that sound at some time between two moments."""
        kept = (self.end_s > low_s) & (self.start_s < high_s)
        return Segments(*(getattr(self, field.name)[kept] for field in fields(self)))


def segments(phones: Sequence[Phone], offset_s: float = 0.0) -> Segments:
    """Phones as segments, diphthongs and affricates in two; times shifted by `offset_s`."""
    rows, visemes = [], []
    for index, phone in enumerate(phones):
        sounds = spell(phone.symbol)
        edges = np.linspace(phone.start_s, max(phone.end_s, phone.start_s + 1e-3), len(sounds) + 1) + offset_s
        for sound, start_s, end_s in zip(sounds, edges[:-1], edges[1:], strict=True):
            rows.append((start_s, end_s, index))
            visemes.append(VISEMES[sound])
    order = sorted(range(len(rows)), key=lambda i: rows[i][:2])
    rows, visemes = [rows[i] for i in order], [visemes[i] for i in order]
    table = np.array(rows, float).reshape(-1, 3)
    holds = [(v.jaw_hold, *[v.round_hold] * 3, *[v.lip_hold] * 2, 0.5) for v in visemes]
    return Segments(
        table[:, 0],
        table[:, 1],
        np.array([v.targets for v in visemes]).reshape(-1, len(AXES)),
        np.array(holds).reshape(-1, len(AXES)),
        table[:, 2].astype(int),
        np.array([v.vowel for v in visemes], bool),
        np.array([v.seal == "lips" for v in visemes], bool),
        np.array([v.seal == "teeth" for v in visemes], bool),
    )
