"""How a film says that its pictures shall be shown: turned by quarters, mirrored, or both.

Read from the file itself: PyAV's `rotation` leaves out the mirror, and its `side_data` keeps every frame that was asked
for it in a cycle of references, until the garbage collector frees them, at times with a crash (PyAV 18.1).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np

_EBML = b"\x1aE\xdf\xa3"
_SEGMENT, _TRACKS, _TRACK, _VIDEO, _PROJECTION = 0x18538067, 0x1654AE6B, 0xAE, 0xE0, 0x7670
_YAW, _ROLL = 0x7673, 0x7675
_EXIF = {
    2: [[-1, 0], [0, 1]], 3: [[-1, 0], [0, -1]], 4: [[1, 0], [0, -1]], 5: [[0, 1], [1, 0]],
    6: [[0, 1], [-1, 0]], 7: [[0, -1], [-1, 0]], 8: [[0, -1], [1, 0]],
}  # fmt: skip


def stored_matrix(path: Path) -> np.ndarray | None:
    """Of the first film in an MP4, QuickTime or Matroska file: (2, 2), a point (x, y) is shown at (x, y) @ matrix.

    None where the file says nothing of it, or is another kind of file.
    """
    with suppress(OSError, struct.error, IndexError), open(path, "rb") as file:
        end = path.stat().st_size
        kind = file.read(4)
        return _matroska(file, end) if kind == _EBML else _quicktime(file, end)
    return None


def exif_matrix(path: Path) -> np.ndarray | None:
    """Of a photo, as `stored_matrix`; None where its EXIF says nothing."""
    from PIL import ExifTags, Image

    with suppress(OSError, SyntaxError, ValueError, Image.DecompressionBombError), Image.open(path) as photo:
        rows = _EXIF.get(photo.getexif().get(ExifTags.Base.Orientation, 0))
        return None if rows is None else np.array(rows)
    return None


def shown(picture: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """A picture (h, w, …) turned and mirrored by a matrix, to the nearest quarter; a view of the same memory."""
    if np.abs(np.diag(matrix)).sum() < np.abs(matrix).sum() / 2:
        picture, matrix = picture.swapaxes(0, 1), matrix[::-1]
    step_x, step_y = (-1 if matrix[i, i] < 0 else 1 for i in (0, 1))
    return picture[::step_y, ::step_x]


def _quicktime(file: BinaryIO, end: int) -> np.ndarray | None:
    """From the header of the first track that holds pictures (ISO 14496-12, 8.3.2)."""
    for moov in _boxes(file, 0, end, b"moov"):
        for track in _boxes(file, *moov, b"trak"):
            if not any(_is_of_pictures(file, start) for mdia in _boxes(file, *track, b"mdia")
                       for start, _ in _boxes(file, *mdia, b"hdlr")):  # fmt: skip
                continue
            for start, _ in _boxes(file, *track, b"tkhd"):
                file.seek(start)
                header = file.read(88)
                values = struct.unpack_from(">9i", header, 52 if header[0] else 40)
                matrix = np.array(values, float).reshape(3, 3)[:2, :2]
                return matrix if matrix.any() else None
    return None


def _is_of_pictures(file: BinaryIO, handler_start: int) -> bool:
    file.seek(handler_start + 8)
    return file.read(4) == b"vide"


def _boxes(file: BinaryIO, start: int, end: int, wanted: bytes) -> Iterator[tuple[int, int]]:
    """Where the content of each box of a kind begins and ends."""
    while start + 8 <= end:
        file.seek(start)
        size, kind = struct.unpack(">I4s", file.read(8))
        head = 8
        if size == 1:
            (size,), head = struct.unpack(">Q", file.read(8)), 16
        elif size == 0:
            size = end - start
        if size < head:
            return
        if kind == wanted:
            yield start + head, min(start + size, end)
        start += size


def _matroska(file: BinaryIO, end: int) -> np.ndarray | None:
    """From the first track that holds pictures (RFC 9559, 5.1.4.1.28.40)."""
    for segment in _elements(file, 0, end, _SEGMENT):
        for tracks in _elements(file, *segment, _TRACKS):
            for track in _elements(file, *tracks, _TRACK):
                for video in _elements(file, *track, _VIDEO):
                    for projection in _elements(file, *video, _PROJECTION):
                        return _from_pose(*(_angle(file, projection, which) for which in (_YAW, _ROLL)))
                    return None
            return None
    return None


def _from_pose(yaw_deg: float, roll_deg: float) -> np.ndarray:
    sine, cosine = np.sin(np.radians(roll_deg)), np.cos(np.radians(roll_deg))
    mirror = -1 if abs(yaw_deg) == 180 else 1
    return np.array([[mirror * cosine, -mirror * sine], [sine, cosine]])


def _angle(file: BinaryIO, projection: tuple[int, int], which: int) -> float:
    for start, stop in _elements(file, *projection, which):
        file.seek(start)
        return struct.unpack(">f" if stop - start == 4 else ">d", file.read(stop - start))[0]
    return 0.0


def _elements(file: BinaryIO, start: int, end: int, wanted: int) -> Iterator[tuple[int, int]]:
    """Where the content of each element of a kind begins and ends."""
    while start < end:
        file.seek(start)
        kind, size = _number(file, keep_marker=True), _number(file)
        content = file.tell()
        stop = end if size is None else content + size
        if kind == wanted:
            yield content, min(stop, end)
        start = stop


def _number(file: BinaryIO, keep_marker: bool = False) -> int | None:
    """A number of one to eight bytes, whose leading zeros tell how many; None where its length is left open."""
    first = file.read(1)[0]
    n_more = 8 - first.bit_length()
    value = first if keep_marker else first & (0x7F >> n_more)
    value = int.from_bytes(bytes([value]) + file.read(n_more), "big")
    return None if not keep_marker and value == (1 << 7 * (n_more + 1)) - 1 else value
