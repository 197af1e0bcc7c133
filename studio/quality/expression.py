"""What feeling a clip's face shows: mean scores of the face landmarker, and the geometry of brows, lids and lips."""

from __future__ import annotations

import numpy as np

from emotion_embed.signals.face_geometry import along_face, interocular, lid_opening
from studio.quality.observation import FaceTrack

_PAIRED_SCORES = (
    "eyeBlink", "eyeSquint", "eyeWide", "mouthSmile", "mouthFrown", "mouthStretch", "mouthPress", "mouthDimple",
    "mouthUpperUp", "mouthLowerDown", "browDown", "browOuterUp", "noseSneer", "cheekSquint",
)  # fmt: skip
_SINGLE_SCORES = (
    "browInnerUp",
    "jawOpen",
    "mouthPucker",
    "mouthFunnel",
    "mouthShrugUpper",
    "mouthRollLower",
    "mouthRollUpper",
)


def expression_evidence(face: FaceTrack) -> dict[str, float]:
    """Mean FaceLandmarker scores (0..1, sides averaged) and mean geometry (interocular distances) of a clip.

    `noseSneer`, `cheekSquint` and mostly `mouthFrown` never move in the scores; the geometry stands in for them:
    `lip_corner_height` (+ above the lips' middle), `mouth_width`, `brow_inner_height`, `brow_outer_height`,
    `brow_distance`, `eye_opening`, `nose_to_lip`, `nose_length`, `chin_drop`, `lip_corner_asymmetry`.
    """
    scores = {
        name: float((face.score(name + "Left") + face.score(name + "Right")).mean() / 2) for name in _PAIRED_SCORES
    }
    scores |= {name: float(face.score(name).mean()) for name in _SINGLE_SCORES}
    return scores | {name: float(np.median(curve)) for name, curve in expression_geometry(face.landmarks).items()}


def expression_geometry(landmarks: np.ndarray) -> dict[str, np.ndarray]:
    """Curves (n,) of the geometry that `expression_evidence` averages."""
    below = lambda above, under: along_face(landmarks, above, under)  # noqa: E731
    apart = lambda a, b: np.linalg.norm(landmarks[:, a] - landmarks[:, b], axis=1) / interocular(landmarks)  # noqa: E731
    middle = lambda corner: (below(corner, 0) + below(corner, 17)) / 2  # noqa: E731
    both = lambda right, left: (right + left) / 2  # noqa: E731
    return {
        "lip_corner_height": both(middle(61), middle(291)),
        "lip_corner_asymmetry": np.abs(middle(61) - middle(291)),
        "mouth_width": apart(61, 291),
        "brow_inner_height": both(below(107, 133), below(336, 362)),
        "brow_outer_height": both(below(105, 33), below(334, 263)),
        "brow_distance": apart(55, 285),
        "eye_opening": lid_opening(landmarks),
        "nose_to_lip": below(2, 0),
        "nose_length": below(168, 2),
        "chin_drop": below(2, 152),
    }
