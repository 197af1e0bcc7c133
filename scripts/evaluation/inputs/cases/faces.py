"""Faces as people photograph and film them: turned, mirrored, cut off, hidden, badly lit; and good ones, which nobody
may complain of. All are made from the demo's portrait."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import numpy as np
from PIL import Image

import checkpoints

TURNED, UNFIT = "turned, upside-down and mirrored faces", "portraits that cannot work"


SIZE = (192, 192)


FACE_OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150,
    136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip


LOWER_FACE = (
    227, 117, 119, 6, 348, 346, 447, 323, 361, 288, 397, 365, 379, 400, 152, 176, 150, 136, 172, 58, 132, 93,
)  # fmt: skip


LIPS = (61, 40, 37, 0, 267, 270, 291, 321, 405, 17, 181, 91)


Spoilt = Callable[[Image.Image], Image.Image]


@functools.cache
def astronaut() -> Image.Image:
    """The demo's portrait, 512 x 512."""
    return Image.open(checkpoints.path("portrait-astronaut") / "astronaut.png").convert("RGB")


@functools.cache
def head():
    from generators.head.mesh import MeshHead
    from generators.head.mesh.configuration import MeshHeadConfig

    return MeshHead.from_pretrained(config=MeshHeadConfig(cache=False))


@functools.cache
def landmarks() -> np.ndarray:
    """Of the demo's portrait, (478, 2) px."""
    return faces_in(astronaut())[0].landmarks[:, :2]


def faces_in(picture: Image.Image) -> list:
    from emotion_embed.signals.face_landmarks import Landmarker

    with Landmarker() as landmarker:
        return landmarker.find(np.asarray(picture))


@functools.cache
def doing(**values: float) -> Image.Image:
    """The astronaut with another face, by the product's own head."""
    return picture_of(head().analyse(np.asarray(astronaut()), size=None), **values)


def picture_of(portrait, **values: float) -> Image.Image:
    """One frame of an analysed portrait; a value is for that channel, or for both sides of it."""
    from generators.contracts import CHANNEL_INDEX, Motion

    shapes = np.zeros((1, 52), np.float32)
    for name, value in values.items():
        for channel in (name, f"{name}Left", f"{name}Right"):
            if channel in CHANNEL_INDEX:
                shapes[0, CHANNEL_INDEX[channel]] = value
    motion = Motion(25, shapes, np.zeros((1, 3)), np.zeros((1, 3)), np.zeros(1))
    return Image.fromarray(next(head().move(portrait, [motion])))


def analysed(picture: Image.Image, folder: Path, size: tuple[int, int] | None = SIZE):
    """A portrait read from a file as users give it, and what was said of it."""
    from generators.head.portrait import read_portrait

    told: list[str] = []
    with ExitStack() as stack:
        with suppress(ImportError):
            from checkpoints.notices import gathering

            stack.enter_context(gathering(told))
        picture.save(folder / "portrait.png")
        return head().analyse(read_portrait(folder / "portrait.png"), size=size), " ".join(told)
