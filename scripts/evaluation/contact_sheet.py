"""Contact sheets of portraits under expressions, visemes, blinks and turns, to be looked at.

python -m scripts.evaluation.contact_sheet OUT.png PORTRAIT… [--poses neutral,joy,aa] [--size 512] [--tile 256]
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from generators.contracts import ARKIT_CHANNELS, CHANNEL_INDEX
from generators.head.mesh import MeshHead
from generators.head.mesh.pipeline import FramePainter
from generators.head.portrait import read_portrait
from scripts.command_line import options_of

# Channel values; a name without side stands for both. `yaw`, `pitch`, `roll` in degrees.
POSES: dict[str, dict[str, float]] = {
    "photo": {},
    "neutral": {},
    "aa": {"jawOpen": 0.4, "mouthLowerDown": 0.2, "mouthUpperUp": 0.15},
    "oo": {"jawOpen": 0.15, "mouthPucker": 0.7, "mouthFunnel": 0.35},
    "ee": {"jawOpen": 0.12, "mouthSmile": 0.25, "mouthStretch": 0.3, "mouthLowerDown": 0.3, "mouthUpperUp": 0.2},
    "f": {"jawOpen": 0.1, "mouthRollLower": 0.5, "mouthUpperUp": 0.25},
    "m": {"mouthPress": 0.35, "jawOpen": 0.04, "mouthClose": 0.04},
    "wide": {"jawOpen": 0.75},
    "joy": {"mouthSmile": 0.8, "cheekSquint": 0.7, "eyeSquint": 0.3, "jawOpen": 0.12, "mouthUpperUp": 0.3},
    "sadness": {"browInnerUp": 0.8, "mouthFrown": 0.75, "eyeSquint": 0.2, "mouthShrugLower": 0.35, "eyeLookDown": 0.2},
    "anger": {"browDown": 0.9, "noseSneer": 0.35, "eyeSquint": 0.4, "eyeWide": 0.3, "mouthPress": 0.5},
    "fear": {"browInnerUp": 0.8, "browOuterUp": 0.4, "eyeWide": 0.8, "mouthStretch": 0.6, "jawOpen": 0.15},
    "surprise": {"browInnerUp": 0.8, "browOuterUp": 0.8, "eyeWide": 0.8, "jawOpen": 0.4},
    "disgust": {"noseSneer": 0.8, "mouthUpperUp": 0.5, "mouthFrown": 0.3, "browDown": 0.4, "eyeSquint": 0.4},
    "contempt": {"mouthSmileLeft": 0.4, "mouthDimpleLeft": 0.7, "eyeSquint": 0.15},
    "half blink": {"eyeBlink": 0.5},
    "blink": {"eyeBlink": 1.0},
    "look left": {"eyeLookOutRight": 0.6, "eyeLookInLeft": 0.6},
    "look right": {"eyeLookInRight": 0.6, "eyeLookOutLeft": 0.6},
    "look up": {"eyeLookUp": 0.5},
    "look down": {"eyeLookDown": 0.5},
    "yaw -15": {"yaw": -15},
    "yaw 15": {"yaw": 15},
    "pitch -12": {"pitch": -12},
    "pitch 12": {"pitch": 12},
    "roll 10, aa": {"roll": 10, "jawOpen": 0.35},
    "yaw 12, ee": {"yaw": 12, "jawOpen": 0.15, "mouthSmile": 0.4, "mouthUpperUp": 0.2, "mouthLowerDown": 0.3},
}  # fmt: skip


def shapes_of(pose: dict[str, float]) -> np.ndarray:
    shapes = np.zeros(len(ARKIT_CHANNELS), np.float32)
    for name, value in pose.items():
        for channel in (name, f"{name}Left", f"{name}Right"):
            if channel in CHANNEL_INDEX:
                shapes[CHANNEL_INDEX[channel]] = value
    return shapes


def main() -> None:
    parser = options_of(__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("portraits", type=Path, nargs="+")
    parser.add_argument("--poses", default=",".join(POSES))
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--tile", type=int, default=256)
    parser.add_argument("--columns", type=int, default=0, help="0: one row per portrait")
    parser.add_argument("--zoom", type=float, default=1.0, help="show only the face, so many times larger")
    args = parser.parse_args()
    head = MeshHead.from_pretrained()
    names = [name for name in POSES if name in args.poses.split(",")]
    rows = []
    for path in args.portraits:
        portrait = head.analyse(read_portrait(path), size=(args.size, args.size))
        tiles = [tile(picture(head, portrait, name), name, portrait, args) for name in names]
        columns = args.columns or len(tiles)
        tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % columns)
        rows += [np.hstack(tiles[i : i + columns]) for i in range(0, len(tiles), columns)]
    Image.fromarray(np.vstack(rows)).save(args.out)


def picture(head: MeshHead, portrait, name: str) -> np.ndarray:
    if name == "photo":
        pad, scale = portrait.pad_px, portrait.texture_scale
        width, height = portrait.size
        low = round(pad * scale)
        cut = portrait.texture[low : low + round(height * scale), low : low + round(width * scale), :3]
        return np.asarray(Image.fromarray(cut).resize(portrait.size, Image.Resampling.LANCZOS))
    pose = POSES[name]
    turn = np.array([pose.get(axis, 0.0) for axis in ("yaw", "pitch", "roll")])
    started = time.perf_counter()
    with FramePainter(head.rig, portrait, head.config) as painter:
        frame = painter.paint(shapes_of(pose), turn, np.zeros(3), 0.0)
    print(f"{name:14s} {1000 * (time.perf_counter() - started):6.1f} ms")
    return frame


def tile(frame: np.ndarray, name: str, portrait, args) -> np.ndarray:
    image = Image.fromarray(frame)
    if args.zoom > 1:
        points = portrait.fit.project(portrait.present)[:, :2]
        x, y = points.mean(0)
        half = np.ptp(points[:, 1]) * 0.62 / args.zoom * 1.0
        image = image.crop((round(x - half), round(y - half), round(x + half), round(y + half)))
    image = image.resize((args.tile, args.tile), Image.Resampling.LANCZOS)
    ImageDraw.Draw(image).text((5, 4), name, fill=(255, 255, 0), stroke_width=1, stroke_fill=(0, 0, 0))
    return np.asarray(image)


if __name__ == "__main__":
    main()
