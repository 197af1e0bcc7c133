"""One photo, analysed once: everything that a frame needs but that no frame changes."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zipfile
import zlib
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

import checkpoints
from checkpoints.errors import BadInput
from emotion_embed.signals.uprightness import turned_sentence
from generators.head.mesh.configuration import MeshHeadConfig
from generators.head.mesh.eyes import Eyeball, build_eyeball
from generators.head.mesh.fitness import are_eyes_hidden, brightened, faults, why_no_face
from generators.head.mesh.fitting import Fit, fit_face, without_eyes
from generators.head.mesh.landmarks import Face, FaceFinder, choose_face
from generators.head.mesh.lids import Lids, build_lids
from generators.head.mesh.mouth import Mouth, build_mouth
from generators.head.mesh.rig import FaceRig, lips_without_teeth, seal_lips
from generators.head.mesh.smile import LEAST_SMILE, resting_corners, smile_strength, soften_folds
from generators.head.mesh.surroundings import (
    OuterMesh,
    PersonSegmenter,
    background_plate,
    build_outer_mesh,
    falling,
    foreground_colours,
)
from generators.head.portrait import frame_face, without_frame, without_holes

SIGHT_VERSION = 13  # raise when what is cached changes its meaning
PORTRAITS_ON_DISK = 200  # some 40 kB each
BEYOND_BLUR = 0.05  # of the picture's longer side
BLUR_GROWTH = 0.4  # px of blur for each px beyond the photo
GRAIN_GOES_ON = 0.015  # of the picture's longer side
PHOTO, CUT_OUT, SHAPE = "photo", "cut-out", "shape"
LEAST_CLEAR = 0.12  # of a picture, that is transparent for a purpose; rounded corners are less
LEAST_PERSON = 0.9  # of what is visible in a cut-out
PAD = 0.08  # of the picture, kept around it for what moves in from outside


@dataclass(frozen=True)
class MeshPortrait:
    """A photo ready to be moved.

    `size` (width, height) px; `fit` in pixels of the picture; `present`, `neutral` (V, 3) fine vertices in head space,
    cm; `source` (V + M, 2): where face and outer vertices lie in `texture` (h, w, 4), which is `texture_scale` finer
    than the picture and begins `pad_px` before it; `triangles` over both, those
    from `n_solid` on spanning mouth and eyes; `plate` (H, W, 3): the background; `eyes_are_still`: they are shut or
    hidden; `remarks`: what the user was told about the photo.
    """

    size: tuple[int, int]
    fit: Fit
    present: np.ndarray
    neutral: np.ndarray
    source: np.ndarray
    triangles: np.ndarray
    n_solid: int
    outer: OuterMesh
    texture: np.ndarray
    texture_scale: float
    pad_px: float
    plate: np.ndarray
    eyes: tuple[Eyeball, Eyeball]
    lids: tuple[Lids, Lids]
    mouth: Mouth
    eyes_are_still: bool = False
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sight:
    """What the networks saw in a photo: the chosen face, and the person's opacity in the framed, padded picture, uint8:
    just what is kept on disk, so that a portrait looks the same the first time as ever after.

    `kind` says what the photo's own transparency is: of no account, the person's outline, or the shape of a piece of
    the photo, such as an oval. `turns`: quarters to the left by which the photo was set upright; `remarks`: what the
    user should know about it.
    """

    face: Face
    opacity: np.ndarray
    kind: str
    turns: int = 0
    remarks: tuple[str, ...] = ()


def analyse(
    rig: FaceRig,
    image: np.ndarray,
    *,
    size: tuple[int, int] | None,
    face: int | None,
    background: tuple[int, int, int] | np.ndarray | None,
    config: MeshHeadConfig,
) -> MeshPortrait:
    """Analyse a photo (h, w, 3) uint8, or (h, w, 4) with straight alpha, for pictures of `size` (None: the photo's own
    aspect, at most 1024 px)."""
    image = image if size is None else without_frame(image)
    colours, visible = (image, None) if image.shape[2] == 3 else (without_holes(image), image[..., 3])
    sight, crop, size = see(colours, visible, size, face, config)
    colours, visible = brightened(_turned(colours, sight.turns), sight.face), _turned(visible, sight.turns)
    eyes_are_still = are_eyes_hidden(colours, sight.face)
    scale = size[0] / (crop[2] - crop[0])
    pad_px = round(PAD * max(size))
    scale_up = float(np.clip(config.texture_px / max(size), 1.0, 2.0))
    landmarks = (sight.face.landmarks - [crop[0], crop[1], 0]) * scale
    fit = fit_face(rig, Face(landmarks, sight.face.scores, sight.face.box))
    if eyes_are_still:
        fit = replace(fit, expression=without_eyes(fit.expression))
    framed = partial(cut, crop=crop, size=size, pad_px=pad_px)
    padded = framed(colours, scale_up=1.0)
    inner = (slice(pad_px, pad_px + size[1]), slice(pad_px, pad_px + size[0]))
    clear = None if visible is None else 255 - framed(visible, scale_up=1.0)[inner]
    plate = _plate(padded, sight, inner, clear, background)
    texture = _texture(framed(colours, scale_up=scale_up), sight, visible, partial(framed, scale_up=scale_up))
    ends = np.array([[0, 0], colours.shape[1::-1]]) * scale - np.multiply(crop[:2], scale)
    ends = np.clip(ends, -pad_px, np.array(size) + pad_px)
    portrait = _assemble(rig, fit, landmarks, size, ends, padded[inner], plate, texture, pad_px, scale_up)
    return replace(portrait, eyes_are_still=eyes_are_still, remarks=sight.remarks)


def _assemble(rig, fit, landmarks, size, ends, picture, plate, texture, pad_px, scale_up) -> MeshPortrait:
    """Bring face, surroundings, eyes and mouth into one mesh."""
    present = rig.refined(fit.present)
    neutral = present - np.tensordot(fit.expression, rig.expression_deltas, 1)
    neutral = neutral + rig.refined(seal_lips(neutral[: rig.n_coarse], close=True))
    smile = smile_strength(fit.expression)
    if smile > LEAST_SMILE:
        neutral = neutral + resting_corners(rig, neutral)
        neutral = neutral + rig.refined(seal_lips(neutral[: rig.n_coarse], close=True))
    projected = fit.project(present)
    outer = build_outer_mesh(rig, projected[:, :2], projected[:, 2] / fit.scale_px, fit.scale_px, size, pad_px, ends)
    seen = fit.project(rig.refined(lips_without_teeth(fit.present)))
    source = (np.concatenate([seen[:, :2], outer.points]) + pad_px) * scale_up
    if smile > LEAST_SMILE:
        texture = soften_folds(texture, rig, source[: len(present)], fit.scale_px * scale_up, smile)
    in_texture = (landmarks[:, :2] + pad_px) * scale_up
    present_view = fit.present @ fit.rotation.T
    eyes = tuple(build_eyeball(texture, in_texture, present_view, eye, fit.scale_px, scale_up) for eye in (0, 1))
    eyes = tuple(replace(eye, origin_px=eye.origin_px - pad_px) for eye in eyes)
    mouth = build_mouth(
        picture,
        landmarks[:, :2],
        fit.neutral,
        (fit.rotation[:2, :2] * fit.scale_px) * [[1], [-1]],
        fit.project(((fit.neutral[13] + fit.neutral[14]) / 2)[None])[0, :2],
        rig.teeth_upper,
        rig.teeth_px_per_cm,
        rig.teeth_origin_px,
    )
    return MeshPortrait(
        size,
        fit,
        present.astype(np.float32),
        neutral.astype(np.float32),
        source.astype(np.float32),
        np.concatenate([rig.triangles[: rig.n_skin], outer.triangles, rig.triangles[rig.n_skin :]]).astype(np.int32),
        rig.n_skin + len(outer.triangles),
        outer,
        texture,
        scale_up,
        pad_px,
        plate,
        eyes,
        tuple(build_lids(rig, neutral, eye) for eye in (0, 1)),
        mouth,
    )


def _plate(padded, sight, inner, clear, background) -> np.ndarray:
    """What is seen behind the person, (height, width, 3) uint8: the photo's own background, a colour or another
    picture; behind what is `clear` (height, width), and no other is asked for, white."""
    own = padded[inner]
    behind = _behind(own.shape[1::-1], (255, 255, 255) if background is None else background)
    if sight.kind == CUT_OUT or (sight.kind == PHOTO and background is not None):
        return behind
    own = np.ascontiguousarray(background_plate(padded, sight.opacity / np.float32(255))[inner])
    if clear is None:
        return own
    share = clear[..., None] / np.float32(255)
    return (own * (1 - share) + behind * share + 0.5).astype(np.uint8)


def _behind(size: tuple[int, int], background: tuple[int, int, int] | np.ndarray) -> np.ndarray:
    """A colour, or the middle of a picture, in this size."""
    import cv2

    width, height = size
    if isinstance(background, tuple):
        return np.full((height, width, 3), background, np.uint8)
    scale = max(width / background.shape[1], height / background.shape[0])
    large = cv2.resize(
        background, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    )
    top, left = (large.shape[0] - height) // 2, (large.shape[1] - width) // 2
    return np.ascontiguousarray(large[top : top + height, left : left + width])


def _texture(colours, sight, visible, framed) -> np.ndarray:
    """The photo's colours and the person's opacity, (h, w, 4) uint8, finer than the picture."""
    import cv2

    opacity = cv2.resize(sight.opacity / np.float32(255), colours.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    if visible is not None:
        shown = framed(visible) / np.float32(255)
        opacity = shown if sight.kind == CUT_OUT else np.minimum(opacity, shown)
    opacity = np.clip(opacity, 0, 1)
    colours = foreground_colours(colours, opacity)
    return np.ascontiguousarray(np.dstack([colours, (opacity * 255 + 0.5).astype(np.uint8)]))


def cut(image: np.ndarray, crop: tuple, size: tuple[int, int], pad_px: int, scale_up: float) -> np.ndarray:
    """The part `crop` of the photo, (h, w) or (h, w, 3), at `size`, with `pad_px` more around it, `scale_up` times
    finer. Where that reaches beyond the photo, its borders are drawn out."""
    import cv2

    zoom = size[0] / (crop[2] - crop[0]) * scale_up
    width, height = (round((n + 2 * pad_px) * scale_up) for n in size)
    if zoom < 0.6:  # an affine warp would skip pixels: shrink first
        image = cv2.resize(image, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA)
        crop, zoom = [v * zoom for v in crop], 1.0
    # Pixel centres are whole numbers: the middle of the first fine pixel lies half a fine pixel into the picture.
    x = (pad_px * scale_up) - crop[0] * zoom + 0.5 * zoom - 0.5
    y = (pad_px * scale_up) - crop[1] * zoom + 0.5 * zoom - 0.5
    matrix = np.float32([[zoom, 0, x], [0, zoom, y]])
    beyond_x = _beyond(np.arange(width), x - 0.5 * zoom, x + (image.shape[1] - 0.5) * zoom)
    beyond_y = _beyond(np.arange(height), y - 0.5 * zoom, y + (image.shape[0] - 0.5) * zoom)
    beyond_px = np.maximum(beyond_x[None], beyond_y[:, None])
    warped = partial(cv2.warpAffine, M=matrix, dsize=(width, height), flags=cv2.INTER_CUBIC)
    part = warped(image, borderMode=cv2.BORDER_REFLECT_101)
    if not beyond_px.any():
        return part
    soft = _blurred(image, GRAIN_GOES_ON * max(image.shape[:2]))
    return _faded(part, warped(soft, borderMode=cv2.BORDER_REPLICATE), beyond_px)


def _beyond(at: np.ndarray, first: float, last: float) -> np.ndarray:
    """How far numbers lie outside a range."""
    return np.maximum(np.maximum(first - at, at - last), 0).astype(np.float32)


def _faded(mirrored: np.ndarray, drawn_out: np.ndarray, beyond_px: np.ndarray) -> np.ndarray:
    """The photo's grain goes on beyond it for a little, then only its border's colours do, ever more blurred: no seam,
    nothing that draws the eye, and no mirror image of a person."""
    longer_px = max(beyond_px.shape)
    octave = np.log2(1 + np.minimum(beyond_px * BLUR_GROWTH, BEYOND_BLUR * longer_px))
    soft = drawn_out.astype(np.float32)
    for i in range(int(np.ceil(octave.max()))):
        soft += (_blurred(drawn_out, 2.0 ** (i + 1) - 1) - soft) * _for_each_channel(np.clip(octave - i, 0, 1), soft)
    share = _for_each_channel(falling(beyond_px, 0.0, GRAIN_GOES_ON * longer_px), soft)
    return np.clip(soft + (mirrored - soft) * share + 0.5, 0, 255).astype(np.uint8)


def _for_each_channel(share: np.ndarray, image: np.ndarray) -> np.ndarray:
    return share if image.ndim == 2 else share[..., None]


def _blurred(image: np.ndarray, sigma_px: float) -> np.ndarray:
    """A broad blur, made small first: its detail is gone anyway."""
    import cv2

    shrink = max(1, int(sigma_px / 3))
    small = cv2.resize(
        image, (max(1, image.shape[1] // shrink), max(1, image.shape[0] // shrink)), interpolation=cv2.INTER_AREA
    )
    small = cv2.GaussianBlur(small, (0, 0), sigma_px / shrink)
    return cv2.resize(small, image.shape[1::-1], interpolation=cv2.INTER_CUBIC)


# --- what the networks see, kept on disk -----------------------------------------------------------------------------


def see(
    colours: np.ndarray,
    visible: np.ndarray | None,
    size: tuple[int, int] | None,
    which: int | None,
    config: MeshHeadConfig,
) -> tuple[Sight, tuple[float, float, float, float], tuple[int, int]]:
    """The chosen face, the part of the photo to show and its size; from the cache when this photo was seen before.

    `colours` (h, w, 3) uint8; `visible` (h, w) uint8 is the photo's own transparency, None where it has none.
    """
    key = hashlib.sha256(colours.tobytes() + (b"" if visible is None else visible.tobytes()))
    key.update(json.dumps([SIGHT_VERSION, colours.shape, size, which]).encode())
    path = checkpoints.cache_root() / "portraits" / f"{key.hexdigest()[:32]}.npz"
    if config.cache and (kept := _kept(path)):
        return kept
    with closing(FaceFinder()) as finder:
        colours, face, turns, remarks = _upright_face(finder, colours, which)
    visible = _turned(visible, turns)
    crop, size = framing(colours.shape[1::-1], face.box, size)
    pad_px = round(PAD * max(size))
    at = _in_picture(face, crop, size, pad_px)
    kind, opacity = PHOTO, _looks_like_a_person(colours, face, crop, size, pad_px)
    if visible is not None and (visible < 128).mean() >= LEAST_CLEAR:
        kind, opacity = _own_outline(opacity, cut(visible, crop, size, pad_px, 1.0) / np.float32(255), at)
    if kind != CUT_OUT and np.mean(opacity[at] > 0.8) <= 0.97:  # an unusual painting, say: all belongs to the person
        opacity = np.ones_like(opacity)
    sight = Sight(face, (opacity * 255 + 0.5).astype(np.uint8), kind, turns, remarks)
    if config.cache:
        _keep(path, sight, crop, size)
    return sight, crop, size


def _upright_face(
    finder: FaceFinder, image: np.ndarray, which: int | None
) -> tuple[np.ndarray, Face, int, tuple[str, ...]]:
    """The photo upright and in enough light, the chosen face in it, the turns that it took, and what is to be said."""
    turns = finder.turns(image)
    image = _turned(image, turns)
    faces = finder.sure(image, finder.find(image))
    if not faces:
        raise BadInput(why_no_face(image))
    face = choose_face(faces, which)
    said = [turned_sentence("The portrait", turns)] if turns else []
    said += faults(image, face, finder.certainty(image, face))
    return brightened(image, face), face, turns, tuple(said)


def _turned(image: np.ndarray | None, turns: int) -> np.ndarray | None:
    return None if image is None else np.ascontiguousarray(np.rot90(image, turns))


def _looks_like_a_person(photo, face, crop, size, pad_px) -> np.ndarray:
    """Opacity of the person in the framed, padded picture. The segmenter is shown head and shoulders even where less is
    framed, for it does not know a person by their face alone, and nothing that is no photo: its mask is drawn out."""
    import cv2

    scale = size[0] / (crop[2] - crop[0])
    wide = frame_face(photo.shape[1::-1], face.box, 1.0)
    x0, y0 = np.maximum(np.minimum(crop[:2], wide[:2]) - pad_px / scale, 0)
    end = np.minimum(np.maximum(crop[2:], wide[2:]) + pad_px / scale, photo.shape[1::-1])
    width, height = np.floor((end - [x0, y0]) * scale + 1e-6).astype(int).tolist()
    around = (x0, y0, x0 + width / scale, y0 + height / scale)
    with closing(PersonSegmenter()) as segmenter:
        opacity = segmenter.opacity(cut(photo, around, (width, height), 0, 1.0))
    shift = np.float32([[1, 0, (x0 - crop[0]) * scale + pad_px], [0, 1, (y0 - crop[1]) * scale + pad_px]])
    return cv2.warpAffine(opacity, shift, tuple(n + 2 * pad_px for n in size), borderMode=cv2.BORDER_REPLICATE)


def framing(
    photo_size: tuple[int, int], box: tuple[int, int, int, int], size: tuple[int, int] | None
) -> tuple[tuple[float, float, float, float], tuple[int, int]]:
    """The part of the photo to show and the size of the picture, both sides even."""
    if size is not None:
        return frame_face(photo_size, box, size[0] / size[1]), size
    shrink = min(1.0, 1024 / max(photo_size))
    size = tuple(max(2, round(n * shrink / 2) * 2) for n in photo_size)
    zoom = max(size[0] / photo_size[0], size[1] / photo_size[1])  # even sides leave out a part of a pixel
    left, top = ((n - shown / zoom) / 2 for n, shown in zip(photo_size, size, strict=True))
    return (left, top, left + size[0] / zoom, top + size[1] / zoom), size


def _own_outline(person: np.ndarray, visible: np.ndarray, at: tuple[np.ndarray, np.ndarray]) -> tuple[str, np.ndarray]:
    """What kind of picture one with transparency is, and the opacity of what moves in it, from what looks like a person
    and what is visible, both (h, w) 0..1, and where the face is."""
    shown = visible > 0.5
    if shown[at].mean() < 0.9:
        return PHOTO, person
    return (CUT_OUT, visible) if (person[shown] > 0.5).mean() > LEAST_PERSON else (SHAPE, person)


def _in_picture(face: Face, crop: tuple, size: tuple[int, int], pad_px: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the padded picture where the face's landmarks are."""
    scale = size[0] / (crop[2] - crop[0])
    points = ((face.landmarks[:468, :2] - crop[:2]) * scale + pad_px).round().astype(int)
    x, y = np.clip(points, 0, np.array(size) + 2 * pad_px - 1).T
    return y, x


def _kept(path: Path) -> tuple[Sight, tuple, tuple] | None:
    """What `_keep` wrote; None where there is nothing, or nothing that can be read (any more)."""
    try:
        with np.load(path, allow_pickle=False) as kept:
            box = tuple(int(v) for v in kept["box"])
            face = Face(kept["landmarks"], kept["scores"], box, kept["head_rotation_deg"])
            crop, size = tuple(kept["crop"].tolist()), tuple(kept["size"].tolist())
            remarks = tuple(str(remark) for remark in kept["remarks"])
            return Sight(face, kept["opacity"], str(kept["kind"]), int(kept["turns"]), remarks), crop, size
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return None  # a cache: what cannot be read is looked at again, and replaced


def _keep(path: Path, sight: Sight, crop: tuple, size: tuple[int, int]) -> None:
    """Write what was seen to the cache, where one can be written, and drop from there what is oldest."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, half = tempfile.mkstemp(dir=path.parent, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez_compressed(
                    file,
                    landmarks=sight.face.landmarks,
                    scores=sight.face.scores,
                    box=np.array(sight.face.box),
                    head_rotation_deg=sight.face.head_rotation_deg,
                    turns=sight.turns,
                    remarks=np.array(sight.remarks, np.str_),
                    crop=np.array(crop),
                    size=np.array(size),
                    opacity=sight.opacity,
                    kind=np.array(sight.kind),
                )
            Path(half).replace(path)
        finally:
            Path(half).unlink(missing_ok=True)
        for old in sorted(path.parent.glob("*.npz"), key=lambda kept: kept.stat().st_mtime)[:-PORTRAITS_ON_DISK]:
            old.unlink()
