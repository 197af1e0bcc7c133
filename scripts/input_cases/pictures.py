"""Pictures as people have them: colours and formats, framing, and the first time that a portrait is seen."""

from __future__ import annotations

import functools
import os
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pillow_heif
from PIL import Image, ImageCms, ImageDraw, ImageFilter

import checkpoints
from scripts.input_cases import Trial, icc

COLOURS, FRAMING, FIRST = "colours and formats of pictures", "framing", "same frames the first time"
BLUE = (0, 90, 200)
P3_CHROMATICITIES = (0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)
_UNDO = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # of EXIF orientations, as Image.Transpose

Saved = Callable[[Path, Image.Image], Path]


@functools.cache
def astronaut() -> Image.Image:
    """The demo's portrait, 512 x 512."""
    return Image.open(checkpoints.path("portrait-astronaut") / "astronaut.png").convert("RGB")


def face_photo() -> Image.Image:
    return astronaut().crop((120, 0, 340, 240))


# --- colours and formats ----------------------------------------------------------------------------------------------


def _shows(saved: Saved, expected: Callable[[Image.Image], Image.Image] | None = None, within: float = 3.0):
    """A check that a file, as `saved(folder, photo)` writes it, is read as the photo (or as `expected` of it)."""

    def check(folder: Path) -> None:
        from generators.head.portrait import read_portrait

        photo = face_photo()
        read = read_portrait(saved(folder, photo)).astype(float)
        shown = np.asarray((expected(photo) if expected else photo).convert("RGB")).astype(float)
        assert read.shape == shown.shape, f"read as {read.shape}, is {shown.shape}"
        off = np.abs(read - shown).mean()
        assert off < within, f"{off:.1f} levels off"
        skin = (read - shown)[60:130, 75:155].mean((0, 1))
        assert np.abs(skin).max() < 2.5, f"skin is off by {skin.round(1)}"

    return check


def _in(suffix: str, change: Callable[[Image.Image], Image.Image] | None = None, **options) -> Saved:
    """Writes `change` of the photo as a file of that kind."""

    def saved(folder: Path, photo: Image.Image) -> Path:
        picture, path = change(photo) if change else photo, folder / f"portrait.{suffix}"
        if suffix in ("heic", "heif"):
            pillow_heif.from_pillow(picture).save(path, quality=95, **options)
        else:
            usual = {"quality": 95} if suffix in ("jpg", "webp", "avif") else {}
            picture.save(path, **usual | options)
        return path

    return saved


def _of(space: str, suffix: str, **options) -> Saved:
    return _in(suffix, lambda photo: icc.in_space(photo, space), icc_profile=icc.rgb_profile(space), **options)


def _turned(space: str, suffix: str, orientation: int) -> Saved:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return _in(
        suffix,
        lambda photo: icc.in_space(photo, space).transpose(_UNDO[orientation]),
        exif=exif.tobytes(),
        icc_profile=icc.rgb_profile(space),
    )


def _with_chunks(saved: Saved, **chunks: bytes) -> Saved:
    def more(folder: Path, photo: Image.Image) -> Path:
        path = saved(folder, photo)
        for kind, data in chunks.items():
            icc.add_png_chunk(path, kind.encode(), data)
        return path

    return more


def _renamed(saved: Saved, name: str) -> Saved:
    return lambda folder, photo: saved(folder, photo).rename(folder / name)


def _p3(photo: Image.Image) -> Image.Image:
    return icc.in_space(photo, "Display P3")


def _linear(photo: Image.Image) -> Image.Image:
    return Image.fromarray(((np.asarray(photo) / 255) ** 1.4 * 255 + 0.5).astype(np.uint8))


def _lab(photo: Image.Image) -> Image.Image:
    lab = ImageCms.profileToProfile(
        photo, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )
    lab.info.clear()
    return lab


def _deep(suffix: str, grey: bool = False) -> Saved:
    def saved(folder: Path, photo: Image.Image) -> Path:
        import cv2

        picture = np.asarray(photo.convert("L") if grey else photo).astype(np.uint16) * 257
        path = folder / f"deep.{suffix}"
        cv2.imwrite(str(path), picture if grey else picture[..., ::-1])
        return path

    return saved


def _moving(suffix: str, **options) -> Saved:
    def saved(folder: Path, photo: Image.Image) -> Path:
        path = folder / f"moving.{suffix}"
        photo.save(path, save_all=True, append_images=[photo.rotate(180), photo.rotate(90)], **options)
        return path

    return saved


def _several_heic(folder: Path, photo: Image.Image) -> Path:
    both = pillow_heif.from_pillow(photo)
    both.add_from_pillow(photo.rotate(180))
    both.save(folder / "both.heic", quality=95)
    return folder / "both.heic"


def _grey_for_1_8(photo: Image.Image) -> Image.Image:
    return Image.fromarray(((np.asarray(photo.convert("L")) / 255) ** (2.2 / 1.8) * 255 + 0.5).astype(np.uint8))


def _grey(photo: Image.Image) -> Image.Image:
    return photo.convert("L")


def _half_clear(photo: Image.Image) -> Image.Image:
    clear = photo.copy()
    clear.putalpha(Image.fromarray(np.tile(np.repeat(np.uint8([0, 255]), photo.width // 2), (photo.height, 1))))
    return clear


def _half_white(photo: Image.Image) -> Image.Image:
    white = photo.copy()
    white.paste((255, 255, 255), (0, 0, photo.width // 2, photo.height))
    return white


def _srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


_FORMATS: dict[str, Callable[[Path], None]] = {
    "HEIC": _shows(_in("heic")),
    "HEIC named .jpg": _shows(_renamed(_in("heic"), "IMG_0001.jpg")),
    "HEIC named .heif": _shows(_in("heif")),
    "HEIC in Display P3, as iPhones write": _shows(_of("Display P3", "heic")),
    "HEIC in P3 by code points": _shows(
        _in("heic", _p3, color_primaries=12, transfer_characteristics=4, save_nclx_profile=True)
    ),
    "HEIC turned, in Display P3": _shows(_turned("Display P3", "heic", 6)),
    "HEIC of two pictures": _shows(_several_heic),
    "HEIC half transparent": _shows(_in("heic", _half_clear), _half_white),
    "AVIF in Display P3": _shows(_of("Display P3", "avif")),
    "AVIF half transparent": _shows(_in("avif", _half_clear), _half_white),
    "JPEG in Display P3": _shows(_of("Display P3", "jpg")),
    "PNG in Display P3": _shows(_of("Display P3", "png")),
    "WebP in Display P3": _shows(_of("Display P3", "webp")),
    "JPEG in Adobe RGB": _shows(_of("Adobe RGB", "jpg")),
    "PNG in Adobe RGB": _shows(_of("Adobe RGB", "png")),
    "TIFF in Adobe RGB": _shows(_of("Adobe RGB", "tif", compression="tiff_lzw")),
    "JPEG in ProPhoto RGB": _shows(_of("ProPhoto RGB", "jpg")),
    "TIFF in ProPhoto RGB": _shows(_of("ProPhoto RGB", "tif")),
    "PNG in Rec. 2020": _shows(_of("Rec. 2020", "png")),
    "JPEG in Adobe RGB by EXIF alone": _shows(
        _in("jpg", lambda photo: icc.in_space(photo, "Adobe RGB"), exif=icc.adobe_exif())
    ),
    "PNG in Adobe RGB by EXIF alone": _shows(
        _in("png", lambda photo: icc.in_space(photo, "Adobe RGB"), exif=icc.adobe_exif())
    ),
    "WebP in Adobe RGB by EXIF alone": _shows(
        _in("webp", lambda photo: icc.in_space(photo, "Adobe RGB"), exif=icc.adobe_exif())
    ),
    "PNG in P3 by gAMA and cHRM": _shows(
        _with_chunks(
            _in("png", _p3),
            cHRM=struct.pack(">8I", *(round(n * 1e5) for n in P3_CHROMATICITIES)),
            gAMA=struct.pack(">I", 45455),
        )
    ),
    "PNG with a gAMA of its own": _shows(_with_chunks(_in("png", _linear), gAMA=struct.pack(">I", 64935)), within=4),
    "PNG in P3 by cICP": _shows(_with_chunks(_in("png", _p3), cICP=bytes([12, 4, 0, 1]))),
    "PNG whose cICP goes before its profile": _shows(
        _with_chunks(_in("png", _p3, icc_profile=icc.rgb_profile("ProPhoto RGB")), cICP=bytes([12, 4, 0, 1]))
    ),
    "JPEG in printing inks with their profile": _shows(_in("jpg", icc.in_inks, icc_profile=icc.cmyk_profile())),
    "TIFF in printing inks with their profile": _shows(_in("tif", icc.in_inks, icc_profile=icc.cmyk_profile())),
    "JPEG in printing inks without a profile": _shows(_in("jpg", lambda photo: photo.convert("CMYK"))),
    "TIFF in L*a*b*": _shows(_in("tif", _lab)),
    "PNG of greys with their own gamma": _shows(
        _in("png", _grey_for_1_8, icc_profile=icc.grey_profile(1.8)), _grey, within=3
    ),
    "JPEG of greys with a profile for colours": _shows(_in("jpg", _grey, icc_profile=_srgb_profile()), _grey),
    "PNG of 16 bits": _shows(_deep("png")),
    "TIFF of 16 bits": _shows(_deep("tif")),
    "PNG of greys of 16 bits": _shows(_deep("png", grey=True), _grey),
    "TIFF of greys as fractions": _shows(
        _in("tif", lambda photo: Image.fromarray((np.asarray(photo.convert("L")) / 255).astype(np.float32))), _grey
    ),
    "PNG with a palette": _shows(_in("png", lambda photo: photo.quantize(256))),
    "JPEG with a broken profile": _shows(_in("jpg", icc_profile=b"rubbish" * 40)),
    "PNG with a profile for inks": _shows(_in("png", icc_profile=icc.cmyk_profile())),
    "animated GIF": _shows(_moving("gif")),
    "animated WebP": _shows(_moving("webp", lossless=True)),
    "animated PNG": _shows(_moving("png")),
    "MPO named .jpg, as phones write": _shows(_renamed(_moving("mpo", quality=95), "IMG.jpg")),
    "TIFF of several pages": _shows(_moving("tif")),
    **{
        f"{suffix} turned {orientation} in {space}": _shows(_turned(space, suffix, orientation))
        for orientation, suffix, space in (
            (2, "png", "Display P3"), (3, "jpg", "Adobe RGB"), (5, "webp", "Display P3"), (6, "jpg", "Display P3"),
            (7, "tif", "Adobe RGB"), (8, "jpg", "ProPhoto RGB"), (8, "avif", "Display P3"),
        )
    },
}  # fmt: skip


# --- transparent portraits under a background -------------------------------------------------------------------------


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
    colours = np.where(mask[..., None] == 0, np.uint8(hidden), np.asarray(astronaut()))
    picture = Image.fromarray(np.dstack([colours, mask]))
    path = folder / f"cutout.{suffix}"
    picture.save(path, **({"lossless": True, "exact": True} if suffix == "webp" else {}))
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


# --- framing ----------------------------------------------------------------------------------------------------------


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


# --- the first time ---------------------------------------------------------------------------------------------------


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
    Trial(kind, name, check)
    for kind, checks in ((COLOURS, _FORMATS | _CUT_OUTS), (FRAMING, _FRAMED), (FIRST, _FIRST))
    for name, check in checks.items()
]
