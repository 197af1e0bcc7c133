"""Speech without a picture: a text becomes a sound file, or a stream of parts that are handed on as they are spoken."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from checkpoints.errors import BadInput
from emotion_embed.signals.audio import Audio
from generators import registry
from generators.contracts import Phone, Speech, Word
from generators.voice.frontend.g2p import word_spans
from generators.voice.prosody.loudness import (
    CEILING_DBTP,
    StreamLevel,
    integrated_lufs,
    mastered,
    mean_energy_db,
    true_peak_dbtp,
    without_clicks,
)
from generators.voice.prosody.prosody import COLUMNS, ProsodyOverText, prosody_at
from studio.media.audio_file import SOUND_SUFFIXES, format_of, sound_file
from studio.quality import report as reports
from studio.request import (
    SpokenRequest,
    check_feeling,
    check_letters,
    check_manner,
    check_out,
    check_reference,
    check_text,
    spoken_length_s,
)
from studio.runtime import StageClock, Stop, raise_if_set

if TYPE_CHECKING:
    from studio.script import Script

_LOSSY_ROOM_DB = 0.4  # how much further under the ceiling what an encoder will change a little has to stay
_BLOCK_S = 1.0  # what is written at a time


@dataclass(frozen=True)
class SayRequest(SpokenRequest):
    """What a sound shall be: the fields of `RenderRequest` that can be heard, under the same names.

    `out` is where the sound goes: a .wav, .flac, .mp3 or .ogg (Opus) file.
    """

    text: str = ""
    voice: str | None = None
    language: str | None = None
    voice_reference: str | None = None
    consent: str | None = None
    consent_date: str | None = None
    emotion: str | None = None
    vad: str | None = None
    rate: float = 1.0
    pitch: float = 0.0
    voice_generator: str = "kokoro"
    out: str = "out/say.wav"

    # What only a clip has.
    audio: ClassVar[None] = None
    video: ClassVar[None] = None
    track: ClassVar[None] = None
    head_generator: ClassVar[None] = None

    def check_inputs(self) -> None:
        """Raise `BadInput` with one sentence when this cannot become a sound; loads no model."""
        check_letters(self)
        check_text(self)
        check_reference(self)
        check_feeling(self)
        check_manner(self)
        registry.check("voice", self.voice_generator)
        check_out(self.out, (self.voice, self.voice_reference), SOUND_SUFFIXES, "sound", self.outputs()[1:])


@dataclass(frozen=True)
class Sound:
    """A finished sound: the file at `path` and its `report` (the same as `say.report.json` beside it)."""

    path: Path
    report: dict[str, Any]

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.report["duration_s"]


@dataclass(frozen=True)
class SoundPart:
    """A sentence, or a piece of a long one: its `audio` from `start_s` of the whole on, its `words` and `phones` with
    their times in the whole."""

    start_s: float
    audio: Audio
    words: tuple[Word, ...]
    phones: tuple[Phone, ...]


@dataclass
class SayJob:
    """Everything that belongs to one sound and is thrown away after it. `prosody` is that of the whole text."""

    request: SayRequest
    script: Script
    prosody: ProsodyOverText
    stop: Stop
    progress: Callable[[str, float, float], None]
    clock: StageClock = field(default_factory=StageClock)
    words: list[Word] = field(default_factory=list)
    phones: list[Phone] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.perf_counter)
    first_sound_s: float = 0.0
    recording: ClassVar[None] = None
    followed: ClassVar[None] = None

    def energy_db(self, words: Iterable[Word]) -> float:
        """By how much these words are meant to be louder than plain speech."""
        spans = [(word.char_start, word.char_end - word.char_start) for word in words]
        return self._mean_energy_db(spans)

    def expected_energy_db(self) -> float:
        """The same of the whole text, before it is spoken."""
        return self._mean_energy_db([(start, end - start) for start, end in word_spans(self.script.text)])

    def _mean_energy_db(self, spans: list[tuple[int, int]]) -> float:
        if not spans:
            return 0.0
        starts, lengths = zip(*spans, strict=True)
        rows = prosody_at(self.prosody, starts)
        seconds = np.array(lengths) / rows[:, COLUMNS["rate"]]  # slow words last longer
        return mean_energy_db(rows[:, COLUMNS["energy_db"]], seconds)


def timed_parts(job: SayJob, speech: Iterable[Speech]) -> Iterator[SoundPart]:
    """What the voice says, as it says it, on the time line of the whole; words and phones are booked on the job."""
    n_samples = 0
    for part in speech:
        raise_if_set(job.stop)
        start_s = n_samples / part.audio.sample_rate_hz
        placed = part.later(start_s, len(job.words))
        job.words += placed.words
        job.phones += placed.phones
        audio = Audio(without_clicks(part.audio.samples, part.audio.sample_rate_hz), part.audio.sample_rate_hz)
        n_samples += len(audio.samples)
        _tell(job, n_samples / audio.sample_rate_hz)
        yield SoundPart(start_s, audio, placed.words, placed.phones)


def levelled_parts(job: SayJob, parts: Iterable[SoundPart]) -> Iterator[SoundPart]:
    """Parts at their level for somebody who listens already: near −16 LUFS in the end, peaks under −1 dBTP."""
    level: StreamLevel | None = None
    for part in parts:
        level = level or StreamLevel(part.audio.sample_rate_hz, job.expected_energy_db())
        samples = level.level(part.audio.samples, job.energy_db(part.words))
        job.first_sound_s = job.first_sound_s or time.perf_counter() - job.started
        yield SoundPart(part.start_s, Audio(samples, part.audio.sample_rate_hz), part.words, part.phones)


def write_sound(job: SayJob, parts: Iterable[SoundPart]) -> Sound:
    """The whole sound at −16 LUFS with peaks under −1 dBTP in its file, and its report beside it."""
    request = job.request
    blocks = []
    for part in parts:
        blocks.append(part.audio)
        job.first_sound_s = job.first_sound_s or time.perf_counter() - job.started
    if not blocks:
        raise BadInput("There is nothing in the text that this voice can say.")
    rate_hz = blocks[0].sample_rate_hz
    levelling = time.perf_counter()
    ceiling_dbtp = CEILING_DBTP - (_LOSSY_ROOM_DB if format_of(request.out).lossy else 0.0)
    samples, gain_db = mastered(np.concatenate([block.samples for block in blocks]), rate_hz, ceiling_dbtp=ceiling_dbtp)
    sound = Audio(samples, rate_hz)
    job.clock.add("level", time.perf_counter() - levelling)
    encoding = time.perf_counter()
    with sound_file(request.out, rate_hz) as write:
        for start in range(0, len(samples), round(_BLOCK_S * rate_hz)):
            raise_if_set(job.stop)
            write(samples[start : start + round(_BLOCK_S * rate_hz)])
            job.progress("sound file", start / rate_hz, sound.duration_s)
    job.clock.add("encode", time.perf_counter() - encoding)
    report = make_report(job, sound, gain_db)
    reports.write_json(request.beside(".report.json"), report)
    return Sound(Path(request.out), report)


def make_report(job: SayJob, sound: Audio, gain_db: float) -> dict[str, Any]:
    """What is known of a finished sound."""
    request = job.request
    wall_s = time.perf_counter() - job.started
    loudness = {
        "integrated_lufs": round(integrated_lufs(sound.samples, sound.sample_rate_hz), 2),
        "true_peak_dbtp": round(true_peak_dbtp(sound.samples), 2),
        "gain_db": round(gain_db, 2),
    }
    return {
        "synthetic": "The voice in this sound is generated.",
        "request": request.to_dict(),
        "versions": reports.versions(),
        "weights": reports.weight_hashes(request),
        "generators": {"voice": request.voice_generator},
        "consent": reports.consent(request),
        "sample_rate_hz": sound.sample_rate_hz,
        "duration_s": round(sound.duration_s, 4),
        "loudness": loudness,
        "timings_s": {stage: round(s, 3) for stage, s in job.clock.totals_s.items()} | {"whole": round(wall_s, 3)},
        "realtime_factor": round(wall_s / sound.duration_s, 3),
        "first_sound_s": round(job.first_sound_s, 3),
        "peak_rss_mb": round(reports.peak_rss_mb()),
        "warnings": list(job.notices),
        "words": [[w.text, round(w.start_s, 4), round(w.end_s, 4)] for w in job.words],
        "phones": [[p.symbol, round(p.start_s, 4), round(p.end_s, 4), p.stress, p.word_index] for p in job.phones],
    }


def _tell(job: SayJob, done_s: float) -> None:
    spoken = job.words[-1].char_end if job.words else 0
    job.progress("voice", done_s, done_s + spoken_length_s(job.script.text[spoken:]))
