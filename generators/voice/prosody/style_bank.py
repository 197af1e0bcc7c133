"""Two banks of a voice, kept apart: who speaks (`kokoro.identity`), and in which manner (here).

A manner is a direction away from the plain voice: speed, melody, breath and colour that any voice can follow, and
coordinates in the space of Kokoro's styles. The bank holds one manner per code; each code's key says where its feeling
lies: valence, arousal, dominance, and of which basic emotions it is made. A feeling attends over the keys, so that the
fifty-six named ones, of which only some have a code, fall between them, as far from the plain manner, itself a code, as
they are strong. Mixtures and strengths are linear from there on: strength 0 is the plain voice exactly, and a mixture
lies between its parts.

The codes were found by `scripts.research.voice_style`, see the card of `checkpoints/weights/voice_manner`.
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
from generators.voice.prosody.prosody import COLUMNS, FACTORS, N_COLUMNS, PLAIN, PLAIN_ROW, Prosody, within_limits

_MIXTURE_WEIGHT = 1.2  # what a feeling is made of says more than where it lies
_FACTOR_COLUMNS = [COLUMNS[name] for name in FACTORS]


@dataclass(frozen=True)
class MannerBank:
    """`names` of the codes, the first of them neutral, their `keys` (n, 10) by `feeling_key`, and the `codes`
    (n, N_COLUMNS): what each adds to the plain voice at full strength, factors as natural logarithms. `temperature` of
    the attention."""

    names: tuple[str, ...]
    keys: np.ndarray
    codes: np.ndarray
    temperature: float

    @classmethod
    def load(cls) -> MannerBank:
        """The bank that comes with the product."""
        from safetensors.numpy import load_file

        folder = checkpoints.weights_path("voice_manner")
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        weights = load_file(folder / "model.safetensors")
        return cls(tuple(config["names"]), weights["keys"], weights["codes"].astype(float), config["temperature"])

    def attention(self, feeling: str) -> np.ndarray:
        """How much of each code a feeling of the taxonomy takes, (n,), summing to 1."""
        if feeling in self.names:
            return np.eye(len(self.names))[self.names.index(feeling)]
        distance = np.square(self.keys[1:] - feeling_key(feeling)).sum(1)
        strength = min(1.0, sum(taxonomy.mixture(feeling).values()))
        return np.array([1 - strength, *(strength * softmax(-distance / self.temperature))])

    def manner(self, feelings: Mapping[str, float]) -> np.ndarray:
        """The manner of feelings with their strengths, (N_COLUMNS,), factors as natural logarithms."""
        manner = np.zeros(N_COLUMNS)
        for feeling, strength in feelings.items():
            manner += strength * (self.attention(feeling) @ self.codes)
        return manner


def feeling_key(feeling: str) -> np.ndarray:
    """Where a feeling of the taxonomy lies, (10,): valence, arousal, dominance, and the direction of its mixture."""
    mixture = taxonomy.mixture(feeling)
    parts = np.array([mixture.get(name, 0.0) for name in taxonomy.BASIC[1:]])
    return np.concatenate([taxonomy.FEELINGS[feeling].vad, _MIXTURE_WEIGHT * parts / max(parts.sum(), 0.3)])


@lru_cache(maxsize=1)
def load_manner_bank() -> MannerBank:
    """The bank, loaded once per process."""
    return MannerBank.load()


def prosody_for(emotion: EmotionState) -> Prosody:
    """How a feeling is said; no feeling is exactly the plain voice."""
    feelings = emotion.named or emotion.weights
    if not any(feelings.values()):
        return PLAIN
    return with_manner(PLAIN, load_manner_bank().manner(feelings))


def with_manner(prosody: Prosody, manner: np.ndarray) -> Prosody:
    """`prosody` with a manner (N_COLUMNS,) on top: factors multiply, everything else adds."""
    row = prosody.row()
    changed = row + manner
    changed[_FACTOR_COLUMNS] = row[_FACTOR_COLUMNS] * np.exp(manner[_FACTOR_COLUMNS])
    return Prosody.from_row(within_limits(changed))


assert (PLAIN_ROW[_FACTOR_COLUMNS] == 1).all()
