"""The eyes: MediaPipe's FaceLandmarker in image mode. Whoever looks at a face in this product looks through here.

Image mode, because video mode would smooth lips and lag them by 5–25 ms, and would carry one clip into the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType

import numpy as np

import checkpoints

N_LANDMARKS = 478
_SEARCH_EVERY = 10  # frames: looking through a picture's parts for small faces takes many times longer

# The 52 blendshapes of ARKit, in the column order of Live Link Face. Left and right are the person's own.
ARKIT_CHANNELS: tuple[str, ...] = (
    "eyeBlinkLeft", "eyeLookDownLeft", "eyeLookInLeft", "eyeLookOutLeft", "eyeLookUpLeft", "eyeSquintLeft",
    "eyeWideLeft", "eyeBlinkRight", "eyeLookDownRight", "eyeLookInRight", "eyeLookOutRight", "eyeLookUpRight",
    "eyeSquintRight", "eyeWideRight", "jawForward", "jawRight", "jawLeft", "jawOpen", "mouthClose", "mouthFunnel",
    "mouthPucker", "mouthRight", "mouthLeft", "mouthSmileLeft", "mouthSmileRight", "mouthFrownLeft",
    "mouthFrownRight", "mouthDimpleLeft", "mouthDimpleRight", "mouthStretchLeft", "mouthStretchRight",
    "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthPressLeft", "mouthPressRight",
    "mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft", "mouthUpperUpRight", "browDownLeft",
    "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight", "cheekPuff", "cheekSquintLeft",
    "cheekSquintRight", "noseSneerLeft", "noseSneerRight", "tongueOut",
)  # fmt: skip
CHANNEL_INDEX: dict[str, int] = {name: i for i, name in enumerate(ARKIT_CHANNELS)}


@dataclass(frozen=True)
class FaceReading:
    """One face in one picture.

    `landmarks` (478, 3): pixels, x to the right, y down, z away from the viewer at the scale of x. `scores` (52,)
    0..1 in the order of `ARKIT_CHANNELS`. `head_rotation_deg` (3,): yaw (+ turns to the viewer's right), pitch
    (+ looks up), roll (+ tilts clockwise as the viewer sees it); 0 looks straight out of the picture.
    """

    landmarks: np.ndarray
    scores: np.ndarray
    head_rotation_deg: np.ndarray

    @property
    def box(self) -> tuple[int, int, int, int]:
        """x0, y0, x1, y1 around all landmarks, whole pixels."""
        low, high = self.landmarks[:, :2].min(0), self.landmarks[:, :2].max(0)
        x0, y0, x1, y1 = (int(round(v)) for v in (*low, *high))
        return x0, y0, x1, y1

    @property
    def size_px(self) -> int:
        """The longer side of the box."""
        x0, y0, x1, y1 = self.box
        return max(x1 - x0, y1 - y0)


class Landmarker:
    """FaceLandmarker, open; close it, or use it in a `with`. No state is carried from picture to picture.

    `n_faces` is the most faces it reports per picture. Raises `checkpoints.errors.Missing` without its weights
    (set `face-landmarker`).
    """

    def __init__(self, n_faces: int = 1) -> None:
        from mediapipe.tasks.python import BaseOptions, vision

        task = checkpoints.path("face-landmarker") / "face_landmarker.task"
        options = vision.FaceLandmarkerOptions(
            base_options=BaseOptions(model_asset_path=str(task)),
            running_mode=vision.RunningMode.IMAGE,
            num_faces=n_faces,
            output_face_blendshapes=True,
            output_facial_transformation_matrixes=True,
        )
        self._landmarker = vision.FaceLandmarker.create_from_options(options)

    def read(self, image: np.ndarray) -> list[FaceReading]:
        """The faces in an RGB picture (height, width, 3) uint8, in no particular order; empty where there is none."""
        import mediapipe as mp

        height, width = image.shape[:2]
        picture = mp.Image(image_format=mp.ImageFormat.SRGB, data=np.ascontiguousarray(image))
        result = self._landmarker.detect(picture)
        faces = zip(result.face_landmarks, result.face_blendshapes, result.facial_transformation_matrixes, strict=True)
        return [
            FaceReading(
                np.array([(p.x * width, p.y * height, p.z * width) for p in points]),
                _scores(shapes),
                head_angles_deg(np.asarray(matrix)),
            )
            for points, shapes, matrix in faces
        ]

    def find(self, image: np.ndarray) -> list[FaceReading]:
        """`read`, left to right, more exact and more thorough: what is small in a big picture is looked for in its
        parts, and every face is read again on a close crop. Many times slower where no face fills the picture."""
        faces = self.read(image) or self._read_parts(image)
        return sorted(distinct_faces([self._refined(image, face) for face in faces]), key=lambda face: face.box[0])

    def read_near(self, image: np.ndarray, box: tuple[int, int, int, int]) -> list[FaceReading]:
        """`read` of the surroundings of a face's box, half its size wide on every side."""
        x0, y0, x1, y1 = box
        margin = int(0.5 * max(x1 - x0, y1 - y0))
        left, top = max(0, x0 - margin), max(0, y0 - margin)
        crop = image[top : y1 + margin, left : x1 + margin]
        return [_moved(face, left, top) for face in self.read(crop)]

    def _read_parts(self, image: np.ndarray) -> list[FaceReading]:
        """Overlapping squares of half the shorter side: the detector sees only faces that fill enough of a picture."""
        height, width = image.shape[:2]
        side = max(128, min(height, width) // 2)
        found = []
        for y in range(0, max(1, height - side // 2), side // 2):
            for x in range(0, max(1, width - side // 2), side // 2):
                part = image[y : y + side, x : x + side]
                if min(part.shape[:2]) >= 64:
                    found += [_moved(face, x, y) for face in self.read(part)]
        return found

    def _refined(self, image: np.ndarray, face: FaceReading) -> FaceReading:
        """Landmarks again on a close crop: they are more exact where the face fills the picture."""
        found = self.read_near(image, face.box)
        same = [other for other in found if _lies_on(other, face)]  # a neighbour, cheek to cheek, is another face
        return max(same, key=lambda f: f.size_px, default=face)

    def close(self) -> None:
        """Free the model."""
        self._landmarker.close()

    def __enter__(self) -> Landmarker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def watch_faces(timed: Iterable[tuple[float, np.ndarray]], n_faces: int) -> Iterator[tuple[float, list[FaceReading]]]:
    """The faces, `n_faces` at most, in each of the RGB frames that come with their times, in no particular order.

    A face too small to be found in the whole picture is looked for where one was, and every tenth frame everywhere.
    """
    last: list[FaceReading] = []
    with Landmarker(n_faces) as landmarker:
        for i, (time_s, frame) in enumerate(timed):
            faces = landmarker.read(frame)
            if not faces and last:
                faces = distinct_faces([near for face in last for near in landmarker.read_near(frame, face.box)])
            if not faces and i % _SEARCH_EVERY == 0:
                faces = landmarker.find(frame)
            yield time_s, faces
            last = faces or last


def distinct_faces(faces: list[FaceReading]) -> list[FaceReading]:
    """Without those that lie on a larger one, largest first."""
    kept: list[FaceReading] = []
    for face in sorted(faces, key=lambda f: -f.size_px):
        if not any(_lies_on(face, larger) for larger in kept):
            kept.append(face)
    return kept


def _moved(face: FaceReading, x: int, y: int) -> FaceReading:
    return FaceReading(face.landmarks + [x, y, 0], face.scores, face.head_rotation_deg)


def _lies_on(face: FaceReading, other: FaceReading) -> bool:
    """Whether the middle of a face lies in the box of another."""
    x, y = face.landmarks[:, :2].mean(0)
    return other.box[0] <= x <= other.box[2] and other.box[1] <= y <= other.box[3]


def head_angles_deg(matrix: np.ndarray) -> np.ndarray:
    """Yaw, pitch, roll (3,) in degrees from a (4, 4) head matrix (x right, y up, z to the viewer), signed as in
    `FaceReading`."""
    rotation = matrix[:3, :3] / np.linalg.norm(matrix[:3, :3], axis=0)
    forward = rotation[:, 2]
    yaw = np.arctan2(forward[0], forward[2])
    pitch = np.arcsin(np.clip(forward[1], -1, 1))
    roll = -np.arctan2(rotation[1, 0], rotation[0, 0])
    return np.degrees([yaw, pitch, roll])


def _scores(categories: list) -> np.ndarray:
    """MediaPipe's named scores (it has a “_neutral” beside the 52) as one row in our order."""
    by_name = {category.category_name: category.score for category in categories}
    return np.array([by_name.get(name, 0.0) for name in ARKIT_CHANNELS])
