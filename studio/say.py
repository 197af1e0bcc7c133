"""Speech without a picture: a text becomes a sound file, or a stream of chunks as they are spoken."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from checkpoints.errors import BadInput
from emotion_embed.signals.audio import Audio
from generators.contracts import Phone, Word
from generators.voice.frontend.g2p import word_spans
from generators.voice.prosody.loudness import (
    CEILING_DBTP,
    StreamLevel,
    mastered,
    mean_energy_db,
    without_clicks,
)
from generators.voice.prosody.prosody import COLUMNS, prosody_at
from studio.media.audio_file import format_of, sound_file
from studio.media.files import write_json
from studio.media.publish import Publication
from studio.plan import SoundPlan
from studio.promises import checked_speech
from studio.quality.report import sound_report
from studio.runtime import Run
from studio.spoken import Spoken

_CHUNKS_AHEAD = 2
_LOSSY_ROOM_DB = 0.4  # how much further under the ceiling what an encoder will change a little has to stay
_BLOCK_S = 1.0  # what is written at a time


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
class SoundChunk:
    """A sentence, or a piece of a long one: its `audio` from `start_s` of the whole on, its `words` and `phones` with
    their times in the whole."""

    start_s: float
    audio: Audio
    words: tuple[Word, ...]
    phones: tuple[Phone, ...]


def sound_chunks(plan: SoundPlan, run: Run) -> Iterator[SoundChunk]:
    """What the voice says, as it says it, on the time line of the whole."""
    run.fetch(plan.weights())
    spoken = Spoken(plan.track)
    for part in run.background(run.clock.timed("voice", plan.speech.stream(run, spoken)), _CHUNKS_AHEAD, "voice"):
        run.raise_if_stopped()
        placed = spoken.book(checked_speech(plan.speech.spec, part))
        spoken.soundtrack.take(None)  # it is handed on here
        run.progress("voice", spoken.duration_s, plan.speech.expected_s(spoken))
        audio = Audio(without_clicks(part.audio.samples, part.audio.sample_rate_hz), part.audio.sample_rate_hz)
        yield SoundChunk(placed.start_s, audio, tuple(placed.words), tuple(placed.phones))


def levelled_chunks(plan: SoundPlan, chunks: Iterable[SoundChunk]) -> Iterator[SoundChunk]:
    """Chunks at their level for somebody who listens already: near −16 LUFS in the end, peaks under −1 dBTP."""
    energy_db, level = _planned_energy_db(plan), None
    for chunk in chunks:
        if level is None:
            level = StreamLevel(chunk.audio.sample_rate_hz, energy_db(word_spans(plan.script.text)))
        samples = level.level(chunk.audio.samples, energy_db((w.char_start, w.char_end) for w in chunk.words))
        yield SoundChunk(chunk.start_s, Audio(samples, chunk.audio.sample_rate_hz), chunk.words, chunk.phones)


def _planned_energy_db(plan: SoundPlan) -> Callable[[Iterable[tuple[int, int]]], float]:
    """By how much words (char_start, char_end) are meant to be louder than plain speech."""
    prosody = plan.speech.prosody(plan.request, lambda: (0.0, 0))

    def energy_db(spans: Iterable[tuple[int, int]]) -> float:
        spans = list(spans)
        if not spans:
            return 0.0
        rows = prosody_at(prosody, [start for start, _ in spans])
        seconds = np.array([end - start for start, end in spans]) / rows[:, COLUMNS["rate"]]  # slow words last longer
        return mean_energy_db(rows[:, COLUMNS["energy_db"]], seconds)

    return energy_db


def write_sound(plan: SoundPlan, run: Run, chunks: Iterable[SoundChunk]) -> Sound:
    """The whole sound at −16 LUFS with peaks under −1 dBTP in its file, and its report beside it."""
    request, said, first_sound_s = plan.request, [], 0.0
    for chunk in chunks:
        said.append(chunk)
        first_sound_s = first_sound_s or run.elapsed_s()
    if not said:
        raise BadInput(plan.speech.if_empty)
    rate_hz = said[0].audio.sample_rate_hz
    with run.clock.measured("level"):
        ceiling_dbtp = CEILING_DBTP - (_LOSSY_ROOM_DB if format_of(request.out).lossy else 0.0)
        joined = np.concatenate([chunk.audio.samples for chunk in said])
        samples, gain_db = run.one("level", lambda: mastered(joined, rate_hz, ceiling_dbtp=ceiling_dbtp))
    sound = Audio(samples, rate_hz)
    with Publication(request.out) as files:
        with run.clock.measured("encode"):
            _encode(run, files.path(), sound)
        words, phones = [w for chunk in said for w in chunk.words], [p for chunk in said for p in chunk.phones]
        report = run.one("report", lambda: sound_report(plan, run, sound, gain_db, first_sound_s, words, phones))
        write_json(files.path(".report.json"), report)
        files.publish()
    return Sound(Path(request.out), report)


def _encode(run: Run, path: Path, sound: Audio) -> None:
    step = round(_BLOCK_S * sound.sample_rate_hz)
    with sound_file(path, sound.sample_rate_hz) as write:
        for start in range(0, len(sound.samples), step):
            run.raise_if_stopped()
            write(sound.samples[start : start + step])
            run.progress("sound file", start / sound.sample_rate_hz, sound.duration_s)
