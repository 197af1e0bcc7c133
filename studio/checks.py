"""Checks that know nothing of requests: files to be read and written, ranges, sizes of pictures."""

from __future__ import annotations

import errno
import math
import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from checkpoints.errors import BadInput
from studio.media.publish import check_replaceable

SMALLEST_SIDE_PX, LARGEST_SIDE_PX = 128, 2048
ASPECTS = ("1:1", "9:16", "16:9", "4:3")  # those people ask for by name; any other goes as well
VIDEO_SUFFIXES = (".mp4",)
_SQUARE_PX, _LONGER_SIDE_PX = 512, 1024


def check_out(
    out: str | Path,
    inputs: tuple[str | None, ...] = (),
    suffixes: tuple[str, ...] = VIDEO_SUFFIXES,
    what: str = "clip",
    beside: Sequence[Path] = (),
) -> None:
    """Raise `BadInput` unless a clip (or `what` else) can be written to `out`: its name ends in one of `suffixes`, its
    folder is, or can be made, writable, and neither it nor what lies `beside` it is one of the `inputs`."""
    path = Path(out)
    if is_too_long(path):
        raise BadInput(f"The name {path.name[:40]}… is too long for a file; choose a shorter one.")
    if path.is_dir():
        raise BadInput(f"{path} is a folder; name the {what} in it, for example {path / (what + suffixes[0])}.")
    if path.suffix.lower() not in suffixes:
        raise BadInput(f"{path} must end in {alternatives(suffixes)}.")
    if is_too_long(path.with_suffix(".report.json")):
        raise BadInput(f"The name {path.name[:40]}… leaves no room for that of its report; choose a shorter one.")
    check_overwrites([path, *beside], inputs)
    check_folder_of(path)


def check_overwrites(outputs: Sequence[Path], inputs: Sequence[str | None]) -> None:
    """Raise `BadInput` where a file to be written is an input, under whichever name, another one of them, or a
    folder."""
    for i, path in enumerate(outputs):
        if any(given is not None and is_same_file(given, path) for given in inputs):
            raise BadInput(f"{path} is also an input, and this would overwrite it; name another file.")
        if any(is_same_file(other, path) for other in outputs[:i]):
            raise BadInput(f"{path} is one file with another that is written, and would overwrite it; remove the link.")
        check_replaceable(path)


def is_same_file(one: str | Path, other: str | Path) -> bool:
    """Whether two paths name one file, be it by links, or in letters that the file system takes for the same."""
    try:
        one, other = Path(one), Path(other)
        return one.resolve() == other.resolve() or one.samefile(other)
    except (OSError, ValueError, RuntimeError):  # no such file, no name of one, links in a circle
        return False


def check_folder_of(path: Path) -> None:
    """Raise `BadInput` unless the folder of `path` is, or can be made, writable."""
    folder = path.absolute().parent
    while not folder.exists():
        folder = folder.parent
    try:  # trying is the only test that holds for root, read-only disks and odd file systems alike
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise BadInput(f"Nothing can be written to {path.parent}: {error.strerror}.") from None


def is_colour(background: str) -> bool:
    """Whether a background is a colour such as #20262e, and not a picture."""
    return re.fullmatch(r"#[0-9a-fA-F]{6}", background) is not None


def check_file(role: str, path: str | None) -> None:
    """Raise `BadInput` unless there is a file at `path` that may be read; None is left alone."""
    if path is None:
        return
    if is_too_long(Path(path)):
        raise BadInput(f"“{path[:40]}…” is too long to name a {role}.")
    if Path(path).is_dir():
        raise BadInput(f"{path} is a folder, not a {role}.")
    if not Path(path).is_file():
        raise BadInput(f"There is no {role} at {path}.")
    if not os.access(path, os.R_OK):
        raise BadInput(f"The {role} {path} may not be read.")


def is_too_long(path: Path) -> bool:
    """Whether the file system refuses a name for its length."""
    try:
        path.stat()
    except OSError as error:
        return error.errno == errno.ENAMETOOLONG
    return False


def alternatives(names: tuple[str, ...]) -> str:
    """Names with commas and an “or” between them."""
    return " or ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def check_range(what: str, value: float, low: float, high: float) -> None:
    """Raise `BadInput` unless a value is a number from `low` to `high`."""
    if not (math.isfinite(value) and low <= value <= high):
        raise BadInput(f"{what} is {value:g}; it must be from {low:g} to {high:g}.")


def named_size(size: str) -> tuple[int, int]:
    """Width and height in even pixels of "512", "720x960" or "9:16"; `BadInput` for anything else."""
    if aspect := re.fullmatch(r"\s*(\d{1,4})\s*[:/]\s*(\d{1,4})\s*", size, re.ASCII):
        return _size_of_aspect(size, int(aspect[1]), int(aspect[2]))
    match = re.fullmatch(r"\s*(\d{1,6})\s*(?:[xX×*]\s*(\d{1,6})\s*)?(?:px)?\s*", size, re.ASCII)
    if not match:
        raise BadInput(f"“{size}” is not a size; write 512, 720x960, {', '.join(ASPECTS)} or photo.")
    width, height = int(match[1]), int(match[2] or match[1])
    for side in (width, height):
        if not SMALLEST_SIDE_PX <= side <= LARGEST_SIDE_PX:
            raise BadInput(f"A side of {side} pixels is not from {SMALLEST_SIDE_PX} to {LARGEST_SIDE_PX}.")
    return width // 2 * 2, height // 2 * 2


def _size_of_aspect(size: str, wide: int, high: int) -> tuple[int, int]:
    """A square of 512 pixels, or a longer side of 1024."""
    most = LARGEST_SIDE_PX // SMALLEST_SIDE_PX // 2
    if not (wide and high) or not 1 / most <= wide / high <= most:
        raise BadInput(f"The shape {size} is not from 1:{most} to {most}:1.")
    side_px = _SQUARE_PX if wide == high else _LONGER_SIDE_PX
    width, height = (round(side_px * side / max(wide, high) / 2) * 2 for side in (wide, high))
    return width, height
