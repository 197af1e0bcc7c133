"""How something is said, apart from the words: speed, melody, loudness, pauses and the timbre of the voice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np

from checkpoints.errors import BadInput
from generators.voice.prosody.spectral_eq import N_BANDS

N_STYLE = 32  # coordinates of a style offset inside Kokoro's style vectors, see `generators.voice.prosody.style_bank`


@dataclass(frozen=True)
class Prosody:
    """How something is said, against the voice's own way; the defaults are the neutral voice.

    Attributes:
        rate: speed, 0.5..2.
        pitch_semitones: level of the melody, −12..12.
        pitch_range: how far the melody strays from its mean, 0..2.
        energy_db: loudness, −12..12.
        pause_scale: length of pauses, 0..3.
        accent_semitones: how much higher stressed syllables stand, −4..6.
        final_semitones: where the melody goes at the end of a phrase, −8..8.
        final_lengthening: length of a phrase's last syllable, 0.5..2.
        tremor_semitones: depth of a trembling of 5 to 6 Hz, 0..2.
        tension_db: level above 1 kHz over that below, −12..12: pressed and bright, or soft and dark.
        aspiration: noise of breath in the voice, 0..1.
        vowel_lengthening: length of vowels against consonants, 0.5..2.
        accent_lengthening: length of stressed vowels, 0.5..2.
        declination_semitones: how much higher a phrase begins than it ends, −8..8.
        energy_contrast: how far soft sounds stay behind loud ones in the model's energy curve, 0.5..2.
        spectrum_db: level of each band of `spectral_eq.BAND_EDGES_HZ`, −15..15.
        style: coordinates in the space of Kokoro's style vectors, −3..3; other voices have no such space.
    """

    rate: float = 1.0
    pitch_semitones: float = 0.0
    pitch_range: float = 1.0
    energy_db: float = 0.0
    pause_scale: float = 1.0
    accent_semitones: float = 0.0
    final_semitones: float = 0.0
    final_lengthening: float = 1.0
    tremor_semitones: float = 0.0
    tension_db: float = 0.0
    aspiration: float = 0.0
    vowel_lengthening: float = 1.0
    accent_lengthening: float = 1.0
    declination_semitones: float = 0.0
    energy_contrast: float = 1.0
    spectrum_db: tuple[float, ...] = (0.0,) * N_BANDS
    style: tuple[float, ...] = (0.0,) * N_STYLE

    def row(self) -> np.ndarray:
        """Every number in the order of `COLUMNS`, `SPECTRUM` and `STYLE`, (N_COLUMNS,)."""
        numbers = [getattr(self, name) for name in COLUMNS]
        row = np.array([*numbers, *self.spectrum_db, *self.style], float)
        if len(row) != N_COLUMNS:
            raise BadInput(f"A prosody has {N_BANDS} bands and {N_STYLE} style coordinates; this one has others.")
        return row

    @classmethod
    def from_row(cls, row: np.ndarray) -> Prosody:
        """The inverse of `row`."""
        values = [float(value) for value in row]
        numbers = dict(zip(COLUMNS, values, strict=False))
        return cls(**numbers, spectrum_db=tuple(values[SPECTRUM]), style=tuple(values[STYLE]))


COLUMNS = {f.name: i for i, f in enumerate(fields(Prosody)) if f.name not in ("spectrum_db", "style")}
SPECTRUM = slice(len(COLUMNS), len(COLUMNS) + N_BANDS)
STYLE = slice(SPECTRUM.stop, SPECTRUM.stop + N_STYLE)
N_COLUMNS = STYLE.stop
FACTORS = tuple(name for name in COLUMNS if getattr(Prosody(), name) == 1.0)  # these multiply; the others are added
# Silence behind a chunk, by the punctuation it ends with.
PAUSES_S = {".": 0.38, "!": 0.38, "?": 0.42, "…": 0.5, ";": 0.28, ":": 0.28, "—": 0.24, ",": 0.16, "": 0.02}
PLAIN = Prosody()
PLAIN_ROW = PLAIN.row()
ProsodyOverText = Prosody | Callable[[int], Prosody] | Sequence[tuple[int, Prosody]]

_LIMITS = {
    "rate": (0.5, 2), "pitch_semitones": (-12, 12), "pitch_range": (0, 2), "energy_db": (-12, 12),
    "pause_scale": (0, 3), "accent_semitones": (-4, 6), "final_semitones": (-8, 8), "final_lengthening": (0.5, 2),
    "tremor_semitones": (0, 2), "tension_db": (-12, 12), "aspiration": (0, 1), "vowel_lengthening": (0.5, 2),
    "accent_lengthening": (0.5, 2), "declination_semitones": (-8, 8), "energy_contrast": (0.5, 2),
}  # fmt: skip
_LOWEST = np.array([*(_LIMITS[name][0] for name in COLUMNS), *[-15.0] * N_BANDS, *[-3.0] * N_STYLE])
_HIGHEST = np.array([*(_LIMITS[name][1] for name in COLUMNS), *[15.0] * N_BANDS, *[3.0] * N_STYLE])


def within_limits(rows: np.ndarray) -> np.ndarray:
    """Rows (n, N_COLUMNS) kept to what a voice can do."""
    return np.clip(rows, _LOWEST, _HIGHEST)


def prosody_at(prosody: ProsodyOverText | None, char_offsets: Sequence[int]) -> np.ndarray:
    """The prosody at each character of the text as rows (n, N_COLUMNS), within its limits.

    A sequence of (char_offset, Prosody) holds from its offset on; before the first it is the first one's.
    Raises `BadInput` for values that are not finite and offsets that do not rise.
    """
    if prosody is None:
        prosodies = [PLAIN] * len(char_offsets)
    elif isinstance(prosody, Prosody):
        prosodies = [prosody] * len(char_offsets)
    elif callable(prosody):
        prosodies = [prosody(offset) for offset in char_offsets]
    else:
        prosodies = _held(prosody, char_offsets)
    rows = np.array([one.row() for one in prosodies], float).reshape(-1, N_COLUMNS)
    if not np.isfinite(rows).all():
        raise BadInput("Rate, pitch, energy and pauses of a voice must be finite numbers.")
    return within_limits(rows)


def _held(stretches: Sequence[tuple[int, Prosody]], char_offsets: Sequence[int]) -> list[Prosody]:
    starts = [start for start, _ in stretches]
    if starts != sorted(starts):
        raise BadInput("The stretches of a voice's prosody must be in the order of the text.")
    if not stretches:
        return [PLAIN] * len(char_offsets)
    at = np.maximum(np.searchsorted(starts, char_offsets, side="right") - 1, 0)
    return [stretches[i][1] for i in at]
