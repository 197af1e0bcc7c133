"""Small ICC profiles (version 2.4) and what else says how the colours of a picture are meant, for tests and cases."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

# XYZ of red, green and blue as profiles hold them, seen under D50, and a gamma near the space's own.
SPACES = {
    "Display P3": ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407), 2.2),
    "Adobe RGB": ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457), 563 / 256),
    "ProPhoto RGB": ((0.79767, 0.28804, 0.0), (0.13519, 0.71188, 0.0), (0.03134, 0.00009, 0.82491), 1.8),
    "Rec. 2020": ((0.67348, 0.27903, -0.00194), (0.16566, 0.67535, 0.02998), (0.12505, 0.04561, 0.79686), 2.4),
}
WHITE = (0.9642, 1.0, 0.8249)
INK_GAMMA = 1.5  # of the inks of `cmyk_profile`: how much darker they print than their numbers look
_INK_STEPS = 11


def rgb_profile(space: str, **damage: bytes) -> bytes:
    """A profile for red, green and blue; `damage` replaces the data of tags."""
    *colours, gamma = SPACES[space]
    tags = {key: _xyz(*xyz) for key, xyz in zip(("rXYZ", "gXYZ", "bXYZ"), colours, strict=True)}
    tags |= {f"{c}TRC": _curve(gamma) for c in "rgb"}
    return _profile(b"RGB ", b"XYZ ", space, tags | damage)


def grey_profile(gamma: float) -> bytes:
    """A profile for greys."""
    return _profile(b"GRAY", b"XYZ ", f"Grey {gamma}", {"kTRC": _curve(gamma)})


def cmyk_profile() -> bytes:
    """A profile for four inks: each takes away its own of red, green and blue, black all, as a power of sRGB."""
    n = _INK_STEPS
    inks = np.stack(np.meshgrid(*[np.linspace(0, 1, n)] * 4, indexing="ij"), -1).reshape(-1, 4)
    shown = (1 - inks[:, :3]) ** INK_GAMMA * (1 - inks[:, 3:]) ** INK_GAMMA
    picture = Image.fromarray((shown * 255 + 0.5).astype(np.uint8)[None])
    lab = np.asarray(ImageCms.profileToProfile(picture, _srgb(), ImageCms.createProfile("LAB"), outputMode="LAB"))
    lab = lab ^ np.array([0, 128, 128], np.uint8)  # Pillow counts a and b from 0, profiles from -128
    straight = bytes(range(256))
    table = b"mft1\0\0\0\0" + bytes([4, 3, n, 0]) + b"".join(_fixed(v) for v in np.eye(3).ravel())
    return _profile(b"CMYK", b"Lab ", "Inks", {"A2B0": table + straight * 4 + lab.tobytes() + straight * 3}, b"prtr")


def in_space(photo: Image.Image, space: str) -> Image.Image:
    """The numbers of an sRGB photo in another space; the picture itself does not say in which."""
    target = ImageCms.ImageCmsProfile(io.BytesIO(rgb_profile(space)))
    intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
    return Image.fromarray(np.asarray(ImageCms.profileToProfile(photo, _srgb(), target, intent, "RGB")))


def in_inks(photo: Image.Image) -> Image.Image:
    """The inks that show an sRGB photo by `cmyk_profile`, a part of them as black."""
    inks = 1 - (np.asarray(photo) / 255) ** (1 / INK_GAMMA)
    black = 0.5 * inks.min(-1, keepdims=True)
    inks = np.concatenate([1 - (1 - inks) / (1 - black), black], -1)
    channels = np.moveaxis((inks * 255 + 0.5).astype(np.uint8), -1, 0)
    return Image.merge("CMYK", [Image.fromarray(np.ascontiguousarray(channel)) for channel in channels])


def add_png_chunk(path: Path, kind: bytes, data: bytes) -> Path:
    """Put a chunk behind a PNG's header."""
    whole = path.read_bytes()
    chunk = struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    path.write_bytes(whole[:33] + chunk + whole[33:])
    return path


def adobe_exif(orientation: int = 1) -> Image.Exif:
    """EXIF that calls the colours Adobe RGB as cameras do: not sRGB, and interoperability R03."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif.get_ifd(0x8769).update({0xA001: 0xFFFF, 0xA005: {1: "R03"}})
    return exif


def _profile(space: bytes, connection: bytes, name: str, tags: dict[str, bytes], kind: bytes = b"mntr") -> bytes:
    text = name.encode() + b"\0"
    described = b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + b"\0" * 78
    tags = {"desc": described, "cprt": b"text\0\0\0\0none\0", "wtpt": _xyz(*WHITE)} | tags
    table, body, start = struct.pack(">I", len(tags)), b"", 132 + 12 * len(tags)
    for key, data in tags.items():
        table += key.encode() + struct.pack(">II", start + len(body), len(data))
        body += data + b"\0" * (-len(data) % 4)
    head = struct.pack(">I", start + len(body)) + b"\0\0\0\0\x02\x40\0\0" + kind + space + connection
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + b"".join(map(_fixed, WHITE)) + bytes(48)
    return head + table + body


def _fixed(value: float) -> bytes:
    return struct.pack(">i", round(value * 65536))


def _xyz(*values: float) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(map(_fixed, values))


def _curve(gamma: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256))


def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
