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
from pathlib import Path

import numpy as np

import checkpoints
from checkpoints.errors import BadInput
from checkpoints.notices import notice
from emotion_embed.uprightness import turned_sentence
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
    foreground_colours,
)
from generators.head.portrait import frame_face

SIGHT_VERSION = 7  # raise when what is cached changes its meaning
PORTRAITS_ON_DISK = 200  # some 40 kB each
BEYOND_BLUR = 0.05  # of the picture's longer side
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
    just what is kept on disk, so that a portrait looks the same the first time as ever after. `turns`: quarters to the
    left by which the photo was set upright; `remarks`: what the user should know about it."""

    face: Face
    opacity: np.ndarray
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
    """Analyse an RGB photo (h, w, 3) uint8 for pictures of `size` (None: the photo's own aspect, at most 1024 px)."""
    sight, crop, size = see(image, size, face, config)
    image = brightened(np.ascontiguousarray(np.rot90(image, sight.turns)), sight.face)
    eyes_are_still = are_eyes_hidden(image, sight.face)
    scale = size[0] / (crop[2] - crop[0])
    pad_px = round(PAD * max(size))
    padded = cut(image, crop, size, pad_px, 1.0)
    landmarks = (sight.face.landmarks - [crop[0], crop[1], 0]) * scale
    fit = fit_face(rig, Face(landmarks, sight.face.scores, sight.face.box))
    if eyes_are_still:
        fit = replace(fit, expression=without_eyes(fit.expression))
    opacity = sight.opacity.astype(np.float32) / 255
    inner = (slice(pad_px, pad_px + size[1]), slice(pad_px, pad_px + size[0]))
    picture = padded[inner]
    plate = _plate(padded, opacity, inner, background)
    scale_up = float(np.clip(config.texture_px / max(size), 1.0, 2.0))
    texture = _texture(image, crop, size, pad_px, opacity, scale_up)
    portrait = _assemble(rig, fit, landmarks, size, picture, plate, texture, pad_px, scale_up)
    for remark in sight.remarks:
        notice(remark)
    return replace(portrait, eyes_are_still=eyes_are_still, remarks=sight.remarks)


def _assemble(rig, fit, landmarks, size, picture, plate, texture, pad_px, scale_up) -> MeshPortrait:
    """Bring face, surroundings, eyes and mouth into one mesh."""
    present = rig.refined(fit.present)
    neutral = present - np.tensordot(fit.expression, rig.expression_deltas, 1)
    neutral = neutral + rig.refined(seal_lips(neutral[: rig.n_coarse], close=True))
    smile = smile_strength(fit.expression)
    if smile > LEAST_SMILE:
        neutral = neutral + resting_corners(rig, neutral)
        neutral = neutral + rig.refined(seal_lips(neutral[: rig.n_coarse], close=True))
    projected = fit.project(present)
    outer = build_outer_mesh(rig, projected[:, :2], projected[:, 2] / fit.scale_px, fit.scale_px, size, pad_px)
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


def _plate(padded, opacity, inner, background) -> np.ndarray:
    """What is seen behind the person: the photo's own background, a colour, or another picture."""
    import cv2

    height, width = opacity[inner].shape
    if background is None:
        return np.ascontiguousarray(background_plate(padded, opacity)[inner])
    if isinstance(background, tuple):
        return np.full((height, width, 3), background, np.uint8)
    scale = max(width / background.shape[1], height / background.shape[0])
    large = cv2.resize(
        background, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    )
    top, left = (large.shape[0] - height) // 2, (large.shape[1] - width) // 2
    return np.ascontiguousarray(large[top : top + height, left : left + width])


def _texture(image, crop, size, pad_px, opacity, scale_up) -> np.ndarray:
    import cv2

    fine = cut(image, crop, size, pad_px, scale_up)
    fine_opacity = cv2.resize(opacity, fine.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    fine_opacity = np.clip(fine_opacity, 0, 1)
    colours = foreground_colours(fine, fine_opacity)
    return np.ascontiguousarray(np.dstack([colours, (fine_opacity * 255 + 0.5).astype(np.uint8)]))


def cut(image: np.ndarray, crop: tuple, size: tuple[int, int], pad_px: int, scale_up: float) -> np.ndarray:
    """The part `crop` of the photo at `size`, with `pad_px` more around it, `scale_up` times finer.

    Beyond the photo there is its blurred mirror image, so that nothing there draws the eye.
    """
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
    part = cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
    left, top = np.maximum(np.ceil([x, y]).astype(int), 0)
    right = min(width, int(np.floor(x + zoom * (image.shape[1] - 1))) + 1)
    bottom = min(height, int(np.floor(y + zoom * (image.shape[0] - 1))) + 1)
    if left == 0 and top == 0 and right == width and bottom == height:
        return part
    soft = _blurred(part, BEYOND_BLUR * max(width, height))
    soft[top:bottom, left:right] = part[top:bottom, left:right]
    return soft


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
    image: np.ndarray, size: tuple[int, int] | None, which: int | None, config: MeshHeadConfig
) -> tuple[Sight, tuple[int, int, int, int], tuple[int, int]]:
    """The chosen face, the part of the photo to show and its size; from the cache when this photo was seen before."""
    key = hashlib.sha256(image.tobytes())
    key.update(json.dumps([SIGHT_VERSION, image.shape, size, which]).encode())
    path = checkpoints.cache_root() / "portraits" / f"{key.hexdigest()[:32]}.npz"
    if config.cache and (kept := _kept(path)):
        return kept
    with closing(FaceFinder()) as finder:
        image, face, turns, remarks = _upright_face(finder, image, which)
    crop, size = framing(image.shape[1::-1], face.box, size)
    with closing(PersonSegmenter()) as segmenter:
        opacity = segmenter.opacity(cut(image, crop, size, round(PAD * max(size)), 1.0))
    opacity = opacity if _is_plausible(opacity, face, crop, size) else np.ones_like(opacity)
    sight = Sight(face, (opacity * 255 + 0.5).astype(np.uint8), turns, remarks)
    if config.cache:
        _keep(path, sight, crop, size)
    return sight, crop, size


def _upright_face(
    finder: FaceFinder, image: np.ndarray, which: int | None
) -> tuple[np.ndarray, Face, int, tuple[str, ...]]:
    """The photo upright and in enough light, the chosen face in it, the turns that it took, and what is to be said."""
    turns = finder.turns(image)
    image = np.ascontiguousarray(np.rot90(image, turns))
    faces = finder.find(image)
    if not faces:
        raise BadInput(why_no_face(image))
    face = choose_face(faces, which)
    said = [turned_sentence("The portrait", turns)] if turns else []
    said += faults(image, face, finder.certainty(image, face))
    return brightened(image, face), face, turns, tuple(said)


def framing(
    photo_size: tuple[int, int], box: tuple[int, int, int, int], size: tuple[int, int] | None
) -> tuple[tuple[int, int, int, int], tuple[int, int]]:
    """The part of the photo to show and the size of the picture, both sides even."""
    if size is not None:
        return frame_face(photo_size, box, size[0] / size[1]), size
    shrink = min(1.0, 1024 / max(photo_size))
    size = tuple(max(2, round(n * shrink / 2) * 2) for n in photo_size)
    return (0, 0, *photo_size), size


def _is_plausible(opacity: np.ndarray, face: Face, crop: tuple, size: tuple[int, int]) -> bool:
    """Whether the mask holds the face; if not (an unusual painting, say) all is taken to belong to the person."""
    pad_px = round(PAD * max(size))
    scale = size[0] / (crop[2] - crop[0])
    points = ((face.landmarks[:468, :2] - crop[:2]) * scale + pad_px).round().astype(int)
    points = np.clip(points, 0, np.array(opacity.shape[1::-1]) - 1)
    return float(np.mean(opacity[points[:, 1], points[:, 0]] > 0.8)) > 0.97


def _kept(path: Path) -> tuple[Sight, tuple, tuple] | None:
    """What `_keep` wrote; None where there is nothing, or nothing that can be read (any more)."""
    try:
        with np.load(path, allow_pickle=False) as kept:
            box = tuple(int(v) for v in kept["box"])
            face = Face(kept["landmarks"], kept["scores"], box, kept["head_rotation_deg"])
            crop, size = (tuple(int(v) for v in kept[name]) for name in ("crop", "size"))
            remarks = tuple(str(remark) for remark in kept["remarks"])
            return Sight(face, kept["opacity"], int(kept["turns"]), remarks), crop, size
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
                )
            Path(half).replace(path)
        finally:
            Path(half).unlink(missing_ok=True)
        for old in sorted(path.parent.glob("*.npz"), key=lambda kept: kept.stat().st_mtime)[:-PORTRAITS_ON_DISK]:
            old.unlink()
