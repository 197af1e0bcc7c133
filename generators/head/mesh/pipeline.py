"""The mesh head: a photo moved by the rig, frame by frame."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np

from generators.contracts import CHANNEL_INDEX, Motion, Segment
from generators.head.mesh import eyes as eyeballs
from generators.head.mesh import mouth as mouths
from generators.head.mesh.configuration import MeshHeadConfig
from generators.head.mesh.fitting import without_eyes
from generators.head.mesh.openings import coverage
from generators.head.mesh.portrait import Background, MeshPortrait, build_portrait
from generators.head.mesh.raster import Canvas, ScreenMesh, combine, place_rows, shade_rows, transform
from generators.head.mesh.rig import FaceRig, load_rig, seal_lips
from generators.head.mesh.topology import LIP_ROWS_LOWER, LIP_ROWS_UPPER

PIVOT_CM = np.array([0.0, -7.0, -5.0])  # where the neck carries the head, in head space
TEAR_PX = 5.0  # a step in the photo from one pixel to the next, that only an outline can make
LASHES_FROM = 0.6  # of a blink: from here on the lashes lie on each other as one dark line
HEAD_BREATH = 0.4  # of the shoulders' lift
VIEWER_CM = 70.0  # how far the viewer is, for a head that comes nearer
BLINKS = tuple(CHANNEL_INDEX[f"eyeBlink{side}"] for side in ("Right", "Left"))
JAW = tuple(CHANNEL_INDEX[name] for name in ("jawOpen", "jawForward", "jawLeft", "jawRight"))
INNER_UPPER = np.array([78, *LIP_ROWS_UPPER[-1], 308])
INNER_LOWER = np.array([78, *LIP_ROWS_LOWER[-1], 308])


class MeshHead:
    """Renders any portrait photo with a rigged face mesh. A `generators.contracts.FrameSource`."""

    def __init__(self, rig: FaceRig, config: MeshHeadConfig) -> None:
        self.rig = rig
        self.config = config

    @classmethod
    def from_pretrained(
        cls,
        name_or_folder: str | Path | None = None,
        *,
        revision: str | None = None,
        config: MeshHeadConfig | None = None,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> MeshHead:
        """Read the rig and fetch the networks that look at a portrait; `progress(name, done_bytes, total_bytes)`."""
        import checkpoints

        for name in ("face-landmarker", "selfie-segmenter"):
            checkpoints.path(name, progress=progress)
        return cls(load_rig(), config or MeshHeadConfig())

    def analyse(
        self,
        image: np.ndarray,
        *,
        size: tuple[int, int] | None = (512, 512),
        face: int | None = None,
        background: Background | None = None,
    ) -> MeshPortrait:
        """Look at a photo once, and make it ready to be moved.

        Args:
            image: (h, w, 3) uint8 RGB, or (h, w, 4) with straight alpha.
            size: width and height of the frames in px; None for the photo's own shape, at most 1024 px a side.
            face: which face, 1 the leftmost, where there are several.
            background: None keeps the photo's, or white where it is transparent; else an RGB colour or a picture.

        Raises:
            BadInput: There is no face, several and none chosen, one under 96 px, or one that cannot be moved.
        """
        return build_portrait(self.rig, image, size=size, face=face, background=background, config=self.config)

    def render(
        self, portrait: MeshPortrait, segments: Iterable[Segment], *, seed: int = 0, fps: float = 25.0
    ) -> Iterator[np.ndarray]:
        """Frames (height, width, 3) uint8 RGB, one per frame of the segments' motion, as they come.

        Nothing here is left to chance and the motion has its own rate, so that `seed` and `fps` change nothing.

        Raises:
            ValueError: A segment holds no motion.
        """
        return self.move(portrait, (_motion_of(segment) for segment in segments))

    def move(self, portrait: MeshPortrait, motions: Iterable[Motion]) -> Iterator[np.ndarray]:
        """The same from motion alone, without speech beside it."""
        with FramePainter(self.rig, portrait, self.config) as painter:
            for motion in motions:
                for i in range(len(motion)):
                    yield painter.paint(
                        motion.blendshapes[i],
                        motion.head_rotation_deg[i],
                        motion.head_translation_cm[i],
                        float(motion.breath[i]),
                    )


def _motion_of(segment: Segment) -> Motion:
    if segment.motion is None:
        raise ValueError("The mesh head moves a photo by motion; this segment holds none.")
    return segment.motion


class FramePainter:
    """Holds what one stream of frames reuses: working space, threads, and the rig bent to one portrait."""

    def __init__(self, rig: FaceRig, portrait: MeshPortrait, config: MeshHeadConfig) -> None:
        self.rig, self.portrait, self.config = rig, portrait, config
        width, height = portrait.size
        self._canvas = Canvas(
            np.zeros((height, width, 2), np.float32),
            np.ones((height, width), np.float32),
            np.zeros((height, width), np.float32),
        )
        usual = min(4, os.cpu_count() or 1)
        self._threads = ThreadPoolExecutor(config.threads or usual, thread_name_prefix="mien-head")
        edges = np.linspace(0, height, 2 * usual + 1).astype(int)  # whatever `threads` says: frames stay the same
        self._bands = list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))
        moving = [i for i in range(len(rig.expression_deltas)) if i not in BLINKS]
        self._linear = np.array(moving)
        self._deltas = rig.expression_deltas[moving]
        self._shading = rig.expression_shading * config.shading
        outer, fit = portrait.outer, portrait.fit
        xy = (outer.points - fit.shift_px) / fit.scale_px * [1, -1]
        self._outer_rest = np.concatenate([xy, outer.depth_cm[:, None]], 1)
        self._pivot = fit.rotation @ PIVOT_CM
        chin = fit.project(portrait.present[[152]])[0, 1]
        self._is_body = np.clip((outer.points[:, 1] - chin) / (6 * fit.scale_px), 0, 1) * (1 - outer.follow_head)
        self._is_body *= outer.free
        mouth, px_per_cm = portrait.mouth, float(rig.teeth_px_per_cm)
        self._teeth = mouths.Teeth(
            rig.teeth_upper, rig.teeth_lower, mouth.own, px_per_cm, np.array(rig.teeth_origin_px),
            mouth.drop_cm * px_per_cm,
        )  # fmt: skip
        self._mouth_colours = mouths.MouthColours(mouth.enamel, mouth.flesh, mouth.dark)

    def __enter__(self) -> FramePainter:
        return self

    def __exit__(self, *error: object) -> None:
        self._threads.shutdown()

    def paint(
        self, shapes: np.ndarray, rotation_deg: np.ndarray, translation_cm: np.ndarray, breath: float
    ) -> np.ndarray:
        """One frame, (height, width, 3) uint8. Arguments as one row of `Motion`."""
        portrait = self.portrait
        if portrait.eyes_are_still:
            shapes = without_eyes(shapes)
        face, open_lids = self.express(shapes)
        turn = head_turn(rotation_deg)
        lift_cm = breath * self.config.breath_cm
        carrier = self._carrier(turn, translation_cm, lift_cm)
        screen, depth = self._place(face, carrier, lift_cm)
        out = portrait.plate.copy()
        self._draw(out, screen, depth, self._gain(shapes))
        lid_lines = self._on_screen(self._carried(open_lids.reshape(-1, 3), carrier)).reshape(*open_lids.shape[:2], 2)
        for eye in (0, 1):
            self._paint_eye(out, screen, lid_lines[eye], eye, shapes, turn)
        self._paint_mouth(out, screen, face, shapes, turn, carrier)
        return out

    def _draw(self, out: np.ndarray, screen: np.ndarray, depth: np.ndarray, gain: np.ndarray) -> None:
        """Lay the moved photo over `out`, which shows the background."""
        portrait = self.portrait
        mesh = ScreenMesh(screen, depth, portrait.triangles, portrait.n_solid, portrait.source, gain)
        self._on_rows(place_rows, mesh, self._canvas)
        where = self._canvas.where
        colours = cv2.remap(portrait.texture, where, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        self._on_rows(shade_rows, colours, self._canvas, np.float32(TEAR_PX * portrait.texture_scale), out)

    def _on_rows(self, function: Callable, *arguments: object) -> None:
        """Run a loop over all rows, shared between threads."""
        for band in [self._threads.submit(function, *rows, *arguments) for rows in self._bands]:
            band.result()

    def express(self, shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Fine vertices (V, 3) in head space with this expression: lips never cross, lids meet; and where the upper
        lid margins (2, 9, 3) would be without the blink."""
        face = combine(self.portrait.neutral, self._deltas, np.asarray(shapes, np.float32)[self._linear])
        seal = seal_lips(face[: self.rig.n_coarse], close=False)
        if seal.any():
            face = face + self.rig.refined(seal)
        open_lids = np.stack([face[lids.upper] for lids in self.portrait.lids])
        for lids, channel in zip(self.portrait.lids, BLINKS, strict=True):
            if shapes[channel] > 0:
                face[lids.index] += lids.offsets(face, float(shapes[channel]))
        return face, open_lids

    def _gain(self, shapes: np.ndarray) -> np.ndarray:
        """Brightness factor of every vertex: what this expression's folds change against the photo's own."""
        change = (shapes - self.portrait.fit.expression).astype(np.float32)
        gain = np.exp(np.clip(change @ self._shading, -0.6, 0.5))
        outer = self.portrait.outer
        beyond = 1 + (gain[outer.nearest] - 1) * outer.follow_skin
        return np.concatenate([gain, beyond]).astype(np.float32)

    def _place(
        self, face: np.ndarray, carrier: tuple[np.ndarray, np.ndarray], lift_cm: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Screen px (V + M, 2) and depth (V + M,) of face and surroundings under a head pose and a breath."""
        outer = self.portrait.outer
        skin = (face[outer.nearest] - self.portrait.present[outer.nearest]) @ self.portrait.fit.rotation.T
        around = self._outer_rest + skin * outer.follow_skin[:, None]
        around += (transform(around, *carrier) - around) * outer.follow_head[:, None]
        around[:, 1] += lift_cm * self._is_body
        points = np.concatenate([self._carried(face, carrier), around.astype(np.float32)])
        return self._on_screen(points).astype(np.float32), np.ascontiguousarray(points[:, 2])

    def _carrier(self, turn: np.ndarray, translation_cm: np.ndarray, lift_cm: float) -> tuple[np.ndarray, np.ndarray]:
        """Matrix and offset that move points in view space rigidly with the head, which a breath lifts a little."""
        matrix = turn * (1 + translation_cm[2] / VIEWER_CM)
        shift = np.array([translation_cm[0], translation_cm[1] + HEAD_BREATH * lift_cm, 0])
        return matrix, self._pivot - matrix @ self._pivot + shift

    def _carried(self, points: np.ndarray, carrier: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        """Points (n, 3) of head space moved with the head, in view space."""
        matrix, offset = carrier
        return transform(points, matrix @ self.portrait.fit.rotation, offset)

    def _on_screen(self, view: np.ndarray) -> np.ndarray:
        """Points of view space (n, 2 or 3) cm as px (n, 2)."""
        fit = self.portrait.fit
        return view[:, :2] * [fit.scale_px, -fit.scale_px] + fit.shift_px

    def _paint_eye(
        self, out: np.ndarray, screen: np.ndarray, lid_line: np.ndarray, eye: int, shapes: np.ndarray, turn: np.ndarray
    ) -> None:
        lids, ball, fit = self.portrait.lids[eye], self.portrait.eyes[eye], self.portrait.fit
        upper, lower = screen[lids.upper], screen[lids.lower]
        order = np.argsort(upper[[0, -1], 0])
        if order[0] == 1:
            upper, lower, lid_line = upper[::-1], lower[::-1], lid_line[::-1]
        closed = float(shapes[BLINKS[eye]])
        if closed > 0 and (lid := coverage(lid_line, upper.astype(float), self.portrait.size)):
            eyeballs.paint_lid(out, lid, lid_line, upper, ball.skin, min(1.0, 2 * closed))
        if closed > LASHES_FROM:
            strength = (closed - LASHES_FROM) / (1 - LASHES_FROM)
            eyeballs.draw_lashes(out, (upper + lower) / 2, ball.lashes, 0.6 * strength, 0.07 * fit.scale_px)
        opening = coverage(upper, lower, self.portrait.size)
        if opening is None:
            return
        flip = np.array([[1, -1], [-1, 1]])
        inverse = np.linalg.inv(turn[:2, :2] * flip)
        middle = ((upper[0] + upper[-1]) / 2).astype(np.float64)
        sideways, upwards = eyeballs.gaze_deg(shapes, eye)
        undo = head_turn(np.array([sideways, upwards, 0.0])).T
        rest = self._on_screen(ball.centre[None])[0]
        view = eyeballs.EyeView(
            inverse, middle, undo, eyeballs.BALL_RADIUS_CM * fit.scale_px,
            ball.patch, ball.origin_px, ball.patch_scale, rest,
        )  # fmt: skip
        eyeballs.paint_eye(out, opening, view)

    def _paint_mouth(
        self,
        out: np.ndarray,
        screen: np.ndarray,
        face: np.ndarray,
        shapes: np.ndarray,
        turn: np.ndarray,
        carrier: tuple[np.ndarray, np.ndarray],
    ) -> None:
        opening = coverage(screen[INNER_UPPER].astype(float), screen[INNER_LOWER].astype(float), self.portrait.size)
        if opening is None:
            return
        mouth, fit, rig = self.portrait.mouth, self.portrait.fit, self.rig
        turned = turn @ fit.rotation
        px = fit.scale_px * mouth.size
        to_px = turned[:2, :2] * px * [[1], [-1]]
        lean = np.linalg.inv(turned[:2, :2]) @ turned[:2, 2]
        jaw = shapes[list(JAW)].astype(np.float64) @ rig.jaw_deltas
        jaw[1] -= mouths.LOWER_DROP_CM
        at = self._on_screen(self._carried(np.stack([mouth.stomion, mouth.stomion + jaw]), carrier))
        gap_cm = face[13, 1] - face[14, 1]
        openness = float(np.clip(gap_cm / 1.2, 0, 1))
        view = mouths.MouthView(np.linalg.inv(to_px), lean, at[0], at[1], fit.scale_px, openness)
        mouths.paint_mouth(out, opening, view, self._teeth, self._mouth_colours)


def head_turn(rotation_deg: np.ndarray) -> np.ndarray:
    """Rotation (3, 3) in view space for yaw (+ to the viewer's right), pitch (+ up) and roll (+ clockwise), degrees."""
    yaw, pitch, roll = np.radians(rotation_deg)
    around_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    around_x = np.array([[1, 0, 0], [0, np.cos(pitch), np.sin(pitch)], [0, -np.sin(pitch), np.cos(pitch)]])
    around_z = np.array([[np.cos(roll), np.sin(roll), 0], [-np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    return around_z @ around_x @ around_y
