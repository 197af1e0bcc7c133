"""One window of motion from noise: straight-line flow in few steps, with classifier-free guidance by sound.

Noise is carried to motion along x = (1 − σ)·clean + σ·noise (rectified flow, Liu et al. 2022; Lipman et al. 2023), σ
falling from 1 to 0; the network predicts the clean end. The same arithmetic as `MotionDiffusionPipeline` does with
diffusers' `FlowMatchEulerDiscreteScheduler`, for a network that runs without torch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from generators.motion.diffusion.configuration import N_WINDOW
from generators.motion.diffusion.motion_space import FEELING_COLUMNS

# Inputs of the network by name, to clean motion (b, n, 59) in its units.
Network = Callable[[dict[str, np.ndarray]], np.ndarray]


@dataclass(frozen=True)
class ModelInputs:
    """The inputs of one window.

    Attributes:
        before: motion (n, 59) in the network's units, taken where it is known.
        known: (n,) 1 where `before` holds.
        valid: (n,) 1 for frames to look at.
        audio, phones, emotion: features (n, 1024), (n, 53), (n, 39).
        style: features (7,).
    """

    before: np.ndarray
    known: np.ndarray
    valid: np.ndarray
    audio: np.ndarray
    phones: np.ndarray
    emotion: np.ndarray
    style: np.ndarray


class GuidancePass(NamedTuple):
    """One evaluation of the network a step: whether it is given sound and emotion, and its weight in the result."""

    has_audio: float
    has_emotion: float
    weight: float


def guidance_passes(audio_guidance: float) -> list[GuidancePass]:
    """Classifier-free guidance by sound (Ho & Salimans 2022): the evaluations of a step, whose weights sum to 1.

    With x(a, e) the prediction given audio and emotion: x(1, 1) + (audio_guidance − 1) · (x(1, 0) − x(0, 0)). Emotion
    has a scale of its own, which counts for a whole performance: `apply_emotion_guidance`. Evaluations without emotion
    are not shown what came before either, which would tell of it. A scale of 1 needs one evaluation.
    """
    if audio_guidance == 1:
        return [GuidancePass(1.0, 1.0, 1.0)]
    more = audio_guidance - 1
    return [GuidancePass(1.0, 1.0, 1.0), GuidancePass(1.0, 0.0, more), GuidancePass(0.0, 0.0, -more)]


def apply_emotion_guidance(conditional: np.ndarray, unconditional: np.ndarray, scale: float) -> np.ndarray:
    """Classifier-free guidance by emotion, on performances (n, 59) with and without it, from the same noise.

    Only where it touches neither lips nor head, in `FEELING_COLUMNS`. On whole performances and not window by window: a
    face that came out stronger would be what came before to the next window, which then takes it back.
    """
    guided, without = conditional.copy(), unconditional[:, FEELING_COLUMNS]
    guided[:, FEELING_COLUMNS] = without + scale * (conditional[:, FEELING_COLUMNS] - without)
    return guided


def sigmas(n_steps: int) -> np.ndarray:
    """Shares of noise, (n_steps + 1,), from 1 to 0 in even steps."""
    return np.linspace(1, 0, n_steps + 1).astype(np.float32)


def sample_window(
    network: Network, inputs: ModelInputs, noise: np.ndarray, n_steps: int, audio_guidance: float = 1.0
) -> np.ndarray:
    """Clean motion (100, 59) in the network's units; `noise` (100, 59) already at the scale of each channel."""
    passes = guidance_passes(audio_guidance)
    fixed = _batch(inputs, passes)
    known = inputs.known[:, None] > 0
    x, levels = noise.astype(np.float32), sigmas(n_steps)
    for sigma, following in zip(levels[:-1], levels[1:], strict=True):
        x = np.where(known, inputs.before, x).astype(np.float32)
        given = {"motion": np.repeat(x[None], len(passes), axis=0), "sigma": np.full(len(passes), sigma, np.float32)}
        clean = sum(p.weight * answer for p, answer in zip(passes, network(fixed | given), strict=True))
        x = x + (following - sigma) / sigma * (x - clean)
    return np.where(known, inputs.before, x)


def _batch(inputs: ModelInputs, passes: list[GuidancePass]) -> dict[str, np.ndarray]:
    """What stays the same from step to step, a row for each evaluation."""
    names = ("known", "valid", "audio", "phones", "emotion", "style")
    batch: dict[str, np.ndarray] = {}
    batch |= {n: np.repeat(np.asarray(getattr(inputs, n), np.float32)[None], len(passes), axis=0) for n in names}
    batch["has_audio"] = np.array([p.has_audio for p in passes], np.float32)
    batch["has_emotion"] = np.array([p.has_emotion for p in passes], np.float32)
    shown = batch["has_emotion"][:, None]
    batch["valid"] = batch["valid"] * (1 - batch["known"] * (1 - shown))
    batch["known"] = batch["known"] * shown
    return batch


def empty(width: int) -> np.ndarray:
    """A window of zeros, (100, width)."""
    return np.zeros((N_WINDOW, width), np.float32)
