"""Pictures as people have them: colours and formats, framing, and the first time that a portrait is seen."""

from __future__ import annotations

import functools
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
from PIL import Image, ImageCms

import checkpoints
from scripts.evaluation.inputs.cases import Trial, icc

COLOURS, FRAMING, FIRST = "colours and formats of pictures", "framing", "same frames the first time"


BLUE = (0, 90, 200)


P3_CHROMATICITIES = (0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)


_UNDO = {  # of EXIF orientations
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


Saved = Callable[[Path, Image.Image], Path]


@functools.cache
def astronaut() -> Image.Image:
    """The demo's portrait, 512 x 512."""
    return Image.open(checkpoints.path("portrait-astronaut") / "astronaut.png").convert("RGB")


def face_photo() -> Image.Image:
    return astronaut().crop((120, 0, 340, 240))


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
            usual: dict[str, Any] = {"quality": 95} if suffix in ("jpg", "webp", "avif") else {}
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
    assert lab is not None  # it is only where a picture is changed in place
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
    row = np.repeat(np.array([0, 255], np.uint8), photo.width // 2)
    clear.putalpha(Image.fromarray(np.tile(row, (photo.height, 1))))
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
TRIALS = [Trial(COLOURS, name, check) for name, check in _FORMATS.items()]
