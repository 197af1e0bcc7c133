"""Flow matching: the loss, the run with its kept state, and the calibration of the noise."""

from __future__ import annotations

import copy
import logging
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn

from checkpoints.notices import notice
from generators.motion.diffusion.configuration import N_BEFORE, N_NEW, N_WINDOW
from generators.motion.diffusion.model import MotionTransformer
from generators.motion.diffusion.motion_space import (
    BLINK_COLUMNS,
    BROW_COLUMNS,
    GAP,
    GAZE_COLUMNS,
    HEAD_COLUMNS,
    N_MOTION,
    SPEECH_COLUMNS,
)
from generators.motion.diffusion.training.batches import batches, channel_weights
from generators.motion.diffusion.training.windows import Windows

RATE, WEIGHT_DECAY, WARMUP, EMA = 8e-4, 0.02, 200, 0.999
BROAD = 0.3  # deviations; from there on errors of the speech channels count by their size, not its square
KEEP_S = 120.0
N_STEPS, MOST_NOISE = 8, 1.6
SAMPLED = {"head": HEAD_COLUMNS, "blinks": BLINK_COLUMNS, "gaze": GAZE_COLUMNS, "brows": BROW_COLUMNS}
WORTH_COMPILING_MINUTES = 5
VELOCITY_WEIGHT = 3.0
_log = logging.getLogger(__name__)
Progress = Callable[[str, float, float], None]


def loss_of(
    network: Callable, batch: dict[str, torch.Tensor], weights: torch.Tensor, noise_scale: torch.Tensor
) -> tuple[torch.Tensor, float]:
    """Weighed error of the clean motion and of its steps over the frames that are to be made, and that of the gap."""
    clean, known = batch["motion"], batch["known"][..., None]
    sigma = batch["sigma"][:, None, None]
    noisy = (1 - sigma) * clean + sigma * torch.randn_like(clean) * noise_scale
    # What was made before is not perfect either.
    before = clean + 0.05 * torch.randn_like(clean)
    told = {name: batch[name] for name in batch if name != "motion"}
    with torch.autocast(clean.device.type, torch.bfloat16):
        found = network(motion=torch.where(known > 0, before, noisy), **told)
    found = found.float()
    wanted = batch["valid"][..., None] * (1 - known)
    wanted[:, N_BEFORE + N_NEW :] *= 0.3  # heard of only in part, and thrown away
    error = squared(found - clean) * wanted
    whole = torch.where(known > 0, clean, found)
    pairs = batch["valid"][:, 1:, None] * wanted[:, 1:] * batch["valid"][:, :-1, None]
    steps = squared(whole.diff(dim=1) - clean.diff(dim=1)) * pairs
    total = (error * weights).sum() / wanted.sum() / weights.sum() * N_MOTION
    total = total + VELOCITY_WEIGHT * (steps * weights).sum() / pairs.sum() / weights.sum() * N_MOTION
    with torch.no_grad():
        gap = (error[..., GAP].sum() / wanted.sum()).item()
    return total / N_MOTION, gap


def squared(errors: torch.Tensor) -> torch.Tensor:
    """Squared errors (b, n, 59), those of the speech channels less where they are large: a sound that may or may not
    be a closure shall be the likelier of both, and not half of each (Huber 1964)."""
    size = errors.abs()
    broad = torch.where(size < BROAD, errors.square(), 2 * BROAD * size - BROAD**2)
    speech = torch.zeros(N_MOTION, dtype=torch.bool, device=errors.device)
    speech[SPEECH_COLUMNS] = True
    return torch.where(speech, broad, errors.square())


def train(
    model: MotionTransformer,
    windows: Windows,
    state: Path,
    minutes: float,
    seed: int,
    rate: float = RATE,
    progress: Progress | None = None,
) -> MotionTransformer:
    """Learn for `minutes`, the rate falling to nothing; the mean of the last weights over time comes back (EMA).

    Args:
        model: where it starts; changed in place.
        windows: what it learns from.
        state: a file that keeps the run every two minutes; a run whose file is there goes on from it.
        minutes: of learning, all calls together.
        seed: of the batches and their noise.
        rate: the highest learning rate.
        progress: called as ("training", minutes so far, minutes).
    """
    torch.manual_seed(seed)
    run = _Run(model, rate, state)
    weights, kept_s, network = channel_weights(), time.monotonic(), quick(model, minutes)
    for step, batch in enumerate(batches(windows, model, np.random.default_rng(seed)), start=1):
        share = run.spent_s / (60 * minutes)
        if share >= 1:
            break
        run.step(loss_of(network, batch, weights, model.noise_scale), step, share)
        if progress:
            progress("training", min(share, 1.0) * minutes, minutes)
        if time.monotonic() - kept_s > KEEP_S:
            run.save(run.spent_s)
            kept_s = time.monotonic()
    run.save(60 * minutes)
    return run.average


class _Run:
    """One training: the model, its average over time, the optimiser, and the file that keeps them all."""

    def __init__(self, model: MotionTransformer, rate: float, state: Path) -> None:
        self.model, self.rate, self.state = model, rate, state
        self.average = copy.deepcopy(model)
        self.optimiser = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=WEIGHT_DECAY, betas=(0.9, 0.98))
        self._started_s = time.monotonic() - self._resumed_s()
        self._losses: list[tuple[float, float]] = []

    @property
    def spent_s(self) -> float:
        """Seconds of learning so far, those of earlier calls included."""
        return time.monotonic() - self._started_s

    def step(self, losses: tuple[torch.Tensor, float], step: int, share: float) -> None:
        """Learn from one batch's loss, `share` of the time being over."""
        for group in self.optimiser.param_groups:
            group["lr"] = float(self.rate * min(1.0, step / WARMUP) * 0.5 * (1 + np.cos(np.pi * share)))
        self.optimiser.zero_grad(set_to_none=True)
        losses[0].backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        with torch.no_grad():
            keep = min(EMA, (1 + step) / (10 + step))
            for mean, value in zip(self.average.parameters(), self.model.parameters(), strict=True):
                mean.lerp_(value, 1 - keep)
        self._losses.append((losses[0].item(), losses[1]))
        if step % 50 == 0:
            loss, gap = np.mean(self._losses[-50:], axis=0)
            _log.info("step %d: loss %.4f, gap %.4f, %.0f %% of the time", step, loss, gap, 100 * share)

    def save(self, spent_s: float) -> None:
        """Keep all that a run needs to go on, in one step."""
        half = self.state.with_suffix(".half")
        parts = {"model": self.model, "average": self.average, "optimiser": self.optimiser}
        torch.save({name: part.state_dict() for name, part in parts.items()} | {"spent_s": spent_s}, half)
        half.replace(self.state)

    def _resumed_s(self) -> float:
        """Take up the run where it stopped; the seconds that it had learned for, 0 for a new one."""
        if not self.state.exists():
            return 0.0
        kept = torch.load(self.state, weights_only=True)
        self.model.load_state_dict(kept["model"])
        self.average.load_state_dict(kept["average"])
        self.optimiser.load_state_dict(kept["optimiser"])
        notice(f"The training goes on after {kept['spent_s'] / 60:.1f} minutes, as {self.state} kept it.")
        return float(kept["spent_s"])


def quick(model: MotionTransformer, minutes: float) -> Callable:
    """The same network for a run of `minutes`: compiled where that pays, since on a processor its small operations cost
    more than its large ones; there plain attention is also faster backwards than the fused one."""
    if next(model.parameters()).device.type == "cpu":
        model.set_attention_backend("_native_math")
    return torch.compile(model) if minutes >= WORTH_COMPILING_MINUTES else model


@torch.no_grad()
def calibrate(model: MotionTransformer, windows: Windows, seed: int, n: int = 192, rounds: int = 3) -> None:
    """Let what is sampled move as much as what was learned from: few steps reach too little of the spread, so each
    group of channels starts from more noise. On windows of the training."""
    from diffusers import FlowMatchEulerDiscreteScheduler

    from generators.motion.diffusion.diffusers_pipeline import MotionDiffusionPipeline

    pipeline = MotionDiffusionPipeline(model.eval(), FlowMatchEulerDiscreteScheduler(shift=1.0))
    pipeline.set_progress_bar_config(disable=True)
    rng = np.random.default_rng(seed)
    rows = rng.choice(np.flatnonzero(~windows.talker & (windows.valid.sum(1) == N_WINDOW)), n, replace=False)
    given = {name: getattr(windows, name)[rows].astype(np.float32) for name in ("audio", "phones", "emotion")}
    amounts = np.clip((windows.style[rows] - model.style_mean[0].numpy()) / model.style_scale[0].numpy(), -2.5, 2.5)
    given["style"] = np.concatenate([amounts, np.tile([1.0, 0.0], (n, 1))], axis=1).astype(np.float32)
    before = windows.motion[rows].astype(np.float32)
    given |= {"before": before, "known": np.tile(np.arange(N_WINDOW) < N_BEFORE, (n, 1)).astype(np.float32)}
    new = slice(N_BEFORE, N_BEFORE + N_NEW)
    for i in range(rounds):
        made = pipeline.sample(**given, num_inference_steps=N_STEPS, generator=torch.Generator().manual_seed(seed + i))
        for name, columns in SAMPLED.items():
            wanted, found = (m[:, new][..., columns].std(1).mean() for m in (before, made))
            more = float(np.clip(wanted / found, 0.8, 1.25))
            model.noise_scale[columns] = (more * model.noise_scale[columns]).clamp(0.5, MOST_NOISE)
            _log.info("%s: spread %.2f, noise %.2f", name, found / wanted, model.noise_scale[columns[0]])
