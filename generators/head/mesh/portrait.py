"""One photo made ready to be moved: everything that a frame needs but that no frame changes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from generators.head.mesh.analysis import CUT_OUT, PHOTO, PortraitAnalysis, analyse_photo, turned
from generators.head.mesh.analysis_cache import cached_analysis
from generators.head.mesh.configuration import MeshHeadConfig
from generators.head.mesh.eyes import Eyeball, build_eyeball
from generators.head.mesh.fitness import are_eyes_hidden, brightened
from generators.head.mesh.fitting import Fit, fit_face, without_eyes
from generators.head.mesh.landmarks import Face
from generators.head.mesh.lids import Lids, build_lids
from generators.head.mesh.mouth import Mouth, build_mouth
from generators.head.mesh.rig import FaceRig, lips_without_teeth, seal_lips
from generators.head.mesh.smile import MIN_SMILE, resting_corners, smile_strength, soften_folds
from generators.head.mesh.surroundings import OuterMesh, background_plate, build_outer_mesh, foreground_colours
from generators.head.portrait import without_frame, without_holes

Background = tuple[int, int, int] | np.ndarray


@dataclass(frozen=True)
class MeshPortrait:
    """A photo ready to be moved. A `generators.contracts.Portrait`.

    Attributes:
        size: width and height of the frames in px.
        fit: the rig fitted to the photo, in px of the picture.
        present, neutral: (V, 3) float32 fine vertices in head space, cm, as photographed and at rest.
        source: (V + M, 2) float32, where face and outer vertices lie in `texture`.
        triangles: (F, 3) over both; those from `n_solid` on span mouth and eyes.
        n_solid: how many triangles are skin or surroundings.
        outer: what surrounds the face.
        texture: (h, w, 4) uint8, the photo and the person's opacity.
        texture_scale: how much finer it is than the picture.
        pad_px: how far before the picture it begins.
        plate: (height, width, 3) uint8, what is behind the person.
        eyes, lids, mouth: of the person, the right eye first.
        eyes_are_still: they are shut or hidden.
        remarks: what its user should know about the photo, one sentence each.
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


class _Layers(NamedTuple):
    """A framed photo taken apart: `picture` and `plate` (height, width, 3), `texture` (h, w, 4) `texture_scale` finer,
    all uint8; `ends` (2, 2) px: left, top and right, bottom of how far the photo goes on around the picture."""

    picture: np.ndarray
    plate: np.ndarray
    texture: np.ndarray
    texture_scale: float
    ends: np.ndarray


def build_portrait(
    rig: FaceRig,
    image: np.ndarray,
    *,
    size: tuple[int, int] | None,
    face: int | None,
    background: Background | None,
    config: MeshHeadConfig,
) -> MeshPortrait:
    """A photo (h, w, 3) uint8, or (h, w, 4) with straight alpha, for pictures of `size` (None: the photo's own
    shape, at most 1024 px). Arguments and errors as in `MeshHead.analyse`."""
    image = image if size is None else without_frame(image)
    colours, visible = (image, None) if image.shape[2] == 3 else (without_holes(image), image[..., 3])
    analysis = (cached_analysis if config.cache else analyse_photo)(colours, visible, size, face)
    colours = brightened(turned(colours, analysis.turns), analysis.face)
    visible = None if visible is None else turned(visible, analysis.turns)
    eyes_are_still = are_eyes_hidden(colours, analysis.face)
    texture_scale = float(np.clip(config.texture_px / max(analysis.framing.size), 1.0, 2.0))
    return _assemble(rig, analysis, _layers(colours, visible, analysis, background, texture_scale), eyes_are_still)


def _layers(
    colours: np.ndarray,
    visible: np.ndarray | None,
    analysis: PortraitAnalysis,
    background: Background | None,
    texture_scale: float,
) -> _Layers:
    """Person and background of the photo apart. `colours` (h, w, 3), `visible` (h, w) uint8: the upright photo."""
    framing = analysis.framing
    padded = framing.cut(colours)
    clear = None if visible is None else 255 - framing.cut(visible)[framing.inner]
    plate = _plate(padded, analysis, clear, background)
    shown = None if visible is None else framing.cut(visible, texture_scale)
    texture = _texture(framing.cut(colours, texture_scale), analysis, shown)
    ends = framing.to_picture(np.array([[0, 0], colours.shape[1::-1]]))
    ends = np.clip(ends, -framing.pad_px, np.array(framing.size) + framing.pad_px)
    return _Layers(padded[framing.inner], plate, texture, texture_scale, ends)


def _assemble(rig: FaceRig, analysis: PortraitAnalysis, layers: _Layers, eyes_are_still: bool) -> MeshPortrait:
    """Bring face, surroundings, eyes and mouth into one mesh."""
    framing, texture_scale = analysis.framing, layers.texture_scale
    landmarks = (analysis.face.landmarks - [*framing.crop[:2], 0]) * framing.scale
    fit = fit_face(rig, Face(landmarks, analysis.face.scores, analysis.face.box))
    if eyes_are_still:
        fit = replace(fit, expression=without_eyes(fit.expression))
    present, neutral = _faces(rig, fit)
    outer = _outer_mesh(rig, fit, present, analysis, layers)
    seen = fit.project(rig.refined(lips_without_teeth(fit.present)))
    source = (np.concatenate([seen[:, :2], outer.points]) + framing.pad_px) * texture_scale
    texture, smile = layers.texture, smile_strength(fit.expression)
    if smile > MIN_SMILE:
        texture = soften_folds(texture, rig, source[: len(present)], fit.scale_px * texture_scale, smile)
    solid = [rig.triangles[: rig.n_skin], outer.triangles]
    return MeshPortrait(
        size=framing.size,
        fit=fit,
        present=present.astype(np.float32),
        neutral=neutral.astype(np.float32),
        source=source.astype(np.float32),
        triangles=np.concatenate([*solid, rig.triangles[rig.n_skin :]]).astype(np.int32),
        n_solid=rig.n_skin + len(outer.triangles),
        outer=outer,
        texture=texture,
        texture_scale=texture_scale,
        pad_px=framing.pad_px,
        plate=layers.plate,
        eyes=_eyes(texture, landmarks, fit, framing.pad_px, texture_scale),
        lids=(build_lids(rig, neutral, 0), build_lids(rig, neutral, 1)),
        mouth=_mouth(rig, fit, layers.picture, landmarks),
        eyes_are_still=eyes_are_still,
        remarks=analysis.remarks,
    )


def _faces(rig: FaceRig, fit: Fit) -> tuple[np.ndarray, np.ndarray]:
    """Fine vertices (V, 3) of the face as photographed, and at rest with closed lips and without a smile."""
    present = rig.refined(fit.present)
    neutral = present - np.tensordot(fit.expression, rig.expression_deltas, 1)
    neutral = neutral + rig.refined(seal_lips(neutral[: rig.n_coarse], close=True))
    if smile_strength(fit.expression) > MIN_SMILE:
        neutral = neutral + resting_corners(rig, neutral)
        neutral = neutral + rig.refined(seal_lips(neutral[: rig.n_coarse], close=True))
    return present, neutral


def _outer_mesh(rig: FaceRig, fit: Fit, present: np.ndarray, analysis: PortraitAnalysis, layers: _Layers) -> OuterMesh:
    projected, framing = fit.project(present), analysis.framing
    depth_cm = projected[:, 2] / fit.scale_px
    return build_outer_mesh(rig, projected[:, :2], depth_cm, fit.scale_px, framing.size, framing.pad_px, layers.ends)


def _eyes(
    texture: np.ndarray, landmarks: np.ndarray, fit: Fit, pad_px: int, texture_scale: float
) -> tuple[Eyeball, Eyeball]:
    in_texture = (landmarks[:, :2] + pad_px) * texture_scale
    present_view = fit.present @ fit.rotation.T

    def eyeball(eye: int) -> Eyeball:
        ball = build_eyeball(texture, in_texture, present_view, eye, fit.scale_px, texture_scale)
        return replace(ball, origin_px=ball.origin_px - pad_px)

    return eyeball(0), eyeball(1)


def _mouth(rig: FaceRig, fit: Fit, picture: np.ndarray, landmarks: np.ndarray) -> Mouth:
    stomion = (fit.neutral[13] + fit.neutral[14]) / 2
    return build_mouth(
        picture,
        landmarks[:, :2],
        fit.neutral,
        (fit.rotation[:2, :2] * fit.scale_px) * [[1], [-1]],
        fit.project(stomion[None])[0, :2],
        rig.teeth_upper,
        rig.teeth_px_per_cm,
        rig.teeth_origin_px,
    )


def _plate(
    padded: np.ndarray, analysis: PortraitAnalysis, clear: np.ndarray | None, background: Background | None
) -> np.ndarray:
    """What is seen behind the person, (height, width, 3) uint8: the photo's own background, a colour or another
    picture; behind what is `clear` (height, width), and no other is asked for, white."""
    inner = analysis.framing.inner
    own = padded[inner]
    behind = _behind(own.shape[1::-1], (255, 255, 255) if background is None else background)
    if analysis.kind == CUT_OUT or (analysis.kind == PHOTO and background is not None):
        return behind
    own = np.ascontiguousarray(background_plate(padded, analysis.opacity / np.float32(255))[inner])
    if clear is None:
        return own
    share = clear[..., None] / np.float32(255)
    return (own * (1 - share) + behind * share + 0.5).astype(np.uint8)


def _behind(size: tuple[int, int], background: Background) -> np.ndarray:
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


def _texture(colours: np.ndarray, analysis: PortraitAnalysis, shown: np.ndarray | None) -> np.ndarray:
    """The photo's `colours` (h, w, 3) and the person's opacity, (h, w, 4) uint8; `shown` (h, w) uint8: what of the
    photo is not transparent."""
    import cv2

    opacity = cv2.resize(analysis.opacity / np.float32(255), colours.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    if shown is not None:
        own = shown / np.float32(255)
        opacity = own if analysis.kind == CUT_OUT else np.minimum(opacity, own)
    opacity = np.clip(opacity, 0, 1)
    colours = foreground_colours(colours, opacity)
    return np.ascontiguousarray(np.dstack([colours, (opacity * 255 + 0.5).astype(np.uint8)]))
