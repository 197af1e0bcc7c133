"""A motion model that moves as one person does, from what was seen of them in videos."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from emotion_embed import taxonomy
from emotion_embed.state import EmotionKey, EmotionState, EmotionTrack, parse_emotion
from generators.contracts import Speech
from generators.motion.diffusion import DiffusionMotion
from generators.motion.diffusion.conditioning import USUAL_STYLE, style_of
from generators.motion.diffusion.configuration import FPS, STYLE_NAMES
from generators.motion.diffusion.motion_space import to_vectors
from generators.motion.diffusion.training.export import export
from generators.motion.diffusion.training.learning import train
from generators.motion.diffusion.training.windows import Performance, Windows
from scripts.training.motion.speech import BASICS, RATE_HZ


def random_emotion(rng: np.random.Generator) -> EmotionState:
    kind = rng.random()
    if kind < 0.2:
        return EmotionState()
    strength = float(rng.choice([0.25, 0.5, 0.75, 1.0, rng.uniform(0.1, 1.0)]))
    if kind < 0.7:
        return EmotionState({str(rng.choice(BASICS)): strength})
    if kind < 0.85:
        return parse_emotion(f"{rng.choice(taxonomy.names())}:{strength:.2f}")
    first, second = rng.choice(BASICS, 2, replace=False)
    share = float(rng.uniform(0.3, 0.7))
    return EmotionState({str(first): strength * share, str(second): strength * (1 - share)})


OWN_RATE, OWN_PASSES = 2e-4, 2


def follow(args: argparse.Namespace) -> int:
    """`--videos`: the product's model (or `--base`) as one person moves."""
    from generators.motion.diffusion import DiffusionMotion, DiffusionMotionConfig
    from generators.motion.diffusion.diffusers_pipeline import MotionDiffusionPipeline
    from generators.motion.diffusion.training.personal import own_performances, own_style, remembered
    from generators.motion.diffusion.training.windows import keep
    from studio.footage import look_through

    footage = look_through(args.videos, args.work)
    model = MotionDiffusionPipeline.from_pretrained(args.base, dtype=torch.float32).transformer
    amounts = own_style(footage, model.style_mean.numpy(), model.style_scale.numpy())
    said = ", ".join(f"{n} {a:+.2f}" for n, a in zip(STYLE_NAMES, amounts - USUAL_STYLE, strict=True))
    sys.stderr.write(f"style: {said}\n")
    if args.what == "all":
        folder, rng = args.work / "own", np.random.default_rng(args.seed)
        if not (folder / "windows").exists():
            base = DiffusionMotion.load(config=DiffusionMotionConfig(backend="torch"), folder=args.base)
            for i in range(OWN_PASSES):
                keep(folder, f"own-{i}", own_performances(footage), base.ears, rng)
                keep(folder, f"remembered-{i}", remembered(footage, base, rng), base.ears, rng)
        windows = Windows.read(folder / "windows")
        model = train(model, windows, args.work / "own.pt", args.minutes, args.seed, OWN_RATE)
    # A model that learned from the person is told their style in its own words, and needs no help to show it.
    more = (amounts - USUAL_STYLE).tolist()
    shown = {"own_style": amounts.tolist()} if args.what == "all" else {"own_style": more, "lacking_style": more}
    shown["usual_style"] = amounts.tolist()
    export(model, args.out, {**shown, "videos": len(footage), "what": args.what})
    return 0


@dataclass(frozen=True)
class Footage:
    """One usable video: its sound at 16 kHz and what the person did, vectors (frames, 59) at 25 a second."""

    path: Path
    samples: np.ndarray
    vectors: np.ndarray


def own_style(footage: Sequence[Footage], style_mean: np.ndarray, style_scale: np.ndarray) -> np.ndarray:
    """How much the person moves, (5,) in deviations of the training's, at most 2 from the model's usual."""
    style = (style_of(np.concatenate([f.vectors for f in footage])) - style_mean[0]) / style_scale[0]
    return np.clip(style, np.array(USUAL_STYLE) - 2, np.array(USUAL_STYLE) + 2)


def own_performances(footage: Sequence[Footage]) -> Iterator[Performance]:
    """What the person did; how they felt is not known."""
    style = style_of(np.concatenate([own.vectors for own in footage]))
    for own in footage:
        nothing = np.zeros((len(own.vectors), 7))
        yield Performance(own.samples, own.vectors, nothing, (), "studio", own.path.stem, False, style)


def remembered(footage: Sequence[Footage], base: DiffusionMotion, rng: np.random.Generator) -> Iterator[Performance]:
    """The same sound as the model before the training acts it, with random feelings: what it shall not forget."""
    from emotion_embed.signals.audio import Audio

    for own in footage:
        track = EmotionTrack((EmotionKey(0.0, random_emotion(rng)),))
        speech = Speech(Audio(own.samples, RATE_HZ))
        motion = next(base.stream([speech], track, seed=int(rng.integers(2**31)), fps=FPS))
        emotion = track.sample((np.arange(len(motion)) + 0.5) / FPS)
        yield Performance(own.samples, to_vectors(motion), emotion, (), "studio", own.path.stem)
