"""Head, lids and gaze."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from generators.motion.rig.accents import accents
from scripts.evaluation.motion.life_measures import Life, beats_met, brow_height, head_speed, life_of
from scripts.evaluation.motion.likeness import ALL, GROUPS, frechet
from scripts.evaluation.motion.material import Clip, Material
from scripts.evaluation.motion.stage import BLIND, ENVELOPE, OPENFACEFX, TEACHER, TOLD, Stage
from scripts.evaluation.motion.tables import ABSENT, Found
from scripts.evaluation.tables import Grid


def life(stage: Stage, material: Material) -> Found:
    """Blinks, gaze, head and brows over minutes, and how near all is to the teacher."""
    talks, rows, lives = material.talks, [], {}
    usual = [stage.vectors(TEACHER, talk, seed=seed) for talk in talks for seed in (0, 1)]
    who_seeds = {TOLD: (0, 1), BLIND: (0, 1), TEACHER: (2, 3), ENVELOPE: (0,), OPENFACEFX: (0,)}
    distances = []
    for who, own_seeds in who_seeds.items():
        if who not in stage.performers:
            distances.append((who, ABSENT, "–"))
            continue
        takes = [(talk, stage.vectors(who, talk, seed=seed)) for talk in talks for seed in own_seeds]
        performances = [vectors for _, vectors in takes]
        far = [frechet(performances, usual, c) for c in (ALL, GROUPS["lip opening"])]
        label = f"{who}, other seeds" if who == TEACHER else who
        distances.append((label, *(f"{d:.3f}" for d in far)))
        if who in (TOLD, BLIND, TEACHER):
            lives[who] = life_of(performances)
            rows.append((who, *_life_cells(lives[who]), *_beat_cells(takes)))
    header = ("motion", "blinks / min", "blink, ms (5–95 %)", "gaze shifts / min", "head yaw / pitch / roll, °",
              "head, °/s", "brows, 1/s", "accents met by head (chance)", "by brows (chance)")  # fmt: skip
    n_min = sum(t.speech.audio.duration_s for t in talks) / 60
    grids = [
        Grid(f"Life over {n_min:.1f} minutes, two seeds each, no feeling asked for.", header, rows),
        Grid("Fréchet distance in motion space to the teacher, per number compared; the teacher's own is the floor.",
             ("motion", "all 59 numbers and their changes", "lip gap alone"), distances),
    ]  # fmt: skip
    return Found(grids, [aim for who in (TOLD, BLIND) for aim in _life_aims(who, lives[who])])


def _life_cells(lives: Life) -> tuple[str, ...]:
    blink = "–"
    if len(lives.blink_ms):
        low, middle, high = np.percentile(lives.blink_ms, (5, 50, 95))
        blink = f"{middle:.0f} ({low:.0f}–{high:.0f})"
    return (
        f"{lives.blinks_per_min:.1f}", blink, f"{lives.gaze_shifts_per_min:.0f}",
        " / ".join(f"{d:.1f}" for d in lives.head_range_deg), f"{lives.head_speed_deg_s:.1f}",
        f"{lives.brow_speed:.3f}",
    )  # fmt: skip


def _beat_cells(takes: Sequence[tuple[Clip, np.ndarray]]) -> Iterator[str]:
    """Share of the accents that head and brows move with, and of the same at shifted times."""
    for curve in (head_speed, brow_height):
        met = []
        for talk, vectors in takes:
            times_s = np.array([a.time_s for a in accents(talk.speech.phones, talk.speech.audio, 0.0)])
            met.append(beats_met(curve(vectors), times_s))
        share, chance = np.mean(met, axis=0)
        yield f"{share:.0%} ({chance:.0%})"


def _life_aims(who: str, lives: Life) -> Iterator[tuple[str, str, str, bool]]:
    """Against the facts of the field: real talkers blink 8–25 times a minute and turn their heads 3–20° per axis."""
    rate, length_ms = lives.blinks_per_min, float(np.median(lives.blink_ms)) if len(lives.blink_ms) else 0.0
    yield (f"blinks a minute, {who}", f"{rate:.1f}, median {length_ms:.0f} ms", "8–25, 60–400 ms",
           8 <= rate <= 25 and 60 <= length_ms <= 400)  # fmt: skip
    low, high = lives.head_range_deg.min(), lives.head_range_deg.max()
    yield f"head range per axis, {who}", f"{low:.1f}–{high:.1f}°", "3–20°", bool(low >= 3 and high <= 20)
