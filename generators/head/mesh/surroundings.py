"""What surrounds the face in the photo: hair, ears, neck and shoulders that follow the head, and the background.

The face mesh ends at the oval. From there an outer mesh runs to the borders of the picture; each of its points
follows the head by a weight that falls towards the shoulders, at a depth that falls back towards the skull's middle.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from generators.head.mesh.rig import FaceRig

SKULL_DEPTH_CM = -4.0  # where hair and ears are seen as an outline, behind the origin of head space
DEPTH_FALL_CM = 3.0
RINGS_CM = (0.5, 1.1, 1.9, 3.0)  # of mesh points beyond the oval
SKIN_FOLLOWS_CM = 2.6  # how far beyond the oval the skin goes along with the jaw and the cheeks
NECK_CM = (-1.0, -8.5)  # below the chin: from here on not fully with the head, and here not at all
SIDE_CM = (12.0, 21.0)  # beside the middle of the face, likewise
STRANDS = 0.014  # of the picture's longer side, how far loose hair reaches beyond the mask
ABOVE_CM = (13.0, 24.0)  # above the middle of the face, likewise
PINNED_CM = 5.0  # from where the photo ends, where nothing moves, to where all is free


@dataclass(frozen=True)
class OuterMesh:
    """Points (M, 2) in pixels of the picture (beyond the oval; some lie outside the picture), `depth_cm` (M,) in view
    space, `free` (M,) 0..1, 0 where the photo ends, `follow_head` (M,) 0..1 and never more than that, `nearest` (M,)
    fine face vertex on the oval whose skin they go along with by `follow_skin` (M,) 0..1, and `triangles` (F, 3) over
    the fine face vertices followed by these points."""

    points: np.ndarray
    depth_cm: np.ndarray
    free: np.ndarray
    follow_head: np.ndarray
    nearest: np.ndarray
    follow_skin: np.ndarray
    triangles: np.ndarray


def build_outer_mesh(
    rig: FaceRig,
    face_px: np.ndarray,
    face_depth_cm: np.ndarray,
    scale_px: float,
    size: tuple[int, int],
    pad_px: float,
    ends: np.ndarray,
) -> OuterMesh:
    """`face_px` (V, 2): fine vertices in the picture of `size` (width, height); `ends` ((left, top), (right, bottom)):
    px, how far the photo goes on around it."""
    from scipy.spatial import Delaunay, KDTree

    loop = boundary_loop(rig.triangles)
    oval = face_px[loop]
    points = _outer_points(oval, scale_px, size, pad_px)
    free = _free(points, oval, scale_px, ends)
    distance, at = KDTree(oval).query(points)
    distance_cm, nearest = distance / scale_px, loop[at]
    back = np.exp(-distance_cm / DEPTH_FALL_CM)
    depth = face_depth_cm[nearest] * back + SKULL_DEPTH_CM * (1 - back)
    everything = np.concatenate([oval, points])
    index = np.concatenate([loop, len(face_px) + np.arange(len(points))])
    simplices = Delaunay(everything).simplices
    outside = ~_inside(oval, everything[simplices].mean(1))
    return OuterMesh(
        points,
        depth,
        free,
        _follow_head(points, oval, scale_px) * free,
        nearest,
        np.exp(-((distance_cm / SKIN_FOLLOWS_CM) ** 2)),
        index[simplices[outside]].astype(np.int32),
    )


def boundary_loop(triangles: np.ndarray) -> np.ndarray:
    """The vertices of the mesh's only border, once around."""
    directed = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]).astype(np.int64)
    n = directed.max() + 1
    only_once = ~np.isin(directed @ [n, 1], directed @ [1, n])  # within the mesh each edge is run both ways
    following = dict(directed[only_once].tolist())
    loop = [next(iter(following))]
    while (after := following[loop[-1]]) != loop[0]:
        loop.append(after)
    return np.array(loop)


def _outer_points(oval: np.ndarray, scale_px: float, size: tuple[int, int], pad_px: float) -> np.ndarray:
    """Rings that hug the oval, then a coarse grid out to the padded borders."""
    centre = oval.mean(0)
    outwards = (oval - centre) / np.linalg.norm(oval - centre, axis=1, keepdims=True)
    rings = [(oval + outwards * cm * scale_px)[1::2] for cm in RINGS_CM]
    width, height = size
    step = max(width, height) / 22
    xs = np.linspace(-pad_px, width + pad_px, int((width + 2 * pad_px) / step) + 2)
    ys = np.linspace(-pad_px, height + pad_px, int((height + 2 * pad_px) / step) + 2)
    grid = np.stack(np.meshgrid(xs, ys), -1).reshape(-1, 2)
    hull = oval + outwards * (RINGS_CM[-1] * scale_px + 0.5 * step)
    low, high = np.array([-pad_px, -pad_px]), np.array([width + pad_px, height + pad_px])
    ring = np.concatenate(rings)
    ring = ring[((ring > low + 1) & (ring < high - 1)).all(1)]
    return np.concatenate([ring, grid[~_inside(hull, grid)]])


def _inside(polygon: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Which points lie inside a closed polygon (even-odd rule)."""
    a, b = polygon, np.roll(polygon, -1, 0)
    x, y = points[:, 0, None], points[:, 1, None]
    crosses = (a[:, 1] > y) != (b[:, 1] > y)
    rise = np.where(b[:, 1] == a[:, 1], 1e-12, b[:, 1] - a[:, 1])
    left_of = x < (b[:, 0] - a[:, 0]) * (y - a[:, 1]) / rise + a[:, 0]
    return (crosses & left_of).sum(1) % 2 == 1


def _follow_head(points: np.ndarray, oval: np.ndarray, scale_px: float) -> np.ndarray:
    centre, chin_y = oval.mean(0), oval[:, 1].max()
    below_chin = (chin_y - points[:, 1]) / scale_px
    beside = np.abs(points[:, 0] - centre[0]) / scale_px
    above = (centre[1] - points[:, 1]) / scale_px
    return falling(-below_chin, -NECK_CM[0], -NECK_CM[1]) * falling(beside, *SIDE_CM) * falling(above, *ABOVE_CM)


def _free(points: np.ndarray, oval: np.ndarray, scale_px: float, ends: np.ndarray) -> np.ndarray:
    """How far points may go along with what moves: where the photo ends it stays, so that no border is uncovered."""
    low, high = ends
    room = np.concatenate([oval.min(0) - low, high - oval.max(0)])
    way = np.clip(room, 1.0, PINNED_CM * scale_px)
    inside = np.concatenate([points - low, high - points], 1)
    return falling(1 - inside / way, 0.0, 1.0).min(1)


def falling(value: np.ndarray, start: float, end: float) -> np.ndarray:
    """1 up to `start`, 0 from `end` on, smooth between."""
    t = np.clip((end - value) / (end - start), 0, 1)
    return t * t * (3 - 2 * t)


# --- person and background -----------------------------------------------------------------------------------------


class PersonSegmenter:
    """Tells person from background: MediaPipe's selfie segmentation."""

    def __init__(self) -> None:
        from mediapipe.tasks.python import BaseOptions, vision

        import checkpoints

        model = checkpoints.path("selfie-segmenter") / "selfie_segmentation.tflite"
        options = vision.ImageSegmenterOptions(
            base_options=BaseOptions(model_asset_path=str(model)),
            output_confidence_masks=True,
            output_category_mask=False,
        )
        self._segmenter = vision.ImageSegmenter.create_from_options(options)

    def opacity(self, image: np.ndarray) -> np.ndarray:
        """(h, w) float32 0..1: 1 is person. Its soft border is sharpened along the picture's own edges."""
        import cv2
        import mediapipe as mp

        picture = mp.Image(image_format=mp.ImageFormat.SRGB, data=np.ascontiguousarray(image))
        mask = self._segmenter.segment(picture).confidence_masks[0].numpy_view().squeeze().astype(np.float32)
        radius = max(4, round(max(image.shape[:2]) / 64))
        refined = cv2.ximgproc.guidedFilter(image, mask, radius, 1e-4 * 255**2)
        return np.clip((refined - 0.15) / 0.7, 0, 1)

    def close(self) -> None:
        """Free the model."""
        self._segmenter.close()


def background_plate(image: np.ndarray, opacity: np.ndarray) -> np.ndarray:
    """The photo with the person painted over by what surrounds them, (h, w, 3) uint8."""
    import cv2

    height, width = image.shape[:2]
    # Strands of hair reach beyond what the mask calls person; left in the plate they would stay behind as an outline.
    reach = max(2, round(max(height, width) * STRANDS))
    person = cv2.dilate(opacity, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1)))
    shrink = min(1.0, 256 / max(height, width))
    small = cv2.resize(image, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    hole = (cv2.resize(person, small.shape[1::-1], interpolation=cv2.INTER_AREA) > 0.02).astype(np.uint8)
    filled = cv2.inpaint(small, hole, 4, cv2.INPAINT_TELEA) if hole.any() and not hole.all() else small
    filled = cv2.resize(filled, (width, height), interpolation=cv2.INTER_CUBIC)
    keep = np.clip(1 - cv2.GaussianBlur(person, (0, 0), reach / 2) * 4, 0, 1)[..., None]
    return (image * keep + filled * (1 - keep) + 0.5).astype(np.uint8)


def foreground_colours(image: np.ndarray, opacity: np.ndarray) -> np.ndarray:
    """The photo with the person's colours carried over their border, so that no background clings to hair."""
    import cv2

    sure = (opacity > 0.92).astype(np.float32)
    total, weight = image.astype(np.float32) * sure[..., None], sure.copy()
    radius = max(2.0, max(image.shape[:2]) / 160)
    total, weight = cv2.GaussianBlur(total, (0, 0), radius), cv2.GaussianBlur(weight, (0, 0), radius)
    spread = total / np.maximum(weight, 1e-4)[..., None]
    share = (np.clip((0.92 - opacity) / 0.6, 0, 1) * (weight > 1e-3))[..., None]
    return np.clip(image * (1 - share) + spread * share + 0.5, 0, 255).astype(np.uint8)
