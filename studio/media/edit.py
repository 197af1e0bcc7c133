"""Finished clips made into others: joined, fitted into another shape, captioned; each with a report beside it.

Any video that ffmpeg reads is a clip here. The picture is composed by moviepy, at the exact frame rate of the first
clip; the sound is the clips' own, sample by sample.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from checkpoints.errors import BadInput
from checkpoints.notices import gathering, notice
from generators.contracts import Word
from studio.checks import check_out
from studio.media.caption_burnin import CaptionPainter, drawable
from studio.media.caption_files import SUFFIXES, read_captions, words_of_report
from studio.media.captions import Caption, join_short, make_captions
from studio.media.compose import background_of, even_size, fitted, in_a_row, video_clip
from studio.media.files import write_json
from studio.media.publish import Publication
from studio.media.source_video import SAMPLE_RATE_HZ, FrameReader, SourceVideo, audio_blocks, open_video, sha256_of
from studio.media.video import SYNTHETIC_NOTE, VideoWriter
from studio.quality import report as reports
from studio.render import Clip
from studio.request import RenderRequest
from studio.runtime import Stop, raise_if_set

Progress = Callable[[str, float, float], None]
EDITED_NOTE = "Edited with Mien Studio."
_SYNTHETIC = "Synthetic media"  # how the notes of all our clips begin
_REPORT = ".report.json"
# The moment of a frame's time for which it stands: at its beginning, or in its middle where another rate is twice as
# high, rounding would show now one frame of a source, now its neighbour.
_SHOWN_AT = Fraction(45, 100)
_INSTANT_S = 1e-6  # at its very end, moviepy shows nothing of a clip


def join_clips(
    paths: Sequence[str | Path],
    out: str | Path = "out/joined.mp4",
    *,
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
) -> Clip:
    """Play clips one after another in one file, at the size and frame rate of the first.

    Clips of another shape stand between borders; a clip without sound is silent; words in the clips' reports move
    with them into the new one's.

    Args:
        paths: The clips, in their order; the same one may come several times.
        out: Where the new clip goes, an .mp4 file; its report lies beside it.
        progress: Called as `progress("video", done_s, total_s)`.
        cancel: Once set, `Cancelled` is raised and nothing is left.

    Returns:
        The new clip, with its report.

    Raises:
        BadInput: There are no clips, one cannot be read, or nothing can be written to `out`.
    """
    if not paths:
        raise BadInput("There are no clips to join.")
    with _editing("join", paths, out, progress, cancel) as edit:
        size = even_size(edit.videos[0].size)
        return edit.write(lambda clips: in_a_row([fitted(clip, size) for clip in clips]))


def reframe_clip(
    path: str | Path,
    aspect: str,
    out: str | Path = "out/reframed.mp4",
    *,
    background: str = "#000000",
    fill: bool = False,
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
) -> Clip:
    """Fit a clip into another shape.

    Args:
        path: The clip.
        aspect: A shape such as "9:16", "16:9" or "1:1", or a size such as "720x960" (see `RenderRequest.size`).
        out: Where the new clip goes, an .mp4 file; its report lies beside it.
        background: What is seen beside the clip: "#rrggbb", or the path of a picture, which covers the frame.
        fill: Cover the frame with the clip itself and cut off what is over, instead.
        progress: Called as `progress("video", done_s, total_s)`.
        cancel: Once set, `Cancelled` is raised and nothing is left.

    Returns:
        The new clip, with its report.

    Raises:
        BadInput: The clip or the background cannot be read, the shape is none, or nothing can be written to `out`.
    """
    size = RenderRequest(size=aspect).frame_size()
    if size is None:
        raise BadInput(f"“{aspect}” is not a shape for a clip; write 9:16, 1:1 or 720x960.")
    behind = background_of(background)
    with _editing("reframe", [path], out, progress, cancel, others=[background]) as edit:
        return edit.write(lambda clips: fitted(clips[0], size, behind, fill))


def caption_clip(
    path: str | Path,
    out: str | Path = "out/captioned.mp4",
    *,
    srt: str | Path | None = None,
    language: str | None = None,
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
) -> Clip:
    """Burn captions into a clip.

    Args:
        path: The clip.
        out: Where the new clip goes, an .mp4 file; its report lies beside it.
        srt: An SRT or VTT file with the captions. None takes the words in the clip's own report, else the SRT or VTT
            file beside it, else what is heard in it.
        language: What is spoken, where it must be heard: an ISO 639-1 code such as "de"; None hears which.
        progress: Called as `progress(stage, done, total)` with the stages "listening" and "video".
        cancel: Once set, `Cancelled` is raised and nothing is left.

    Returns:
        The new clip, with its report.

    Raises:
        BadInput: The clip or the captions cannot be read, there are none, their script cannot be drawn, or nothing
            can be written to `out`.
        Missing: Whisper must listen, and its weights are not there.
    """
    with _editing("caption", [path], out, progress, cancel, others=[srt]) as edit:
        captions, came_from, words = _captions(edit, srt, language)
        drawable("".join(caption.text for caption in captions))
        edit.facts |= {"captions": len(captions), "captions_from": came_from}
        edit.words = words or edit.words
        edit.painter.add(captions)
        return edit.write(lambda clips: fitted(clips[0], even_size(clips[0].size)))


@dataclass
class _Edit:
    """One edit: what it is made of, whom it tells, and what is known of it."""

    name: str
    videos: list[SourceVideo]
    source_reports: list[dict[str, Any] | None]
    out: Path
    files: Publication
    progress: Progress
    stop: Stop
    notices: list[str]
    painter: CaptionPainter = field(default_factory=CaptionPainter)
    facts: dict[str, Any] = field(default_factory=dict)
    words: list[Word] | None = None
    started: float = field(default_factory=time.perf_counter)

    def __post_init__(self) -> None:
        self.words = _words_in_a_row(self.videos, self.source_reports)

    @property
    def fps(self) -> Fraction:
        """The frame rate of what is made."""
        return self.videos[0].fps

    @property
    def n_frames(self) -> int:
        """How many frames are made."""
        return max(1, round(sum(Fraction(video.duration_s) for video in self.videos) * self.fps))

    def write(self, compose: Callable[[list[Any]], Any]) -> Clip:
        """Make the file and its report, and put both in place."""
        readers = [FrameReader(video) for video in self.videos]
        try:
            picture = compose([video_clip(*pair) for pair in zip(self.videos, readers, strict=True)])
            size = tuple(picture.size)
            with VideoWriter(self.files.path(), size, self.fps, SAMPLE_RATE_HZ, note=self._note()) as writer:
                self._write_frames(writer, picture)
                self._write_sound(writer)
        finally:
            for reader in readers:
                reader.close()
        report = self._report(size)
        write_json(self.files.path(_REPORT), report)
        self.files.publish()
        return Clip(self.out, report)

    def _write_frames(self, writer: VideoWriter, picture: Any) -> None:
        for i in range(self.n_frames):
            raise_if_set(self.stop)
            time_s = float((i + _SHOWN_AT) / self.fps)
            frame = picture.get_frame(min(time_s, picture.duration - _INSTANT_S))
            writer.write_frame(self.painter.paint(np.asarray(frame, np.uint8), float(i / self.fps)))
            self.progress("video", float((i + 1) / self.fps), float(self.n_frames / self.fps))

    def _write_sound(self, writer: VideoWriter) -> None:
        for video in self.videos:
            for block in audio_blocks(video, eased=len(self.videos) > 1):
                raise_if_set(self.stop)
                writer.write_sound(block)

    def _is_synthetic(self) -> bool:
        return any(map(_says_synthetic, self.videos, self.source_reports))

    def _note(self) -> str:
        return SYNTHETIC_NOTE if self._is_synthetic() else EDITED_NOTE

    def _report(self, size: tuple[int, int]) -> dict[str, Any]:
        duration_s = float(self.n_frames / self.fps)
        synthetic = "A face or voice in this clip is generated, as its sources say."
        return {
            "synthetic": synthetic
            if self._is_synthetic()
            else "No source says that anything in this clip is generated.",
            "edit": self.name,
            **self.facts,
            "sources": [_facts_of(*pair) for pair in zip(self.videos, self.source_reports, strict=True)],
            "versions": reports.versions(),
            "size": list(size),
            "fps": float(self.fps),
            "frames": self.n_frames,
            "duration_s": round(duration_s, 4),
            "timings_s": {"whole": round(time.perf_counter() - self.started, 3)},
            "warnings": list(self.notices),
            "words": None
            if self.words is None
            else [[w.text, round(w.start_s, 4), round(w.end_s, 4)] for w in self.words],
            "self_check": None,
        }


@contextmanager
def _editing(
    name: str,
    paths: Sequence[str | Path],
    out: str | Path,
    progress: Progress | None,
    cancel: threading.Event | None,
    others: Sequence[str | Path | None] = (),
) -> Iterator[_Edit]:
    """Everything is looked at before any work; what is noticed meanwhile goes into the report."""
    notices: list[str] = []
    given = tuple(str(path) for path in (*paths, *others) if path is not None)
    with gathering(notices):
        videos = [open_video(path) for path in paths]
        check_out(out, given, beside=[Path(out).with_suffix(_REPORT)])
        found = [_report_beside(video) for video in videos]
        with Publication(out) as files:
            files.path(_REPORT)  # told now, and not after the work, where it cannot be written
            yield _Edit(name, videos, found, Path(out), files, progress or _ignore, Stop(cancel), notices)


def _ignore(stage: str, done: float, total: float) -> None:
    """Progress that nobody watches."""


# What is known of the sources ----------------------------------------------------------------------------------------


def _report_beside(video: SourceVideo) -> dict[str, Any] | None:
    """The report beside a clip, where there is one that belongs to it."""
    path = video.path.with_suffix(_REPORT)
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
        belongs = abs(report["duration_s"] - video.duration_s) < 1 / video.fps
        words_of_report(report)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        belongs = False
    if not belongs:
        notice(f"{path} is no report of {video.path.name}; it is passed over.")
        return None
    return report


def _says_synthetic(video: SourceVideo, report: Mapping[str, Any] | None) -> bool:
    """Whether a clip says that it is generated: in its own comment, or in the report of what is no mere edit."""
    return video.comment.startswith(_SYNTHETIC) or (report is not None and "request" in report)


def _facts_of(video: SourceVideo, report: Mapping[str, Any] | None) -> dict[str, Any]:
    kept = {name: report[name] for name in ("generators", "consent", "sources") if report and report.get(name)}
    return {
        "path": str(video.path),
        "sha256": sha256_of(video.path),
        "synthetic": _says_synthetic(video, report),
        "size": list(video.size),
        "fps": float(video.fps),
        "duration_s": round(video.duration_s, 4),
        **kept,
    }


def _words_in_a_row(videos: Sequence[SourceVideo], found: Sequence[Mapping[str, Any] | None]) -> list[Word] | None:
    """The words of clips that are played one after another; None where those of one are not known."""
    words, start_s = [], 0.0
    for video, report in zip(videos, found, strict=True):
        if report is None or report.get("words") is None:
            return None
        words += [Word(w.text, w.start_s + start_s, w.end_s + start_s) for w in words_of_report(report)]
        start_s += video.duration_s
    return words


# Captions ------------------------------------------------------------------------------------------------------------


def _captions(
    edit: _Edit, srt: str | Path | None, language: str | None
) -> tuple[list[Caption], str, list[Word] | None]:
    """Captions, where they come from, and their words where those have times of their own."""
    video = edit.videos[0]
    if srt is not None:
        return read_captions(srt), str(srt), None
    if edit.words:
        return join_short(make_captions(edit.words, video.duration_s)), video.path.with_suffix(_REPORT).name, edit.words
    beside = next((file for suffix in SUFFIXES if (file := video.path.with_suffix(suffix)).is_file()), None)
    if beside is not None:
        return read_captions(beside), beside.name, None
    words = _heard_words(edit, language)
    return join_short(make_captions(words, video.duration_s)), "listening", words


def _heard_words(edit: _Edit, language: str | None) -> list[Word]:
    from emotion_embed.signals.asr import transcribe
    from emotion_embed.signals.video import sound_of

    def listened(share: float) -> None:
        raise_if_set(edit.stop)
        edit.progress("listening", share, 1.0)

    video = edit.videos[0]
    audio = sound_of(video.path)  # timed by the picture
    if audio is None:
        raise BadInput(f"{video.path} has no sound, and no captions lie beside it; give an SRT file.")
    heard = transcribe(audio, language, progress=listened).words
    if not heard:
        raise BadInput(f"No words are heard in {video.path}, and no captions lie beside it; give an SRT file.")
    return [Word(word.text, word.start_s, word.end_s) for word in heard]
