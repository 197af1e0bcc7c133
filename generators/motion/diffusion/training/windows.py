"""Training windows: four seconds of sound and conditioning with the motion that belongs to them."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from checkpoints.errors import BadInput
from generators.contracts import Phone
from generators.motion.diffusion import conditioning
from generators.motion.diffusion.audio_features import SAMPLES_PER_FRAME, AudioEncoder
from generators.motion.diffusion.conditioning import emotion_features, phone_features
from generators.motion.diffusion.configuration import N_BEFORE, N_NEW, N_WINDOW

HOP = N_NEW  # frames from window to window
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Performance:
    """Sound as it is heard, and what is moved: `samples` (n,) at 16 kHz, `vectors` (frames, 59), `emotion`
    (frames, 7) weights, `phones`, and whose face it is. `has_emotion` is whether it is known what was felt."""

    samples: np.ndarray
    vectors: np.ndarray
    emotion: np.ndarray
    phones: Sequence[Phone]
    talker: str
    speaker: str
    has_emotion: bool = True
    style: np.ndarray | None = None  # where it is known from more than this


def windows_of(
    performance: Performance, audio_encoder: AudioEncoder, rng: np.random.Generator
) -> Iterator[dict[str, np.ndarray]]:
    """Overlapping windows of 100 frames over a performance. The first begins where nothing was before."""
    vectors, n_frames = performance.vectors, len(performance.vectors)
    style = conditioning.measure_style(vectors) if performance.style is None else performance.style
    emotion = emotion_features(performance.emotion)
    first_start = -N_BEFORE if rng.random() < 0.5 else -int(rng.integers(0, N_BEFORE))
    for start in range(first_start, max(1, n_frames - N_BEFORE - 15), HOP):
        low, high = max(0, start), min(n_frames, start + N_WINDOW)
        inside = slice(low - start, high - start)
        motion = np.zeros((N_WINDOW, vectors.shape[1]), np.float32)
        motion[inside] = vectors[low:high]
        feeling = np.zeros((N_WINDOW, emotion.shape[1]), np.float32)
        feeling[inside] = emotion[low:high]
        valid = np.zeros(N_WINDOW, np.uint8)
        valid[inside] = 1
        has_phones = len(performance.phones) > 0 or performance.speaker == "nobody"
        yield {
            "audio": audio_encoder(cut_sound(performance.samples, start)).astype(np.float16),
            "motion": motion.astype(np.float16), "emotion": feeling.astype(np.float16), "valid": valid,
            "phones": phone_features(performance.phones, start, N_WINDOW).astype(np.float16), "style": style,
            "talker": np.array(performance.talker == "grid"), "has_phones": np.array(has_phones),
            "has_emotion": np.array(performance.has_emotion),
        }  # fmt: skip


def cut_sound(samples: np.ndarray, first_frame: int) -> np.ndarray:
    """The sound of one window, (64000,), silence where there is none."""
    start, n = first_frame * SAMPLES_PER_FRAME, N_WINDOW * SAMPLES_PER_FRAME
    low, high = max(0, start), min(len(samples), start + n)
    cut = np.zeros(n, np.float32)
    if high > low:
        cut[low - start : high - start] = samples[low:high]
    return cut


def write_windows(
    work: Path, name: str, source: Iterator[Performance], audio_encoder: AudioEncoder, rng: np.random.Generator
) -> None:
    """Keep the windows of all performances in `work/windows`, in files `name`-000.npz of some hundred."""
    (work / "windows").mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, np.ndarray]] = []
    n_files = n_windows = 0

    def write() -> None:
        nonlocal n_files
        half = work / "windows" / f"{name}-{n_files:03d}.half.npz"
        columns: dict[str, Any] = {key: np.stack([row[key] for row in rows]) for key in rows[0]}
        np.savez(half, allow_pickle=False, **columns)
        half.replace(work / "windows" / f"{name}-{n_files:03d}.npz")
        n_files += 1
        rows.clear()

    for performance in source:
        for window in windows_of(performance, audio_encoder, rng):
            rows.append(window)
            n_windows += 1
        if len(rows) >= 400:
            write()
            _log.info("%s: %d windows so far", name, n_windows)
    if rows:
        write()
    _log.info("%s: %d windows", name, n_windows)


@dataclass(frozen=True)
class Windows:
    """All windows of a corpus in memory, row by row as `windows_of` makes them and `write_windows` keeps them."""

    audio: np.ndarray
    motion: np.ndarray
    emotion: np.ndarray
    valid: np.ndarray
    phones: np.ndarray
    style: np.ndarray
    talker: np.ndarray
    has_phones: np.ndarray
    has_emotion: np.ndarray

    @classmethod
    def read(cls, folder: Path, without: Sequence[str] = ()) -> Windows:
        """Every file of `folder` whose name does not begin with a word of `without`; `BadInput` where there is none."""
        files = [
            f for f in sorted(folder.glob("*.npz")) if ".half" not in f.name and f.stem.split("-")[0] not in without
        ]
        if not files:
            raise BadInput(f"There are no windows to learn from in {folder}.")
        parts: dict[str, list[np.ndarray]] = {name: [] for name in cls.__dataclass_fields__}
        for file in files:
            with np.load(file) as kept:
                for name, rows in parts.items():
                    rows.append(kept[name])
        return cls(**{name: np.concatenate(rows) for name, rows in parts.items()})

    def __len__(self) -> int:
        return len(self.motion)
