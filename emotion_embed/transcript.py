"""What is said in a recording, and when: Whisper through faster-whisper, on stretches where Silero hears speech."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from checkpoints.errors import BadInput
from emotion_embed.audio import Audio
from emotion_embed.voice_activity import speech_regions

WHISPER_RATE_HZ = 16_000
_N_THREADS = 2
_ENGLISH_ONLY = frozenset({"whisper-tiny"})
_UNSURE_WORD = 0.15  # mean probability of a segment's words below which Whisper is inventing
_SPEECH_SHARE = 0.3  # of an invented word's time, less than this is speech


@dataclass(frozen=True)
class HeardWord:
    """One word as Whisper writes it (with its punctuation), its times, and how sure Whisper is (0..1)."""

    text: str
    start_s: float
    end_s: float
    probability: float


@dataclass(frozen=True)
class Transcript:
    """The words of a recording, the language as ISO 639-1 code, and how sure that language is (0..1)."""

    words: tuple[HeardWord, ...]
    language: str
    language_probability: float

    @property
    def text(self) -> str:
        """All words as one line."""
        return " ".join(word.text for word in self.words)


def transcribe(
    audio: Audio,
    language: str | None = None,
    *,
    model: str = "whisper-base",
    allow_no_speech: bool = True,
    progress: Callable[[float], None] | None = None,
) -> Transcript:
    """Hear the words of `audio` in `language` (ISO 639-1; None: hear which).

    Without speech the transcript is empty, or `BadInput` is raised where `allow_no_speech` is false. `model` names
    a checkpoint, `whisper-base` or the English `whisper-tiny`. `progress` is told 0..1. Raises `Missing` without the
    weights and `BadInput` for a language that Whisper does not know.
    """
    regions = speech_regions(audio)
    if not regions:
        if not allow_no_speech:
            raise BadInput("No speech is heard in the recording.")
        return Transcript((), language or "en", 0.0)
    whisper = load_whisper(model)
    language = _known_language(language, whisper, model)
    segments, info = whisper.transcribe(
        np.ascontiguousarray(audio.resampled(WHISPER_RATE_HZ).samples, np.float32),
        language=language,
        beam_size=2,
        temperature=0.0,  # no sampling: the same recording gives the same words
        condition_on_previous_text=False,  # an error must not repeat itself from window to window
        word_timestamps=True,
        hallucination_silence_threshold=1.0,
        vad_filter=True,
        vad_parameters={"min_silence_duration_ms": 1000, "speech_pad_ms": 200},
    )
    words: list[HeardWord] = []
    for segment in segments:
        words += _trusted(segment.words or [], regions)
        if progress:
            progress(min(1.0, segment.end / audio.duration_s))
    if not words and not allow_no_speech:
        raise BadInput("No words are understood in the recording.")
    return Transcript(tuple(words), info.language, float(info.language_probability))


@lru_cache(maxsize=2)
def load_whisper(model: str = "whisper-base") -> object:
    """The `faster_whisper.WhisperModel` of a checkpoint, int8 on two threads; loaded once per process."""
    from faster_whisper import WhisperModel

    from checkpoints import path

    return WhisperModel(str(Path(path(model))), device="cpu", compute_type="int8", cpu_threads=_N_THREADS)


def _known_language(language: str | None, whisper: object, model: str) -> str | None:
    """The code that Whisper knows a language by ("en-us" → "en")."""
    if model in _ENGLISH_ONLY:
        return "en"
    if language is None:
        return None
    code = language.lower().replace("_", "-").split("-")[0]
    code = {"cmn": "zh", "nb": "no"}.get(code, code)
    if code not in whisper.supported_languages:
        raise BadInput(f"The language “{language}” is not one that can be heard; write for example en, de or es.")
    return code


def _trusted(words: list, regions: list[tuple[float, float]]) -> list[HeardWord]:
    """A segment's words, unless Whisper doubts them all or hears them where nobody speaks."""
    if not words or np.mean([word.probability for word in words]) < _UNSURE_WORD:
        return []
    heard: list[HeardWord] = []
    for piece in words:
        word = HeardWord(piece.word.strip(), float(piece.start), float(piece.end), float(piece.probability))
        if heard and _continues(piece.word):
            before = heard.pop()
            word = HeardWord(
                before.text + word.text, before.start_s, word.end_s, min(before.probability, word.probability)
            )
        heard.append(word)
    return [word for word in heard if word.text and _spoken_share(word, regions) >= _SPEECH_SHARE]


def _continues(piece: str) -> bool:
    """Whether a piece of Whisper's belongs to the word before, as in "m" + "'appelle" or "3" + ".50": it follows
    without a space, and begins with a sign (Chinese or Thai words follow without a space too)."""
    return bool(piece) and not (piece[0].isspace() or piece[0].isalnum())


def _spoken_share(word: HeardWord, regions: list[tuple[float, float]]) -> float:
    """How much of a word's time lies in stretches of speech, 0..1."""
    length_s = max(word.end_s - word.start_s, 1e-3)
    inside_s = sum(max(0.0, min(word.end_s, end_s) - max(word.start_s, start_s)) for start_s, end_s in regions)
    return inside_s / length_s if word.end_s > word.start_s else 1.0
