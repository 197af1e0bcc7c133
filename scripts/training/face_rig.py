"""Build `checkpoints/weights/face_rig`: ICT-FaceKit's expressions and identities on MediaPipe's face mesh.

    python -m scripts.training.face_rig --facekit DIR --task face_landmarker.task

DIR holds `expressions.npz` and `identities.npz` (ICT-FaceKit "light", MIT). MediaPipe's canonical mesh is read from
the bundle's own geometry file. The mesh is refined twice (each edge halved), so that shading follows the kit's folds.
Nothing here is random: the same input gives the same bytes.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from scipy.interpolate import RBFInterpolator
from scipy.spatial import KDTree

from generators.contracts import ARKIT_CHANNELS
from generators.head.mesh.fitting import similarity
from generators.head.mesh.topology import (
    EYES,
    LIP_ROWS_LOWER,
    LIP_ROWS_UPPER,
    MESH_FOR_68,
    opening_triangles,
    refine,
)
from scripts.command_line import options_of

REFINEMENTS = 2
FACE_VERTICES = slice(0, 9409)  # of ICT-FaceKit: skin, without neck, sockets, teeth and eyeballs
GUM_VERTICES = slice(14062, 17039)  # and tongue
TEETH_VERTICES = slice(17039, 21451)
TEETH_PX_PER_CM = 48
TEETH_SIZE_PX = (336, 200)  # width, height of each picture of teeth; its origin is the middle of the closed lips
TEETH_ORIGIN_Y_PX = 110
# The kit's unit of these is shyer than ARKit's: on rendered portraits FaceLandmarker hardly saw a full one.
CHANNEL_GAIN = {"browDown": 1.6, "browInnerUp": 1.35, "eyeWide": 1.25, "mouthFrown": 1.15}
DRAWN_TOGETHER_CM = 0.22  # what the kit leaves out of browDown: the corrugator also draws the brows inwards (FACS 4)
JAW_CHANNELS = ("jawOpen", "jawForward", "jawLeft", "jawRight")
LEAF_SIZE = 16  # of the trees of vertices: which of several equally near ones is found hangs on it
INNER_LANDMARKS = slice(17, 68)  # brows, nose, eyes and lips: the jaw line is not a fixed point of a mesh
LIGHT = np.array([0.0, 0.5, 0.866])  # from above and before, as portraits are mostly lit
AMBIENT = 0.45


def main() -> None:
    parser = options_of(__doc__)
    parser.add_argument("--facekit", type=Path, required=True)
    parser.add_argument("--task", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("checkpoints/weights/face_rig"))
    args = parser.parse_args()
    kit = dict(np.load(args.facekit / "expressions.npz"))
    identities = np.load(args.facekit / "identities.npz")["identity_deltas"].astype(np.float64)
    canonical, triangles = read_canonical_mesh(args.task)
    canonical[:, 0] = symmetric_x(canonical)

    scale, rotation, shift = similarity(landmarks(kit)[INNER_LANDMARKS], canonical[MESH_FOR_68][INNER_LANDMARKS])
    to_mesh = lambda vectors: scale * vectors @ rotation.T  # noqa: E731
    kit_on_mesh = register(to_mesh(kit["neutral"].astype(np.float64)) + shift, kit, canonical)
    fine, fine_triangles, parents, weights = refine(canonical, triangles, REFINEMENTS)
    # What spans the mouth and the eyes comes last: the renderer lets skin lie over it.
    is_opening = np.tile(opening_triangles(triangles), len(fine_triangles) // len(triangles))
    fine_triangles = np.concatenate([fine_triangles[~is_opening], fine_triangles[is_opening]])
    sampler = Sampler(kit, kit_on_mesh, fine, parents)

    names, deltas, shading = expressions(kit, sampler, to_mesh)
    base = np.arange(len(canonical))
    identity_deltas = np.stack([sampler(to_mesh(delta))[base] for delta in identities])
    upper, lower, jaw_deltas = bake_teeth(kit, scale)
    tensors = {
        "canonical": canonical.astype(np.float32),
        "triangles": fine_triangles.astype(np.int32),
        "parents": parents.astype(np.int32),
        "parent_weights": weights.astype(np.float32),
        "expression_deltas": deltas.astype(np.float16),
        "expression_shading": shading.astype(np.float16),
        "identity_deltas": identity_deltas.astype(np.float16),
        "teeth_upper": upper,
        "teeth_lower": lower,
        "jaw_deltas": jaw_deltas.astype(np.float32),
    }
    args.out.mkdir(parents=True, exist_ok=True)
    save_file({k: np.ascontiguousarray(v) for k, v in tensors.items()}, args.out / "model.safetensors")
    config = {
        "channels": names,
        "refinements": REFINEMENTS,
        "n_skin_triangles": int((~is_opening).sum()),
        "unit": "cm",
        "axes": "x to the person's left, y up, z to the viewer",
        "teeth_px_per_cm": TEETH_PX_PER_CM,
        "teeth_origin_px": [TEETH_SIZE_PX[0] / 2, TEETH_ORIGIN_Y_PX],
        "teeth_channels": ["teeth", "gums", "shade", "depth: 255 is the lips' plane, 0 is 5 cm behind"],
        "jaw_channels": list(JAW_CHANNELS),
    }
    (args.out / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    print(f"{len(fine)} vertices, {len(fine_triangles)} triangles, {len(names)} expressions")
    for name, delta in zip(names, deltas, strict=True):
        print(f"  {name:22s} moves up to {np.linalg.norm(delta, axis=1).max():.2f} cm")


# --- MediaPipe's canonical mesh ------------------------------------------------------------------------------------


def read_canonical_mesh(task: Path) -> tuple[np.ndarray, np.ndarray]:
    """Vertices (468, 3) in cm and triangles (898, 3) from the bundle's face-geometry metadata (protocol buffers)."""
    blob = zipfile.ZipFile(task).read("geometry_pipeline_metadata_landmarks.binarypb")
    mesh = next(value for number, value in fields(blob) if number == 1 and isinstance(value, bytes))
    floats = [v for n, v in fields(mesh) if n == 3 and isinstance(v, bytes)]
    indices = [v for n, v in fields(mesh) if n == 4]
    vertices = np.frombuffer(b"".join(floats), "<f4").reshape(-1, 5)[:, :3].astype(np.float64)
    return vertices.copy(), np.array(indices).reshape(-1, 3)


def fields(blob: bytes) -> Iterator[tuple[int, bytes | int]]:
    """The (number, value) pairs of one protocol-buffer message: varints as int, all else as bytes."""
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = blob[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(blob):
        key = varint()
        number, wire = key >> 3, key & 7
        if wire == 0:
            yield number, varint()
            continue
        size = {1: 8, 5: 4}.get(wire) or varint()
        yield number, blob[at : at + size]
        at += size


def symmetric_x(canonical: np.ndarray) -> np.ndarray:
    """x with the tiny asymmetries of the published mesh averaged out (mirror partner = nearest mirrored vertex)."""
    mirrored = canonical * [-1, 1, 1]
    partner = KDTree(canonical, LEAF_SIZE).query(mirrored)[1]
    return (canonical[:, 0] - canonical[partner, 0]) / 2


# --- registration --------------------------------------------------------------------------------------------------


def landmarks(kit: dict) -> np.ndarray:
    return kit["neutral"].astype(np.float64)[kit["landmark68_vertices"]]


def register(aligned: np.ndarray, kit: dict, canonical: np.ndarray) -> np.ndarray:
    """The kit's face bent onto the canonical mesh by a thin-plate spline through the inner landmarks."""
    source = aligned[kit["landmark68_vertices"]][INNER_LANDMARKS]
    target = canonical[MESH_FOR_68][INNER_LANDMARKS]
    spline = RBFInterpolator(source, target - source, kernel="thin_plate_spline", smoothing=0.01)
    return aligned[FACE_VERTICES] + spline(aligned[FACE_VERTICES])


class Sampler:
    """Reads per-vertex values of the kit at the vertices of the refined mesh.

    Upper and lower lip (and lid) touch, so nearness alone would mix them: each side reads only from its own.
    """

    NEIGHBOURS = 6

    def __init__(self, kit: dict, kit_on_mesh: np.ndarray, fine: np.ndarray, parents: np.ndarray) -> None:
        self.vertices = fine
        self.sides_kit = kit_sides(kit)
        sides_fine = mesh_sides(parents)
        self.index = np.zeros((len(fine), self.NEIGHBOURS), int)
        self.weight = np.zeros((len(fine), self.NEIGHBOURS))
        for side in np.unique(sides_fine):
            rows = np.flatnonzero(sides_fine == side)
            pool = np.flatnonzero((self.sides_kit == side) if side else np.ones(len(kit_on_mesh), bool))
            distance, at = KDTree(kit_on_mesh[pool], LEAF_SIZE).query(fine[rows], k=self.NEIGHBOURS)
            weight = 1.0 / (distance + 0.05) ** 2
            self.index[rows] = pool[at]
            self.weight[rows] = weight / weight.sum(1, keepdims=True)

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Values (kit vertices, …) → (mesh vertices, …)."""
        weight = self.weight.reshape(*self.weight.shape, *([1] * (values.ndim - 1)))
        return (values[self.index] * weight).sum(1)


UPPER_LIP, LOWER_LIP = 1, 2
UPPER_LID, LOWER_LID = (3, 5), (4, 6)  # per eye: the person's right, left


def kit_sides(kit: dict) -> np.ndarray:
    """Which lip or lid each skin vertex of the kit belongs to, by what moves it (0: none)."""
    names = [str(n) for n in kit["expression_names"]]
    delta = lambda n: kit["expression_deltas"][names.index(n)][FACE_VERTICES].astype(np.float64)  # noqa: E731
    position = kit["neutral"][FACE_VERTICES].astype(np.float64)
    marks = landmarks(kit)
    sides = np.zeros(len(position), int)
    mouth = np.linalg.norm((position - marks[60:68].mean(0)) / [3.2, 2.2, 3.0], axis=1) < 1
    jaw = -delta("jawOpen")[:, 1]
    jaw_of_chin = jaw[mouth].max()
    sides[mouth & (jaw < 0.35 * jaw_of_chin)] = UPPER_LIP
    sides[mouth & (jaw > 0.45 * jaw_of_chin)] = LOWER_LIP
    for eye, (suffix, at) in enumerate((("R", slice(36, 42)), ("L", slice(42, 48)))):
        centre = marks[at].mean(0)
        near = np.linalg.norm((position - centre) / [2.2, 1.6, 3.0], axis=1) < 1
        falls = -delta(f"eyeBlink_{suffix}")[:, 1] > 0.08
        sides[near & (falls | (position[:, 1] > centre[1] + 0.45))] = UPPER_LID[eye]
        sides[near & ~falls & (position[:, 1] < centre[1] + 0.1)] = LOWER_LID[eye]
    return sides


def mesh_sides(parents: np.ndarray) -> np.ndarray:
    """The same for the refined mesh: a vertex belongs to a side when a parent does and none is on the other."""
    base = np.zeros(468, int)
    base[np.ravel(LIP_ROWS_UPPER)] = UPPER_LIP
    base[np.ravel(LIP_ROWS_LOWER)] = LOWER_LIP
    for eye, rings in enumerate(EYES):
        base[list(rings.upper)] = UPPER_LID[eye]
        base[list(rings.lower)] = LOWER_LID[eye]
    of_parents = base[parents]
    side = of_parents.max(1)
    mixed = (of_parents > 0) & (of_parents != side[:, None])
    return np.where(mixed.any(1), 0, side)


# --- expressions ---------------------------------------------------------------------------------------------------


def expressions(kit: dict, sampler: Sampler, to_mesh) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Names, deltas (51, V, 3) in cm and shading (51, V): the change of log brightness that a unit brings."""
    names = [str(n) for n in kit["expression_names"]]
    raw = kit["expression_deltas"].astype(np.float64)
    neutral = kit["neutral"].astype(np.float64)
    triangles = quads_to_triangles(kit["faces"])
    light_now = lit(neutral, triangles)
    wanted = [c for c in ARKIT_CHANNELS if c != "tongueOut"]
    deltas, shading = [], []
    for channel in wanted:
        gain = CHANNEL_GAIN.get(channel.removesuffix("Left").removesuffix("Right"), 1.0)
        moves: list[np.ndarray] = [raw[names.index(n)] for n in kit_names(channel, names)]
        delta = sum(moves, np.zeros_like(neutral)) * gain
        deltas.append(sampler(to_mesh(delta[FACE_VERTICES])) + drawn_together(channel, sampler.vertices))
        change = np.log(lit(neutral + delta, triangles) / light_now)
        shading.append(sampler(np.clip(change, -0.7, 0.7)[FACE_VERTICES]))
    return wanted, np.stack(deltas), np.stack(shading)


def drawn_together(channel: str, vertices: np.ndarray) -> np.ndarray:
    """Offsets (V, 3) that move the inner end of a brow towards the other, for browDown; else nothing."""
    offsets = np.zeros_like(vertices)
    if channel.startswith("browDown"):
        side = 1 if channel.endswith("Left") else -1
        inner_end = np.array([side * 1.9, 4.4])
        distance = np.linalg.norm((vertices[:, :2] - inner_end) / [1.5, 1.2], axis=1)
        offsets[:, 0] = -side * DRAWN_TOGETHER_CM * np.exp(-(distance**2))
    return offsets


def kit_names(channel: str, names: list[str]) -> list[str]:
    """ARKit's name → the kit's: `eyeBlinkLeft` is `eyeBlink_L`; what the kit halves (brow, puff) is put together."""
    if channel in names:
        return [channel]
    short = channel.removesuffix("Left").removesuffix("Right")
    if short != channel:
        return [short + ("_L" if channel.endswith("Left") else "_R")]
    return [channel + "_L", channel + "_R"]


# --- teeth ---------------------------------------------------------------------------------------------------------


def bake_teeth(kit: dict, scale: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Front views of the upper and the lower teeth with their gums, (h, w, 4) uint8, and how far a unit of each
    jaw channel moves the lower incisors, (4, 3) cm."""
    names = [str(n) for n in kit["expression_names"]]
    jaw_open = kit["expression_deltas"][names.index("jawOpen")].astype(np.float64)
    neutral = kit["neutral"].astype(np.float64)
    triangles = quads_to_triangles(kit["faces"])
    stomion = landmarks(kit)[[62, 66]].mean(0)
    position = (neutral - stomion) * scale
    is_tooth, is_gum = np.zeros(len(neutral), bool), np.zeros(len(neutral), bool)
    is_tooth[TEETH_VERTICES], is_gum[GUM_VERTICES] = True, True
    is_lower = -jaw_open[:, 1] > 0.5
    # Gums only: what lies more than 2.6 cm behind the lips is tongue and throat, which the renderer models itself.
    is_gum &= position[:, 2] > -6.0
    normals = vertex_normals(neutral, triangles)
    views = []
    for side in (~is_lower, is_lower):
        chosen = triangles[(side & (is_tooth | is_gum))[triangles].all(1)]
        views.append(front_view(position, normals, chosen, is_tooth))
    incisors = is_lower & is_tooth & (np.abs(position[:, 0]) < 1) & (position[:, 2] > -2)
    deltas = [
        kit["expression_deltas"][names.index(n)].astype(np.float64)[incisors].mean(0) * scale for n in JAW_CHANNELS
    ]
    return views[0], views[1], np.stack(deltas)


def front_view(position: np.ndarray, normals: np.ndarray, triangles: np.ndarray, is_tooth: np.ndarray) -> np.ndarray:
    """Painted at four times the size and averaged down, nearest surface on top."""
    over = 4
    width, height = (n * over for n in TEETH_SIZE_PX)
    px = TEETH_PX_PER_CM * over
    points = np.stack([position[:, 0] * px + width / 2, TEETH_ORIGIN_Y_PX * over - position[:, 1] * px], 1)
    shade = 0.35 + 0.65 * np.clip(normals @ np.array([0.0, 0.25, 0.968]), 0, 1)
    picture = np.zeros((height, width, 4), np.float32)
    nearest = np.full((height, width), -np.inf)
    for a, b, c in triangles:
        if normals[[a, b, c], 2].mean() < -0.1:
            continue
        corners = points[[a, b, c]]
        x0, y0 = np.maximum(np.floor(corners.min(0)).astype(int), 0)
        x1, y1 = np.minimum(np.ceil(corners.max(0)).astype(int) + 1, [width, height])
        if x0 >= x1 or y0 >= y1:
            continue
        grid = np.stack(np.meshgrid(np.arange(x0, x1), np.arange(y0, y1)), -1) + 0.5
        basis = np.stack([corners[1] - corners[0], corners[2] - corners[0]], 1)
        if abs(np.linalg.det(basis)) < 1e-9:
            continue
        uv = (grid - corners[0]) @ np.linalg.inv(basis).T
        bary = np.stack([1 - uv.sum(-1), uv[..., 0], uv[..., 1]], -1)
        depth = bary @ position[[a, b, c], 2]
        window = nearest[y0:y1, x0:x1]
        hit = (bary >= -1e-6).all(-1) & (depth > window)
        window[hit] = depth[hit]
        tooth = float(is_tooth[[a, b, c]].all())
        values = np.stack(
            [np.full_like(depth, tooth), np.full_like(depth, 1 - tooth), bary @ shade[[a, b, c]], 1 + depth / 5], -1
        )
        picture[y0:y1, x0:x1][hit] = values[hit]
    covered = (nearest > -np.inf)[..., None].astype(np.float32)
    shrink = lambda image: image.reshape(height // over, over, width // over, over, -1).mean((1, 3))  # noqa: E731
    share = shrink(covered)
    small = shrink(picture)
    small[..., 2:] /= np.maximum(share, 1e-3)  # shade and depth are of the surface, not of the empty part
    return np.clip(small * 255 + 0.5, 0, 255).astype(np.uint8)


def vertex_normals(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    a, b, c = (vertices[triangles[:, i]] for i in range(3))
    face = np.cross(b - a, c - a)
    normal = np.zeros_like(vertices)
    for i in range(3):
        np.add.at(normal, triangles[:, i], face)
    return normal / (np.linalg.norm(normal, axis=1, keepdims=True) + 1e-12)


def quads_to_triangles(faces: np.ndarray) -> np.ndarray:
    quads = faces[faces[:, 3] >= 0]
    return np.concatenate([faces[:, :3], quads[:, [0, 2, 3]]])


def lit(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Brightness of each vertex under one lamp and ambient light (Lambert)."""
    return AMBIENT + (1 - AMBIENT) * np.maximum(vertex_normals(vertices, triangles) @ LIGHT, 0.05)


if __name__ == "__main__":
    main()
