"""A motion model that moves as one person does, from what was seen of them in videos."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from checkpoints import weights_path
from emotion_embed import taxonomy
from emotion_embed.signals.audio import Audio
from emotion_embed.state import EmotionState, parse_emotion
from emotion_embed.track import EmotionKey, EmotionTrack
from generators.contracts import Speech
from generators.motion.diffusion import DiffusionMotion, DiffusionMotionConfig
from generators.motion.diffusion.conditioning import BASELINE_STYLE, measure_style
from generators.motion.diffusion.configuration import FPS, STYLE_NAMES
from generators.motion.diffusion.diffusers_pipeline import MotionDiffusionPipeline
from generators.motion.diffusion.motion_space import to_vectors
from generators.motion.diffusion.training.export import export
from generators.motion.diffusion.training.learning import train
from generators.motion.diffusion.training.windows import Performance, Windows, write_windows
from generators.motion.streaming import stream
from generators.timeline import place

RATE_HZ = 16_000
_RATE, _PASSES = 2e-4, 2  # slower than from scratch; how often each video is cut into windows


@dataclass(frozen=True)
class Footage:
    """One usable video: its sound (n,) at 16 kHz and what the person did, vectors (frames, 59) at 25 a second."""

    path: Path
    samples: np.ndarray
    vectors: np.ndarray


def learn_person(
    footage: Sequence[Footage],
    work: Path,
    out: Path,
    *,
    what: Literal["style", "all"] = "all",
    minutes: float = 40.0,
    seed: int = 0,
    base: Path | None = None,
    progress: Callable[[str, float, float], None] | None = None,
) -> dict[str, float]:
    """Write a model to `out` that moves as the person in `footage` does.

    Args:
        footage: videos of one person.
        work: a folder that keeps windows and the state of the run, from which a stopped run goes on.
        out: the model's folder, for `DiffusionMotion.from_pretrained(out)` or `--motion diffusion:OUT`.
        what: "style" takes on how much they move, at once; "all" learns for `minutes` from all they do, and remembers
            what feelings do from acting the same sound as before with random feelings.
        minutes: of learning.
        seed: of windows, feelings and batches.
        base: the model to start from; None is the product's.
        progress: called as (stage, done, total).

    Returns:
        How much the person moves, by the name of each style, in deviations from the model's usual.

    Raises:
        BadInput: `base` holds no motion model.
    """
    base = base or weights_path("motion_diffusion")
    model = MotionDiffusionPipeline.from_pretrained(base, dtype=torch.float32).transformer
    amounts = own_style(footage, model.style_mean.numpy(), model.style_scale.numpy())
    more = (amounts - BASELINE_STYLE).tolist()
    if what == "all":
        windows = _own_windows(footage, work / "own", base, np.random.default_rng(seed))
        model = train(model, windows, work / "own.pt", minutes, seed, _RATE, progress)
        # It was told their style in its own words while it learned, and needs no help to show it.
        shown = {"conditioning": amounts.tolist()}
    else:
        shown = {"conditioning": more, "residual": more}
    export(model, out, {**shown, "baseline": amounts.tolist(), "videos": len(footage), "what": what})
    return dict(zip(STYLE_NAMES, more, strict=True))


def _own_windows(footage: Sequence[Footage], folder: Path, base: Path, rng: np.random.Generator) -> Windows:
    """Windows of what the person did and of what shall not be forgotten, kept in `folder`."""
    if not (folder / "windows").exists():
        model = DiffusionMotion.from_pretrained(base, config=DiffusionMotionConfig(backend="torch"))
        for i in range(_PASSES):
            write_windows(folder, f"own-{i}", own_performances(footage), model.audio_encoder, rng)
            write_windows(folder, f"remembered-{i}", remembered(footage, model, rng), model.audio_encoder, rng)
    return Windows.read(folder / "windows")


def own_style(footage: Sequence[Footage], style_mean: np.ndarray, style_scale: np.ndarray) -> np.ndarray:
    """How much the person moves, (5,) in deviations of the training's, at most 2 from the model's usual."""
    style = (measure_style(np.concatenate([f.vectors for f in footage])) - style_mean[0]) / style_scale[0]
    return np.clip(style, np.array(BASELINE_STYLE) - 2, np.array(BASELINE_STYLE) + 2)


def own_performances(footage: Sequence[Footage]) -> Iterator[Performance]:
    """What the person did; how they felt is not known."""
    style = measure_style(np.concatenate([own.vectors for own in footage]))
    for own in footage:
        nothing = np.zeros((len(own.vectors), 7))
        yield Performance(own.samples, own.vectors, nothing, (), "studio", own.path.stem, False, style)


def remembered(footage: Sequence[Footage], base: DiffusionMotion, rng: np.random.Generator) -> Iterator[Performance]:
    """The same sound as the model before the training acts it, with random feelings: what it shall not forget."""
    for own in footage:
        track = EmotionTrack((EmotionKey(0.0, random_emotion(rng)),))
        speech = Speech(Audio(own.samples, RATE_HZ))
        motion = next(stream(base, place([speech], track), seed=int(rng.integers(2**31)), fps=FPS))
        emotion = track.sample((np.arange(len(motion)) + 0.5) / FPS).weights
        yield Performance(own.samples, to_vectors(motion), emotion, (), "studio", own.path.stem)


def random_emotion(rng: np.random.Generator) -> EmotionState:
    """A feeling to act: none, one of the basic six, any of the taxonomy, or a mixture of two, at any strength."""
    basic, kind = taxonomy.BASIC[1:], rng.random()
    if kind < 0.2:
        return EmotionState()
    strength = float(rng.choice([0.25, 0.5, 0.75, 1.0, rng.uniform(0.1, 1.0)]))
    if kind < 0.7:
        return EmotionState({str(rng.choice(basic)): strength})
    if kind < 0.85:
        return parse_emotion(f"{rng.choice(taxonomy.names())}:{strength:.2f}")
    first, second = rng.choice(basic, 2, replace=False)
    share = float(rng.uniform(0.3, 0.7))
    return EmotionState({str(first): strength * share, str(second): strength * (1 - share)})
