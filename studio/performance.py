"""A face over time: portrait, motion and clock, which live on from one turn to the next."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
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
_EASE_S = 0.4  # how long a face takes out of the pose in which it was interrupted
_MOVES_KEPT = 8  # of the last parts: more than are ever made ahead


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
        n_frames: how far it is on the time line, in frames; of those `n_skipped` were never shown, because a turn was
            broken off.
        size: their width and height in pixels; (0, 0) before the first.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan, self.spoken = plan, Spoken(plan.track, plan.request.captions)
        self.motions: list[Motion] = []
        self.n_frames, self.size = 0, (0, 0)
        self.n_skipped = 0
        self._n_due = 0  # where on the time line the parts given to the head end, in frames
        self._moves: list[tuple[int, Motion]] = []  # the last motions and the frames that they begin with
        self._held: Motion | None = None  # the pose in which a broken turn was left, until the next goes on from it
        self._performing = threading.Lock()  # a stage of a broken turn may still be in a long call
        self._rate: Fraction = plan.request.frame_rate()
        self._portrait: Portrait | None = None
        self._performer: MotionPerformer | None = None

    def turn(self, run: Run, speech: SpeechSource) -> Generator[StreamChunk]:
        """Say one thing, from where the last turn ended."""
        self.spoken.forget()
        try:
            yield from self._shown(run, speech)
        except BaseException:
            run.end()
            self._break_off()
            raise

    def _shown(self, run: Run, speech: SpeechSource) -> Generator[StreamChunk]:
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

    def _break_off(self) -> None:
        """Go on, next time, from what was shown last; what was ahead of it is skipped."""
        self.spoken.drop_unheard()
        ahead = round(self.spoken.duration_s * self._rate) - self.n_frames
        self._held = _pose_at(self._moves, (self.n_frames - 0.5) / float(self._rate) * self.plan.fps)
        self.n_frames += max(0, ahead)
        self.n_skipped += max(0, ahead)

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
                    with run.clock.measured("motion"):
                        self._performer = source.start(run, seed=request.seed, fps=self.plan.fps)
                with self._performing, run.clock.measured("motion"):
                    run.raise_if_stopped()
                    motion = checked_motion(source.spec, self._performer.perform(part), len(frames))
            motion = self._from_held(motion)
            self._moves = [*self._moves[-_MOVES_KEPT:], (frames.start, motion)]
            if request.motion_csv:
                self.motions.append(motion)
            yield Segment(part, motion)

    def _from_held(self, motion: Motion) -> Motion:
        """The motion, coming out of the pose in which a broken turn was left."""
        if self._held is None or not len(motion):
            return motion
        held, self._held = self._held, None
        return eased_from(held, motion)

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
        return StreamChunk((end_frame - len(frames) - self.n_skipped) / fps, fps, np.stack(frames), audio)

    @property
    def _frame_bytes(self) -> int:
        return self.size[0] * self.size[1] * 3


def eased_from(held: Motion, motion: Motion) -> Motion:
    """The motion, whose first moments lead over from the one frame of `held`."""
    left = np.clip(1 - np.arange(1, len(motion) + 1) / (_EASE_S * motion.fps), 0, 1)
    share = (left * left * (3 - 2 * left))[:, None]
    over = lambda before, after: after + share[: len(after)] * (before[0] - after[0])  # noqa: E731
    return replace(
        motion,
        blendshapes=np.clip(over(held.blendshapes, motion.blendshapes), 0, 1).astype(np.float32),
        head_rotation_deg=over(held.head_rotation_deg, motion.head_rotation_deg),
        head_translation_cm=over(held.head_translation_cm, motion.head_translation_cm),
        breath=over(held.breath[:, None], motion.breath[:, None])[:, 0].astype(np.float32),
    )


def _pose_at(moves: Sequence[tuple[int, Motion]], frame: float) -> Motion | None:
    """The one frame of motion that was shown at a frame's number; None where there was none."""
    for first, motion in reversed(moves):
        row = int(frame) - first
        if 0 <= row < len(motion):
            return motion.take(slice(row, row + 1))
    return None
