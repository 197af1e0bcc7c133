"""The colours of a picture as sRGB, whatever space they are written in.

A picture says its space by an ICC profile, by code points (PNG's cICP, HEIF's and AVIF's nclx), by PNG's gAMA and cHRM,
or by EXIF, as cameras do for Adobe RGB. One that says nothing is taken for sRGB.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from checkpoints.notices import notice

Curve = Callable[[np.ndarray], np.ndarray]  # signal 0..1 to light, of which 1 is white
Chromaticities = tuple[float, ...]  # x and y of white, red, green and blue

D65, DCI_WHITE = (0.3127, 0.329), (0.314, 0.351)
SRGB = (*D65, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
ADOBE_RGB = (*D65, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
ADOBE_GAMMA, SRGB_GAMMA = 563 / 256, 1 / 2.2  # the second as PNG's gAMA writes it
HDR_WHITE_NITS, HDR_WHITE_HLG = 203.0, 0.75  # what ITU-R BT.2408 calls reference white
# Code points of ITU-T H.273; the curves that are not named below are close enough to sRGB's.
CODED_PRIMARIES: dict[int, Chromaticities] = {
    4: (0.31, 0.316, 0.67, 0.33, 0.21, 0.71, 0.14, 0.08),
    5: (*D65, 0.64, 0.33, 0.29, 0.6, 0.15, 0.06),
    6: (*D65, 0.63, 0.34, 0.31, 0.595, 0.155, 0.07),
    7: (*D65, 0.63, 0.34, 0.31, 0.595, 0.155, 0.07),
    9: (*D65, 0.708, 0.292, 0.17, 0.797, 0.131, 0.046),
    11: (*DCI_WHITE, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06),
    12: (*D65, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06),
}
SMALLEST_GAMUT = 0.02  # area of the triangle of primaries; sRGB's is 0.11
_EXIF, _INTEROPERABILITY, _COLOUR_SPACE, _INDEX = 0x8769, 0xA005, 0xA001, 1
_ADOBE_BY_EXIF = 2
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_ROWS_AT_ONCE = 256


@dataclass(frozen=True)
class Space:
    """A space of red, green and blue: its primaries and the curve of each channel."""

    chromaticities: Chromaticities
    to_light: Curve


def as_srgb(picture: Any, name: str, head: bytes = b"") -> Any:
    """The colours of a Pillow picture in sRGB, mode RGB; transparency is left out.

    `head` is the beginning of the file, where code points are looked for; `name` is told in notices.
    """
    opaque, has_profile = _opaque(picture), "icc_profile" in picture.info
    coded = _code_points(head, has_profile)
    if has_profile and coded is None:
        try:
            return _by_profile(opaque, picture.info["icc_profile"])
        except ValueError:
            notice(f"{name} has a colour profile that cannot be used; its colours are taken for sRGB.")
            return _as_untagged(opaque)
    space = _coded_space(*coded) if coded else _implied_space(picture)
    if space is None and opaque.mode == "CMYK":
        notice(f"{name} is made of printing inks and has no colour profile; its colours are a guess.")
    return _from_space(_as_untagged(opaque), space) if space else _as_untagged(opaque)


def eight_bits(picture: Any) -> Any:
    """Greys of 16 bits and more, which Pillow would cut off at 255, in 8 bits; any other picture as it is."""
    from PIL import Image

    if not picture.mode.startswith(("I", "F")):
        return picture
    greys = np.nan_to_num(np.asarray(picture, np.float64))
    whites = (1.0, 255.0, 65535.0) if picture.mode == "F" else (255.0, 65535.0)
    white = next((white for white in whites if greys.max() <= white), greys.max())
    return Image.fromarray(np.clip(greys * 255 / white + 0.5, 0, 255).astype(np.uint8))


def _opaque(picture: Any) -> Any:
    """The picture in mode L, RGB, CMYK or LAB, without transparency and with 8 bits a channel."""
    picture = eight_bits(picture)
    if picture.mode in ("L", "RGB", "CMYK", "LAB"):
        return picture
    via = {"La": "LA", "RGBa": "RGBA", "P": "RGBA", "PA": "RGBA"}.get(picture.mode, picture.mode)
    return picture.convert(via).convert("L" if via in ("1", "LA") else "RGB")


def _as_untagged(opaque: Any) -> Any:
    """A picture that does not say its space as RGB, which is then sRGB."""
    return _by_profile(opaque, None) if opaque.mode == "LAB" else opaque.convert("RGB")


# --- by an ICC profile ------------------------------------------------------------------------------------------------


def _by_profile(picture: Any, profile: bytes | None) -> Any:
    """Through Little CMS; L*a*b* needs no profile. `ValueError` where the profile is broken or for another kind."""
    from PIL import ImageCms

    try:
        source: Any = ImageCms.createProfile("LAB")
        if picture.mode != "LAB":
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile or b""))
            picture = _fitted(picture, source.profile.xcolor_space)
        return ImageCms.profileToProfile(
            picture,
            source,
            ImageCms.createProfile("sRGB"),
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            "RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError, TypeError) as error:
        raise ValueError(str(error)) from error


def _fitted(picture: Any, space: str) -> Any:
    """The picture in the mode that a profile is for; greys may come with a profile for colours."""
    mode = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK"}.get(space)
    if picture.mode == mode:
        return picture
    if (picture.mode, mode) == ("L", "RGB"):
        return picture.convert("RGB")
    raise ValueError(f"A profile for {space} does not fit a picture of mode {picture.mode}.")


# --- by what else the file says ---------------------------------------------------------------------------------------


def _code_points(head: bytes, has_profile: bool) -> tuple[int, int] | None:
    """Primaries and curve of a PNG's cICP, which goes before a profile, or of the nclx of HEIF and AVIF, which does
    not."""
    found = None
    if head.startswith(b"\x89PNG"):
        found = re.search(rb"\0\0\0\x04cICP(.)(.)", head[: head.find(b"IDAT")], re.DOTALL)
    elif head[4:8] == b"ftyp" and not has_profile:
        found = re.search(rb"colrnclx\0([^\x02])\0(.)", head, re.DOTALL)  # 2: not said
    return (found[1][0], found[2][0]) if found else None


def _coded_space(primaries: int, curve: int) -> Space | None:
    if primaries not in CODED_PRIMARIES and curve not in CODED_CURVES:
        return None
    return Space(CODED_PRIMARIES.get(primaries, SRGB), CODED_CURVES.get(curve, srgb_curve))


def _implied_space(picture: Any) -> Space | None:
    """What PNG's gAMA and cHRM, or else EXIF, say about a picture without a profile; None for sRGB."""
    info = picture.info
    if "srgb" in info:
        return None
    if "gamma" in info or "chromaticity" in info:
        return _png_space(info.get("chromaticity", SRGB), info.get("gamma", SRGB_GAMMA))
    return Space(ADOBE_RGB, gamma_curve(ADOBE_GAMMA)) if _is_adobe_by_exif(picture) else None


def _png_space(chromaticities: Chromaticities, gamma: float) -> Space | None:
    """None too for numbers that cannot be, as some programs write them."""
    is_srgb = np.allclose(chromaticities, SRGB, atol=2e-3)
    if is_srgb and abs(gamma - SRGB_GAMMA) < 0.01:
        return None
    red, green, blue = np.reshape(chromaticities[2:8], (3, 2))
    area = abs(np.linalg.det([green - red, blue - red])) / 2
    sane = 0.2 < gamma <= 1.0 and min(chromaticities[1::2]) > 0 and area > SMALLEST_GAMUT
    return Space(SRGB if is_srgb else chromaticities, gamma_curve(1 / gamma)) if sane else None


def _is_adobe_by_exif(picture: Any) -> bool:
    """Whether EXIF calls the colours Adobe RGB, as cameras do. Torn EXIF says nothing."""
    with suppress(ValueError, TypeError, KeyError, SyntaxError, OSError, struct.error):
        tags = picture.getexif()
        camera = tags.get_ifd(_EXIF)
        if camera.get(_COLOUR_SPACE) == _ADOBE_BY_EXIF:
            return True
        return _INTEROPERABILITY in camera and str(tags.get_ifd(_INTEROPERABILITY)[_INDEX]).startswith("R03")
    return False


# --- arithmetic of colours --------------------------------------------------------------------------------------------


def gamma_curve(gamma: float) -> Curve:
    """A plain power."""
    return lambda signal: signal**gamma


def srgb_curve(signal: np.ndarray) -> np.ndarray:
    """sRGB's own (IEC 61966-2-1)."""
    return np.where(signal <= 0.04045, signal / 12.92, ((signal + 0.055) / 1.055) ** 2.4)


def pq_curve(signal: np.ndarray) -> np.ndarray:
    """SMPTE ST 2084, with the white of paper at 1."""
    root = signal ** (1 / 78.84375)
    light = np.maximum(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)
    return light ** (1 / 0.1593017578125) * 10000 / HDR_WHITE_NITS


def hlg_curve(signal: np.ndarray) -> np.ndarray:
    """Hybrid log-gamma of ITU-R BT.2100, with the white of paper at 1."""
    light = lambda e: np.where(e <= 0.5, e**2 / 3, (np.exp((e - 0.55991073) / 0.17883277) + 0.28466892) / 12)  # noqa: E731
    return light(signal) / light(np.float64(HDR_WHITE_HLG))


CODED_CURVES = {4: gamma_curve(2.2), 5: gamma_curve(2.8), 8: gamma_curve(1.0), 16: pq_curve, 17: gamma_curve(2.6)}
CODED_CURVES[18] = hlg_curve


def _from_space(picture: Any, space: Space) -> Any:
    """An RGB picture of that space in sRGB; what sRGB does not have is cut off."""
    from PIL import Image

    light = space.to_light(np.arange(256) / 255).astype(np.float32)
    matrix = (np.linalg.inv(_to_xyz(SRGB)) @ _to_xyz(space.chromaticities)).astype(np.float32)
    steps = np.arange(4097) / 4096
    signal = np.where(steps <= 0.0031308, steps * 12.92, 1.055 * steps ** (1 / 2.4) - 0.055) * 255
    colours = np.array(picture)
    for top in range(0, len(colours), _ROWS_AT_ONCE):
        rows = colours[top : top + _ROWS_AT_ONCE]
        rows[:] = np.interp(light[rows] @ matrix.T, steps, signal) + 0.5
    return Image.fromarray(colours)


def _to_xyz(chromaticities: Chromaticities) -> np.ndarray:
    """Matrix (3, 3) from linear red, green and blue to XYZ, white moved to D65 as Bradford's cones see it."""
    xy = np.reshape(chromaticities, (4, 2))
    xyz = np.stack([xy[:, 0] / xy[:, 1], np.ones(4), (1 - xy.sum(1)) / xy[:, 1]])
    own_white, primaries = xyz[:, 0], xyz[:, 1:]
    white = np.array([D65[0] / D65[1], 1.0, (1 - sum(D65)) / D65[1]])
    adapted = np.linalg.inv(_BRADFORD) @ np.diag((_BRADFORD @ white) / (_BRADFORD @ own_white)) @ _BRADFORD
    return adapted @ primaries * np.linalg.solve(primaries, own_white)
