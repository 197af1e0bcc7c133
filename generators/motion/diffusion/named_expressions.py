"""Named feelings on a sampled face: what hope or boredom show beyond the basic emotions that the model knows.

The model is conditioned on mixtures of the seven basic emotions; embeddings of finer feelings lead it astray, as it has
seen none in training (boredom then smiles, docs/RESULTS.md). So the difference between a finer feeling's face and that
of its mixture, both by rule, is added to what is sampled, where it touches neither lips nor head.
"""

from __future__ import annotations

import numpy as np

from emotion_embed.track import N_BASIC, EmotionTrack
from generators.contracts import ARKIT_CHANNELS
from generators.motion.diffusion.motion_space import BLINK_COLUMNS, FEELING_COLUMNS
from generators.motion.rig.action_units import channels_of, finer_faces
from generators.motion.rig.faces import (
    EMOTIONS,
    ONE_SIDED,
    PROTOTYPES,
    follow,
    perceptible,
    soft_limit,
)

_COLUMNS = np.concatenate([FEELING_COLUMNS, BLINK_COLUMNS])
_LOWEST_LIDS = 0.45  # eyes that stay open


class NamedExpressions:
    """Adds the difference to motion, part by part, as fast as a face follows a feeling."""

    def __init__(self) -> None:
        self.level: np.ndarray | None = None
        self.basic = _basic_faces()[:, _COLUMNS]
        self.finer = finer_faces()[:, _COLUMNS]

    def add_to(self, vectors: np.ndarray, times_s: np.ndarray, track: EmotionTrack, fps: float) -> np.ndarray:
        """Vectors (n, 59) at rising `times_s` (n,), lids at rest, with the faces of the finer feelings of `track`.

        Without any, they are returned as they are.
        """
        felt = perceptible(track.sample(times_s))
        shown, self.level = follow(felt, felt[0] if self.level is None else self.level, fps)
        weights, basic, finer = np.split(shown, [N_BASIC, 2 * N_BASIC], axis=1)
        if not finer.any():
            return vectors
        named = soft_limit(basic @ self.basic + finer @ self.finer)
        changed = vectors.copy()
        changed[:, _COLUMNS] += named - soft_limit(weights @ self.basic)
        changed[:, BLINK_COLUMNS] = np.clip(changed[:, BLINK_COLUMNS], 0, _LOWEST_LIDS)
        return changed


def _basic_faces() -> np.ndarray:
    """The faces (7, 52) of the basic emotions, one-sided action halved on both sides: the model picks the side."""
    faces = np.zeros((len(EMOTIONS), len(ARKIT_CHANNELS)))
    for row, emotion in enumerate(EMOTIONS):
        for name, value in PROTOTYPES[emotion].items():
            faces[row, [column for column, _ in channels_of(name)]] = value
    for name, value in ONE_SIDED.items():
        columns = [column for column, _ in channels_of(name)]
        row = EMOTIONS.index("contempt")
        faces[row, columns] = (faces[row, columns] + value) / 2
    return faces
