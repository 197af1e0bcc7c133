"""Transparent portraits under a background."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from scripts.evaluation.inputs.cases import Trial
from scripts.evaluation.inputs.cases.pictures import BLUE, COLOURS, astronaut


@functools.cache
def _studio():
    from studio import Studio

    return Studio()


def _first_frame(portrait: Path, size: str = "512", background: str | None = None) -> np.ndarray:
    from studio import RenderRequest

    request = RenderRequest(text="Hi.", portrait=str(portrait), size=size, background=background)
    parts = _studio().stream(request)
    try:
        return next(parts).frames[0].astype(int)
    finally:
        parts.close()


@functools.cache
def outline() -> np.ndarray:
    """A mask (512, 512) of head and shoulders, as somebody might have drawn it."""
    mask = Image.new("L", (512, 512), 0)
    ImageDraw.Draw(mask).ellipse((130, 0, 322, 215), fill=255)
    ImageDraw.Draw(mask).ellipse((10, 180, 470, 800), fill=255)
    return np.asarray(mask.filter(ImageFilter.GaussianBlur(2)))


def _cut_out(folder: Path, mask: np.ndarray, hidden: tuple[int, int, int], suffix: str = "png") -> Path:
    colours = np.where(mask[..., None] == 0, np.array(hidden, np.uint8), np.asarray(astronaut()))
    picture = Image.fromarray(np.dstack([colours, mask]))
    path = folder / f"cutout.{suffix}"
    options: dict[str, Any] = {"lossless": True, "exact": True} if suffix == "webp" else {}
    picture.save(path, **options)
    return path


def _stands_before(colour: tuple[int, int, int] | None, hidden=(0, 0, 0), suffix="png", soft_px: float = 0):
    """A check that a cut-out stands before a colour (white where none is asked for) along its own outline."""

    def check(folder: Path) -> None:
        mask = outline()
        if soft_px:
            mask = np.asarray(Image.fromarray(mask).filter(ImageFilter.GaussianBlur(soft_px)))
        background = None if colour is None else "#{:02x}{:02x}{:02x}".format(*colour)
        shown = _first_frame(_cut_out(folder, mask, hidden, suffix), "photo", background)
        behind, share = np.array(colour or (255, 255, 255)), mask[..., None] / 255
        expected = np.asarray(astronaut()) * share + behind * (1 - share)
        clear = mask == 0
        assert np.abs(shown[clear] - behind).mean() < 3, "the background is not seen where the portrait is clear"
        edge = (mask > 20) & (mask < 235) & (np.indices(mask.shape)[0] < 170)
        off = (shown - expected)[edge].mean()
        assert abs(off) < 12, f"the outline is {off:.0f} levels off"

    return check


def _keeps(mask_of: Callable[[ImageDraw.ImageDraw], None], at: tuple[slice, slice]):
    """A check that a piece of a photo keeps what it shows, and is clear elsewhere."""

    def check(folder: Path) -> None:
        mask = Image.new("L", (512, 512), 0)
        mask_of(ImageDraw.Draw(mask))
        shown = _first_frame(_cut_out(folder, np.asarray(mask), (0, 0, 0)), "photo", "#005ac8")
        assert np.abs(shown[:12, :12] - BLUE).max() < 4
        assert np.abs(shown[at] - np.asarray(astronaut())[at]).mean() < 8, "the photo's own wall is gone"

    return check


_CUT_OUTS: dict[str, Callable[[Path], None]] = {
    "cut-out before blue, black hidden": _stands_before(BLUE),
    "cut-out before blue, white hidden": _stands_before(BLUE, (255, 255, 255)),
    "cut-out before white, black hidden": _stands_before((255, 255, 255)),
    "cut-out before black, white hidden": _stands_before((0, 0, 0), (255, 255, 255)),
    "cut-out without a background": _stands_before(None),
    "cut-out in WebP, green hidden": _stands_before(BLUE, (0, 255, 0), "webp"),
    "softly cut out before black": _stands_before((0, 0, 0), soft_px=4),
    "softly cut out before blue": _stands_before(BLUE, soft_px=6),
    "oval before blue": _keeps(
        lambda draw: draw.ellipse((40, 5, 470, 507), fill=255), (slice(70, 110), slice(340, 380))
    ),
    "circle before blue": _keeps(
        lambda draw: draw.ellipse((0, 0, 511, 511), fill=255), (slice(70, 120), slice(350, 400))
    ),
}
TRIALS = [Trial(COLOURS, name, check) for name, check in _CUT_OUTS.items()]
