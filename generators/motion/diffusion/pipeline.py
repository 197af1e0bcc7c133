"""Any voice to motion by diffusion, part by part: sound, phones where they are known, and feeling in, `Motion` out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import checkpoints
from checkpoints.errors import BadInput
from generators.contracts import Motion
from generators.motion.diffusion.audio_features import AudioEncoder, load_audio_encoder
from generators.motion.diffusion.backends import Backend, open_backend
from generators.motion.diffusion.conditioning import measure_style
from generators.motion.diffusion.configuration import FPS, LOADED_WITH, STYLE_NAMES, DiffusionMotionConfig, parse_style
from generators.motion.diffusion.description import ModelDescription, NormalizationStats, SpeakerStyle
from generators.motion.diffusion.frame_clock import resample
from generators.motion.diffusion.motion_space import to_vectors
from generators.motion.diffusion.sampler import DiffusionPerformer, MotionModel

WEIGHTS = "motion_diffusion"
MIN_REFERENCE_S = 2.0


class DiffusionMotion:
    """Motion sampled from sound and feeling. Make it with `DiffusionMotion.from_pretrained()`.

    Any seed gives another performance, the same seed the same one. With phone times the lips are exact; without, they
    follow the sound.

    Attributes:
        backend: the open network.
        audio_encoder: what it hears through.
        stats: what brings motion to the network's units.
        speaker_style: whose motion it has learned.
        config: how it is sampled.
    """

    def __init__(
        self,
        backend: Backend,
        audio_encoder: AudioEncoder,
        stats: NormalizationStats,
        speaker_style: SpeakerStyle,
        config: DiffusionMotionConfig,
    ) -> None:
        self.backend, self.audio_encoder = backend, audio_encoder
        self.stats, self.speaker_style, self.config = stats, speaker_style, config

    @classmethod
    def from_pretrained(
        cls,
        name_or_folder: str | Path | None = None,
        *,
        revision: str | None = None,
        config: DiffusionMotionConfig | None = None,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> DiffusionMotion:
        """Open a motion model, and fetch Whisper's weights where they are absent.

        Args:
            name_or_folder: a folder that `mien train motion` wrote; None for the model that comes with the product.
            revision: takes no effect, as models are folders.
            config: how it is sampled and on what it runs.
            progress: called as (name, done_bytes, total_bytes) while weights are fetched.

        Raises:
            BadInput: The folder holds no such model.
            Missing: Whisper, or what else the model hears through or runs on, cannot be had.
        """
        config = config or DiffusionMotionConfig()
        folder = Path(name_or_folder) if name_or_folder is not None else checkpoints.weights_path(WEIGHTS)
        described = ModelDescription.read(folder)
        audio_encoder = load_audio_encoder(described.audio_encoder, progress)
        return cls(open_backend(folder, config), audio_encoder, described.stats, described.speaker_style, config)

    def with_config(self, **changes: Any) -> DiffusionMotion:
        """The same model, open as it is, with other settings of `DiffusionMotionConfig`.

        Raises:
            BadInput: A value is out of range.
            ValueError: Backend, device or threads change, which takes another `from_pretrained`.
        """
        config = replace(self.config, **changes)
        for name in LOADED_WITH:
            if getattr(config, name) != getattr(self.config, name):
                raise ValueError(f"{name} belongs to a model that is open; load it with from_pretrained(config=…).")
        return DiffusionMotion(self.backend, self.audio_encoder, self.stats, self.speaker_style, config)

    def with_style(self, style: str) -> DiffusionMotion:
        """The same model in a style such as "head:1,emotion_guidance:1.5"; see `parse_style`."""
        return self.with_config(**parse_style(style))

    def with_style_from(self, reference: Motion) -> DiffusionMotion:
        """The same model moving as much as in a `reference` of at least 2 s; `BadInput` for a shorter one."""
        if len(reference) < MIN_REFERENCE_S * reference.fps:
            raise BadInput(f"The reference motion is {len(reference) / reference.fps:.1f} s; it must be 2 s or more.")
        style = measure_style(resample(to_vectors(reference), reference.fps, FPS))
        amounts = (style - self.stats.style_mean[0]) / self.stats.style_std[0] - self.speaker_style.baseline
        amounts = np.clip(amounts, -2, 2)
        return self.with_config(**{n: float(v) for n, v in zip(STYLE_NAMES, amounts, strict=True)})

    def start(self, *, seed: int = 0, fps: float = 25.0) -> DiffusionPerformer:
        """A new performance.

        A window of at most 2.8 s is sampled at a time and hears 0.2 s beyond its end, within its part.

        Raises:
            ValueError: `fps` is not positive.
        """
        if not fps > 0:
            raise ValueError(f"fps is {fps}; it must be positive.")
        model = MotionModel(self.backend, self.audio_encoder, self.stats, self.speaker_style, self.config)
        return DiffusionPerformer(model, seed, fps)
