"""Style bank: ways of speaking as offsets from the neutral prosody, each with the emotion it belongs to as its key.

An offset holds speed, melody, aspiration and spectral tilt, which any voice can follow, and coordinates in the space of
Kokoro's styles; who speaks is kept apart from it (`kokoro.identity`). An emotion of the taxonomy selects a convex
mixture of the offsets by kernel interpolation: a softmax over the squared distances of its key, which says where it
lies in valence–arousal–dominance and of which basic emotions it is made. Strengths and mixtures are linear from there
on: strength 0 is exactly the neutral prosody, and a mixture lies between its parts.

The offsets were found by `scripts.research.voice_style`, see the card of `checkpoints/weights/voice_manner`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

import checkpoints
from emotion_embed import taxonomy
from emotion_embed.softmax import softmax
from emotion_embed.state import EmotionState
from generators.voice.prosody.prosody import COLUMNS, FACTORS, N_COLUMNS, PLAIN, Prosody, within_limits

# In a key, lengths in valence–arousal–dominance (each −1..1) are set against the direction of the mixture (length about
# 1): which basic emotions it is made of tells more about a voice than where it lies, so that it counts 1.2 times.
_MIXTURE_WEIGHT = 1.2
_LEAST_MIXTURE = 0.3  # a fainter one keeps its faintness instead of being taken for a direction
_FACTOR_COLUMNS = [COLUMNS[name] for name in FACTORS]


@dataclass(frozen=True)
class ProsodyStyleBank:
    """The ways of speaking that were found.

    Attributes:
        names: of the n emotions that have an offset of their own; the first is neutral.
        keys: (n, 10) by `emotion_key`.
        offsets: (n, N_COLUMNS), what each adds to the neutral prosody at full strength, factors as natural logarithms;
            that of neutral is 0.
        temperature: of the softmax, in squared distances of keys.
    """

    names: tuple[str, ...]
    keys: np.ndarray
    offsets: np.ndarray
    temperature: float

    def __post_init__(self) -> None:
        if self.names[0] != "neutral" or self.offsets[0].any():
            raise ValueError("The first style of a bank must be neutral, and change nothing.")

    def mixing_weights(self, emotion: str) -> np.ndarray:
        """How much of each offset an emotion of the taxonomy takes at full strength, (n,), summing to 1."""
        if emotion in self.names:
            return np.eye(len(self.names))[self.names.index(emotion)]
        distances = np.square(self.keys[1:] - emotion_key(emotion)).sum(1)
        strength = min(1.0, sum(taxonomy.mixture(emotion).values()))
        return np.array([1 - strength, *(strength * softmax(-distances / self.temperature))])

    def style_offset(self, mixture: Mapping[str, float]) -> np.ndarray:
        """The speaking style of emotions with their strengths, (N_COLUMNS,), factors as natural logarithms."""
        offset = np.zeros(N_COLUMNS)
        for emotion, strength in mixture.items():
            offset += strength * (self.mixing_weights(emotion) @ self.offsets)
        return offset


def emotion_key(emotion: str) -> np.ndarray:
    """Where an emotion of the taxonomy lies, (10,): valence, arousal, dominance, and the direction of its mixture of
    basic emotions (7,)."""
    mixture = taxonomy.mixture(emotion)
    parts = np.array([mixture.get(name, 0.0) for name in taxonomy.BASIC[1:]])
    direction = parts / max(parts.sum(), _LEAST_MIXTURE)
    return np.concatenate([taxonomy.FEELINGS[emotion].vad, _MIXTURE_WEIGHT * direction])


@lru_cache(maxsize=1)
def load_style_bank() -> ProsodyStyleBank:
    """The bank that comes with the product, loaded once per process."""
    from safetensors.numpy import load_file

    folder = checkpoints.weights_path("voice_manner")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    tensors = load_file(folder / "model.safetensors")
    offsets = tensors["codes"].astype(float)
    return ProsodyStyleBank(tuple(config["names"]), tensors["keys"], offsets, config["temperature"])


def prosody_for(emotion: EmotionState) -> Prosody:
    """How an emotion is said; none at all is exactly the neutral prosody."""
    if not any(emotion.mixture.values()):
        return PLAIN
    return with_style(PLAIN, load_style_bank().style_offset(emotion.mixture))


def with_style(prosody: Prosody, offset: np.ndarray) -> Prosody:
    """`prosody` with a style offset (N_COLUMNS,) on top: factors multiply, everything else adds."""
    row = prosody.row()
    changed = row + offset
    changed[_FACTOR_COLUMNS] = row[_FACTOR_COLUMNS] * np.exp(offset[_FACTOR_COLUMNS])
    return Prosody.from_row(within_limits(changed))
