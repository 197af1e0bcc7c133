"""One window of motion from noise: straight-line flow in few steps, with audio and emotion guided apart.

Noise is carried to motion along x = (1 − σ)·clean + σ·noise (rectified flow, Liu et al. 2022; Lipman et al. 2023), σ
falling from 1 to 0; the network tells the clean end. The same arithmetic as `MotionDiffusionPipeline` does with
diffusers' `FlowMatchEulerDiscreteScheduler`, for a network that runs without torch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from generators.motion.diffusion.configuration import N_WINDOW
from generators.motion.diffusion.motion_space import FEELING_COLUMNS, N_MOTION

# Inputs of the network by name, to clean motion (b, n, 59) in its units.
Network = Callable[[dict[str, np.ndarray]], np.ndarray]


@dataclass(frozen=True)
class Window:
    """What is known of one window: `before` (n, 59), motion in the model's units, and where it is `known` (n,);
    `valid` (n,) frames to look at; `audio` (n, 1024), `phones` (n, 53), `emotion` (n, 39), `style` (7,)."""

    before: np.ndarray
    known: np.ndarray
    valid: np.ndarray
    audio: np.ndarray
    phones: np.ndarray
    emotion: np.ndarray
    style: np.ndarray


def guidance_passes(audio_guidance: float, emotion_guidance: float) -> list[tuple[float, float, np.ndarray]]:
    """What the network is asked at each step: (has audio, has emotion, how much it counts (59,)), counts summing to 1.

    Nested: what hears nothing and feels nothing, + `audio_guidance` × what hearing adds, + `emotion_guidance` × what
    the feeling adds to that, more than once only in `FEELING_COLUMNS`: lips stay with the sound, head and gaze with
    what came before. Questions that would count nothing are left out. Those without a feeling are not shown what came
    before either: that would tell of it.
    """
    of_emotion = np.full(N_MOTION, min(1.0, emotion_guidance))
    of_emotion[FEELING_COLUMNS] = emotion_guidance
    passes = [
        (1.0, 1.0, of_emotion),
        (1.0, 0.0, audio_guidance - of_emotion),
        (0.0, 0.0, np.full(N_MOTION, 1 - audio_guidance)),
    ]
    return [(audio, emotion, count.astype(np.float32)) for audio, emotion, count in passes if count.any()]


def sigmas(n_steps: int) -> np.ndarray:
    """Shares of noise, (n_steps + 1,), from 1 to 0 in even steps."""
    return np.linspace(1, 0, n_steps + 1).astype(np.float32)


def sample_window(
    network: Network,
    window: Window,
    noise: np.ndarray,
    n_steps: int,
    audio_guidance: float = 1.0,
    emotion_guidance: float = 1.0,
) -> np.ndarray:
    """Clean motion (100, 59) in the model's units; `noise` (100, 59) already at the scale of each channel."""
    passes = guidance_passes(audio_guidance, emotion_guidance)
    b = len(passes)
    repeat = lambda value: np.repeat(np.asarray(value, np.float32)[None], b, axis=0)  # noqa: E731
    inputs: dict[str, np.ndarray] = {
        name: repeat(getattr(window, name)) for name in ("known", "valid", "audio", "phones", "emotion", "style")
    }
    inputs |= {"has_audio": np.array([p[0] for p in passes], np.float32)}
    inputs |= {"has_emotion": np.array([p[1] for p in passes], np.float32)}
    shown = np.array([1.0 if p[1] else 0.0 for p in passes], np.float32)[:, None]
    inputs["valid"] = inputs["valid"] * (1 - inputs["known"] * (1 - shown))
    inputs["known"] = inputs["known"] * shown
    known = window.known[:, None] > 0
    x = noise.astype(np.float32)
    levels = sigmas(n_steps)
    for sigma, following in zip(levels[:-1], levels[1:], strict=True):
        x = np.where(known, window.before, x).astype(np.float32)
        answers = network(inputs | {"motion": repeat(x), "sigma": np.full(b, sigma, np.float32)})
        clean = sum(p[2] * answer for p, answer in zip(passes, answers, strict=True))
        x = x + (following - sigma) / sigma * (x - clean)
    return np.where(known, window.before, x)


def empty(width: int) -> np.ndarray:
    """A window of zeros, (100, width)."""
    return np.zeros((N_WINDOW, width), np.float32)
