"""Videos of one person to learn motion from: which are usable, and why others are not.

Every video is watched once; what was seen is kept by the content of the file, so that a run that was stopped goes on
where it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from checkpoints.errors import BadInput
from emotion_embed.signals.audio import Audio
from emotion_embed.signals.video import sound_of
from generators.contracts import Motion
from generators.motion.diffusion.configuration import FPS
from generators.motion.diffusion.motion_space import GAP, to_vectors
from generators.motion.diffusion.training.personal import RATE_HZ, Footage
from generators.motion.tracked.face_track import watch_face
from generators.motion.tracked.pipeline import motion_of
from studio.media.files import in_one_step
from studio.quality.metrics import lip_lag, log_energy

SUFFIXES = frozenset({".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v"})
MIN_S, MIN_FPS, MOST_FPS = 2.0, 20.0, 60.0
MIN_SPEECH_DB, MIN_LIP_R, MOST_LAG_MS = 12.0, 0.15, 120.0
_ENOUGH_FOR_LAG_S = 8.0


@dataclass(frozen=True)
class Seen:
    """What came of one video: `footage`, or None and a `fault` that says why nothing can be learned from it."""

    path: Path
    footage: Footage | None
    fault: str = ""


def look_through(folder: Path, work: Path, progress: Callable[[str, float, float], None] | None = None) -> list[Seen]:
    """Watch every video of a folder.

    Args:
        folder: one person's talking videos.
        work: a folder that keeps what was seen.
        progress: called as ("watching", videos done, videos).

    Raises:
        BadInput: There are no videos in the folder.
        Missing: The weights that faces are seen with are not here.
    """
    paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES) if folder.is_dir() else []
    if not paths:
        raise BadInput(f"There are no videos in {folder}; it takes {', '.join(sorted(SUFFIXES))}.")
    tell = progress or (lambda *_: None)
    found = []
    for i, path in enumerate(paths):
        try:
            found.append(Seen(path, _kept(path, work, lambda share, i=i: tell("watching", i + share, len(paths)))))
        except BadInput as error:
            found.append(Seen(path, None, str(error).removeprefix(f"{path} ")))
        tell("watching", i + 1, len(paths))
    return found


def usable(seen: list[Seen]) -> list[Footage]:
    """What can be learned from; `BadInput` where that is nothing."""
    footage = [one.footage for one in seen if one.footage is not None]
    if not footage:
        raise BadInput(
            f"None of the {len(seen)} videos can be learned from: "
            + "; ".join(f"{one.path.name}: {one.fault.rstrip('.')}" for one in seen[:3])
            + ("; …" if len(seen) > 3 else ".")
        )
    return footage


def _kept(path: Path, work: Path, progress: Callable[[float], None]) -> Footage:
    """What was seen of a video, from `work` where it was watched before."""
    folder = work / "footage"
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / f"{hashlib.sha256(path.read_bytes()).hexdigest()[:16]}.npz"
    if not kept.exists():
        footage = watched(path, progress)
        with in_one_step(kept) as staged:
            np.savez(staged, samples=footage.samples, vectors=footage.vectors)
    with np.load(kept) as found:
        return Footage(path, found["samples"], found["vectors"])


def watched(path: Path, progress: Callable[[float], None] | None = None) -> Footage:
    """Watch and hear one video; `BadInput` says why nothing can be learned from it."""
    sound = sound_of(path)
    if sound is None:
        raise BadInput("it has no sound.")
    seen = watch_face(path, most_fps=MOST_FPS, progress=progress)
    motion = motion_of(seen, float(FPS))
    length_s = min(len(motion) / FPS, sound.duration_s)
    if length_s < MIN_S:
        raise BadInput(f"it is {length_s:.1f} s long; {MIN_S:g} s is the least.")
    if seen.fps < MIN_FPS - 0.5:
        raise BadInput(f"it has {seen.fps:.0f} frames a second; lips need {MIN_FPS:g}.")
    n_frames = int(length_s * FPS)
    samples = sound.resampled(RATE_HZ).samples[: n_frames * RATE_HZ // FPS]
    _check_speech(motion, sound, length_s)
    return Footage(path, samples.astype(np.float32), to_vectors(motion)[:n_frames])


def _check_speech(motion: Motion, sound: Audio, length_s: float) -> None:
    """Somebody must speak, and it must be this face."""
    energy = log_energy(sound)
    if np.percentile(energy, 95) - np.percentile(energy, 20) < MIN_SPEECH_DB and energy.std() < 3:
        raise BadInput("nobody speaks in it.")
    gap = to_vectors(motion)[:, GAP]
    if np.percentile(gap, 95) - np.percentile(gap, 10) < 0.02:
        raise BadInput("its lips do not move.")
    lag = lip_lag(gap, motion.fps, sound) if length_s >= _ENOUGH_FOR_LAG_S else None
    if lag is not None and lag[1] < MIN_LIP_R:
        raise BadInput("its lips do not go with its sound.")
    if lag is not None and abs(lag[0]) > MOST_LAG_MS:
        raise BadInput(f"its lips come {lag[0]:+.0f} ms after its sound; bring them together first.")
