"""A video as material for another one: what is in it, its frames by time, and its sound sample by sample."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from checkpoints.errors import BadInput
from checkpoints.notices import notice
from emotion_embed.signals.audio import ONLY_FILES, is_text_format
from emotion_embed.signals.video import decoded_frames

SAMPLE_RATE_HZ = 48_000
MAX_FPS = 60
_ANY_FPS = 1000.0
_USUAL_FPS = (25, 50, *(rate * share for rate in (24, 30, 48, 60) for share in (1, Fraction(1000, 1001))))
_FPS_TOLERANCE = 2e-4  # of it: files that tell times in milliseconds do not tell their rate exactly
_EDGE_S = 0.004
_Frames = Generator[tuple[float, np.ndarray], None, None]
_COVER = 0x400  # ffmpeg's AV_DISPOSITION_ATTACHED_PIC: the picture of a record, no video


@dataclass(frozen=True)
class SourceVideo:
    """A video file: its first frame as it is shown (height, width, 3) uint8 RGB, its exact rate in frames per second,
    its length in seconds, whether it has sound, and the comment that its maker left in it."""

    path: Path
    first_frame: np.ndarray
    fps: Fraction
    duration_s: float
    has_audio: bool
    comment: str

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        height, width = self.first_frame.shape[:2]
        return width, height

    @property
    def n_samples(self) -> int:
        """Length in samples at `SAMPLE_RATE_HZ`."""
        return round(self.duration_s * SAMPLE_RATE_HZ)


def open_video(path: str | Path) -> SourceVideo:
    """Look at a video without reading it whole.

    Raises:
        BadInput: There is no such file, it is no video, or its first frame cannot be decoded.
    """
    path = Path(path)
    if not path.is_file():
        raise BadInput(f"There is no clip at {path}.")
    with closing(_frames(path)) as frames:
        first = next(frames, None)
    if first is None:
        raise BadInput(f"{path} holds no picture.")
    with _opened(path) as container:
        stream = container.streams.video[0]
        if stream.disposition & _COVER:
            raise BadInput(f"{path} is a sound with a picture, not a video.")
        comment = container.metadata.get("comment", "")
        has_audio = bool(container.streams.audio)
        return SourceVideo(path, first[1], _rate_of(stream), _length_s(container, stream), has_audio, comment)


class FrameReader:
    """Frames of a video by time, for times that never go back; the file is open only while it is read."""

    def __init__(self, video: SourceVideo):
        self._film = video
        self._timed: _Frames | None = None
        self._shown = video.first_frame
        self._next: tuple[float, np.ndarray] | None = None

    def frame_at(self, time_s: float) -> np.ndarray:
        """The frame (height, width, 3) uint8 that is on screen at a time; after the last one, that one.

        Raises:
            BadInput: The file is torn.
        """
        if time_s <= 0 and self._timed is None:
            return self._shown
        if self._timed is None:
            self._timed = _frames(self._film.path)
            self._next = next(self._timed, None)
        while self._next is not None and self._next[0] <= time_s:
            self._shown, self._next = self._next[1], next(self._timed, None)
        return self._shown

    def close(self) -> None:
        """Close the file."""
        if self._timed is not None:
            self._timed.close()


def audio_blocks(video: SourceVideo, *, eased: bool = False) -> Iterator[np.ndarray]:
    """The video's sound in blocks, mono float32 at `SAMPLE_RATE_HZ`: `video.n_samples` samples, with silence where it
    has none. `eased`: without the click of a sound that is cut off at either end.

    It is decoded here, sample by sample: moviepy cuts a sound track to hundredths of a second.
    """
    blocks = _fitted(_placed_blocks(video) if video.has_audio else iter(()), video.n_samples)
    return _eased(blocks, video.n_samples) if eased else blocks


def _eased(blocks: Iterator[np.ndarray], n_samples: int) -> Iterator[np.ndarray]:
    """Blocks of a sound that rises from silence in its first milliseconds and falls to it in its last."""
    n_edge, start = max(1, round(_EDGE_S * SAMPLE_RATE_HZ)), 0
    for block in blocks:
        at = np.arange(start, start + len(block))
        share = np.minimum(1, np.minimum(at, n_samples - 1 - at) / n_edge)
        yield block * (0.5 - 0.5 * np.cos(np.pi * share)).astype(np.float32)
        start += len(block)


def _fitted(blocks: Iterator[np.ndarray], n_samples: int) -> Iterator[np.ndarray]:
    """Exactly `n_samples` in blocks: cut, or with silence behind."""
    missing = n_samples
    for block in blocks:
        yield block[:missing]
        missing -= len(block[:missing])
    yield np.zeros(missing, np.float32)


def _placed_blocks(video: SourceVideo) -> Iterator[np.ndarray]:
    """Decoded sound from the first picture on: begun later or earlier where the sound is."""
    import av

    with _opened(video.path) as container:
        picture, audio = container.streams.video[0], container.streams.audio[0]
        resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE_HZ)
        early: int | None = None
        for frame in chain(container.decode(audio), [None]):
            if early is None:
                late_s = float(frame.time) - _start_s(picture) if frame is not None and frame.time is not None else 0.0
                early = max(0, round(-late_s * SAMPLE_RATE_HZ))
                yield np.zeros(max(0, round(late_s * SAMPLE_RATE_HZ)), np.float32)
            for part in resampler.resample(frame):
                block = part.to_ndarray().reshape(-1)
                yield block[early:]
                early = max(0, early - len(block))


def _frames(path: Path) -> _Frames:
    """All frames with their times."""
    yield from decoded_frames(path, most_fps=_ANY_FPS, stills=False)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _opened(path: Path) -> Any:
    """A file for PyAV, which may open no other and no address; `BadInput` where it is no video."""
    import av

    try:
        # Absolute: of a short path, ffmpeg takes what stands before a colon for a protocol ("take: 2.mp4").
        container = av.open(str(path.absolute()), metadata_errors="ignore", options=ONLY_FILES)
    except (av.FFmpegError, ValueError) as error:
        raise BadInput(f"{path} cannot be read as a video.") from error
    if is_text_format(container.format.name):
        container.close()
        raise BadInput(f"{path} is a list of other files, not a video.")
    return container


def _rate_of(stream: Any) -> Fraction:
    """Frames per second, at most `MAX_FPS`."""
    fps = Fraction(stream.average_rate or _USUAL_FPS[0])
    usual = Fraction(min(_USUAL_FPS, key=lambda rate: abs(rate - fps)))
    return usual if abs(usual - fps) <= _FPS_TOLERANCE * usual else min(fps.limit_denominator(1001), Fraction(MAX_FPS))


def _length_s(container: Any, stream: Any) -> float:
    """How long the picture lasts; where the file does not say, until its last frame ends."""
    if stream.duration:
        return float(stream.duration * stream.time_base)
    ends = [p.pts + (p.duration or 0) for p in container.demux(stream) if p.pts is not None]
    length_s = max(0.0, float(max(ends, default=0) * stream.time_base) - _start_s(stream))
    stated_s = (container.duration or 0) / 1e6
    if length_s < 0.9 * stated_s - 1.0:
        notice(f"{container.name} is torn: its picture ends after {length_s:.1f} of {stated_s:.1f} s.")
    return length_s


def _start_s(stream: Any) -> float:
    return float(stream.start_time * stream.time_base) if stream.start_time is not None else 0.0
