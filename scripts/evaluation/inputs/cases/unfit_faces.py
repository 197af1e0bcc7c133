"""Portraits that cannot work, and their nearest that can."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from checkpoints.errors import BadInput
from scripts.evaluation.inputs.cases import Trial
from scripts.evaluation.inputs.cases.faces import (
    FACE_OVAL,
    LOWER_FACE,
    UNFIT,
    Spoilt,
    analysed,
    astronaut,
    doing,
    faces_in,
    landmarks,
    picture_of,
)
from scripts.evaluation.inputs.cases.turned_faces import PORTRAITS, spectacled, toned


def _says(change: Spoilt, *words: str):
    """A check that a portrait is refused or warned of in a sentence with one of these words."""

    def check(folder: Path) -> None:
        try:
            _, told = analysed(change(astronaut()), folder)
        except BadInput as error:
            told = str(error)
        assert any(word in told.lower() for word in words), f"said: {told!r}"

    return check


def _is_fine(change: Spoilt):
    """A check that a portrait is taken without a word."""

    def check(folder: Path) -> None:
        _, told = analysed(change(astronaut()), folder)
        assert not told, f"said: {told!r}"

    return check


def _eyes_stay_shut(folder: Path) -> None:
    portrait, _ = analysed(doing(eyeBlink=1.0), folder, (384, 384))
    for values in ({}, {"eyeWide": 0.6}, {"jawOpen": 0.3, "eyeBlink": 0.5}):
        marks = faces_in(picture_of(portrait, **values))[0].landmarks
        opening = np.linalg.norm(marks[159] - marks[145]) / np.linalg.norm(marks[33] - marks[133])
        assert opening < 0.2, f"the eyes open to {opening:.2f} with {values}"


def _mouth_opens_with_a_cut_chin(folder: Path) -> None:
    portrait, _ = analysed(_cut(bottom=0.08)(astronaut()), folder, (384, 384))
    gap = lambda picture: float(np.diff(faces_in(picture)[0].landmarks[[13, 14], 1])[0])  # noqa: E731
    assert gap(picture_of(portrait, jawOpen=0.4)) > gap(picture_of(portrait)) + 8


def _dark_one_is_brightened(folder: Path) -> None:
    portrait, _ = analysed(toned(0.12)(astronaut()), folder)
    assert np.percentile(np.asarray(picture_of(portrait)), 95) > 80


def _cut(left: float = 0, top: float = 0, right: float = 0, bottom: float = 0) -> Spoilt:
    """The picture without these parts of the face's own width or height."""

    def cut(p: Image.Image) -> Image.Image:
        (x0, y0), (x1, y1) = landmarks()[list(FACE_OVAL)].min(0), landmarks()[list(FACE_OVAL)].max(0)
        width, height = x1 - x0, y1 - y0
        lines = (x0 + left * width, y0 + top * height, x1 - right * width, y1 - bottom * height)
        wide = (60, 0, 400, 420)
        cuts = zip((left, top, right, bottom), lines, wide, strict=True)
        left_px, top_px, right_px, bottom_px = (round(line) if share else far for share, line, far in cuts)
        return p.crop((left_px, top_px, right_px, bottom_px))

    return cut


def _over_mouth(colour: tuple[int, int, int], grain: float = 0.0) -> Spoilt:
    """A mask of cloth from the nose to the chin."""

    def masked(p: Image.Image) -> Image.Image:
        mask = Image.new("L", p.size)
        ImageDraw.Draw(mask).polygon([tuple(landmarks()[i]) for i in LOWER_FACE], fill=255)
        folds = 1 + grain * np.sin(np.arange(p.height) / 2.2)[:, None, None] * np.ones((1, p.width, 1))
        cloth = Image.fromarray(np.clip(folds * colour, 0, 255).astype(np.uint8))
        return Image.composite(cloth, p, mask.filter(ImageFilter.GaussianBlur(0.7)))

    return masked


def _thing_at_mouth(colour: tuple[int, int, int], size: tuple[int, int]) -> Spoilt:
    def held(p: Image.Image) -> Image.Image:
        out, (x, y) = p.copy(), landmarks()[14]
        ImageDraw.Draw(out).ellipse((x - size[0], y - size[1], x + size[0], y + size[1]), fill=colour)
        return out.filter(ImageFilter.GaussianBlur(0.5))

    return held


def _hand(p: Image.Image) -> Image.Image:
    out, (x, y) = p.copy(), landmarks()[13]
    for i in range(4):
        skin = tuple(round(v * (1 - 0.05 * i)) for v in (205, 150, 128))
        ImageDraw.Draw(out).ellipse((x - 30, y - 20 + 9 * i, x + 30, y - 6 + 9 * i), fill=skin)
    return out


def _pixelated(block_px: int) -> Spoilt:
    def pixelated(p: Image.Image) -> Image.Image:
        small = p.resize((p.width // block_px, p.height // block_px), Image.Resampling.BOX)
        return small.resize(p.size, Image.Resampling.NEAREST)

    return pixelated


def _blurred(sigma_px: float) -> Spoilt:
    return lambda p: p.filter(ImageFilter.GaussianBlur(sigma_px))


def _back_of_a_head(p: Image.Image) -> Image.Image:
    out = p.copy()
    hair = p.crop((185, 28, 265, 68)).resize((140, 160))
    out.paste(hair, (155, 30))
    return out


def _crowd(p: Image.Image) -> Image.Image:
    out = Image.new("RGB", (840, 360))
    for i in range(3):
        out.paste(p.crop((90, 0, 370, 360)), (280 * i, 0))
    return out


def _far_away(p: Image.Image) -> Image.Image:
    scene = Image.new("RGB", (640, 480), (90, 120, 150))
    scene.paste(p.resize((380, 380), Image.Resampling.LANCZOS), (130, 60))
    return scene


def _stripes(p: Image.Image) -> Image.Image:
    return Image.fromarray(np.tile((np.arange(512) // 16 % 2 * 255).astype(np.uint8)[:, None, None], (1, 512, 3)))


CUT_OFF = ("cut", "border", "no face")


HIDDEN = ("cover", "mouth", "no face")


BAD: dict[str, tuple[Spoilt, tuple[str, ...]]] = {
    "chin cut a little": (_cut(bottom=0.06), CUT_OFF),
    "chin cut": (_cut(bottom=0.12), CUT_OFF),
    "mouth cut": (_cut(bottom=0.3), CUT_OFF),
    "cheek cut on the right": (_cut(right=0.15), CUT_OFF),
    "cheek cut on the left": (_cut(left=0.15), CUT_OFF),
    "half the face cut": (_cut(right=0.5), CUT_OFF),
    "forehead cut": (_cut(top=0.15), CUT_OFF),
    "eyes cut": (_cut(top=0.45), CUT_OFF),
    "eyes closed": (lambda p: doing(eyeBlink=1.0), ("closed",)),
    "eyes closed, smiling": (lambda p: doing(eyeBlink=1.0, mouthSmile=0.5), ("closed",)),
    "eyes closed, mouth open": (lambda p: doing(eyeBlink=1.0, jawOpen=0.3), ("closed",)),
    "a blue mask": (_over_mouth((130, 175, 210)), HIDDEN),
    "a blue mask with folds": (_over_mouth((130, 175, 210), 0.1), HIDDEN),
    "a white mask": (_over_mouth((238, 238, 240)), HIDDEN),
    "a black mask": (_over_mouth((25, 25, 28)), HIDDEN),
    "a red scarf": (_over_mouth((170, 30, 40), 0.12), HIDDEN),
    "a hand on the mouth": (_hand, HIDDEN),
    "a microphone": (_thing_at_mouth((35, 35, 38), (20, 20)), HIDDEN),
    "a white cup": (_thing_at_mouth((240, 240, 238), (26, 22)), HIDDEN),
    "black glasses": (lambda p: spectacled(p, (14, 14, 18)), ("glasses", "hidden")),
    "brown glasses": (lambda p: spectacled(p, (48, 34, 26)), ("glasses", "hidden")),
    "dark": (toned(0.14), ("dark",)),
    "very dark": (toned(0.07), ("dark", "black")),
    "black": (toned(0.008), ("black", "dark")),
    "over-exposed": (toned(2.2, 20), ("over-exposed", "white")),
    "white": (toned(0.02, 250), ("white", "over-exposed")),
    "blurred": (_blurred(2.6), ("blur",)),
    "much blurred": (_blurred(4), ("blur", "no face", "made out")),
    "coarsely pixelated": (_pixelated(6), ("pixel", "no face")),
    "pixelated": (_pixelated(4), ("pixel",)),
    "too small": (_far_away, ("at least 96",)),
    "three faces": (_crowd, ("--face",)),
    "the back of a head": (_back_of_a_head, ("no face", "made out", "human face")),
    "no face but stripes": (_stripes, ("no face",)),
}


GOOD: dict[str, Spoilt] = {name: change for name, change in PORTRAITS.items() if name not in ("tilted", "painted")} | {
    "warm": lambda p: Image.fromarray(np.clip(np.asarray(p) * (1.1, 1.0, 0.8), 0, 255).astype(np.uint8)),
    "bright": toned(1.15),
    "larger": lambda p: p.resize((1024, 1024), Image.Resampling.LANCZOS),
    "a little soft": _blurred(0.8),
    "a wink": lambda p: doing(eyeBlinkLeft=1.0),
    "surprise": lambda p: doing(browInnerUp=0.9, browOuterUp=0.8, eyeWide=0.7, jawOpen=0.3),
    "sadness": lambda p: doing(browInnerUp=0.8, mouthFrown=0.8),
    "lips pursed": lambda p: doing(mouthPucker=0.8),
    "just inside the border": lambda p: p.crop((160, 20, 300, 190)),
}


def _unfit_trials() -> list[Trial]:
    bad = [(name, _says(change, *words)) for name, (change, words) in BAD.items()]
    good = [(f"fine: {name}", _is_fine(change)) for name, change in GOOD.items()]
    best = [
        ("closed eyes stay shut", _eyes_stay_shut),
        ("a mouth opens over a cut chin", _mouth_opens_with_a_cut_chin),
        ("a dark portrait is brightened", _dark_one_is_brightened),
    ]
    return [Trial(UNFIT, name, check) for name, check in bad + good + best]


TRIALS = _unfit_trials()
