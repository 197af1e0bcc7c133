"""What is said in a recording, and when: Whisper through faster-whisper, on stretches where Silero hears speech."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from checkpoints.errors import BadInput
from emotion_embed.signals.audio import MODEL_RATE_HZ, Audio
from emotion_embed.signals.vad import VoiceActivity, voice_activity

if TYPE_CHECKING:
    from faster_whisper import WhisperModel
    from faster_whisper.transcribe import Segment, TranscriptionInfo

WHISPER_RATE_HZ = MODEL_RATE_HZ
_N_THREADS = 2
_ENGLISH_ONLY = frozenset({"whisper-tiny"})
_UNSURE_WORD = 0.15  # mean probability of a segment's words below which Whisper is inventing
_SPEECH_SHARE = 0.3  # of an invented word's time, less than this is speech
_SETTINGS = {
    "beam_size": 2,
    "temperature": 0.0,  # no sampling: the same recording gives the same words
    "condition_on_previous_text": False,  # an error must not repeat itself from window to window
    "word_timestamps": True,
}
_NEAR_S = 0.2  # about as far from a word as Whisper's times are off
_SHORTEST_MISSED_S = 0.4
_LONG_WORD_S, _OVERHANG_S = 1.0, 0.3  # in a stretch of speech and beyond it: such a word hides others
_MOST_PIECES, _MOST_PIECES_PER_S = 5, 12  # nobody says more
_SURE_STRETCH = (-1.0, 0.4)  # mean log probability of its tokens and mean probability of its words, at least


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


_Hear = Callable[[tuple[float, float]], list[HeardWord]]


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
    activity = voice_activity(audio)
    regions = activity.regions()
    if not regions:
        if not allow_no_speech:
            raise BadInput("No speech is heard in the recording.")
        return Transcript((), language or "en", 0.0)
    whisper = load_whisper(model)
    language = _known_language(language, whisper, model)
    samples = np.ascontiguousarray(audio.resampled(WHISPER_RATE_HZ).samples, np.float32)
    segments, info = _without_long_pauses(whisper, samples, activity, language)
    words: list[HeardWord] = []
    for segment in segments:
        words += _trusted(segment.words or [], regions)
        if progress:
            progress(min(1.0, segment.end / audio.duration_s))
    hear_alone = partial(_heard_alone, whisper, samples, info.language)
    words = _with_missed(_with_stretched(words, regions, hear_alone), regions, hear_alone)
    if not words and not allow_no_speech:
        raise BadInput("No words are understood in the recording.")
    return Transcript(tuple(words), info.language, float(info.language_probability))


def _without_long_pauses(
    whisper: WhisperModel, samples: np.ndarray, activity: VoiceActivity, language: str | None
) -> tuple[Iterable[Segment], TranscriptionInfo]:
    """What faster-whisper's own filter does, but with the voice activity that is known already."""
    from faster_whisper.transcribe import restore_speech_timestamps
    from faster_whisper.vad import collect_chunks

    regions = activity.regions(shortest_pause_s=1.0, shortest_speech_s=0.0, margin_s=0.2)
    at = lambda time_s: min(len(samples), round(time_s * WHISPER_RATE_HZ))  # noqa: E731
    chunks = [{"start": at(start_s), "end": at(end_s)} for start_s, end_s in regions]
    spoken = np.concatenate(collect_chunks(samples, chunks)[0])
    segments, info = whisper.transcribe(spoken, language=language, hallucination_silence_threshold=1.0, **_SETTINGS)
    return restore_speech_timestamps(segments, chunks, WHISPER_RATE_HZ), info


@lru_cache(maxsize=2)
def load_whisper(model: str = "whisper-base") -> WhisperModel:
    """The `faster_whisper.WhisperModel` of a checkpoint, int8 on two threads; loaded once per process."""
    from faster_whisper import WhisperModel

    from checkpoints import path

    whisper = WhisperModel(str(Path(path(model))), device="cpu", compute_type="int8", cpu_threads=_N_THREADS)
    whisper.encode = _remembering_the_last(whisper.encode)
    whisper.detect_language = _of_content(whisper.detect_language)
    return whisper


class _Encode(Protocol):
    """`WhisperModel.encode`: a spectrum (mels, columns), or several at once, to CTranslate2's states."""

    def __call__(self, features: np.ndarray) -> Any: ...


def _remembering_the_last(encode: _Encode) -> _Encode:
    """`encode` that does not compute twice what it is asked for twice running: faster-whisper encodes the first half
    minute once to tell the language and once more for the words."""
    last: tuple[np.ndarray, Any] | None = None

    def remembering(features: np.ndarray) -> Any:
        nonlocal last
        known = last
        if known is None or not np.array_equal(known[0], features):
            last = known = (features.copy(), encode(features))
        return known[1]

    return remembering


def _of_content(detect_language: Callable[..., Any]) -> Callable[..., Any]:
    """`detect_language` from the same features that the words are read from, without the last column, which is only
    the extractor's padding."""
    return lambda *, features, **options: detect_language(
        features=features[..., : max(1, features.shape[-1] - 1)], **options
    )


def _with_stretched(words: list[HeardWord], regions: list[tuple[float, float]], hear_alone: _Hear) -> list[HeardWord]:
    """The words, but where one is stretched over a pause and what is said behind or before it, each region alone."""
    for before, word in zip([None, *words], words, strict=False):
        if _is_stretched(word, regions):
            from_s = before.end_s - _NEAR_S if before else word.start_s
            touched = [(a, b) for a, b in regions if a < word.end_s and b > from_s]
            if anew := [found for region in touched for found in hear_alone(region)]:
                kept = [w for w in words if w != word and not _lies_in(w, touched)]
                words = sorted([*kept, *anew], key=_start_s)
    return words


def _is_stretched(word: HeardWord, regions: list[tuple[float, float]]) -> bool:
    return any(
        min(word.end_s, b) - max(word.start_s, a) >= _LONG_WORD_S
        for a, b in regions
        if word.start_s < a - _OVERHANG_S or word.end_s > b + _OVERHANG_S
    )


def _lies_in(word: HeardWord, regions: list[tuple[float, float]]) -> bool:
    return any(a <= (word.start_s + word.end_s) / 2 <= b for a, b in regions)


def _with_missed(words: list[HeardWord], regions: list[tuple[float, float]], hear_alone: _Hear) -> list[HeardWord]:
    """The words with those of stretches that none of them covers, each heard alone.

    Whisper writes a sentence that is said twice only once, and passes over what is short or faint beside other speech.
    """
    tried: set[tuple[float, float]] = set()
    while missed := set(missed_stretches(regions, [(word.start_s, word.end_s) for word in words])) - tried:
        tried |= missed
        found = [word for stretch in missed for word in hear_alone(stretch)]
        words = sorted([*words, *found], key=_start_s)
    return words


def _start_s(word: HeardWord) -> float:
    return word.start_s


def missed_stretches(
    regions: Iterable[tuple[float, float]], words: Iterable[tuple[float, float]]
) -> list[tuple[float, float]]:
    """Where in `regions` of speech no word lies within 0.2 s, of 0.4 s or more; all as (start_s, end_s)."""
    free = list(regions)
    for start_s, end_s in words:
        before, after = start_s - _NEAR_S, end_s + _NEAR_S
        free = [part for a, b in free for part in ((a, min(b, before)), (max(a, after), b)) if part[1] > part[0]]
    return [(a, b) for a, b in free if b - a >= _SHORTEST_MISSED_S]


def _heard_alone(whisper: Any, samples: np.ndarray, language: str, stretch: tuple[float, float]) -> list[HeardWord]:
    """The words of one stretch, none where Whisper is not sure: of a stretch of breath or noise it makes sentences."""
    start_s, end_s = max(0.0, stretch[0] - _NEAR_S / 2), stretch[1] + _NEAR_S / 2
    part = samples[int(start_s * WHISPER_RATE_HZ) : int(end_s * WHISPER_RATE_HZ)]
    segments, _ = whisper.transcribe(part, language=language, **_SETTINGS)
    words: list[HeardWord] = []
    for segment in segments:
        sure = np.mean([word.probability for word in segment.words or []] or [0.0])
        if segment.avg_logprob >= _SURE_STRETCH[0] and sure >= _SURE_STRETCH[1]:
            words += _trusted(segment.words, [(0.0, end_s - start_s)])
    return [replace(word, start_s=start_s + word.start_s, end_s=start_s + word.end_s) for word in words]


def _known_language(language: str | None, whisper: Any, model: str) -> str | None:
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
    """A segment's words, unless Whisper doubts them all, repeats itself or hears them where nobody speaks."""
    if not words or np.mean([word.probability for word in words]) < _UNSURE_WORD:
        return []
    if len(words) > _MOST_PIECES + _MOST_PIECES_PER_S * (words[-1].end - words[0].start):
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
    heard = [word for word in heard if word.text]
    spoken = [_spoken_share(word, regions) >= _SPEECH_SHARE for word in heard]
    firsts = [_leads_on(word, after) and said for word, after, said in zip(heard, heard[1:], spoken[1:], strict=False)]
    kept = zip(heard, spoken, [*firsts, False], strict=True)
    return [
        word if said else replace(word, start_s=max(word.start_s, word.end_s - _NEAR_S))
        for word, said, first in kept
        if said or first
    ]


def _leads_on(word: HeardWord, after: HeardWord) -> bool:
    """Whether a word is surely the beginning of what follows: Whisper moves the first one into the silence before."""
    return word.probability >= _SURE_STRETCH[1] and after.start_s - word.end_s < _NEAR_S


def _continues(piece: str) -> bool:
    """Whether a piece of Whisper's belongs to the word before, as in "m" + "'appelle" or "3" + ".50": it follows
    without a space, and begins with a sign (Chinese or Thai words follow without a space too)."""
    return bool(piece) and not (piece[0].isspace() or piece[0].isalnum())


def _spoken_share(word: HeardWord, regions: list[tuple[float, float]]) -> float:
    """How much of a word's time lies in stretches of speech, 0..1."""
    length_s = max(word.end_s - word.start_s, 1e-3)
    inside_s = sum(max(0.0, min(word.end_s, end_s) - max(word.start_s, start_s)) for start_s, end_s in regions)
    return inside_s / length_s if word.end_s > word.start_s else 1.0
