"""Captions drawn into frames: white letters with a dark rim, low in the picture."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from checkpoints.errors import BadInput
from studio.media.captions import Caption

if TYPE_CHECKING:
    from PIL import ImageFont

_MARGIN = 0.05  # of the frame's height below the last line
_TEXT_SIZE = (0.04, 0.06)  # of the frame's width and height, whichever is smaller: a full line of 42 letters fits
_WIDEST = 0.92  # of the frame's width


def drawable(text: str) -> str:
    """The text without signs that the captions' font lacks, such as emoji; `BadInput` when it lacks letters."""
    missing = {sign for sign in set(text) if not sign.isspace() and not _has_glyph(sign)}
    letters = "".join(sorted(sign for sign in missing if sign.isalnum()))
    if letters:
        raise BadInput(
            f"Captions cannot be drawn in this script (“{letters[:8]}”); ask for an SRT or VTT file instead."
        )
    return "".join(sign for sign in text if sign not in missing)


class CaptionPainter:
    """Paints the caption that is due into a frame; each caption is drawn once and kept while it is due."""

    def __init__(self) -> None:
        self._waiting: list[Caption] = []
        self._drawn: tuple[Caption, tuple[int, int], _Drawing] | None = None

    def add(self, captions: Iterable[Caption]) -> None:
        """More captions, later than those before."""
        self._waiting += captions

    def paint(self, frame: np.ndarray, time_s: float) -> np.ndarray:
        """The frame (height, width, 3) uint8 with the caption due at `time_s`; times must not go back."""
        while self._waiting and self._waiting[0].end_s <= time_s:
            self._waiting.pop(0)
        if not self._waiting or self._waiting[0].start_s > time_s:
            return frame
        caption, size = self._waiting[0], (frame.shape[1], frame.shape[0])
        if self._drawn is None or self._drawn[:2] != (caption, size):
            self._drawn = (caption, size, _Drawing(caption.text, size))
        return self._drawn[2].over(frame)


class _Drawing:
    """One caption as a strip of colour and opacity at its place in the frame."""

    def __init__(self, text: str, size: tuple[int, int]):
        from PIL import Image, ImageDraw

        width, height = size
        text, font = _fitted_text(drawable(text), width, round(min(width * _TEXT_SIZE[0], height * _TEXT_SIZE[1])))
        rim = max(2, round(font.size * 0.09))
        style = {"font": font, "align": "center", "stroke_width": rim, "spacing": font.size * 0.22}
        left, top, right, bottom = ImageDraw.Draw(Image.new("L", (1, 1))).multiline_textbbox((0, 0), text, **style)
        picture = Image.new("RGBA", (int(right - left) + 2, int(bottom - top) + 2), (0, 0, 0, 0))
        ImageDraw.Draw(picture).multiline_text(
            (1 - left, 1 - top), text, fill=(255, 255, 255, 255), stroke_fill=(12, 12, 16, 235), **style
        )
        picture = picture.crop((0, 0, min(picture.width, width), min(picture.height, height)))
        self.x = (width - picture.width) // 2
        self.y = max(0, height - picture.height - round(height * _MARGIN))
        rgba = np.asarray(picture, np.float32)
        self.opacity = rgba[..., 3:] / 255
        self.colour = rgba[..., :3] * self.opacity

    def over(self, frame: np.ndarray) -> np.ndarray:
        out = frame.copy()
        height, width = self.opacity.shape[:2]
        under = out[self.y : self.y + height, self.x : self.x + width]
        under[:] = np.rint(under * (1 - self.opacity) + self.colour).astype(np.uint8)
        return out


@lru_cache(maxsize=1024)
def _has_glyph(sign: str) -> bool:
    """Whether the font draws a sign as more than its box for what it lacks."""
    font = _font(20)
    return bytes(font.getmask(sign)) != bytes(font.getmask("\uffff"))


@lru_cache(maxsize=8)
def _font(size_px: int) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, which comes with matplotlib.

    It draws Latin, Greek, Cyrillic, Vietnamese, Armenian, Georgian, Hebrew, Arabic and more. Pillow's own font has
    the letters of English alone, and no package with a font of its own has as many scripts.
    """
    from matplotlib import get_data_path
    from PIL import ImageFont

    return ImageFont.truetype(str(Path(get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"), size_px)


def _fitted_text(text: str, width: int, size_px: int) -> tuple[str, ImageFont.FreeTypeFont]:
    """The text and a font at which its widest line fits the frame."""
    size_px = max(10, size_px)
    widest = max(_font(size_px).getlength(line) for line in text.splitlines())
    if widest > width * _WIDEST:
        size_px = max(8, int(size_px * width * _WIDEST / widest))
    return text, _font(size_px)
