"""Videos of one person, for `train_motion.py --videos` to learn from: which are usable, and why others are not.

Every video is watched once; what was seen is kept by the content of the file, so that a run that was stopped goes on
where it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from make_motion_data import RATE_HZ, Performance, _feeling
from rich.console import Console
from rich.progress import Progress, TimeRemainingColumn
from rich.table import Table

from checkpoints.errors import BadInput
from emotion_embed.signals.face_track import track_largest_face
from emotion_embed.signals.video import sound_of
from emotion_embed.state import EmotionKey, EmotionTrack
from generators.contracts import Motion, Speech
from generators.motion.diffusion import DiffusionMotion
from generators.motion.diffusion.conditioning import USUAL_STYLE, style_of
from generators.motion.diffusion.configuration import FPS
from generators.motion.diffusion.motion_space import GAP, to_vectors
from generators.motion.tracked.pipeline import motion_of
from studio.quality.metrics import lip_lag, log_energy

SUFFIXES = frozenset({".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v"})
LEAST_S, LEAST_FPS, LEAST_SEEN = 2.0, 20.0, 0.9
LEAST_SPEECH_DB, LEAST_LIP_R, MOST_LAG_MS = 12.0, 0.15, 120.0
ENOUGH_FOR_LAG_S = 8.0


@dataclass(frozen=True)
class Footage:
    """One usable video: its sound at 16 kHz and what the person did, vectors (frames, 59) at 25 a second."""

    path: Path
    samples: np.ndarray
    vectors: np.ndarray


def look_through(folder: Path, work: Path) -> list[Footage]:
    """Every usable video of a folder; a table tells what was found. `BadInput` when there is none to learn from."""
    paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES) if folder.is_dir() else []
    if not paths:
        raise BadInput(f"There are no videos in {folder}; it takes {', '.join(sorted(SUFFIXES))}.")
    table, usable = Table("video", "seconds", "usable", title=str(folder)), []
    columns = (*Progress.get_default_columns()[:-1], TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("watching", total=len(paths))
        for i, path in enumerate(paths):
            try:
                footage = _kept(path, work, lambda share, i=i: bar.update(task, completed=i + share))
                table.add_row(path.name, f"{len(footage.vectors) / FPS:.1f}", "yes")
                usable.append(footage)
            except BadInput as error:
                table.add_row(path.name, "", f"no: {str(error).removeprefix(f'{path} ')}")
            bar.update(task, completed=i + 1)
    Console(stderr=True).print(table)
    if not usable:
        raise BadInput(f"None of the {len(paths)} videos in {folder} can be learned from; the table says why.")
    return usable


def _kept(path: Path, work: Path, progress: object) -> Footage:
    """What was seen of a video, from `work` where it was watched before."""
    folder = work / "footage"
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / f"{hashlib.sha256(path.read_bytes()).hexdigest()[:16]}.npz"
    if not kept.exists():
        footage = watched(path, progress)
        half = kept.with_suffix(".half.npz")
        np.savez(half, samples=footage.samples, vectors=footage.vectors)
        half.replace(kept)
    with np.load(kept) as found:
        return Footage(path, found["samples"], found["vectors"])


def watched(path: Path, progress: object = None) -> Footage:
    """Watch and hear one video; `BadInput` says why nothing can be learned from it."""
    sound = sound_of(path)
    if sound is None:
        raise BadInput("it has no sound.")
    seen = track_largest_face(path, most_fps=60.0, progress=progress)
    motion = motion_of(seen, float(FPS))
    length_s = min(len(motion) / FPS, sound.duration_s)
    if length_s < LEAST_S:
        raise BadInput(f"it is {length_s:.1f} s long; {LEAST_S:g} s is the least.")
    if seen.fps < LEAST_FPS - 0.5:
        raise BadInput(f"it has {seen.fps:.0f} frames a second; lips need {LEAST_FPS:g}.")
    n = int(length_s * FPS)
    samples = sound.resampled(RATE_HZ).samples[: n * RATE_HZ // FPS]
    _check_speech(motion, sound, length_s)
    return Footage(path, samples.astype(np.float32), to_vectors(motion)[:n])


def _check_speech(motion: Motion, sound: object, length_s: float) -> None:
    """Somebody must speak, and it must be this face."""
    energy = log_energy(sound)
    if np.percentile(energy, 95) - np.percentile(energy, 20) < LEAST_SPEECH_DB and energy.std() < 3:
        raise BadInput("nobody speaks in it.")
    gap = to_vectors(motion)[:, GAP]
    if np.percentile(gap, 95) - np.percentile(gap, 10) < 0.02:
        raise BadInput("its lips do not move.")
    lag = lip_lag(gap, motion.fps, sound) if length_s >= ENOUGH_FOR_LAG_S else None
    if lag is not None and lag[1] < LEAST_LIP_R:
        raise BadInput("its lips do not go with its sound.")
    if lag is not None and abs(lag[0]) > MOST_LAG_MS:
        raise BadInput(f"its lips come {lag[0]:+.0f} ms after its sound; bring them together first.")


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
        track = EmotionTrack((EmotionKey(0.0, _feeling(rng)),))
        speech = Speech(Audio(own.samples, RATE_HZ))
        motion = next(base.stream([speech], track, seed=int(rng.integers(2**31)), fps=FPS))
        emotion = track.sample((np.arange(len(motion)) + 0.5) / FPS)
        yield Performance(own.samples, to_vectors(motion), emotion, (), "studio", own.path.stem)
