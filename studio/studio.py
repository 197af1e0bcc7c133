"""`Studio`: holds the generators warm and turns a request into a clip, stage beside stage."""

from __future__ import annotations

import errno
import hashlib
import inspect
import os
import threading
import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from checkpoints.errors import BadInput, MienError, Missing
from checkpoints.notices import gathering, notice
from emotion_embed.perception import Perception
from emotion_embed.signals.audio import Audio
from emotion_embed.track import EmotionKey
from generators import registry
from generators.contracts import Motion, Phone, PlacedSpeech, Segment, Speech, Word, join_motion
from generators.motion.live_link import write_motion_csv
from generators.spec import resolve
from generators.timeline import Timeline
from studio.media.caption_burnin import CaptionPainter, drawable
from studio.media.captions import Caption, as_written, join_short, make_captions, to_srt, to_vtt
from studio.media.files import write_json, write_text
from studio.media.publish import Publication
from studio.prosody_plan import delivery
from studio.quality import report as reports
from studio.request import RenderRequest, SpokenRequest, is_colour, is_style_file, spoken_length_s
from studio.runtime import Background, Soundtrack, StageClock, Stop, raise_if_set
from studio.say import SayJob, SayRequest, Sound, SoundPart, levelled_parts, timed_parts, write_sound
from studio.sources import follow, heard_parts, muted, recording_of, reference_motion, sound_parts

if TYPE_CHECKING:
    from studio.script import Script

# progress(stage, done, total): "weights …" counts bytes, "portrait" is 0 then 1, "watching" the share of a video that
# is followed, "video" counts seconds.
Progress = Callable[[str, float, float], None]
CHUNK_S, _CHUNK_BYTES = 0.4, 32_000_000  # how much video a `StreamPart` holds at most
_PARTS_AHEAD = 2  # how far the voice may run before the picture: bounds memory
_FRAMES_AHEAD_BYTES = 16_000_000
_PORTRAITS_KEPT = 2
_END_S = 0.8  # how long a stage inside one long native call is waited for; then it ends by itself


@dataclass(frozen=True)
class Clip:
    """A finished clip: the mp4 at `path` and its `report` (the same as `clip.report.json` beside it)."""

    path: Path
    report: dict[str, Any]

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.report["duration_s"]


@dataclass(frozen=True)
class StreamPart:
    """Some frames and the sound that goes with them: `frames` (n, height, width, 3) uint8 RGB from `start_s` on at
    `fps`, `audio` as long as the frames (the last part's may differ by less than a frame)."""

    start_s: float
    fps: float
    frames: np.ndarray
    audio: Audio


@dataclass
class _Job:
    """Everything that belongs to one render and is thrown away after it."""

    request: RenderRequest
    script: Script
    stop: Stop
    progress: Progress
    clock: StageClock = field(default_factory=StageClock)
    soundtrack: Soundtrack = field(default_factory=Soundtrack)
    painter: CaptionPainter = field(default_factory=CaptionPainter)
    captions: list[Caption] = field(default_factory=list)
    phones: list[Phone] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    motions: list[Motion] = field(default_factory=list)
    threads: list[Background] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    recording: Audio | None = None
    followed: Any = None  # the motion of a video, a `MotionGenerator` of its own
    size: tuple[int, int] = (0, 0)
    n_frames: int = 0
    started: float = field(default_factory=time.perf_counter)
    first_second_s: float = 0.0

    def background(self, items: Iterable, depth: int, name: str) -> Background:
        """Run a stage in a thread of its own that ends with this job."""
        with gathering(self.notices):
            self.threads.append(Background(items, depth, self.stop, name))
        return self.threads[-1]

    def end(self) -> None:
        """Stop every stage and wait for its thread."""
        self.stop.set()
        deadline = time.monotonic() + _END_S
        for thread in self.threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    @property
    def frame_bytes(self) -> int:
        """Memory of one frame."""
        return self.size[0] * self.size[1] * 3

    def expected_s(self) -> float:
        """How long the clip will last, as far as can be told now."""
        if self.followed is not None:
            return self.followed.duration_s
        if self.recording is not None:
            return self.recording.duration_s
        spoken = self.words[-1].char_end if self.words else 0
        rest_s = spoken_length_s(self.script.text[spoken:])
        return self.soundtrack.duration_s + rest_s


class Studio:
    """Makes talking clips; generators and weights are loaded on first use and kept for the next clip.

    One studio renders one clip at a time per thread that calls it; its generators may be shared.
    """

    def __init__(self) -> None:
        self._generators: dict[tuple[str, str], Any] = {}
        self._portraits: OrderedDict[tuple, Any] = OrderedDict()
        self._locks: defaultdict[tuple[str, str], threading.Lock] = defaultdict(threading.Lock)

    def speak(
        self,
        text: str,
        *,
        portrait: str | os.PathLike | None = None,
        emotion: str | None = None,
        voice: str | None = None,
        out: str | os.PathLike = "out/clip.mp4",
        progress: Progress | None = None,
        cancel: threading.Event | None = None,
        **options: Any,
    ) -> Clip:
        """Let a portrait say a text. `options` are the other fields of `RenderRequest`; see `render`."""
        values = {"text": text, "portrait": portrait, "emotion": emotion, "voice": voice, "out": out, **options}
        return self.render(_request(values), progress=progress, cancel=cancel)

    def animate(
        self,
        audio: str | os.PathLike,
        *,
        portrait: str | os.PathLike | None = None,
        emotion: str | None = None,
        out: str | os.PathLike = "out/clip.mp4",
        progress: Progress | None = None,
        cancel: threading.Event | None = None,
        **options: Any,
    ) -> Clip:
        """Let a portrait say a recording. `options` are the other fields of `RenderRequest`; see `render`."""
        values = {"audio": audio, "portrait": portrait, "emotion": emotion, "out": out, **options}
        return self.render(_request(values), progress=progress, cancel=cancel)

    def reenact(
        self,
        video: str | os.PathLike,
        *,
        portrait: str | os.PathLike | None = None,
        out: str | os.PathLike = "out/clip.mp4",
        progress: Progress | None = None,
        cancel: threading.Event | None = None,
        **options: Any,
    ) -> Clip:
        """Let a portrait do what a person does in a video, or what a Live Link Face CSV says, as long as it lasts.

        The clip has the video's own sound, or that of the file `audio`, or none. `options` are the other fields of
        `RenderRequest`; see `render`.
        """
        values = {"video": video, "portrait": portrait, "out": out, **options}
        return self.render(_request(values), progress=progress, cancel=cancel)

    def render(
        self, request: RenderRequest, *, progress: Progress | None = None, cancel: threading.Event | None = None
    ) -> Clip:
        """Make the clip that `request` describes, and the files beside it.

        `progress(stage, done, total)` is called from several threads; setting `cancel` raises `Cancelled` within a
        second. Raises `BadInput` and `Missing`; whatever is raised, nothing half-written is left.
        """
        with _explained():
            return self._render(self._job(request, progress, cancel))

    def _render(self, job: _Job) -> Clip:
        from studio.media.video import VideoWriter

        request, parts = job.request, self._stream(job)
        with Publication(request.out) as files:
            try:
                first = next(parts, None)
                if first is None:
                    raise BadInput("There is nothing in the text that this voice can say.")
                rate_hz = first.audio.sample_rate_hz
                with VideoWriter(files.path(), job.size, request.frame_rate(), rate_hz) as writer:
                    self._write(job, writer, first)
                    for part in parts:
                        self._write(job, writer, part)
                    closing = time.perf_counter()
                job.clock.add("encode", time.perf_counter() - closing)
            finally:
                parts.close()
            report = self._write_beside(job, files)
            files.publish()
        return Clip(Path(request.out), report)

    def stream(
        self, request: RenderRequest, *, progress: Progress | None = None, cancel: threading.Event | None = None
    ) -> Iterator[StreamPart]:
        """The same picture and sound as `render`, in pieces of at most 0.4 s as they come; writes nothing.

        Closing the iterator stops the work.
        """
        with _explained():
            yield from self._stream(self._job(request, progress, cancel))

    def say(
        self,
        text: str,
        *,
        emotion: str | None = None,
        voice: str | None = None,
        out: str | os.PathLike = "out/say.wav",
        progress: Progress | None = None,
        cancel: threading.Event | None = None,
        **options: Any,
    ) -> Sound:
        """Say a text into a sound file (.wav, .flac, .mp3 or .ogg). `options` are the other fields of `SayRequest`.

        The whole file is at −16 LUFS, its true peaks are under −1 dB. See `render` for the rest.
        """
        request = _request({"text": text, "emotion": emotion, "voice": voice, "out": out, **options}, SayRequest)
        with _explained(), self._saying(request, progress, cancel) as (job, parts):
            return write_sound(job, parts)

    def say_stream(
        self,
        text: str,
        *,
        emotion: str | None = None,
        voice: str | None = None,
        progress: Progress | None = None,
        cancel: threading.Event | None = None,
        **options: Any,
    ) -> Iterator[SoundPart]:
        """The same speech sentence by sentence, as soon as each is spoken; writes nothing.

        Each part is brought to a level that lets the whole land near −16 LUFS. Closing the iterator stops the work.
        """
        request = _request({"text": text, "emotion": emotion, "voice": voice, **options}, SayRequest)
        with _explained(), self._saying(request, progress, cancel) as (job, parts):
            yield from levelled_parts(job, parts)

    def perceive(
        self,
        *sources: str | os.PathLike | Audio,
        text: str | None = None,
        voice: bool = False,
        face: bool = False,
        language: str | None = None,
        speaker: str | None = None,
        face_number: int | None = None,
        speech_model: str = "mien",
        progress: Progress | None = None,
    ) -> Perception:
        """What a person feels, from a message, a recording, a clip, or all of them together.

        A source is an `Audio`, the path of a recording, clip, picture or text file, or else a message; `text` is
        always a message. Voice and face are read only where `voice` and `face` allow it. The `Perception` is an
        `EmotionState` with its moments and its `track`. See `emotion_embed.perception.perceive`.
        """
        from emotion_embed.perception import perceive

        given = [Path(source) if isinstance(source, os.PathLike) else source for source in sources]
        with _explained():
            return perceive(
                *given, text=text, voice=voice, face=face, language=language, speaker=speaker,
                face_number=face_number, speech_model=speech_model, progress=progress,
            )  # fmt: skip

    def warm_up(self, request: RenderRequest | None = None, *, progress: Progress | None = None) -> None:
        """Load the generators that a request (default: any) needs, so that the first clip is as quick as the next."""
        request = request or RenderRequest()
        for kind in registry.KINDS:
            self._generator(kind, getattr(request, f"{kind}_generator"), progress or _ignore)

    @contextmanager
    def _saying(
        self, request: SayRequest, progress: Progress | None, cancel: threading.Event | None
    ) -> Iterator[tuple[SayJob, Iterator[SoundPart]]]:
        """A job and what the voice says, spoken in a thread that ends with the context."""
        notices: list[str] = []
        with gathering(notices):
            request.check_inputs()
            _check_voice(request)
            script = _script_of(request)
        job = SayJob(request, script, delivery(request, script), Stop(cancel), progress or _ignore, notices=notices)
        raise_if_set(job.stop)
        with gathering(job.notices):
            voice = Background(job.clock.timed("voice", self._said(job)), _PARTS_AHEAD, job.stop, "voice")
        try:
            yield job, timed_parts(job, voice)
        finally:
            job.stop.set()
            voice.join(_END_S)

    def _said(self, job: SayJob) -> Iterator[Speech]:
        """The voice's parts; the voice is loaded where they are asked for, so that this can be stopped."""
        yield from self._voice_parts(job)

    # The stages, in the order in which a clip passes through them.

    def _job(self, request: RenderRequest, progress: Progress | None, cancel: threading.Event | None) -> _Job:
        notices: list[str] = []
        with gathering(notices):
            request.check_inputs()
            _check_voice(request)
            job = _Job(request, _script_of(request), Stop(cancel), progress or _ignore, notices=notices)
            raise_if_set(job.stop)
            if request.captions:
                drawable(job.script.text)
            job.recording = recording_of(request)
        return job

    def _stream(self, job: _Job) -> Iterator[StreamPart]:
        request = job.request
        try:
            with gathering(job.notices):
                image, background = _read_pictures(job)
            portraits = job.background(self._portrait(job, image, background), 1, "portrait")
            if request.video is not None:
                job.followed = next(iter(job.background(follow(job), 1, "watching")))
            speech = job.background(job.clock.timed("voice", self._speech(job)), _PARTS_AHEAD, "voice")
            portrait = next(iter(portraits))
            raise_if_set(job.stop)
            job.size = portrait.size
            motion = self._motion(job, speech)
            head = self._generator("head", request.head_generator, job.progress)
            frames = job.clock.timed("head and before", head.render(portrait, motion))
            ahead = max(2, _FRAMES_AHEAD_BYTES // job.frame_bytes)
            yield from self._chunks(job, job.background(frames, ahead, "head"))
        finally:
            job.end()

    def _speech(self, job: _Job) -> Iterator[PlacedSpeech]:
        """Spoken parts with the feelings up to the end of each; its sound and words are booked before it is handed
        on."""
        marks, timeline, track = list(job.script.marks), Timeline(), job.request.start_track()
        for part in self._voice_parts(job):
            raise_if_set(job.stop)
            placed = timeline.place(part, track)
            while marks and (due := next((w for w in placed.words if w.char_start >= marks[0].char_offset), None)):
                track = track.with_keys([EmotionKey(due.start_s, marks.pop(0).emotion)])
            job.phones += placed.phones
            captions = make_captions(as_written(placed.words, job.script.text), placed.start_s + part.audio.duration_s)
            job.captions += captions
            job.painter.add(captions if job.request.captions else ())
            job.words += placed.words
            job.soundtrack.append(part.audio.samples, part.audio.sample_rate_hz)
            heard = part if part.phones or job.recording is None else muted(part)
            yield replace(placed, speech=heard, track=track)

    def _voice_parts(self, job: _Job | SayJob) -> Iterator[Speech]:
        request, script = job.request, job.script
        if job.followed is not None:
            return sound_parts(job, job.followed.duration_s)
        if job.recording is not None:
            return heard_parts(job, job.recording, script.text)
        voice = self._generator("voice", request.voice_generator, job.progress)
        prosody = _delivery(job)
        others = {} if request.voice is None else {"voice": request.voice}
        if request.voice_reference is not None:
            others |= {"reference": request.voice_reference, "consent": request.consent}
        if script.pauses and "pauses" in inspect.signature(voice.stream).parameters:
            others |= {"pauses": [(pause.char_offset, pause.length_s) for pause in script.pauses]}
        elif script.pauses:
            notice(
                f"The voice generator {request.voice_generator} knows of no pauses; those in the text are passed over."
            )
        return voice.stream(script.text, language=request.language, prosody=prosody, **others)

    def _motion(self, job: _Job, speech: Iterable[PlacedSpeech]) -> Iterator[Segment]:
        request = job.request
        generator = job.followed or self._styled(job)
        performer = generator.start(seed=request.seed, fps=float(request.frame_rate()))
        waiting = job.clock.timed("motion waits", speech)
        moved = (Segment(part, performer.perform(part)) for part in waiting)
        for segment in job.clock.timed("motion and before", moved):
            if request.motion_csv:
                job.motions.append(segment.motion)
            yield segment

    def _styled(self, job: _Job) -> Any:
        """The motion generator in the style that is asked for."""
        request = job.request
        generator = self._generator("motion", request.motion_generator, job.progress)
        if request.motion_style is None:
            return generator
        if not is_style_file(request.motion_style):
            return generator.styled(request.motion_style)
        return generator.like(reference_motion(job, request.motion_style))

    def _portrait(self, job: _Job, image: np.ndarray, background: Any) -> Iterator[Any]:
        """One item, the analysed portrait; a stage like the others so that it can be cancelled like them."""
        request = job.request
        job.progress("portrait", 0, 1)
        started = time.perf_counter()
        key = (request.head_generator, request.size, request.face, _content(image), _content(background))
        portrait = self._portraits.pop(key, None)
        if portrait is None:
            head = self._generator("head", request.head_generator, job.progress)
            portrait = head.analyse(image, size=request.frame_size(), face=request.face, background=background)
        else:
            for remark in portrait.remarks:
                notice(remark)
        self._portraits[key] = portrait
        while len(self._portraits) > _PORTRAITS_KEPT:
            self._portraits.popitem(last=False)
        job.clock.add("portrait", time.perf_counter() - started)
        job.progress("portrait", 1, 1)
        yield portrait

    def _chunks(self, job: _Job, frames: Iterable[np.ndarray]) -> Iterator[StreamPart]:
        """Frames with their captions, gathered with the sound that goes with them."""
        fps = float(job.request.frame_rate())
        per_chunk = max(1, min(round(CHUNK_S * fps), _CHUNK_BYTES // job.frame_bytes))
        waiting: list[np.ndarray] = []
        for frame in frames:
            waiting.append(job.painter.paint(frame, job.n_frames / fps))
            job.n_frames += 1
            if len(waiting) > per_chunk:  # one frame stays back, so that the last chunk is never empty
                yield _part(job, waiting[:-1], job.n_frames - 1)
                waiting = waiting[-1:]
        if waiting:
            yield _part(job, waiting, job.n_frames, last=True)

    def _write(self, job: _Job, writer: Any, part: StreamPart) -> None:
        started = time.perf_counter()
        for frame in part.frames:
            raise_if_set(job.stop)
            writer.write_frame(frame)
        writer.write_sound(part.audio.samples)
        job.clock.add("encode", time.perf_counter() - started)
        done_s = part.start_s + len(part.frames) / part.fps
        if not job.first_second_s and done_s >= 1:
            job.first_second_s = time.perf_counter() - job.started
        job.progress("video", done_s, max(done_s, job.expected_s()))

    def _write_beside(self, job: _Job, files: Publication) -> dict[str, Any]:
        """Write the files beside the clip; the report."""
        request = job.request
        report = reports.make_report(job)
        for asked, suffix, write in ((request.srt, ".srt", to_srt), (request.vtt, ".vtt", to_vtt)):
            if asked:
                write_text(files.path(suffix), write(join_short(job.captions)))
        if request.motion_csv:
            write_motion_csv(join_motion(job.motions), files.path(".motion.csv"))
        if request.check:
            job.progress("check", 0, 1)
            report["self_check"] = reports.self_check(files.path(), report, job.script.text)
            job.progress("check", 1, 1)
        write_json(files.path(".report.json"), report)
        return report

    def _generator(self, kind: str, name: str, progress: Progress) -> Any:
        with self._locks[kind, name]:  # one for each, so that voice and head load at the same time
            if (kind, name) not in self._generators:
                self._generators[kind, name] = registry.load(kind, name, progress=_of_weights(progress))
            return self._generators[kind, name]


def _request(values: dict[str, Any], kind: type[SpokenRequest] = RenderRequest) -> Any:
    return kind.from_dict(
        {name: os.fspath(value) if isinstance(value, os.PathLike) else value for name, value in values.items()}
    )


def _ignore(stage: str, done: float, total: float) -> None:
    """Progress that nobody watches."""


@contextmanager
def _explained() -> Iterator[None]:
    """Where something goes wrong inside, say so when it is a full disk, or damaged weights: their size was trusted."""
    import checkpoints

    try:
        yield
    except MienError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise BadInput(f"{error.filename or 'The clip'} cannot be written: the disk is full.") from error
        problems = checkpoints.verify([name for name in checkpoints.catalog() if checkpoints.is_present(name)])
        if problems:
            raise Missing(" ".join(problems)) from error
        raise


def _content(picture: Any) -> Any:
    """What tells two pictures apart without keeping them."""
    if not isinstance(picture, np.ndarray):
        return picture
    return picture.shape, hashlib.sha256(np.ascontiguousarray(picture)).hexdigest()


def _of_weights(progress: Progress) -> Callable[[str, int, int], None]:
    """The same progress, told of downloads."""
    return lambda name, done_bytes, total_bytes: progress(f"weights {name}", done_bytes, total_bytes)


def _script_of(request: SpokenRequest) -> Script:
    """The request's script, with word of what in it will not be heard."""
    script = request.script()
    remarks = script.remarks()
    if script.pauses and request.audio is not None:
        remarks.append("A recording keeps its own pauses; those in the text are passed over.")
    for remark in remarks:
        notice(remark)
    return script


def _check_voice(request: RenderRequest | SayRequest) -> None:
    """Raise before any work: `BadInput` for an unknown voice or a text it cannot read, `Missing` if it is not ready."""
    from generators.voice import catalog

    if request.audio is not None or request.video is not None:
        return
    spec = registry.spec("voice", request.voice_generator)
    if request.voice_reference is not None and not spec.clones:
        cloning = " and ".join(other.name for other in registry.specs("voice") if other.clones)
        raise BadInput(
            f"The voice generator {spec.name} cannot speak with the voice of a recording; {cloning} can"
            " (--voice-generator)."
        )
    if spec.check is not None:
        resolve(spec.check)(request)
        catalog.check_script(request.script().text)


def _read_pictures(job: _Job) -> tuple[np.ndarray, Any]:
    """The portrait (height, width, 3 or, where it has transparency, 4) uint8 and the background: None, a colour or a
    picture."""
    from generators.head.portrait import read_picture, read_portrait

    request = job.request
    image = read_picture(request.portrait or demo_portrait(job.progress))
    if request.background is None:
        return image, None
    if is_colour(request.background):
        return image, tuple(bytes.fromhex(request.background[1:]))
    return image, read_portrait(request.background)


def demo_portrait(progress: Progress | None = None) -> Path:
    """The portrait of the demo: a NASA photo of an astronaut, in the public domain."""
    import checkpoints

    tell = progress or _ignore
    folder = checkpoints.path(
        "portrait-astronaut", progress=lambda name, done, total: tell(f"weights {name}", done, total)
    )
    return folder / "astronaut.png"


def _delivery(job: _Job | SayJob) -> Callable[[int], Any]:
    """The prosody of every word; of a track that of the moment at which the word will be said."""
    if isinstance(job, SayJob):
        return job.prosody
    track = job.request.start_track() if job.request.track is not None else None
    so_far = lambda: (job.soundtrack.duration_s, job.words[-1].char_end if job.words else 0)  # noqa: E731
    return delivery(job.request, job.script, track, so_far)


def _part(job: _Job, frames: list[np.ndarray], end_frame: int, last: bool = False) -> StreamPart:
    fps = float(job.request.frame_rate())
    samples = job.soundtrack.take(None if last else end_frame / fps)
    audio = Audio(samples, job.soundtrack.sample_rate_hz)
    return StreamPart((end_frame - len(frames)) / fps, fps, np.stack(frames), audio)
