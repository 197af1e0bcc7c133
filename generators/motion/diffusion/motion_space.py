"""`Motion` as the vectors that the model samples, and back.

A vector has the 52 ARKit channels, head rotation and translation, and breath: 59 numbers a frame. In the place of
`mouthClose` stands the lip gap, the distance of the inner lips that all channels together ask for. Whether lips touch
is then one number that the model learns, and not the small difference of two large ones; `mouthClose` follows from it.
"""

from __future__ import annotations

import numpy as np

from generators.contracts import ARKIT_CHANNELS, CHANNEL_INDEX, Motion
from generators.motion.rig.lip_geometry import CLOSED_GAP, LIP_GAP, lip_gap

N_CHANNELS = len(ARKIT_CHANNELS)
N_MOTION = N_CHANNELS + 7
GAP = CHANNEL_INDEX["mouthClose"]  # where the gap stands
ROTATION, TRANSLATION, BREATH = slice(52, 55), slice(55, 58), 58

_LIPS = ("jaw", "mouth", "tongue")
LIP_COLUMNS = np.array([i for i, name in enumerate(ARKIT_CHANNELS) if name.startswith(_LIPS)])
# Channels by which speech moves the mouth; the others of the mouth belong to feelings as well.
SPEECH_COLUMNS = np.array(
    [
        i
        for i, name in enumerate(ARKIT_CHANNELS)
        if name.startswith(("jawOpen", "mouthFunnel", "mouthPucker", "mouthClose", "mouthUpperUp", "mouthLowerDown"))
    ]
)
# Where a feeling shows without touching what is said: brows, cheeks, nose, lids but for blinks, corners of the mouth.
FEELING_COLUMNS = np.array(
    [
        i
        for i, name in enumerate(ARKIT_CHANNELS)
        if name.startswith(("brow", "cheek", "nose", "eyeWide", "eyeSquint", "mouthSmile", "mouthFrown", "mouthDimple"))
    ]
)
BLINK_COLUMNS = np.array([CHANNEL_INDEX["eyeBlinkLeft"], CHANNEL_INDEX["eyeBlinkRight"]])
GAZE_COLUMNS = np.array([i for i, name in enumerate(ARKIT_CHANNELS) if name.startswith("eyeLook")])
HEAD_COLUMNS = np.arange(52, 59)  # and breath
BROW_COLUMNS = np.array([i for i, name in enumerate(ARKIT_CHANNELS) if name.startswith("brow")])


def to_vectors(motion: Motion) -> np.ndarray:
    """Vectors (n, 59) float32 of a motion, in natural units."""
    shapes = np.asarray(motion.blendshapes, float).copy()
    shapes[:, GAP] = lip_gap(shapes)
    parts = (shapes, motion.head_rotation_deg, motion.head_translation_cm, np.asarray(motion.breath)[:, None])
    return np.concatenate(parts, axis=1).astype(np.float32)


def to_motion(vectors: np.ndarray, fps: float) -> Motion:
    """The motion of vectors (n, 59). Channels are brought into 0..1; lips nearer than a touch are pressed."""
    vectors = np.asarray(vectors, float)
    shapes = np.clip(vectors[:, :N_CHANNELS], 0, 1)
    gap = vectors[:, GAP]
    shapes[:, GAP] = 0
    opened = lip_gap(shapes)
    wanted = np.maximum(gap, CLOSED_GAP)
    shapes[:, GAP] = np.clip((np.minimum(wanted, opened) - opened) / LIP_GAP["mouthClose"], 0, 1)
    return Motion(
        fps, shapes.astype(np.float32), vectors[:, ROTATION].copy(), vectors[:, TRANSLATION].copy(),
        np.clip(vectors[:, BREATH], 0, 1).astype(np.float32),
    )  # fmt: skip
