"""The one place that opens media files for reading, so that no file can send ffmpeg to another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from checkpoints.errors import BadInput

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

_ONLY_FILES = {"protocol_whitelist": "file"}  # no recording or clip may send ffmpeg to an address
_TEXT_FORMATS = frozenset({"concat", "hls", "dash", "imf", "webm_dash_manifest", "tty"})
_COVER = 0x400  # ffmpeg's AV_DISPOSITION_ATTACHED_PIC


@contextmanager
def opened(path: str | Path, kind: str = "a video", **options: str) -> Iterator[InputContainer]:
    """The PyAV container of a file, open; ffmpeg's own errors while it is open become `BadInput`.

    Args:
        path: The file.
        kind: What the sentence says it cannot be read as.
        options: Further options of ffmpeg's demuxers.

    Raises:
        BadInput: `path` cannot be read as `kind`.
    """
    import av

    try:
        # Absolute, because ffmpeg takes what stands before a colon for a protocol ("take: 2.mp4").
        name = str(Path(path).absolute())
        with av.open(name, metadata_errors="ignore", options=_ONLY_FILES | options) as container:
            yield container
    except (av.FFmpegError, ValueError) as error:
        if isinstance(error, BadInput):
            raise
        raise BadInput(f"{path} cannot be read as {kind}.") from error


def is_text_format(name: str) -> bool:
    """Whether ffmpeg's name of a format means a text, which it would draw, or follow to other files."""
    return bool(_TEXT_FORMATS & set(name.split(",")))


def moving_pictures(container: InputContainer) -> list[VideoStream]:
    """Its video streams, without the cover pictures of records."""
    return [stream for stream in container.streams.video if not stream.disposition & _COVER]
