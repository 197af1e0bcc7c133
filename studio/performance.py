"""A face over time: portrait, motion and clock, which live on from one turn to the next."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from emotion_embed.signals.audio import Audio
from generators.contracts import Motion, MotionPerformer, PlacedSpeech, Portrait, Segment
from studio.plan import Plan
from studio.promises import blaming, checked_frames, checked_motion, checked_speech
from studio.runtime import Run
from studio.sources import SpeechSource
from studio.spoken import Spoken, muted

CHUNK_S, _CHUNK_BYTES = 0.4, 32_000_000  # how much video a `StreamChunk` holds at most
_PARTS_AHEAD = 2  # how far the voice may run before the picture: bounds memory
_FRAMES_AHEAD_BYTES = 16_000_000


@dataclass(frozen=True)
class StreamChunk:
    """Some frames and the sound that goes with them.

    Attributes:
        start_s: when the first frame is shown.
        fps: frames per second.
        frames: (n, height, width, 3) uint8 RGB.
        audio: as long as the frames; the last chunk's may differ by less than a frame.
    """

    start_s: float
    fps: float
    frames: np.ndarray
    audio: Audio

    @property
    def end_s(self) -> float:
        """When the last frame ends."""
        return self.start_s + len(self.frames) / self.fps


class Performance:
    """What a plan's portrait says and does, turn after turn.

    Attributes:
        spoken: what was said so far.
        motions: how it moved, where that is to be kept.
        n_frames: how many frames were shown.
        size: their width and height in pixels; (0, 0) before the first.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan, self.spoken = plan, Spoken(plan.track, plan.request.captions)
        self.motions: list[Motion] = []
        self.n_frames, self.size = 0, (0, 0)
        self._n_due = 0  # frames that the parts given to the head last
        self._rate: Fraction = plan.request.frame_rate()
        self._portrait: Portrait | None = None
        self._performer: MotionPerformer | None = None

    def turn(self, run: Run, speech: SpeechSource) -> Generator[StreamChunk]:
        """Say one thing, from where the last turn ended."""
        portraits = run.background(self._analysed(run), 1, "portrait")
        said = run.background(run.clock.timed("voice", self._said(run, speech)), _PARTS_AHEAD, "voice")
        self._portrait = next(iter(portraits))
        run.raise_if_stopped()
        self.size = self._portrait.size
        due, head, request = [0], self.plan.frames, self.plan.request
        segments = self._segments(run, said, due)
        frames = head.render(run, self._portrait, segments, seed=request.seed, fps=self.plan.fps)
        checked = checked_frames(head.spec, run.clock.timed("head and before", frames), self.size, due)
        shown = self._at_clip_rate(checked)
        ahead = max(2, _FRAMES_AHEAD_BYTES // self._frame_bytes)
        yield from self._chunks(run.background(shown, ahead, "head"))

    def _analysed(self, run: Run) -> Iterator[Portrait]:
        yield self._portrait if self._portrait is not None else self.plan.frames.portrait(run)

    def _said(self, run: Run, speech: SpeechSource) -> Iterator[PlacedSpeech]:
        """Speech in its place; what in a recording is no voice moves no lips."""
        with blaming(speech.spec):
            for part in speech.stream(run, self.spoken):
                run.raise_if_stopped()
                placed = self.spoken.book(checked_speech(speech.spec, part))
                yield muted(placed) if speech.is_recorded and not part.phones else placed

    def _segments(self, run: Run, said: Iterable[PlacedSpeech], due: list[int]) -> Iterator[Segment]:
        """Each part with its motion, where the head consumes one; `due` is told how many frames they last."""
        source, request = self.plan.motion, self.plan.request
        for part in run.clock.timed("motion waits", said):
            self._n_due, frames = part.frames(float(self._rate)).stop, part.frames(self.plan.fps)
            due[0] += len(frames)
            if source is None:
                yield Segment(part)
                continue
            with blaming(source.spec):
                if self._performer is None:
                    self._performer = source.start(run, seed=request.seed, fps=self.plan.fps)
                with run.clock.measured("motion"):
                    motion = checked_motion(source.spec, self._performer.perform(part), len(frames))
            if request.motion_csv:
                self.motions.append(motion)
            yield Segment(part, motion)

    def _at_clip_rate(self, frames: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """A head's frames at the rate of the clip: each of the clip's shows what is there in its middle."""
        if self.plan.fps == float(self._rate):
            yield from frames
            return
        n_shown, first_native = self.n_frames, round(self.n_frames / self._rate * self.plan.fps)
        last: list[np.ndarray] = []
        for number, frame in enumerate(frames, start=1):
            shown_until_s = (first_native + number) / self.plan.fps
            while (n_shown + 0.5) / self._rate < shown_until_s and n_shown < self._n_due:
                yield frame
                n_shown += 1
            last = [frame]
        yield from last * (self._n_due - n_shown)

    def _chunks(self, frames: Iterable[np.ndarray]) -> Iterator[StreamChunk]:
        """Frames with their captions, gathered with the sound that goes with them."""
        per_chunk = max(1, min(round(CHUNK_S * float(self._rate)), _CHUNK_BYTES // self._frame_bytes))
        waiting: list[np.ndarray] = []
        for frame in frames:
            waiting.append(self.spoken.painter.paint(frame, self.n_frames / float(self._rate)))
            self.n_frames += 1
            if len(waiting) > per_chunk:  # one frame stays back, so that the last chunk is never empty
                yield self._chunk(waiting[:-1], self.n_frames - 1)
                waiting = waiting[-1:]
        if waiting:
            yield self._chunk(waiting, self.n_frames, last=True)

    def _chunk(self, frames: list[np.ndarray], end_frame: int, last: bool = False) -> StreamChunk:
        fps, soundtrack = float(self._rate), self.spoken.soundtrack
        audio = soundtrack.take(None if last else end_frame / fps)
        return StreamChunk((end_frame - len(frames)) / fps, fps, np.stack(frames), audio)

    @property
    def _frame_bytes(self) -> int:
        return self.size[0] * self.size[1] * 3
