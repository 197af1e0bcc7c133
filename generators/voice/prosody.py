"""How a feeling sounds: speed, pitch, melody, loudness and pauses.

Directions follow the reviews of Scherer (2003) and Juslin & Laukka (2003) on vocal expression; sizes are kept
within what a listener still takes for the same calm speaker's own voice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, fields

import numpy as np

from checkpoints.errors import BadInput
from emotion_embed.state import EmotionState


@dataclass(frozen=True)
class Prosody:
    """How something is said, against the voice's own way.

    `rate` 0.5..2 (speed), `pitch_semitones` −12..12 (level), `pitch_range` 0..2 (how far the melody strays from
    its mean), `energy_db` −12..12 (loudness and vocal effort), `pause_scale` 0..3 (length of pauses).
    `accent_semitones` −4..6 (how much higher stressed syllables stand), `final_semitones` −8..8 (where the melody
    goes towards the end of a phrase), `final_lengthening` 0.5..2 (length of a phrase's last syllable), `tremor_semitones`
    0..2 (depth of a trembling of 5 to 6 Hz), `tension_db` −12..12 (level above 1 kHz over that below: pressed and
    bright, or soft and dark), `breath` 0..1 (noise of breath in the voice).
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
    breath: float = 0.0


PLAIN = Prosody()
ProsodyOverText = Prosody | Callable[[int], Prosody] | Sequence[tuple[int, Prosody]]

_LIMITS = (
    Prosody(0.5, -12.0, 0.0, -12.0, 0.0, -4.0, -8.0, 0.5, 0.0, -12.0, 0.0),
    Prosody(2.0, 12.0, 2.0, 12.0, 3.0, 6.0, 8.0, 2.0, 2.0, 12.0, 1.0),
)

# What a full feeling adds to the plain voice; rate, range and pauses as natural logarithms of their factors.
_FULL = {
    #             rate  semitones  range   dB   pauses
    "joy": (0.09, 2.0, 0.30, 2.0, -0.15),
    "sadness": (-0.17, -1.6, -0.42, -3.5, 0.45),
    "anger": (0.08, 0.9, 0.22, 4.0, -0.30),
    "fear": (0.16, 2.4, -0.12, 0.5, -0.10),
    "surprise": (0.02, 2.6, 0.45, 1.5, 0.05),
    "disgust": (-0.12, -1.2, -0.10, 0.5, 0.20),
    "contempt": (-0.10, -0.9, -0.28, -0.5, 0.15),
}


def prosody_for(emotion: EmotionState) -> Prosody:
    """The prosody of a feeling: weights add up linearly, so none is exactly the plain voice."""
    if not emotion.weights:
        return PLAIN
    total = np.zeros(5)
    for name, weight in emotion.weights.items():
        total += weight * np.array(_FULL[name])
    rate, semitones, pitch_range, energy_db, pauses = total
    return Prosody(
        float(np.exp(rate)), float(semitones), float(np.exp(pitch_range)), float(energy_db), float(np.exp(pauses))
    )


def prosody_at(prosody: ProsodyOverText | None, char_offsets: Sequence[int]) -> np.ndarray:
    """The prosody at each character of the text, shape (n, 5) in the order of `Prosody`'s fields, within its limits.

    A sequence of (char_offset, Prosody) holds from its offset on; before the first it is the first one's.
    Raises `BadInput` for values that are not finite and offsets that do not rise.
    """
    if prosody is None:
        rows = [PLAIN] * len(char_offsets)
    elif isinstance(prosody, Prosody):
        rows = [prosody] * len(char_offsets)
    elif callable(prosody):
        rows = [prosody(offset) for offset in char_offsets]
    else:
        rows = _held(prosody, char_offsets)
    values = np.array([astuple(row) for row in rows], float).reshape(-1, len(fields(Prosody)))
    if not np.isfinite(values).all():
        raise BadInput("Rate, pitch, energy and pauses of a voice must be finite numbers.")
    low, high = (np.array(astuple(limit)) for limit in _LIMITS)
    return np.clip(values, low, high)


def _held(stretches: Sequence[tuple[int, Prosody]], char_offsets: Sequence[int]) -> list[Prosody]:
    starts = [start for start, _ in stretches]
    if starts != sorted(starts):
        raise BadInput("The stretches of a voice's prosody must be in the order of the text.")
    if not stretches:
        return [PLAIN] * len(char_offsets)
    at = np.maximum(np.searchsorted(starts, char_offsets, side="right") - 1, 0)
    return [stretches[i][1] for i in at]
