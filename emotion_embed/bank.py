"""Two banks, kept apart: what is felt, whoever feels it; and who somebody is, whatever they feel.

A feeling is a Gaussian in 32 dimensions, from a state or straight from a voice, which is read through a bank of 64
learned codes by attention (vector quantisation with a commitment loss, van den Oord et al. 2017). It was trained so
that the feeling can be read from it and the speaker cannot (gradient reversal, Ganin et al. 2016), so generators can be
conditioned on it without another person's voice or face leaking in. Every code is named after what falls to it.

An identity is a vector of 40 numbers from a voice, from which the feeling was erased in closed form (LEACE, Belrose et
al. 2023), or the shape of the parts of a face that no expression moves.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np

import checkpoints
from checkpoints.errors import BadInput
from emotion_embed import taxonomy
from emotion_embed.softmax import softmax
from emotion_embed.state import EmotionState, Gaussian

DIMENSION = 32
IDENTITY_DIMENSION = 40
FEELING_NAMES = tuple(taxonomy.FEELINGS)
N_STATE_INPUTS = len(FEELING_NAMES) + 4

# Points of MediaPipe's mesh on bone and gristle: corners of the eyes, bridge and wings of the nose, temples,
# cheekbones, forehead and chin's root. Lips, brows and jaw are left out: they move.
_RIGID_POINTS = (33, 133, 362, 263, 168, 6, 197, 195, 5, 4, 98, 327, 127, 356, 234, 454, 10, 67, 297, 109, 338)
_EYE_CORNERS = (0, 3)  # of the list above, the outer ones


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
        return self._gaussian("state", state_inputs(state)[None])

    def embed_states(self, rows: np.ndarray) -> np.ndarray:
        """The means (n, 32) of many states at once, given as rows (n, 60) of `state_inputs`."""
        w = self._w
        hidden = np.tanh(rows @ w["state_hidden_weight"] + w["state_hidden_bias"])
        return hidden @ w["state_mean_weight"] + w["state_mean_bias"]

    def embed_voice(self, features: np.ndarray) -> Gaussian:
        """The same for one stretch of voice, from `SpeechReader.projected` features (2066,)."""
        return self._gaussian("voice", np.asarray(features, np.float32)[None])

    def attention(self, mean: np.ndarray) -> np.ndarray:
        """How much each code is read, (64,), summing to 1."""
        return softmax(-np.square(self.codes - mean).sum(1) / self._config["temperature"])

    def read(self, mean: np.ndarray) -> np.ndarray:
        """What generators are conditioned on: the mean of the codes as the attention weighs them, (32,)."""
        return self.attention(mean) @ self.codes

    def feelings(self, mean: np.ndarray) -> dict[str, float]:
        """What an embedding stands for, as a distribution over the taxonomy, largest first."""
        p = softmax(self.read(mean) @ self._w["decoder_weight"] + self._w["decoder_bias"])
        return {FEELING_NAMES[i]: float(p[i]) for i in np.argsort(-p)}

    def nearest(self, mean: np.ndarray, n: int = 5) -> list[tuple[int, float, str]]:
        """The `n` codes that are read most: number, attention 0..1, and what the code stands for in words."""
        attention = self.attention(mean)
        return [(int(i), float(attention[i]), self._config["code_names"][i]) for i in np.argsort(-attention)[:n]]

    def _gaussian(self, path: str, x: np.ndarray) -> Gaussian:
        w = self._w
        if path == "state":
            x = np.tanh(x @ w["state_hidden_weight"] + w["state_hidden_bias"])
        mean = x @ w[f"{path}_mean_weight"] + w[f"{path}_mean_bias"]
        log_variance = np.clip(x @ w[f"{path}_log_variance_weight"] + w[f"{path}_log_variance_bias"], -6, 2)
        return Gaussian(mean[0], log_variance[0])


class IdentityBank:
    """Voices and portraits by name, told apart by who they are. A file of it is plain safetensors."""

    def __init__(self, weights: Mapping[str, np.ndarray]) -> None:
        self._w = {name: np.asarray(value, np.float32) for name, value in weights.items()}
        self.voices: dict[str, np.ndarray] = {}
        self.portraits: dict[str, np.ndarray] = {}

    def embed_voice(self, features: np.ndarray) -> np.ndarray:
        """Who speaks: pooled features (2066,) of `SpeechFrames.pooled` to a vector (40,) of length 1."""
        x = (np.asarray(features, np.float32) - self._w["mean"]) / self._w["scale"]
        vector = (x @ self._w["projection"] - self._w["centre"]) / self._w["spread"]
        return vector / max(float(np.linalg.norm(vector)), 1e-6)

    def embed_portrait(self, landmarks: np.ndarray) -> np.ndarray:
        """Whose face: 478 landmarks in pixels, (478, 3), to the shape of its rigid points, (63,) of length 1.

        Only broad proportions: it tells two faces from the front apart, not a thousand, and turns of the head blur it.
        """
        points = np.asarray(landmarks, float)[list(_RIGID_POINTS)]
        left, right = points[list(_EYE_CORNERS)]
        across = (right - left) / np.linalg.norm(right - left)
        up = points[_RIGID_POINTS.index(168)] - points[_RIGID_POINTS.index(4)]
        up = up - (up @ across) * across
        up /= np.linalg.norm(up)
        axes = np.stack([across, up, np.cross(across, up)])
        shape = ((points - (left + right) / 2) @ axes.T / np.linalg.norm(right - left)).ravel()
        shape = shape - self._w["mean_face"]
        return (shape / max(float(np.linalg.norm(shape)), 1e-6)).astype(np.float32)

    def add(self, kind: str, name: str, vector: np.ndarray) -> None:
        """Keep a "voice" or "portrait" under a name."""
        length = {"voice": IDENTITY_DIMENSION, "portrait": 3 * len(_RIGID_POINTS)}.get(kind)
        vector = np.asarray(vector, np.float32)
        if length is None or not name or vector.shape != (length,) or not np.isfinite(vector).all():
            raise BadInput(f"“{kind}/{name}” is no voice or portrait with a name and as many numbers as it takes.")
        self._of(kind)[name] = vector

    def nearest(self, kind: str, vector: np.ndarray, n: int = 3) -> list[tuple[str, float]]:
        """The `n` most similar names and their cosine, −1..1."""
        found = [(name, float(kept @ vector)) for name, kept in self._of(kind).items()]
        return sorted(found, key=lambda item: -item[1])[:n]

    def save(self, path: str | Path) -> None:
        """Write the names and vectors (not the recordings or pictures)."""
        from safetensors.numpy import save_file

        save_file({f"{k}/{n}": v for k in ("voice", "portrait") for n, v in self._of(k).items()}, str(path))

    def restore(self, path: str | Path) -> None:
        """Read what `save` wrote; `BadInput` for anything else."""
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        try:
            rows = load_file(str(path))
        except (OSError, SafetensorError) as error:
            raise BadInput(f"{path} is no identity bank: {error}.") from None
        checked = IdentityBank(self._w)  # all or nothing
        for key, vector in rows.items():
            kind, _, name = key.partition("/")
            try:
                checked.add(kind, name, vector)
            except BadInput as error:
                raise BadInput(f"{path} is no identity bank: {error}") from None
        self.voices |= checked.voices
        self.portraits |= checked.portraits

    def _of(self, kind: str) -> dict[str, np.ndarray]:
        return {"voice": self.voices, "portrait": self.portraits}[kind]


def state_inputs(state: EmotionState) -> np.ndarray:
    """A state as the numbers that the bank reads, (60,): its distribution, vad and intensity.

    A state that was only asked for has no distribution; its mixture is taken, what lacks to 1 being neutral.
    """
    distribution = dict(state.distribution) or _with_neutral(state.mixture)
    row = [distribution.get(name, 0.0) for name in FEELING_NAMES]
    return np.array([*row, *state.vad, state.intensity], np.float32)


def _with_neutral(mixture: Mapping[str, float]) -> dict[str, float]:
    return {**mixture, "neutral": mixture.get("neutral", 0.0) + 1 - min(1.0, sum(mixture.values()))}


@lru_cache(maxsize=1)
def load_emotion_bank() -> EmotionBank:
    """The bank with the weights that come with the product; loaded once per process."""
    folder = checkpoints.weights_path("emotion_bank")
    return EmotionBank(
        _tensors(folder / "emotion.safetensors"), json.loads((folder / "config.json").read_text("utf-8"))
    )


def load_identity_bank() -> IdentityBank:
    """An identity bank without names yet."""
    return IdentityBank(_tensors(checkpoints.weights_path("emotion_bank") / "identity.safetensors"))


def _tensors(path: Path) -> dict[str, np.ndarray]:
    from safetensors.numpy import load_file

    return load_file(path)
