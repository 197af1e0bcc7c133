"""Five seeds, and where windows join."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from emotion_embed.track import EmotionTrack
from generators.contracts import join_motion
from generators.motion.diffusion import DiffusionMotion
from generators.motion.diffusion.configuration import FPS
from generators.motion.diffusion.motion_space import BROW_COLUMNS, GAP, ROTATION, to_vectors
from generators.motion.streaming import stream
from generators.timeline import place
from scripts.evaluation.metrics import correlation
from scripts.evaluation.motion.life_measures import seam, window_starts
from scripts.evaluation.motion.likeness import ALL, GROUPS
from scripts.evaluation.motion.lip_measures import closures
from scripts.evaluation.motion.material import Clip, Material, spread
from scripts.evaluation.motion.stage import BLIND, TEACHER, TOLD, Stage, gaps_of
from scripts.evaluation.motion.tables import Found
from scripts.evaluation.tables import Grid
from studio.quality import metrics as self_check


def seeds(stage: Stage, material: Material) -> Found:
    """Five performances of each sentence: where they differ and where not."""
    n = material.sizes.sentences
    told, blind = spread(material.spoken, n), spread(material.real, 4 * n)  # real ones are short
    rows, aims = [], []
    for who, clips in ((TOLD, told), (BLIND, blind), (TEACHER, told)):
        takes = [[stage.vectors(who, clip, seed=seed) for seed in range(5)] for clip in clips]
        turn_deg, brows, gap = (
            float(np.mean([np.std(take, axis=0)[:, columns].mean() for take in takes]))
            for columns in (ALL[ROTATION], BROW_COLUMNS, [GAP])
        )
        alike = np.mean([correlation(a[:, GAP], b[:, GAP]) for t in takes for i, a in enumerate(t) for b in t[:i]])
        limit = self_check.lip_levels(np.concatenate([v[:, GAP] for t in takes for v in t]))[2]
        phones = [clip.speech.phones for clip in clips]
        closed = [float(closures(gaps_of(t[s] for t in takes), phones, limit).mean()) for s in range(5)]
        again = stage.performers[who](clips[0], EmotionTrack(), 0)
        same = bool(np.array_equal(again, takes[0][0]))
        rows.append((who, f"{turn_deg:.2f}", f"{brows:.3f}", f"{gap:.4f}", f"{alike:.3f}",
                     f"{100 * min(closed):.1f} … {100 * max(closed):.1f} %", "yes" if same else "NO"))  # fmt: skip
        if who != TEACHER:
            measured = (
                f"head {turn_deg:.1f}°, brows {brows:.3f}, lips r {alike:.3f}, closures ± {50 * np.ptp(closed):.1f}"
            )
            met = same and turn_deg >= 1 and alike >= 0.9 and np.ptp(closed) <= 0.05
            aims.append((f"5 seeds, {who}", measured, "head ≥ 1°, lips r ≥ 0.9, closures ± 2.5 points", bool(met)))
    header = ("motion", "head, °", "brows", "lip gap", "r of lip gaps", "p b m closed, least … most",
              "same seed, same motion")  # fmt: skip
    title = f"Deviation across 5 seeds, {len(told)} + {len(blind)} sentences."
    return Found([Grid(title, header, rows)], aims)


def windows(stage: Stage, material: Material) -> Found:
    """Whether the joins of windows, and of parts, can be seen in the motion."""
    joins = [(talk, window_starts(talk.n_frames)) for talk in material.talks]
    blind = [(stage.vectors(BLIND, talk, seed=seed), starts) for talk, starts in joins for seed in range(6)]
    taught = [(stage.vectors(TEACHER, talk, seed=seed), starts) for talk, starts in joins for seed in range(6)]
    parts = [_in_parts(stage.model, material.spoken[i::3]) for i in range(3) if material.spoken[i::3]]
    kinds = {
        "windows": (blind, 0), "the same frames, teacher": (taught, 0), "windows and 0.4 s on": (blind, 10),
        "the same, teacher": (taught, 10), "parts, phones known": (parts, 0),
    }  # fmt: skip
    found = {k: {g: seam(r, columns, n) for g, columns in GROUPS.items()} for k, (r, n) in kinds.items()}
    rows = [(g, *(f"{found[k][g][0]:.2f} ± {found[k][g][1]:.2f}" for k in kinds)) for g in GROUPS]
    counts = [sum(len(starts) for _, starts in recordings) for recordings, _ in kinds.values()]
    header = ("channels", *(f"{k} ({n})" for k, n in zip(kinds, counts, strict=True)))
    title = "Second differences at joins over those elsewhere (ratio of means ± standard error; 1 is no seam)."
    surely = {(k, g): found[k][g][0] - found[k][g][1] for k in ("windows", "windows and 0.4 s on") for g in GROUPS}
    worst, group = max(surely, key=surely.__getitem__)
    ratio, error = found[worst][group]
    aim = (f"seams of windows, worst channels ({worst})", f"{ratio:.2f} ± {error:.2f} ({group})",
           "≤ 1.1 within the error", surely[worst, group] <= 1.1)  # fmt: skip
    return Found([Grid(title, header, rows)], [aim])


def _in_parts(model: DiffusionMotion, clips: Sequence[Clip]) -> tuple[np.ndarray, np.ndarray]:
    """Sentences streamed part by part as `render` does, and where parts begin."""
    motions = list(stream(model, place(clip.speech for clip in clips), fps=FPS))
    return to_vectors(join_motion(motions)), np.cumsum([len(m) for m in motions])[:-1]
