"""The bank of feelings: an embedding of what is felt, whoever feels it.

A feeling is a Gaussian in 32 dimensions, from a state or straight from a voice, which is read through a bank of 64
learned codes by attention (vector quantisation with a commitment loss, van den Oord et al. 2017). It was trained so
that the feeling can be read from it and the speaker cannot (gradient reversal, Ganin et al. 2016), so generators can be
conditioned on it without another person's voice or face leaking in. Every code is named after what falls to it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache

import numpy as np

import checkpoints
from emotion_embed import taxonomy
from emotion_embed.softmax import softmax
from emotion_embed.state import EmotionState, Gaussian

DIMENSION = 32
# A state as the bank reads it: its distribution over these, valence, arousal, dominance, and intensity.
_NAMES = tuple(taxonomy.FEELINGS)
_N_INPUTS = len(_NAMES) + 4
_BASIC_COLUMNS = [_NAMES.index(name) for name in taxonomy.BASIC[1:]]
_VAD, _INTENSITY = slice(-4, -1), -1


class EmotionBank:
    """The learned space of feelings."""

    def __init__(self, weights: Mapping[str, np.ndarray], config: Mapping) -> None:
        self._w = {name: np.asarray(value, np.float32) for name, value in weights.items()}
        self._config = config

    @property
    def codes(self) -> np.ndarray:
        """The bank, (64, 32)."""
        return self._w["codes"]

    @property
    def temperature(self) -> float:
        """How broadly the attention reads the codes."""
        return self._config["temperature"]

    def embed(self, state: EmotionState) -> Gaussian:
        """Where a state lies, and how sure that is: mean and log-variance, each (32,)."""
        return self._gaussian("state", self._hidden(state_inputs(state)[None]))

    def embed_voice(self, features: np.ndarray) -> Gaussian:
        """The same for one stretch of voice, from `SpeechReader.projected` features (2066,)."""
        return self._gaussian("voice", np.asarray(features, np.float32)[None])

    def embed_weights(self, weights: np.ndarray) -> np.ndarray:
        """Where mixtures of the basic emotions lie, as the codes are read, (n, 32).

        Args:
            weights: (n, 7) in the order of `taxonomy.BASIC[1:]`, each 0..1; what a row lacks to 1 is neutral.
        """
        weights = np.asarray(weights, np.float32)
        intensity = np.minimum(1.0, weights.sum(1))
        rows = np.zeros((len(weights), _N_INPUTS), np.float32)
        rows[:, _BASIC_COLUMNS] = weights
        rows[:, _NAMES.index("neutral")] = 1 - intensity
        rows[:, _VAD] = weights @ np.array([taxonomy.VAD[name] for name in taxonomy.BASIC[1:]], np.float32)
        rows[:, _INTENSITY] = intensity
        return self.read(self._hidden(rows) @ self._w["state_mean_weight"] + self._w["state_mean_bias"])

    def attention(self, mean: np.ndarray) -> np.ndarray:
        """How much each code is read, (…, 64), summing to 1, for means (…, 32)."""
        distances = np.square(self.codes - mean[..., None, :]).sum(-1)
        return softmax(-distances / self.temperature)

    def read(self, mean: np.ndarray) -> np.ndarray:
        """What generators are conditioned on: the mean of the codes as the attention weighs them, (…, 32)."""
        return self.attention(mean) @ self.codes

    def feelings(self, mean: np.ndarray) -> dict[str, float]:
        """What an embedding stands for, as a distribution over the taxonomy, largest first."""
        p = softmax(self.read(mean) @ self._w["decoder_weight"] + self._w["decoder_bias"])
        return {_NAMES[i]: float(p[i]) for i in np.argsort(-p)}

    def nearest(self, mean: np.ndarray, n: int = 5) -> list[tuple[int, float, str]]:
        """The `n` codes that are read most: number, attention 0..1, and what the code stands for in words."""
        attention = self.attention(mean)
        return [(int(i), float(attention[i]), self._config["code_names"][i]) for i in np.argsort(-attention)[:n]]

    def _hidden(self, rows: np.ndarray) -> np.ndarray:
        return np.tanh(rows @ self._w["state_hidden_weight"] + self._w["state_hidden_bias"])

    def _gaussian(self, path: str, x: np.ndarray) -> Gaussian:
        w = self._w
        mean = x @ w[f"{path}_mean_weight"] + w[f"{path}_mean_bias"]
        log_variance = np.clip(x @ w[f"{path}_log_variance_weight"] + w[f"{path}_log_variance_bias"], -6, 2)
        return Gaussian(mean[0], log_variance[0])


def state_inputs(state: EmotionState) -> np.ndarray:
    """A state as the numbers that the bank reads, (60,): its distribution, vad and intensity.

    A state that was only asked for has no distribution; its mixture is taken, what lacks to 1 being neutral.
    """
    distribution = dict(state.distribution) or _with_neutral(state.mixture)
    row = [distribution.get(name, 0.0) for name in _NAMES]
    return np.array([*row, *state.vad, state.intensity], np.float32)


def input_names() -> tuple[str, ...]:
    """What the numbers of `state_inputs` stand for, as the bank's training needs to know: the feelings come first."""
    return (*_NAMES, "valence", "arousal", "dominance", "intensity")


def _with_neutral(mixture: Mapping[str, float]) -> dict[str, float]:
    return {**mixture, "neutral": mixture.get("neutral", 0.0) + 1 - min(1.0, sum(mixture.values()))}


@lru_cache(maxsize=1)
def load_emotion_bank() -> EmotionBank:
    """The bank with the weights that come with the product; loaded once per process."""
    from safetensors.numpy import load_file

    folder = checkpoints.weights_path("emotion_bank")
    return EmotionBank(
        load_file(folder / "emotion.safetensors"), json.loads((folder / "config.json").read_text("utf-8"))
    )
