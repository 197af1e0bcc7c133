"""Frames of the model's clock, 25 a second, and times and frames of any other rate."""

from __future__ import annotations

import numpy as np

from generators.motion.diffusion.configuration import FPS


def middle_s(frames: np.ndarray) -> np.ndarray:
    """The middle of frames, whole or fractional, in seconds."""
    return (frames + 0.5) / FPS


def model_frames(frames: range, fps: float) -> np.ndarray:
    """Where on the model's clock frames at `fps` lie, (n,) fractional."""
    return (np.arange(frames.start, frames.stop) + 0.5) * FPS / fps - 0.5


def interpolate(values: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Rows of `values` (n, d) at fractional places, without overshoot; whole places are taken as they are."""
    whole = np.round(at).astype(int)
    if np.allclose(at, whole, atol=1e-6):
        return values[whole]
    from scipy.interpolate import PchipInterpolator

    return PchipInterpolator(np.arange(len(values)), values, axis=0)(at).astype(np.float32)


def resample(values: np.ndarray, fps: float, wanted_fps: float) -> np.ndarray:
    """Rows (n, d) at `fps` brought to another rate."""
    n = round(len(values) / fps * wanted_fps)
    at = np.clip((np.arange(n) + 0.5) * fps / wanted_fps - 0.5, 0, len(values) - 1)
    return interpolate(values, at)
