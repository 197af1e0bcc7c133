"""Which way up a picture is: whether a face in it stands upright, lies on its side or is on its head.

FaceLandmarker alone cannot tell: it fits a face on its head as an upright one, with eyes on eyes and a mouth on the
forehead. The detector before it knows better: on close crops it is surer of a face that stands upright (0.79 and more
on 35 pictured people, also dark, grey, tilted, and in sunglasses) than of the same on its head (0.76 and less).
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Any

import numpy as np

import checkpoints
from checkpoints.notices import notice
from emotion_embed.signals.face_landmarks import FaceReading, Landmarker

_MARGINS = (0.15, 0.35, 0.6, 1.0)  # of a face's size around it, in the crops that the detector is asked about
_CROP_PX = 160
_SURE = 0.8  # that a face stands upright: no other turn of the picture need be tried
_ENOUGH, _LEAD = 0.75, 0.1  # how sure of a face after a turn, and how much surer than before it
_ALONE = 0.6  # how sure, where no face is seen without the turn
_ALIKE_DEG = 40.0  # as near must two tilts be for one face
_TILT_DEG = 50.0  # as far may a head be tilted in a picture that is the right way up
_TURNS = {1: "a quarter turn to the left", 2: "half a turn", 3: "a quarter turn to the right"}
_HELD_BACK = 5  # frames of a film, until one of them shows surely which way up it is
_TRY_EVERY = 10  # frames, after those


class UprightJudge:
    """Tells which way up a picture is by the faces in it; close it, or use it in a `with`.

    Raises `checkpoints.errors.Missing` without FaceLandmarker's weights.
    """

    def __init__(self, landmarker: Landmarker) -> None:
        from mediapipe.tasks.python import BaseOptions, vision

        self._landmarker = landmarker
        with zipfile.ZipFile(checkpoints.path("face-landmarker") / "face_landmarker.task") as task:
            model = task.read("face_detector.tflite")
        options = vision.FaceDetectorOptions(
            base_options=BaseOptions(model_asset_buffer=model), min_detection_confidence=0.05
        )
        self._detector = vision.FaceDetector.create_from_options(options)

    def turns(
        self,
        image: np.ndarray,
        faces: list[FaceReading],
        look: Callable[[np.ndarray], list[FaceReading]] | None = None,
    ) -> int | None:
        """How many quarter turns to the left (as `numpy.rot90`) set an RGB picture (height, width, 3) uint8 upright.

        `faces` are those seen in it as it is; `look` sees them after a turn (None: as `Landmarker.read`). A picture is
        turned only where that is surely better. None where no face is seen surely, whichever way up.
        """
        as_it_is = self.upright_certainty(image, faces)
        if as_it_is >= _SURE:
            return 0
        look = look or self._landmarker.read
        certainty = {turn: self._certainty_turned(image, turn, look) for turn in _TURNS}
        best = max(certainty, key=certainty.__getitem__)
        needed = max(_ENOUGH, as_it_is + _LEAD) if as_it_is > 0 else _ALONE
        if certainty[best] >= needed:
            return best
        return 0 if as_it_is >= _ENOUGH else None

    def upright_certainty(self, image: np.ndarray, faces: list[FaceReading]) -> float:
        """How sure the detector is, 0..1, of the surest of `faces` that stand upright in the picture."""
        upright = [face for face in faces if abs(face.head_rotation_deg[2]) <= _TILT_DEG]
        return max((self.certainty(image, face) for face in upright), default=0.0)

    def certainty(self, image: np.ndarray, face: FaceReading) -> float:
        """How sure the detector is, 0..1, of one face, on average over close crops of several widths."""
        return float(np.mean([self._detected(image, face, margin) for margin in _MARGINS]))

    def _certainty_turned(self, image: np.ndarray, turn: int, look: Callable) -> float:
        turned = np.ascontiguousarray(np.rot90(image, turn))
        return self.upright_certainty(turned, look(turned))

    def _detected(self, image: np.ndarray, face: FaceReading, margin: float) -> float:
        """The detector's best score for an upright face at the place of `face`."""
        import mediapipe as mp

        crop, corner, zoom = _close_crop(image, face, margin)
        found = self._detector.detect(mp.Image(image_format=mp.ImageFormat.SRGB, data=crop)).detections
        same = (d for d in found if _is_of(d, face, corner, zoom))
        return max((d.categories[0].score for d in same), default=0.0)

    def close(self) -> None:
        """Free the model."""
        self._detector.close()

    def __enter__(self) -> UprightJudge:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _close_crop(image: np.ndarray, face: FaceReading, margin: float) -> tuple[np.ndarray, np.ndarray, float]:
    """A square around a face as the detector sees it best, its corner (2,) px in the picture, and px of it in a px.

    Small and with full contrast, because noise and darkness make the detector doubt; beyond the picture it is plain.
    """
    import cv2

    x0, y0, x1, y1 = face.box
    side = max(2, int(face.size_px * (1 + 2 * margin)))
    left, top = (x0 + x1 - side) // 2, (y0 + y1 - side) // 2
    part = image[max(0, top) : top + side, max(0, left) : left + side]
    zoom = min(1.0, _CROP_PX / side)
    height, width = (max(1, round(n * zoom)) for n in part.shape[:2])
    part = cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA)
    low, high = np.percentile(part, [1, 99])
    part = np.clip((part - low) * (255 / max(high - low, 8)), 0, 255).astype(np.uint8)
    square = np.full((_CROP_PX, _CROP_PX, 3), part.reshape(-1, 3).mean(0), np.uint8)
    y, x = (round(max(0, -start) * zoom) for start in (top, left))
    square[y : y + height, x : x + width] = part[: _CROP_PX - y, : _CROP_PX - x]
    return square, np.array([left, top]), zoom


def _is_of(detection: Any, face: FaceReading, corner: np.ndarray, zoom: float) -> bool:
    """Whether a detection in a close crop is of that face, as large and as little tilted."""
    box, (x0, y0, x1, y1) = detection.bounding_box, face.box
    x, y = corner + np.array([box.origin_x + box.width / 2, box.origin_y + box.height / 2]) / zoom
    points = np.array([(point.x, point.y) for point in detection.keypoints])  # two eyes, nose, mouth, two ears
    to_mouth = points[3] - points[:2].mean(0)
    tilt_deg = np.degrees(np.arctan2(-to_mouth[0], to_mouth[1]))
    alike = abs((tilt_deg - face.head_rotation_deg[2] + 180) % 360 - 180) < _ALIKE_DEG
    return alike and x0 < x < x1 and y0 < y < y1 and box.width > 0.4 * face.size_px * zoom


def turned_sentence(what: str, turns: int) -> str:
    """What the user is told where `what` ("The portrait") was turned by `turns` quarters to the left."""
    lay = "stands on its head" if turns == 2 else "lies on its side"
    return f"{what} {lay}: it is turned upright, by {_TURNS[turns]}."


def turned_upright(
    timed: Iterable[tuple[float, np.ndarray]], name: str = "The film"
) -> Iterator[tuple[float, np.ndarray]]:
    """RGB frames with their times, all turned as the first says in which a face is surely seen; with a notice.

    A few frames are held back until that is known; where it takes longer, what comes before is not turned.
    """
    held, turns, n_seen = [], None, 0
    with Landmarker(2) as landmarker, UprightJudge(landmarker) as judge:
        for time_s, frame in timed:
            held.append((time_s, frame))
            if turns is None and (n_seen < _HELD_BACK or n_seen % _TRY_EVERY == 0):
                turns = judge.turns(frame, landmarker.read(frame))
                if turns:
                    notice(turned_sentence(name, turns))
            n_seen += 1
            if turns is not None or n_seen >= _HELD_BACK:
                yield from ((at_s, np.rot90(kept, turns or 0)) for at_s, kept in held)
                held.clear()
        yield from held
