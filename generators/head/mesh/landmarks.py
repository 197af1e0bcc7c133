"""Finds faces in a picture: 478 landmarks and 52 expression scores by MediaPipe's FaceLandmarker."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from checkpoints.errors import BadInput
from emotion_embed.signals.face_landmarks import FaceReading, Landmarker
from emotion_embed.signals.uprightness import UprightJudge

MIN_FACE_PX = 96
MAX_FACES = 8
MIN_CERTAINTY = 0.65  # of 40 photographed and painted faces none is less sure to the detector


@dataclass(frozen=True)
class Face:
    """`landmarks` (478, 3): pixels, y down, z away from the viewer at the scale of x; `scores` (52,) 0..1 in the order
    of `ARKIT_CHANNELS`; `box` x0, y0, x1, y1 in pixels; `head_rotation_deg` (3,) as in `FaceReading`."""

    landmarks: np.ndarray
    scores: np.ndarray
    box: tuple[int, int, int, int]
    head_rotation_deg: np.ndarray = field(default_factory=lambda: np.zeros(3))

    @property
    def size_px(self) -> int:
        """The longer side of the box."""
        x0, y0, x1, y1 = self.box
        return max(x1 - x0, y1 - y0)


class FaceFinder:
    """Finds every face of a picture, the small ones too."""

    def __init__(self, n_faces: int = MAX_FACES) -> None:
        self._landmarker = Landmarker(n_faces)
        self._judge = UprightJudge(self._landmarker)

    def find(self, image: np.ndarray) -> list[Face]:
        """Faces in an RGB uint8 picture, left to right; what is small in a big picture is looked for in its parts."""
        found = self._landmarker.find(image)
        return [Face(face.landmarks, face.scores, face.box, face.head_rotation_deg) for face in found]

    def turns(self, image: np.ndarray) -> int:
        """How many quarter turns to the left (as `numpy.rot90`) set a picture upright, as far as its faces tell."""
        turns = self._judge.turns(image, self._landmarker.read(image))
        if turns is None:  # small faces, perhaps
            turns = self._judge.turns(image, self._landmarker.find(image), self._landmarker.find)
        return turns or 0

    def certainty(self, image: np.ndarray, face: Face) -> float:
        """How sure the detector is, 0..1, that there is this face."""
        return self._judge.certainty(image, FaceReading(face.landmarks, face.scores, face.head_rotation_deg))

    def sure(self, image: np.ndarray, faces: list[Face]) -> list[Face]:
        """Without those that are hardly faces, where others surely are."""
        if len(faces) < 2:
            return faces
        return [face for face in faces if self.certainty(image, face) >= MIN_CERTAINTY] or faces

    def close(self) -> None:
        """Free the models."""
        self._judge.close()
        self._landmarker.close()


def choose_face(faces: list[Face], which: int | None) -> Face:
    """The only face, or number `which` (1 is the leftmost); `BadInput` names what there is."""
    if not faces:
        raise BadInput("There is no face in the portrait; use a picture that shows one from the front.")
    if which is None and len(faces) > 1:
        boxes = ", ".join(f"{i}: {f.box}" for i, f in enumerate(faces, 1))
        raise BadInput(f"The portrait shows {len(faces)} faces ({boxes}); choose one with --face N.")
    if which is not None and not 1 <= which <= len(faces):
        raise BadInput(f"There is no face {which} in the portrait: it shows {len(faces)}.")
    face = faces[(which or 1) - 1]
    if face.size_px < MIN_FACE_PX:
        raise BadInput(f"The face is {face.size_px} px tall; it must be at least {MIN_FACE_PX} px.")
    return face
