"""Finds faces in a picture: 478 landmarks and 52 expression scores by MediaPipe's FaceLandmarker."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import checkpoints
from checkpoints.errors import BadInput
from generators.contracts import ARKIT_CHANNELS

SMALLEST_FACE_PX = 96
MOST_FACES = 8


@dataclass(frozen=True)
class Face:
    """`landmarks` (478, 3): pixels, y down, z away from the viewer at the scale of x; `scores` (52,) 0..1 in the order
    of `ARKIT_CHANNELS`; `box` x0, y0, x1, y1 in pixels."""

    landmarks: np.ndarray
    scores: np.ndarray
    box: tuple[int, int, int, int]

    @property
    def size_px(self) -> int:
        """The longer side of the box."""
        x0, y0, x1, y1 = self.box
        return max(x1 - x0, y1 - y0)


class FaceFinder:
    """FaceLandmarker in image mode: no state is carried from picture to picture."""

    def __init__(self, n_faces: int = MOST_FACES) -> None:
        from mediapipe.tasks.python import BaseOptions, vision

        task = checkpoints.path("face-landmarker") / "face_landmarker.task"
        options = vision.FaceLandmarkerOptions(
            base_options=BaseOptions(model_asset_path=str(task)), output_face_blendshapes=True, num_faces=n_faces
        )
        self._landmarker = vision.FaceLandmarker.create_from_options(options)

    def find(self, image: np.ndarray) -> list[Face]:
        """Faces in an RGB uint8 picture, left to right; what is small in a big picture is looked for in its parts."""
        faces = self._detect(image)
        if not faces:
            faces = self._find_in_parts(image)
        faces = [self._refined(image, face) for face in faces]
        return sorted(_distinct(faces), key=lambda face: face.box[0])

    def close(self) -> None:
        """Free the model."""
        self._landmarker.close()

    def _detect(self, image: np.ndarray) -> list[Face]:
        import mediapipe as mp

        height, width = image.shape[:2]
        picture = mp.Image(image_format=mp.ImageFormat.SRGB, data=np.ascontiguousarray(image))
        result = self._landmarker.detect(picture)
        faces = []
        for points, shapes in zip(result.face_landmarks, result.face_blendshapes, strict=True):
            landmarks = np.array([[p.x * width, p.y * height, p.z * width] for p in points])
            by_name = {s.category_name: s.score for s in shapes}
            scores = np.array([by_name.get(name, 0.0) for name in ARKIT_CHANNELS])
            low, high = landmarks[:, :2].min(0), landmarks[:, :2].max(0)
            faces.append(Face(landmarks, scores, tuple(int(round(v)) for v in (*low, *high))))
        return faces

    def _find_in_parts(self, image: np.ndarray) -> list[Face]:
        """Overlapping squares of half the shorter side: the detector sees only faces that fill enough of a picture."""
        height, width = image.shape[:2]
        side = max(128, min(height, width) // 2)
        found = []
        for y in range(0, max(1, height - side // 2), side // 2):
            for x in range(0, max(1, width - side // 2), side // 2):
                part = image[y : y + side, x : x + side]
                if min(part.shape[:2]) >= 64:
                    found += [_moved(face, x, y) for face in self._detect(part)]
        return found

    def _refined(self, image: np.ndarray, face: Face) -> Face:
        """Landmarks again on a close crop: they are more exact where the face fills the picture."""
        x0, y0, x1, y1 = face.box
        margin = int(0.5 * face.size_px)
        left, top = max(0, x0 - margin), max(0, y0 - margin)
        crop = image[top : y1 + margin, left : x1 + margin]
        found = [_moved(other, left, top) for other in self._detect(crop)]
        same = [other for other in found if _lies_on(other, face)]  # a neighbour, cheek to cheek, is another face
        return max(same, key=lambda f: f.size_px, default=face)


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
    if face.size_px < SMALLEST_FACE_PX:
        raise BadInput(f"The face is {face.size_px} px tall; it must be at least {SMALLEST_FACE_PX} px.")
    return face


def _moved(face: Face, x: int, y: int) -> Face:
    x0, y0, x1, y1 = face.box
    return Face(face.landmarks + [x, y, 0], face.scores, (x0 + x, y0 + y, x1 + x, y1 + y))


def _distinct(faces: list[Face]) -> list[Face]:
    """Without those that lie on a larger one."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda f: -f.size_px):
        if not any(_lies_on(face, larger) for larger in kept):
            kept.append(face)
    return kept


def _lies_on(face: Face, other: Face) -> bool:
    """Whether the middle of a face lies in the box of another."""
    x, y = face.landmarks[:, :2].mean(0)
    return other.box[0] <= x <= other.box[2] and other.box[1] <= y <= other.box[3]
