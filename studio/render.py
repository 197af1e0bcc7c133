"""Carries out a plan: frames and sound into an mp4, the files beside it, and a report; all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from checkpoints.errors import BadInput
from studio.media.captions import join_short, to_srt, to_vtt
from studio.media.files import write_json, write_text
from studio.media.publish import Publication
from studio.media.video import VideoWriter
from studio.performance import Performance, StreamChunk
from studio.plan import Plan
from studio.quality.report import clip_report, self_check
from studio.runtime import Run

Signer = Callable[[Path], None]


@dataclass(frozen=True)
class Clip:
    """A finished clip: the mp4 at `path` and its `report` (the same as `clip.report.json` beside it)."""

    path: Path
    report: dict[str, Any]

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.report["duration_s"]


def stream_plan(plan: Plan, run: Run, performance: Performance | None = None) -> Generator[StreamChunk]:
    """The picture and sound of a plan in chunks. What can fail early is done before the first stage begins."""
    performance = performance or Performance(plan)
    prepare(plan, run)
    yield from performance.turn(run, plan.speech)


def prepare(plan: Plan, run: Run) -> None:
    """Fetch what is absent, and read every input that the sources are made from."""
    from checkpoints.notices import gathering

    run.fetch(plan.weights())
    with gathering(run.notices):
        for source in (plan.frames, plan.motion, plan.speech):
            if source is not None:
                source.prepare(run)


def render_plan(plan: Plan, run: Run, sign: Signer | None = None) -> Clip:
    """Make the clip; `sign` may mark the staged files before they are put in place."""
    performance = Performance(plan)
    with run, closing(stream_plan(plan, run, performance)) as chunks:
        first = next(chunks, None)
        if first is None:
            raise BadInput(plan.speech.if_empty)
        with Publication(plan.request.out, sign) as files:
            first_second_s = _encode(plan, run, performance, files.path(), first, chunks)
            report = clip_report(plan, run, performance, first_second_s)
            _write_beside(plan, performance, files)
            if plan.request.check:
                run.progress("check", 0, 1)
                report["self_check"] = run.one("check", lambda: self_check(files.path(), report, plan.script.text))
                run.progress("check", 1, 1)
            write_json(files.path(".report.json"), report)
            run.raise_if_stopped()
            files.publish()
    return Clip(Path(plan.request.out), report)


def _encode(
    plan: Plan, run: Run, performance: Performance, path: Path, first: StreamChunk, more: Iterator[StreamChunk]
) -> float:
    """Write the mp4; returns after how many seconds its first second was there, 0 for a shorter clip."""
    rate, first_second_s = plan.request.frame_rate(), 0.0
    with VideoWriter(path, performance.size, rate, first.audio.sample_rate_hz) as writer:
        for chunk in chain((first,), more):
            with run.clock.measured("encode"):
                for frame in chunk.frames:
                    run.raise_if_stopped()
                    writer.write_frame(frame)
                writer.write_sound(chunk.audio.samples)
            if not first_second_s and chunk.end_s >= 1:
                first_second_s = run.elapsed_s()
            run.progress("video", chunk.end_s, max(chunk.end_s, plan.speech.expected_s(performance.spoken)))
        closing_s = run.elapsed_s()
    run.clock.add("encode", run.elapsed_s() - closing_s)
    return first_second_s


def _write_beside(plan: Plan, performance: Performance, files: Publication) -> None:
    """The files beside the clip that were asked for."""
    from generators.contracts import join_motion
    from generators.motion.live_link import write_motion_csv

    request, captions = plan.request, performance.spoken.captions
    if request.srt:
        write_text(files.path(".srt"), to_srt(join_short(captions)))
    if request.vtt:
        write_text(files.path(".vtt"), to_vtt(join_short(captions)))
    if request.motion_csv:
        write_motion_csv(join_motion(performance.motions), files.path(".motion.csv"))
