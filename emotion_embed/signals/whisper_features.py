"""The inner layers of Whisper's encoder, where the manner of speaking still stands beside the words.

faster-whisper hands out the last layer only, padded to 30 s, and there the words have pushed the tone of voice aside.
So the encoder is computed here, in NumPy, from the same file of weights, as far up as it is needed and for as long as
the sound lasts. Source: Radford et al. 2022, "Robust Speech Recognition via Large-Scale Weak Supervision".
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from functools import lru_cache
from typing import BinaryIO

import numpy as np

import checkpoints
from checkpoints.errors import Missing

RATE_HZ = 16_000
FRAME_RATE_HZ = 50
N_MELS = 80
LONGEST_S = 30.0
_HEAD_WIDTH = 64  # in every Whisper
_NUMBER_TYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}  # CTranslate2's codes


class WhisperEncoder:
    """Whisper's encoder, layer by layer."""

    def __init__(self, weights: Mapping[str, np.ndarray], n_layers: int) -> None:
        self._weights = {name: np.ascontiguousarray(value, np.float32) for name, value in weights.items()}
        self.n_layers = n_layers

    @classmethod
    def load(cls, n_layers: int, model: str = "whisper-base") -> WhisperEncoder:
        """The first `n_layers` layers from the file that the transcript's Whisper is loaded from."""
        return _load(n_layers, model)

    def layers(self, samples: np.ndarray) -> np.ndarray:
        """States after the convolutions and after each layer, (n_layers + 1, frames, width) float32 at 50 Hz.

        `samples` (n,) float32 in −1..1 at 16 kHz, at most 30 s of them.
        """
        x = self._convolved(log_mel(samples))
        states = [x]
        for i in range(self.n_layers):
            x = self._feed_forward(self._attended(x, f"layer_{i}/"), f"layer_{i}/")
            states.append(x)
        return np.stack(states)

    def _convolved(self, mel: np.ndarray) -> np.ndarray:
        w = self._weights
        x = _gelu(_convolve(mel, w["conv1/weight"], 1) + w["conv1/bias"])
        x = _gelu(_convolve(x, w["conv2/weight"], 2) + w["conv2/bias"])
        return x + w["position_encodings/encodings"][: len(x)]

    def _attended(self, x: np.ndarray, at: str) -> np.ndarray:
        w, at = self._weights, at + "self_attention/"
        mixed = self._normed(x, at) @ w[at + "linear_0/weight"].T + w[at + "linear_0/bias"]
        query, key, value = np.split(mixed.reshape(len(x), -1, _HEAD_WIDTH).transpose(1, 0, 2), 3)
        scores = query @ key.transpose(0, 2, 1) * np.float32(query.shape[-1] ** -0.5)
        scores -= scores.max(-1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(-1, keepdims=True)
        heard = (scores @ value).transpose(1, 0, 2).reshape(x.shape)
        return x + heard @ w[at + "linear_1/weight"].T + w[at + "linear_1/bias"]

    def _feed_forward(self, x: np.ndarray, at: str) -> np.ndarray:
        w, at = self._weights, at + "ffn/"
        inner = _gelu(self._normed(x, at) @ w[at + "linear_0/weight"].T + w[at + "linear_0/bias"])
        return x + inner @ w[at + "linear_1/weight"].T + w[at + "linear_1/bias"]

    def _normed(self, x: np.ndarray, at: str) -> np.ndarray:
        centred = x - x.mean(-1, keepdims=True)
        scale = 1 / np.sqrt(np.square(centred).mean(-1, keepdims=True) + 1e-5)
        return centred * scale * self._weights[at + "layer_norm/gamma"] + self._weights[at + "layer_norm/beta"]


def log_mel(samples: np.ndarray) -> np.ndarray:
    """Whisper's log-mel spectrum, (2 × frames, 80) float32, an even number of rows at 100 Hz."""
    features = _mel_extractor()(np.asarray(samples, np.float32), padding=0)
    rows = min(features.shape[1] // 2 * 2, int(LONGEST_S * 100))
    return np.ascontiguousarray(features[:, :rows].T)


@lru_cache(maxsize=1)
def _mel_extractor() -> object:
    from faster_whisper.feature_extractor import FeatureExtractor

    return FeatureExtractor(feature_size=N_MELS, sampling_rate=RATE_HZ)


@lru_cache(maxsize=2)
def _load(n_layers: int, model: str) -> WhisperEncoder:
    prefix = "encoder/"
    wanted = ("conv1", "conv2", "position_encodings", *(f"layer_{i}/" for i in range(n_layers)))
    with open(checkpoints.path(model) / "model.bin", "rb") as file:
        weights = {
            name.removeprefix(prefix): value
            for name, value in _read_variables(file)
            if name.startswith(prefix) and name.removeprefix(prefix).startswith(wanted)
        }
    if "position_encodings/encodings" not in weights:
        raise Missing(f"The weights of {model} are not Whisper's: run `mien checkpoints pull {model}`.")
    return WhisperEncoder(weights, n_layers)


def _read_variables(file: BinaryIO) -> list[tuple[str, np.ndarray]]:
    """Names and arrays of a CTranslate2 model file (binary version 6); the encoder's come first."""

    def number(form: str) -> int:
        return struct.unpack("<" + form, file.read(struct.calcsize(form)))[0]

    def text() -> str:
        return file.read(number("H"))[:-1].decode()

    number("I"), text(), number("I")  # version, kind of model, revision
    variables = []
    for _ in range(number("I")):
        name = text()
        shape = [number("I") for _ in range(number("B"))]
        kind, n_bytes = number("B"), number("I")
        if name.startswith("encoder/"):
            variables.append((name, np.frombuffer(file.read(n_bytes), _NUMBER_TYPES[kind]).reshape(shape)))
        else:
            file.seek(n_bytes, 1)
    return variables


def _convolve(x: np.ndarray, weight: np.ndarray, stride: int) -> np.ndarray:
    """Three-tap convolution over time with a border of zeros; `x` (n, in), `weight` (out, in, 3)."""
    padded = np.pad(x, ((1, 1), (0, 0)))
    n = (len(x) - 1) // stride + 1
    taps = [padded[k : k + (n - 1) * stride + 1 : stride] @ weight[:, :, k].T for k in range(3)]
    return taps[0] + taps[1] + taps[2]


def _gelu(x: np.ndarray) -> np.ndarray:
    from scipy.special import erf

    return x * (np.float32(0.5) * (1 + erf(x * np.float32(0.5**0.5))))
