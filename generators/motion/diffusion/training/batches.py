"""Random batches of windows in the model's units, their conditions dropped as sampling will meet them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from generators.motion.diffusion.configuration import N_AHEAD, N_BEFORE, N_NEW, N_WINDOW
from generators.motion.diffusion.model import MotionTransformer
from generators.motion.diffusion.motion_space import (
    BLINK_COLUMNS,
    BROW_COLUMNS,
    GAP,
    GAZE_COLUMNS,
    LIP_COLUMNS,
    N_MOTION,
    ROTATION,
    SPEECH_COLUMNS,
    TRANSLATION,
)
from generators.motion.diffusion.training.windows import Windows

BATCH = 64
LIP_NOISE = 0.5  # of a channel's deviation: a feeling's mouth varies less than its head


def set_statistics(model: MotionTransformer, windows: Windows, start: dict | None) -> None:
    """What brings motion and style to the model's units, from the data; a model to `start` from keeps its own for
    motion."""
    valid = windows.valid.astype(bool)
    motion = windows.motion[valid].astype(np.float32)
    scale = np.maximum(motion.std(0), 0.01)
    noise = np.ones(N_MOTION, np.float32)
    noise[LIP_COLUMNS] = LIP_NOISE
    noise[SPEECH_COLUMNS] = 0.0
    style_mean, style_scale = np.zeros((2, 5), np.float32), np.ones((2, 5), np.float32)
    for i, grid in enumerate((False, True)):
        own = windows.style[windows.talker == grid]
        if len(own):
            style_mean[i], style_scale[i] = own.mean(0), np.maximum(own.std(0), 0.05)
    found = {"style_mean": style_mean, "style_scale": style_scale}
    if start is None:
        found |= {"mean": motion.mean(0), "scale": scale, "noise_scale": noise}
    for name, value in found.items():
        getattr(model, name).copy_(torch.from_numpy(np.asarray(value, np.float32)))


def channel_weights() -> torch.Tensor:
    """How much each channel counts, (59,): lips most, since there a person sees every error; then what is sampled and
    lives on its own, head, lids and gaze, which would else be the last to be learned."""
    weights = np.full(N_MOTION, 0.5, np.float32)
    weights[SPEECH_COLUMNS] = 1.0
    weights[GAP] = 4.0
    weights[BLINK_COLUMNS] = 2.5
    weights[BROW_COLUMNS] = weights[GAZE_COLUMNS] = 1.2
    weights[ROTATION] = weights[TRANSLATION] = 2.0
    return torch.from_numpy(weights)


def batches(windows: Windows, model: MotionTransformer, rng: np.random.Generator) -> Iterator[dict[str, torch.Tensor]]:
    """Random batches without end, conditions dropped and windows cut as sampling will meet them."""
    weights = np.where(windows.talker, 1.5, 1.0)
    weights = weights / weights.sum()
    mean, scale = model.mean.numpy(), model.scale.numpy()
    style_mean, style_scale = model.style_mean.numpy(), model.style_scale.numpy()
    while True:
        rows = rng.choice(len(windows), BATCH, p=weights)
        motion = (windows.motion[rows].astype(np.float32) - mean) / scale
        talker = windows.talker[rows].astype(int)
        amounts = np.clip((windows.style[rows] - style_mean[talker]) / style_scale[talker], -2.5, 2.5)
        amounts *= rng.random((BATCH, 1)) > 0.3
        one_hot = np.eye(2)[talker] * (rng.random((BATCH, 1)) > 0.03)
        known, valid = cut(windows.valid[rows].astype(np.float32), rng)
        audio = windows.audio[rows].astype(np.float32)
        phones = windows.phones[rows].astype(np.float32) * windows.has_phones[rows, None, None]
        phones *= rng.random((BATCH, 1, 1)) > 0.6
        deaf = (rng.random(BATCH) < 0.12) & (phones[:, 0, -1] > 0)  # phones alone
        audio[deaf] = 0
        sigma = np.where(rng.random(BATCH) < 0.08, 1.0, rng.uniform(0.02, 1.0, BATCH))
        made = {
            "motion": motion, "known": known, "valid": valid, "audio": audio, "phones": phones,
            "emotion": windows.emotion[rows], "style": np.concatenate([amounts, one_hot], axis=1), "sigma": sigma,
            "has_audio": rng.random(BATCH) > 0.08, "has_emotion": windows.has_emotion[rows] & (rng.random(BATCH) > 0.1),
        }  # fmt: skip
        yield {name: torch.from_numpy(np.asarray(value, np.float32)) for name, value in made.items()}


def cut(valid: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Which frames are known from before and which count, (b, 100) each: nothing before, a whole second or less of
    it; now and then the window is short."""
    frames = np.arange(N_WINDOW)
    n_known = np.where(rng.random(len(valid)) < 0.65, N_BEFORE, rng.integers(0, N_BEFORE + 1, len(valid)))
    n_known = np.where(rng.random(len(valid)) < 0.12, 0, n_known)
    ends = np.where(rng.random(len(valid)) < 0.3, N_BEFORE + N_AHEAD + rng.integers(5, N_NEW, len(valid)), N_WINDOW)
    valid = valid * (frames >= N_BEFORE - n_known[:, None]) * (frames < ends[:, None])
    known = valid * (frames < N_BEFORE)
    return known.astype(np.float32), valid.astype(np.float32)
