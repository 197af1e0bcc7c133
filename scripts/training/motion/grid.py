"""GRID's talker: a real face as motion."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from emotion_embed.signals.recordings import read_audio
from generators.contracts import ARKIT_CHANNELS, CHANNEL_INDEX
from generators.motion.diffusion import conditioning
from generators.motion.diffusion.motion_space import GAP, ROTATION, TRANSLATION
from generators.motion.diffusion.training.windows import Performance
from scripts.training.augmentation import augmented
from scripts.training.corpora.utterances import HELD_OUT_GRID
from scripts.training.motion.speech import RATE_HZ


def grid_clips(folder: Path, held_out: bool) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """(clip, samples, vectors) of GRID's talker, every 6th clip held out; see `grid_vectors`."""
    with np.load(folder / "motion.npz", allow_pickle=False) as kept:
        values = {name: kept[name] for name in ("clip_names", "frame_offsets", "blendshapes", "pose", "landmarks68")}
    vectors = grid_vectors(values["blendshapes"].astype(float), values["pose"], values["landmarks68"].astype(float))
    names, offsets = values["clip_names"].astype(str), values["frame_offsets"]
    ranks = {name: i for i, name in enumerate(sorted(names))}
    for name, first, last in zip(names, offsets[:-1], offsets[1:], strict=True):
        if (ranks[name] % HELD_OUT_GRID == 0) == held_out:
            yield name, read_audio(folder / "audio" / f"{name}.flac", RATE_HZ).samples, vectors[first:last]


def grid_vectors(scores: np.ndarray, pose: np.ndarray, points: np.ndarray) -> np.ndarray:
    """What FaceLandmarker saw of the talker, relative to his own face at rest: (frames, 59).

    The lip gap is measured between the inner lips; the jaw follows from it, since FaceLandmarker's own is weak.
    """
    from scipy.spatial.transform import Rotation

    rest = np.percentile(scores, 15, axis=0)
    shapes = np.clip((scores - rest) / (1 - rest), 0, 1)
    lids = [CHANNEL_INDEX["eyeBlinkLeft"], CHANNEL_INDEX["eyeBlinkRight"]]
    shapes[:, lids] = np.clip(shapes[:, lids] / np.percentile(shapes[:, lids], 99.5, axis=0), 0, 1)
    gaps = np.mean([np.linalg.norm(points[:, a] - points[:, b], axis=1) for a, b in ((61, 67), (62, 66), (63, 65))], 0)
    gaps = gaps / np.linalg.norm(points[:, 36] - points[:, 45], axis=1)
    closed = np.percentile(gaps, 3)
    gap = gaps - closed - 0.006
    vectors = np.zeros((len(scores), 59))
    vectors[:, : len(ARKIT_CHANNELS)] = shapes
    vectors[:, CHANNEL_INDEX["jawOpen"]] = np.clip(gap / 0.45, 0, 1)
    vectors[:, GAP] = gap
    turn = Rotation.from_matrix(pose[:, :3, :3]).as_euler("YXZ", degrees=True)
    turn = turn - np.median(turn, axis=0)
    vectors[:, ROTATION] = turn * np.array([1.0, -1.0, -1.0])
    vectors[:, TRANSLATION] = pose[:, :3, 3] - np.median(pose[:, :3, 3], axis=0)
    vectors[:, 58] = 0.5
    return vectors.astype(np.float32)


def real_performances(folder: Path, rng: np.random.Generator, n_times: int) -> Iterator[Performance]:
    """The talker's clips, as they are and augmented."""
    clips = list(grid_clips(folder, held_out=False))
    style = conditioning.measure_style(np.concatenate([vectors for *_, vectors in clips]))  # 3 s would not tell
    for time in range(n_times):
        for _, samples, vectors in clips:
            other = clips[rng.integers(len(clips))][1]
            sound = samples if time == 0 else augmented(samples, other, rng)
            yield Performance(sound, vectors, np.zeros((len(vectors), 7)), (), "grid", "grid_s1", style=style)
