"""What the networks find in a photo: the face, the person's outline, and what is to be said about it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

import numpy as np

from checkpoints.errors import BadInput
from emotion_embed.signals.uprightness import turned_sentence
from generators.head.mesh.fitness import brightened, faults, why_no_face
from generators.head.mesh.framing import Framing, choose_framing, cut
from generators.head.mesh.landmarks import Face, FaceFinder, choose_face
from generators.head.mesh.surroundings import PersonSegmenter
from generators.head.portrait import frame_face

PHOTO, CUT_OUT, SHAPE = "photo", "cut-out", "shape"
MIN_CLEAR = 0.12  # of a picture, that is transparent for a purpose; rounded corners are less
MIN_PERSON = 0.9  # of what is visible in a cut-out


@dataclass(frozen=True)
class PortraitAnalysis:
    """What the networks found in a photo: just what is kept on disk, so that a portrait looks the same the first time
    as ever after.

    Attributes:
        face: the chosen face, in px of the photo set upright.
        framing: the part of the photo to show.
        opacity: (h, w) uint8, the person's opacity in the framed, padded picture.
        kind: what the photo's own transparency is: of no account ("photo"), the person's outline ("cut-out"), or the
            shape of a piece of the photo, such as an oval ("shape").
        turns: quarters to the left by which the photo was set upright.
        remarks: what the user should know about it, one sentence each.
    """

    face: Face
    framing: Framing
    opacity: np.ndarray
    kind: str
    turns: int = 0
    remarks: tuple[str, ...] = ()


def analyse_photo(
    colours: np.ndarray, visible: np.ndarray | None, size: tuple[int, int] | None, which_face: int | None
) -> PortraitAnalysis:
    """Look at a photo with the face landmarker and the person segmenter.

    Args:
        colours: (h, w, 3) uint8 RGB.
        visible: (h, w) uint8, the photo's own opacity; None where it has none.
        size: width and height of the picture; None for the photo's own shape.
        which_face: 1 is the leftmost; None where there is only one.

    Raises:
        BadInput: There is no face, several and none chosen, or one that cannot be used.
    """
    with closing(FaceFinder()) as finder:
        colours, face, turns, remarks = _upright_face(finder, colours, which_face)
    framing = choose_framing(colours.shape[1::-1], face.box, size)
    at = _landmark_pixels(face, framing)
    kind, opacity = PHOTO, _person_opacity(colours, face, framing)
    if visible is not None and ((visible := turned(visible, turns)) < 128).mean() >= MIN_CLEAR:
        kind, opacity = _own_outline(opacity, framing.cut(visible) / np.float32(255), at)
    if kind != CUT_OUT and np.mean(opacity[at] > 0.8) <= 0.97:  # an unusual painting, say: all belongs to the person
        opacity = np.ones_like(opacity)
    return PortraitAnalysis(face, framing, (opacity * 255 + 0.5).astype(np.uint8), kind, turns, remarks)


def turned(image: np.ndarray, turns: int) -> np.ndarray:
    """An image (h, w, …) turned by so many quarters to the left."""
    return np.ascontiguousarray(np.rot90(image, turns))


def _upright_face(
    finder: FaceFinder, image: np.ndarray, which_face: int | None
) -> tuple[np.ndarray, Face, int, tuple[str, ...]]:
    """The photo upright and in enough light, the chosen face in it, the turns that it took, and what is to be said."""
    turns = finder.turns(image)
    image = turned(image, turns)
    faces = finder.sure(image, finder.find(image))
    if not faces:
        raise BadInput(why_no_face(image))
    face = choose_face(faces, which_face)
    remarks = [turned_sentence("The portrait", turns)] if turns else []
    remarks += faults(image, face, finder.certainty(image, face))
    return brightened(image, face), face, turns, tuple(remarks)


def _person_opacity(photo: np.ndarray, face: Face, framing: Framing) -> np.ndarray:
    """Opacity of the person in the framed, padded picture. The segmenter is shown head and shoulders even where less is
    framed, for it does not know a person by their face alone, and nothing that is no photo: its mask is drawn out."""
    import cv2

    crop, size, pad_px, scale = framing.crop, framing.size, framing.pad_px, framing.scale
    wide = frame_face(photo.shape[1::-1], face.box, 1.0)
    x0, y0 = np.maximum(np.minimum(crop[:2], wide[:2]) - pad_px / scale, 0)
    end = np.minimum(np.maximum(crop[2:], wide[2:]) + pad_px / scale, photo.shape[1::-1])
    width, height = np.floor((end - [x0, y0]) * scale + 1e-6).astype(int).tolist()
    around = (x0, y0, x0 + width / scale, y0 + height / scale)
    with closing(PersonSegmenter()) as segmenter:
        opacity = segmenter.opacity(cut(photo, around, (width, height), 0, 1.0))
    shift = np.array([[1, 0, (x0 - crop[0]) * scale + pad_px], [0, 1, (y0 - crop[1]) * scale + pad_px]], np.float32)
    return cv2.warpAffine(opacity, shift, tuple(n + 2 * pad_px for n in size), borderMode=cv2.BORDER_REPLICATE)


def _own_outline(person: np.ndarray, visible: np.ndarray, at: tuple[np.ndarray, np.ndarray]) -> tuple[str, np.ndarray]:
    """What kind of picture one with transparency is, and the opacity of what moves in it, from what looks like a person
    and what is visible, both (h, w) 0..1, and where the face is."""
    shown = visible > 0.5
    if shown[at].mean() < 0.9:
        return PHOTO, person
    return (CUT_OUT, visible) if (person[shown] > 0.5).mean() > MIN_PERSON else (SHAPE, person)


def _landmark_pixels(face: Face, framing: Framing) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the padded picture where the face's landmarks are."""
    pad_px = framing.pad_px
    points = ((face.landmarks[:468, :2] - framing.crop[:2]) * framing.scale + pad_px).round().astype(int)
    x, y = np.clip(points, 0, np.array(framing.size) + 2 * pad_px - 1).T
    return y, x
