"""Feelings: named by a probe, graded by strength, and what they do to closures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from emotion_embed import taxonomy
from generators.contracts import ARKIT_CHANNELS
from generators.motion.diffusion.configuration import FPS
from generators.motion.diffusion.motion_space import BROW_COLUMNS
from scripts.evaluation.metrics import correlation, rank_correlation
from scripts.evaluation.motion.likeness import CORNERS, GROUPS, Probe
from scripts.evaluation.motion.lip_measures import closures
from scripts.evaluation.motion.material import Clip, Material, spread
from scripts.evaluation.motion.stage import BLIND, TEACHER, TOLD, Stage, gaps_of
from scripts.evaluation.motion.tables import FEELINGS, STRENGTHS, Found, percent
from scripts.evaluation.tables import Grid, confusion_grid
from studio.quality import metrics as self_check


def learn_probe(stage: Stage, clips: Sequence[Clip]) -> Probe:
    """From the teacher's motions at full strength, each with dice of its own."""
    asked = [(clip, feeling) for clip in clips for feeling in FEELINGS]
    performances = [stage.vectors(TEACHER, clip, feeling, 1.0, 1000 + i) for i, (clip, feeling) in enumerate(asked)]
    return Probe.fit(performances, [FEELINGS.index(feeling) for _, feeling in asked])


def feelings(stage: Stage, material: Material) -> Found:
    """Whether the feeling asked for is read from the motion, grows with its strength, and leaves the lips alone."""
    probe = learn_probe(stage, material.training)
    voices = [(f"Kokoro, {TOLD}", TOLD, material.spoken), (f"Kokoro, {TEACHER}", TEACHER, material.spoken),
              (f"real, {BLIND}", BLIND, spread(material.real, material.sizes.spoken))]  # fmt: skip
    voices.append((f"real, {TEACHER}", TEACHER, voices[-1][2]))
    named, fell = {}, {}
    for label, who, clips in voices:
        named[label] = np.array([probe.scores(stage.all(who, clips, f, 1.0)).argmax(1) for f in FEELINGS])
        fell[label] = _closures_by_feeling(stage, who, clips)
    rows = []
    for label, own in named.items():
        neutral, full = fell[label][0], fell[label][1:]
        falls = (f"{100 * (neutral - share):+.1f}" for share in (full.mean(), full.min()))
        rows.append((label, f"{_right(own):.1%}", percent(neutral), percent(full.mean()), *falls, str(own.size)))
    header = ("motion", "feeling named by the probe", "p b m closed, neutral", "at full strength", "fall in points",
              "worst feeling", "clips")  # fmt: skip
    title = f"Feelings at full strength. The probe learned from {7 * len(material.training)} motions of the teacher."
    (told, _, _), blind = voices[0], voices[2][0]
    grids = [Grid(title, header, rows), *(_confusion(label, named[label]) for label in (told, blind))]
    aims = [(f"feeling named, {label}", f"{_right(named[label]):.1%}", "≥ 85 %", _right(named[label]) >= 0.85)
            for label in (told, blind)]  # fmt: skip
    falls = [100 * float(fell[label][0] - np.mean(fell[label][1:])) for label in (told, blind)]
    aims.append(("p b m closed, neutral → full: fall, phones known / sound alone",
                 f"{falls[0]:+.1f} / {falls[1]:+.1f} points", "≤ 3 points", max(falls) <= 3))  # fmt: skip
    grown = strengths(stage, material, probe)
    return Found(grids + grown.grids + [activity(stage, material)], aims + grown.aims)


def _right(named: np.ndarray) -> float:
    """Share named as asked, from (7, clips)."""
    return float((named == np.arange(len(FEELINGS))[:, None]).mean())


def _closures_by_feeling(stage: Stage, who: str, clips: Sequence[Clip]) -> np.ndarray:
    """Share of p b m that close, (8,), neutral first; the limit is the neutral face's own."""
    phones = [clip.speech.phones for clip in clips]
    gaps = [gaps_of(stage.all(who, clips, feeling, 1.0)) for feeling in taxonomy.BASIC]
    limit = self_check.lip_levels(np.concatenate(gaps[0]))[2]
    return np.array([closures(own, phones, limit).mean() for own in gaps])


def _confusion(label: str, named: np.ndarray) -> Grid:
    """`named` (feelings, clips): what each clip was named, by what was asked."""
    asked = np.broadcast_to(np.arange(len(FEELINGS))[:, None], named.shape)
    return confusion_grid(f"{label}: clips by feeling.", FEELINGS, asked.ravel(), named.ravel(), "asked \\ read")


def strengths(stage: Stage, material: Material, probe: Probe) -> Found:
    """Distance along the probe's direction at each strength, and its order."""
    grids, aims = [], []
    for label, who, clips in (("Kokoro, " + TOLD, TOLD, material.spoken), ("real, " + BLIND, BLIND, material.real)):
        clips = spread(clips, material.sizes.graded)
        rows, orders = [], []
        for k, feeling in enumerate(FEELINGS):
            far = np.array([probe.scores(stage.all(who, clips, feeling, s))[:, k] for s in STRENGTHS])
            orders.append(rank_correlation(np.array(STRENGTHS), far.mean(1)))
            each = [rank_correlation(np.array(STRENGTHS), own) for own in far.T]
            rows.append((feeling, *(f"{d:+.1f}" for d in far.mean(1)), f"{orders[-1]:.2f}", f"{np.mean(each):.2f}"))
        limit = self_check.lip_levels(np.concatenate(gaps_of(stage.all(who, clips))))[2]
        closed = [_closed_at(stage, who, clips, strength, limit) for strength in STRENGTHS]
        rows.append(("p b m closed", *(percent(share) for share in closed), "", ""))
        title = f"Strength, {label}: mean distance along the probe's direction of the feeling, {len(clips)} clips."
        grids.append(Grid(title, ("asked", *(f"{s:g}" for s in STRENGTHS), "ρ", "mean ρ of single clips"), rows))
        aims.append((f"strength seen, least Spearman ρ of 7 feelings, {label}", f"{min(orders):.2f}", "≥ 0.90",
                     min(orders) > 0.899))  # fmt: skip
    return Found(grids, aims)


def _closed_at(stage: Stage, who: str, clips: Sequence[Clip], strength: float, limit: float) -> float:
    """Share of p b m that close under `limit`, over all feelings at one strength."""
    phones = [clip.speech.phones for clip in clips]
    hits = [closures(gaps_of(stage.all(who, clips, f, strength)), phones, limit) for f in FEELINGS]
    return float(np.concatenate(hits).mean())


def activity(stage: Stage, material: Material) -> Grid:
    """Mean of each group of channels and speed of the brows, by feeling, beside the teacher's."""
    groups = ("brows", "cheeks, nose, squint")
    rows = []
    for feeling in taxonomy.BASIC:
        own, taught = (np.concatenate(stage.all(who, material.spoken, feeling, 1.0)) for who in (TOLD, TEACHER))
        cells = [f"{own[:, GROUPS[g]].mean():.3f} ({taught[:, GROUPS[g]].mean():.3f})" for g in groups]
        cells.append(f"{own[:, CORNERS].mean():.3f} ({taught[:, CORNERS].mean():.3f})")
        quick = [np.abs(np.diff(v[:, BROW_COLUMNS], axis=0)).mean() * FPS for v in (own, taught)]
        alike = correlation(own[:, : len(ARKIT_CHANNELS)].mean(0), taught[:, : len(ARKIT_CHANNELS)].mean(0))
        rows.append((feeling, *cells, f"{quick[0]:.3f} ({quick[1]:.3f})", f"{alike:.2f}"))
    header = ("feeling", *groups, "mouth corners", "brow speed, 1/s", "r of all channels' means")
    return Grid("Mean activity by feeling at full strength, phones known; in brackets the teacher's.", header, rows)
