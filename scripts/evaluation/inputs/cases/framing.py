"""Pictures that hold more or less than a head, and the first picture of all."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

import checkpoints
from scripts.evaluation.inputs.cases import Trial
from scripts.evaluation.inputs.cases.pictures import FIRST, FRAMING, astronaut


@functools.cache
def _head():
    from generators.head.mesh import MeshHead

    return MeshHead.from_pretrained()


def _frames(photo: np.ndarray, size: tuple[int, int] | None, turns=((0, 0, 0),)) -> list[np.ndarray]:
    from generators.contracts import Motion

    n = len(turns)
    motion = Motion(25, np.zeros((n, 52), np.float32), np.array(turns, float), np.zeros((n, 3)), np.zeros(n))
    head = _head()
    portrait = head.analyse(np.ascontiguousarray(photo), size=size)
    return [frame.astype(int) for frame in head.move(portrait, [motion])]


def _grainy(box: tuple[int, int, int, int]) -> np.ndarray:
    """A part of the astronaut's photo with film grain, whose lack gives away what is no photo."""
    part = np.asarray(astronaut().crop(box)).astype(float)
    grain = np.random.default_rng(0).normal(0, 14, part.shape[:2])[..., None]
    return np.clip(part + grain, 0, 255).astype(np.uint8)


def _grain(band: np.ndarray) -> float:
    grey = band.mean(-1)
    return float(np.median(np.abs(np.diff(grey, axis=int(grey.shape[1] > grey.shape[0])))))


def _is_photo_to_the_border(box: tuple[int, int, int, int], size: tuple[int, int] | None):
    """A check that each border of the frame shows the photo, not a blurred bar."""

    def check(folder: Path) -> None:
        frame = _frames(_grainy(box), size)[0]
        width = max(3, min(frame.shape[:2]) // 80)
        bands = {"top": frame[:width], "bottom": frame[-width:], "left": frame[:, :width], "right": frame[:, -width:]}
        middle = _grain(
            frame[frame.shape[0] // 3 : 2 * frame.shape[0] // 3, frame.shape[1] // 4 : -frame.shape[1] // 4]
        )
        for name, band in bands.items():
            assert _grain(band) > 0.4 * middle, f"a bar at the {name}: grain {_grain(band):.1f} of {middle:.1f}"

    return check


def _is_continued(box: tuple[int, int, int, int], size: tuple[int, int]):
    """A check that a photo too small for the shape is continued without a seam, and shows one face."""

    def check(folder: Path) -> None:
        from generators.head.mesh.landmarks import FaceFinder

        frame = _frames(np.asarray(astronaut().crop(box)), size)[0].astype(float)
        for axis in (0, 1):
            side = np.abs(np.diff(frame, axis=axis)).mean(axis=(1 - axis, 2))
            assert side.max() < 4 * np.median(side) + 12, f"a seam of {side.max():.0f} levels"
        finder = FaceFinder()
        try:
            assert len(finder.find(frame.astype(np.uint8))) == 1, "a second face"
        finally:
            finder.close()

    return check


def _stays_at_the_border(box: tuple[int, int, int, int], size: tuple[int, int], turn: tuple[float, float, float]):
    """A check that hair that touches the photo's upper border is not torn from it when the head moves."""

    def check(folder: Path) -> None:
        still, moved = _frames(np.asarray(astronaut().crop(box)), size, ((0, 0, 0), turn))
        assert np.abs(moved - still).mean() > 1, "the head does not move"
        torn = np.abs(moved[:2] - still[:2]).mean()
        assert torn < 4, f"the upper border changes by {torn:.0f} levels"

    return check


_WHOLE, _BUST, _HEAD, _TALL, _WIDE = (
    (0, 0, 512, 512),
    (60, 0, 400, 330),
    (120, 30, 330, 260),
    (110, 10, 350, 500),
    (0, 5, 512, 270),
)


_FRAMED: dict[str, Callable[[Path], None]] = {
    f"{name} as {'photo' if size is None else f'{size[0]}×{size[1]}'}": _is_photo_to_the_border(box, size)
    for name, box, sizes in (
        ("whole photo", _WHOLE, ((360, 640), (640, 360), (480, 640))),
        ("head and shoulders", _BUST, ((512, 512), (360, 640), (640, 360), None)),
        ("close head", _HEAD, ((384, 384), (270, 480), (480, 360))),
        ("tall photo", _TALL, ((384, 384), (360, 640), (640, 480))),
        ("wide photo", _WIDE, ((384, 384), (270, 480), (640, 360))),
        ("photo of 341×335", (60, 0, 401, 335), ((512, 512), None)),
    )
    for size in sizes
}


_FRAMED |= {
    "close head as 3:1": _is_continued(_HEAD, (720, 240)),
    "close head as 1:3": _is_continued(_HEAD, (240, 720)),
    "close head as 21:9": _is_continued(_HEAD, (840, 360)),
    "tall photo as 21:9": _is_continued((130, 20, 320, 400), (840, 360)),
    "hair at the border, nod": _stays_at_the_border(_HEAD, (256, 256), (0, -8, 0)),
    "hair at the border, nod aside": _stays_at_the_border(_HEAD, (256, 256), (4, -6, 5)),
    "hair at the border, turn": _stays_at_the_border(_HEAD, (216, 384), (9, 0, 0)),
    "hair at the border, 9:16, nod": _stays_at_the_border(_HEAD, (216, 384), (0, -7, 0)),
}


def _is_the_same_again(box: tuple[int, int, int, int], size: tuple[int, int] | None):
    """A check that a portrait's frames are the same when it is seen for the first and the second time."""

    def check(folder: Path) -> None:
        for name in ("face-landmarker", "selfie-segmenter"):
            (folder / name).symlink_to(checkpoints.path(name))
        before = os.environ.get("MIEN_CACHE")
        os.environ["MIEN_CACHE"] = str(folder)
        try:
            photo = np.asarray(astronaut().crop(box))
            first, second = (_frames(photo, size, ((0, 0, 0), (8, -4, 3))) for _ in range(2))
        finally:
            os.environ.pop("MIEN_CACHE") if before is None else os.environ.update(MIEN_CACHE=before)
        off = max(np.abs(a - b).max() for a, b in zip(first, second, strict=True))
        assert off == 0, f"up to {off} levels of difference"

    return check


_FIRST: dict[str, Callable[[Path], None]] = {
    "whole photo at 512": _is_the_same_again(_WHOLE, (512, 512)),
    "head and shoulders at 9:16": _is_the_same_again(_BUST, (360, 640)),
    "close head at 256": _is_the_same_again(_HEAD, (256, 256)),
    "tall photo as it is": _is_the_same_again(_TALL, None),
}


TRIALS = [
    Trial(kind, name, check) for kind, checks in ((FRAMING, _FRAMED), (FIRST, _FIRST)) for name, check in checks.items()
]
