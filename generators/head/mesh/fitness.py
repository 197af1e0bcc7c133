"""Whether a portrait can be brought to life: what of the face is missing, hidden or lost, in one sentence each.

All is measured in pixels at the landmarks, on a small copy of the face that stands upright: FaceLandmarker draws a
mouth on a mask and an eye behind dark glasses as surely as on bare skin. The limits lie halfway between 35 faces,
painted and photographed, and the same spoilt on purpose.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from checkpoints.errors import BadInput
from emotion_embed.signals.face_landmarks import CHANNEL_INDEX
from generators.head.mesh.landmarks import Face
from generators.head.mesh.topology import EYES, FACE_OVAL, LIP_ROWS_LOWER, LIP_ROWS_UPPER, EyeRing

_SIDE_PX = 256  # of the small copy
_FILLS = 0.8  # of its side that the face takes

_MIN_CERTAINTY, _CLEAR_CERTAINTY = 0.3, 0.65  # of the detector
_BLACK, _DARK = 10, 45  # of 255: the brightest skin of a portrait that shows nothing, and of one that shows little
_WELL_LIT = 200  # the brightest tenth of a face as its colours are compared
_BRIGHTENED, _MAX_GAIN = 110, 16.0  # what a dark portrait's brightest skin is brought to
_BLOWN = 0.2  # share of a face without any colour left but white
_BLURRED, _PIXELATED = 0.245, 0.55  # fine over coarse detail; share of edges in a fifth of the columns and rows
_CUT = 0.02  # of the face beyond the picture's border
_TURNED_DEG, _NODDED_DEG, _RESTING_PITCH_DEG = 33.0, 30.0, -9.0
_BLINKING, _NARROW = 0.38, 0.13  # FaceLandmarker's score, and height over width, of eyes that are all but closed
_BLANK, _BLANK_BESIDE_EYES = 1.3, 0.4  # detail of a mouth that is covered, over that of the face and the eyes
_FOLDED = 1.5  # of cloth with folds, over that of the face
# Distances in Lab, lightness by half: of a mask from the forehead and within itself, surely and perhaps; of a thing
# before the mouth from the cheeks and within itself.
_OTHER_COLOUR, _SAME_COLOUR = 30.0, 12.0
_LIKE_CLOTH, _SAME_CLOTH = 12.0, 10.0
_OTHER_THING, _SAME_THING = 45.0, 10.0
_OTHER_GLASS, _SAME_GLASS, _DARK_GLASS = 28.0, 12.0, 0.5  # of dark glasses likewise; their lightness over skin's
_WEIGHTS = np.array([0.5, 1, 1])

_LIPS = (61, *LIP_ROWS_UPPER[0], 291, *reversed(LIP_ROWS_LOWER[0]))
_FOREHEAD, _CHIN, _NOSE = (9, 151, 69, 299), (199, 200), (4, 195)
_CHEEKS, _AROUND_LIPS = ((50, 117), (280, 346)), (164, 165, 391, 57, 287, 43, 273, 106, 335, 18)
_MID_LIPS = (12, 38, 268, 15, 86, 316)
_SOCKETS = (23, 27, 110, 230), (253, 257, 339, 450)
_IRISES = tuple(eye.iris[0] for eye in EYES)


def faults(image: np.ndarray, face: Face, certainty: float) -> list[str]:
    """What a user should know about a portrait, an RGB picture (h, w, 3) uint8 that stands upright, one sentence each.

    `certainty` 0..1: how sure the detector is of the face. Raises `BadInput` where the portrait cannot be used.
    """
    height, width = image.shape[:2]
    closeup = Closeup.of(image, face)
    if closeup.brightest < _BLACK:
        raise BadInput("The portrait is nearly black: hardly anything of the face can be seen; use a brighter one.")
    if _beyond(face, _LIPS, width, height) > 0.03 or _beyond(face, _IRISES, width, height) > 0:
        raise BadInput("The picture's border cuts through the eyes or the mouth; use one that shows the whole face.")
    if closeup.is_masked():
        raise BadInput("The mouth is covered, by a mask as it seems; use a portrait that shows the whole face.")
    found = [*_cut(face, width, height), *_lost(closeup), *_turned(face), *_hidden(closeup, face)]
    if certainty < _CLEAR_CERTAINTY and not found:
        found = ["The portrait hardly shows a human face as a camera sees one; it may not move well."]
    if certainty < _MIN_CERTAINTY:
        raise BadInput("No face can be made out surely in the portrait; use a clear picture of one from the front.")
    return found


def brightened(image: np.ndarray, face: Face) -> np.ndarray:
    """The picture as it is, or with its shadows lifted where the face lies in darkness."""
    import cv2

    brightest = Closeup.of(image, face).brightest
    if brightest >= _DARK:
        return image
    wanted, is_now = _BRIGHTENED / 255, max(brightest, 1) / 255
    gain = min(_MAX_GAIN, wanted / is_now * (1 - is_now) / (1 - wanted))
    tones = np.arange(256) / 255
    return cv2.LUT(image, np.rint(255 * gain * tones / (1 + (gain - 1) * tones)).astype(np.uint8))


def are_eyes_shut(face: Face) -> bool:
    """Whether both eyes are closed, or all but closed."""
    blinks = [face.scores[CHANNEL_INDEX[f"eyeBlink{side}"]] for side in ("Left", "Right")]
    return bool(min(blinks) > _BLINKING or max(_opening(face.landmarks, eye) for eye in EYES) < _NARROW)


def are_eyes_hidden(image: np.ndarray, face: Face) -> bool:
    """Whether there are no open eyes to be seen that could move."""
    return are_eyes_shut(face) or Closeup.of(image, face).are_eyes_behind_dark_glasses()


def why_no_face(image: np.ndarray) -> str:
    """The sentence for a picture in which no face is found."""
    dark, bright = np.percentile(image.mean(2), [5, 95])
    if bright < _DARK:
        return "The portrait is nearly black: no face can be seen in it; use a brighter one."
    if dark > 245:
        return "The portrait is nearly white: no face can be seen in it; use one that is not over-exposed."
    return "There is no face in the portrait; use a picture that shows one from the front."


def _cut(face: Face, width: int, height: int) -> Iterator[str]:
    """What lies beyond which border of the picture."""
    points = face.landmarks[list(FACE_OVAL), :2] / face.size_px
    beyond = {
        "chin is cut off by the picture's lower border": points[:, 1].max() - height / face.size_px,
        "forehead is cut off by the picture's upper border": -points[:, 1].min(),
        "face is cut off by the picture's left border": -points[:, 0].min(),
        "face is cut off by the picture's right border": points[:, 0].max() - width / face.size_px,
    }
    for what, share in beyond.items():
        if share > _CUT:
            yield f"The {what}: what is missing is made up; a picture with room around the face does better."


def _lost(closeup: Closeup) -> Iterator[str]:
    """What light and sharpness have taken."""
    if closeup.brightest < _DARK:
        yield "The face is very dark: the portrait is brightened; one in better light shows more."
    if closeup.blown > _BLOWN:
        yield "The face is over-exposed: parts of it are plain white; a portrait in softer light does better."
    if closeup.pixelation > _PIXELATED:
        yield "The portrait is pixelated: the face has too few pixels of its own; use a finer one."
    elif closeup.sharpness < _BLURRED:
        yield "The portrait is blurred: so will be the clip; a sharper or larger one does better."


def _turned(face: Face) -> Iterator[str]:
    yaw_deg, pitch_deg, _ = face.head_rotation_deg
    if abs(yaw_deg) > _TURNED_DEG:
        yield f"The head is turned {abs(yaw_deg):.0f}° aside: its far side is made up; one from the front does better."
    if abs(pitch_deg - _RESTING_PITCH_DEG) > _NODDED_DEG:
        way = "up" if pitch_deg > _RESTING_PITCH_DEG else "down"
        yield f"The head looks far {way}: the face may be distorted; a portrait from the front does better."


def _hidden(closeup: Closeup, face: Face) -> Iterator[str]:
    if are_eyes_shut(face):
        yield "The eyes are closed in the portrait, and stay so; use one with open eyes for a livelier look."
    elif closeup.are_eyes_behind_dark_glasses():
        yield "The eyes are hidden, by dark glasses as it seems: they do not move."
    if closeup.blown <= _BLOWN and closeup.is_mouth_hidden():
        yield "The mouth is covered or cannot be made out: it moves on what covers it; use one that shows the mouth."


def _opening(landmarks: np.ndarray, eye: EyeRing) -> float:
    """The height of an eye over its width."""
    apart = lambda a, b: np.linalg.norm(landmarks[a] - landmarks[b])  # noqa: E731
    heights = [apart(eye.upper[i], eye.lower[i]) for i in (2, 4)]
    return float(np.mean(heights) / apart(eye.outer, eye.inner))


def _beyond(face: Face, points: tuple[int, ...], width: int, height: int) -> float:
    """How far the farthest of these landmarks lies outside the picture, in sizes of the face; negative inside."""
    at = face.landmarks[list(points), :2]
    return float(np.max([at.max(0) - (width, height), -at.min(0)]) / face.size_px)


@dataclass(frozen=True)
class Closeup:
    """A face upright and small: `rgb` (s, s, 3) uint8, `lab` (s, s, 3) the same in good light as Lab 0..255, and the
    landmarks `points` (478, 2) in it; `pixelation` 0..1 is measured on the picture's own pixels."""

    rgb: np.ndarray
    lab: np.ndarray
    points: np.ndarray
    pixelation: float

    @classmethod
    def of(cls, image: np.ndarray, face: Face) -> Closeup:
        """Cut the face out of the picture."""
        import cv2

        zoom = _FILLS * _SIDE_PX / face.size_px
        points = face.landmarks[:, :2]
        if zoom < 0.6:  # an affine warp would skip pixels: shrink first
            image, points = cv2.resize(image, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA), points * zoom
            zoom = 1.0
        across = points[EYES[1].outer] - points[EYES[0].outer]
        tilt = np.arctan2(across[1], across[0])
        turn = zoom * np.array([[np.cos(tilt), np.sin(tilt)], [-np.sin(tilt), np.cos(tilt)]])
        shift = _SIDE_PX / 2 - turn @ (points.min(0) + points.max(0)) / 2
        matrix = np.column_stack([turn, shift])
        rgb = cv2.warpAffine(image, matrix, (_SIDE_PX, _SIDE_PX), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        gain = np.clip(_WELL_LIT / max(1.0, np.percentile(rgb.mean(2), 95)), 1, 8)
        lab = cv2.cvtColor(np.clip(rgb * gain, 0, 255).astype(np.uint8), cv2.COLOR_RGB2LAB).astype(np.float32)
        return cls(rgb, lab, points @ turn.T + shift, _pixelation(image, points))

    @property
    def brightest(self) -> float:
        """The lightness 0..255 that a twentieth of the face passes."""
        return float(np.percentile(self.rgb[self.inside(FACE_OVAL)].mean(1), 95))

    @property
    def blown(self) -> float:
        """The share of the face that is plain white."""
        return float((self.rgb[self.inside(FACE_OVAL)].min(1) >= 250).mean())

    @property
    def sharpness(self) -> float:
        """Fine over coarse detail of the face, across or along, whichever is less: hands shake in one direction."""
        import cv2

        light, inside = self.lab[..., 0], self.inside(FACE_OVAL)
        ratios = []
        for along in (0, 1):
            sigmas = ((sigma, 1.0) if along else (1.0, sigma) for sigma in (1.2, 2.4, 3.5, 7.0))
            finest, fine, middle, coarse = (cv2.GaussianBlur(light, (0, 0), sigmaX=x, sigmaY=y) for x, y in sigmas)
            ratios.append(np.std((finest - fine)[inside]) / (np.std((middle - coarse)[inside]) + 0.3))
        return float(min(ratios))

    def is_masked(self, other: float = _OTHER_COLOUR, same: float = _SAME_COLOUR) -> bool:
        """Whether nose and chin are of one colour, lips too, and the forehead of quite another."""
        nose, chin, lips = (self.colour(points) for points in (_NOSE, _CHIN, _LIPS))
        forehead = self.colour(_FOREHEAD)
        one = max(np.linalg.norm(nose - chin), np.linalg.norm(nose - lips)) < same
        return bool(one and min(np.linalg.norm(part - forehead) for part in (nose, chin, lips)) > other)

    def is_mouth_hidden(self) -> bool:
        """Whether there is nearly nothing to see where the lips should be, or one thing there and all around them."""
        lips, around, cheeks = (self.colour(points) for points in (_MID_LIPS, _AROUND_LIPS, _CHEEKS[0] + _CHEEKS[1]))
        is_one = np.linalg.norm(lips - around) < _SAME_THING
        is_no_skin = min(np.linalg.norm(part - cheeks) for part in (lips, around)) > _OTHER_THING
        lines, everywhere = self.detail(_LIPS), self.detail(FACE_OVAL)
        is_blank = lines < min(_BLANK * everywhere, _BLANK_BESIDE_EYES * max(self.detail(eye.ring) for eye in EYES))
        is_cloth = lines < _FOLDED * everywhere and self.is_masked(_LIKE_CLOTH, _SAME_CLOTH)
        return bool(is_blank or is_cloth or (is_one and is_no_skin))

    def are_eyes_behind_dark_glasses(self) -> bool:
        """Whether each eye and all around it are one dark thing."""
        sides = zip(EYES, _SOCKETS, _CHEEKS, strict=True)
        return all(self._is_behind_dark_glass(eye, socket, cheek) for eye, socket, cheek in sides)

    def _is_behind_dark_glass(self, eye: EyeRing, socket: tuple[int, ...], cheek: tuple[int, ...]) -> bool:
        inside = np.median(self.lab[self.inside(eye.ring)], 0) * _WEIGHTS
        around, skins = self.colour(socket), (self.colour(cheek), self.colour(_FOREHEAD))
        is_one = np.linalg.norm(around - inside) < _SAME_GLASS
        is_other = min(np.linalg.norm(around - skin) for skin in skins) > _OTHER_GLASS
        return bool(is_one and is_other and inside[0] < _DARK_GLASS * min(skin[0] for skin in skins))

    def inside(self, ring: tuple[int, ...]) -> np.ndarray:
        """Which pixels (s, s) lie within these landmarks; never none."""
        import cv2

        mask = np.zeros((_SIDE_PX, _SIDE_PX), np.uint8)
        cv2.polylines(mask, [np.rint(self.points[list(ring)]).astype(np.int32)], True, 1)
        cv2.fillPoly(mask, [np.rint(self.points[list(ring)]).astype(np.int32)], 1)
        mask[0, 0] |= not mask.any()
        return mask > 0

    def colour(self, marks: tuple[int, ...]) -> np.ndarray:
        """The colour (3,) about these landmarks, in Lab with lightness by half."""
        x, y = np.clip(np.rint(self.points[list(marks)]).astype(int), 4, _SIDE_PX - 5).T
        patches = [self.lab[b - 4 : b + 5, a - 4 : a + 5].reshape(-1, 3) for a, b in zip(x, y, strict=True)]
        return np.median(np.concatenate(patches), 0) * _WEIGHTS

    def detail(self, ring: tuple[int, ...]) -> float:
        """How much lightness changes from row to row within these landmarks."""
        import cv2

        rows = np.abs(np.diff(cv2.GaussianBlur(self.lab[..., 0], (0, 0), 1.0), axis=0, prepend=0))
        return float(np.percentile(rows[self.inside(ring)], 80))


def _pixelation(image: np.ndarray, points: np.ndarray) -> float:
    """The share of a face's edges that lies in the fifth of columns (or rows, the smaller) with the most, 0..1."""
    low, high = points.min(0).astype(int), points.max(0).astype(int)
    part = image[max(0, low[1]) : high[1], max(0, low[0]) : high[0]].astype(np.float32).mean(2)
    edges = [np.sort(np.abs(np.diff(part, axis=axis)).mean(1 - axis))[::-1] for axis in (0, 1)]
    return min(float(e[: max(1, len(e) // 5)].sum() / (e.sum() + 1e-6)) if len(e) else 0.0 for e in edges)
