"""What a folder with a motion model says of it in its `config.json`: its units, its audio encoder and whose it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from checkpoints.errors import BadInput
from generators.motion.diffusion.audio_features import DEFAULT_AUDIO_ENCODER
from generators.motion.diffusion.conditioning import BASELINE_STYLE
from generators.motion.diffusion.configuration import STYLE_NAMES

# Names in files beside ours: those of models that were saved before today's words.
_ALIASES = {
    "std": "scale", "noise_std": "noise_scale", "style_std": "style_scale", "audio_encoder": "audio_features",
    "conditioning": "own_style", "residual": "lacking_style", "baseline": "usual_style",
}  # fmt: skip


@dataclass(frozen=True)
class NormalizationStats:
    """What brings motion and style to the network's units, (x − mean) / std.

    Attributes:
        mean, std: (59,) of motion.
        noise_std: (59,) of the noise that each channel starts from, in the network's units.
        style_mean, style_std: (speakers, 5) of `conditioning.measure_style`.
    """

    mean: np.ndarray
    std: np.ndarray
    noise_std: np.ndarray
    style_mean: np.ndarray
    style_std: np.ndarray

    @classmethod
    def from_config(cls, values: Mapping[str, Any]) -> NormalizationStats:
        """From lists or arrays by name; `KeyError` for one that is not there."""
        return cls(**{name: np.asarray(_named(values, name), np.float32) for name in cls.__dataclass_fields__})

    def normalize(self, vectors: np.ndarray) -> np.ndarray:
        """Motion (…, 59) from natural units to the network's."""
        return (vectors - self.mean) / self.std

    def denormalize(self, vectors: np.ndarray) -> np.ndarray:
        """Motion (…, 59) from the network's units to natural ones."""
        return vectors * self.std + self.mean


@dataclass(frozen=True)
class SpeakerStyle:
    """Whose motion a model has learned, each (5,) in deviations over the training, in the order of `STYLE_NAMES`.

    Attributes:
        conditioning: the style that the network is given; 0 for nobody in particular.
        residual: what of the speaker's style the network does not reach, and is made up for by gains.
        baseline: how much the model moves then without a feeling.
    """

    conditioning: np.ndarray
    residual: np.ndarray
    baseline: np.ndarray

    @classmethod
    def from_config(cls, values: Mapping[str, Any]) -> SpeakerStyle:
        """From lists by name; what is not there is nobody's in particular."""
        usual: dict[str, Any] = {"conditioning": [0.0] * len(STYLE_NAMES), "residual": [0.0] * len(STYLE_NAMES)}
        usual["baseline"] = list(BASELINE_STYLE)
        return cls(**{name: np.asarray(_named({**usual, **values}, name), np.float32) for name in usual})


@dataclass(frozen=True)
class ModelDescription:
    """The units of a motion model, the speaker it moves as, and the audio encoder that it hears through."""

    stats: NormalizationStats
    speaker_style: SpeakerStyle
    audio_encoder: str = DEFAULT_AUDIO_ENCODER

    @classmethod
    def read(cls, folder: Path) -> ModelDescription:
        """From `folder`/config.json.

        Raises:
            BadInput: It is not there, or does not describe a motion model.
        """
        try:
            values = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            stats = NormalizationStats.from_config(values["statistics"])
            audio_encoder = values.get("audio_encoder", values.get("audio_features", DEFAULT_AUDIO_ENCODER))
            return cls(stats, SpeakerStyle.from_config(values), audio_encoder)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadInput(f"{folder} holds no motion model: {error}.") from error


def _named(values: Mapping[str, Any], name: str) -> Any:
    """A value by its name of today, or by the one it had before."""
    old = _ALIASES.get(name, name)
    return values[old] if old in values else values[name]
