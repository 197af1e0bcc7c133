"""Lips: one real man's, and real speech without text."""

from __future__ import annotations

import numpy as np

from emotion_embed.signals.audio import Audio
from generators.motion.diffusion.motion_space import GAP
from scripts.evaluation.metrics import correlation
from scripts.evaluation.motion.baselines import Ridge, frame_energy_db, frame_mels
from scripts.evaluation.motion.lip_measures import Lips, behind_in, lips_of, outside_ms
from scripts.evaluation.motion.material import RATE_HZ, Material, spread
from scripts.evaluation.motion.stage import (
    AS_GRID,
    BLIND,
    ENVELOPE,
    HEARD,
    OPENFACEFX,
    OURS,
    STRANGER,
    TEACHER,
    TOLD,
    Stage,
    gaps_of,
)
from scripts.evaluation.motion.tables import ABSENT, Found, number, percent
from scripts.evaluation.tables import Grid
from scripts.training.motion.grid import grid_clips


def real_lips(stage: Stage, material: Material) -> Found:
    """GRID's talker: whose lips open when his did?"""
    clips, heard = material.grid, spread(material.grid, material.sizes.grid_heard)
    ridge = Ridge.fit(*_grid_training(material))
    curves: dict[str, list[np.ndarray] | None] = {
        "log energy": [frame_energy_db(c.speech.audio, len(c.gap)) for c in clips],
        "ridge on ±0.8 s of log-mel, his other clips": [ridge(frame_mels(c.speech.audio, len(c.gap))) for c in clips],
    }
    for who in (OPENFACEFX, ENVELOPE, HEARD, STRANGER, AS_GRID):
        own = clips if who != HEARD else heard
        curves[who] = gaps_of(stage.all(who, own)) if who in stage.performers else None
    rows, found = [], {}
    for who, gaps in curves.items():
        if gaps is None:
            rows.append((who, ABSENT if who == OPENFACEFX else "not given", *["–"] * 3))
            continue
        pairs = list(zip(gaps, (c.gap for c in (heard if who == HEARD else clips)), strict=True))
        r = np.array([correlation(a, b) for a, b in pairs])
        found[who] = float(np.median(r))
        size = "–" if who == "log energy" else f"{np.median([a.std() / b.std() for a, b in pairs]):.2f}"
        rows.append((who, f"{found[who]:.3f}", f"{np.percentile(r, 10):.2f}", size, str(len(r))))
    header = ("lips", "median r per clip", "10th percentile", "size of movement / his", "clips")
    title = "Real lips: correlation with the measured lip opening of GRID's talker, clips kept out of training."
    aims = [(f"his lips, median r, {AS_GRID}", f"{found[AS_GRID]:.3f} ({len(clips)} clips)", "≥ 0.90",
             found[AS_GRID] >= 0.9 and len(clips) >= 60)]  # fmt: skip
    strange = found.get(STRANGER)
    aims.append(
        (f"his lips, median r, {STRANGER}", number(strange, ".3f"), "≥ 0.70 (hoped 0.80)", (strange or 0) >= 0.7)
    )
    return Found([Grid(title, header, rows)], aims)


def _grid_training(material: Material) -> tuple[np.ndarray, np.ndarray]:
    """Log-mel around each frame (n, 1640) and lip gap (n,) of the talker's other clips."""
    clips = list(grid_clips(material.data / "speech_face" / "grid_s1", held_out=False))
    features = [frame_mels(Audio(samples, RATE_HZ), len(vectors)) for _, samples, vectors in clips]
    return np.concatenate(features), np.concatenate([vectors[:, GAP] for *_, vectors in clips])


def real_speech(stage: Stage, material: Material) -> Found:
    """Held-out real voices: what the lips do at the sounds, whoever performs."""
    clips = material.real
    audios, phones = [c.speech.audio for c in clips], [c.speech.phones for c in clips]
    like = gaps_of(stage.all(TEACHER, clips))
    performers = (ENVELOPE, OPENFACEFX, HEARD, OURS, BLIND, TOLD, TEACHER)
    found: dict[str, Lips] = {}
    for who in performers:
        if who in stage.performers:
            found[who] = lips_of(gaps_of(stage.all(who, clips)), audios, phones, like)
    rows = [(who, *_lip_cells(found.get(who))) for who in performers]
    some = found[BLIND]
    header = (
        "lips", f"p b m closed ({some.n_closing})", f"open vowels open ({some.n_open_vowels})", "lag, ms",
        "r with the teacher", "‰ a frame in silence", "parted in silence", "jitter, ‰", "speed, 1/s",
    )  # fmt: skip
    n_s = sum(audio.duration_s for audio in audios)
    deaf = sum(not stage.heard(clip).phones for clip in clips)
    title = (
        f"Real speech kept out of training: {len(clips)} clips, {n_s:.0f} s, EmoDB's actors and LJSpeech. "
        f"In {deaf} of them the performer by rule hears nobody without phones."
    )
    return Found([Grid(title, header, rows)], _lip_aims(found))


def _lip_cells(lips: Lips | None) -> tuple[str, ...]:
    if lips is None:
        return (ABSENT, *["–"] * 7)
    return (
        percent(lips.closed), percent(lips.opened), number(lips.lag_ms, "+.0f"), number(lips.likeness),
        number(lips.still, ".1f"), percent(lips.parted), f"{lips.jitter:.1f}", f"{lips.speed:.2f}",
    )  # fmt: skip


def _lip_aims(found: dict[str, Lips]) -> list[tuple[str, str, str, bool]]:
    lips = found[BLIND]
    aims = [
        ("p b m closed, real speech, sound alone", percent(lips.closed), "≥ 85 %", (lips.closed or 0) >= 0.85),
        ("open vowels open, the same", percent(lips.opened), "≥ 80 %", (lips.opened or 0) >= 0.8),
        ("lag, the same", f"{number(lips.lag_ms, '+.0f')} ms", "−60 … +40 ms", outside_ms(lips) == 0),
        ("r with the teacher, the same", number(lips.likeness), "≥ 0.75", (lips.likeness or 0) >= 0.75),
    ]
    for ours, who in ((BLIND, ENVELOPE), (BLIND, OPENFACEFX), (BLIND, HEARD), (OURS, HEARD)):
        behind = behind_in(found[ours], found[who]) if who in found else [ABSENT]
        aims.append((f"{ours}: not behind {who}", "behind in " + ", ".join(behind) if behind else "ahead",
                     "in no lip measure", not behind))  # fmt: skip
    return aims
