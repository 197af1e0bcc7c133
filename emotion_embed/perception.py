"""Everything that a person gave, read as one: words, voice and face, as a whole and from moment to moment.

Reading feelings from a voice or a face is off until it is asked for: whoever is read should know and agree, and the
law asks for it (EU AI Act, Art. 50; Art. 5 forbids it at work and in schools). Words need no such leave.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

import checkpoints
from checkpoints.errors import BadInput
from emotion_embed import bank, fusion
from emotion_embed.perception_inputs import ONLY_WORDS as ONLY_WORDS
from emotion_embed.perception_inputs import PerceiveRequest, Progress, Signals, sorted_signals
from emotion_embed.readers import languages
from emotion_embed.readers.text import UNREAD, SentenceFeeling, combine, load_text_reader
from emotion_embed.signals.asr import Transcript, transcribe
from emotion_embed.signals.audio import Audio
from emotion_embed.state import EmotionState, Evidence
from emotion_embed.track import EmotionKey, EmotionTrack

LETTERS_PER_S = 15.0  # a text that nobody has spoken yet
_HOP_S, _WINDOW_S = 0.5, 1.0
_SAME = 0.08  # weights that differ by less need no key of their own

_VoiceReader = Callable[[Audio], tuple[Evidence, list[tuple[float, Evidence]]]]


@dataclass(frozen=True)
class Moment:
    """The feeling from `start_s` to `end_s`, and the `words` said then."""

    start_s: float
    end_s: float
    state: EmotionState
    words: str = ""


@dataclass(frozen=True)
class Perception(EmotionState):
    """The state as a whole, and how it came about.

    `moments` in order: half seconds of a recording or clip, sentences of a text; `duration_s` is that of the recording
    or, for a text, about how long it takes to say; `transcript` is what was heard, None for a text.
    """

    moments: tuple[Moment, ...] = field(default=(), compare=False)
    duration_s: float = 0.0
    transcript: Transcript | None = field(default=None, compare=False)

    @property
    def track(self) -> EmotionTrack:
        """The feeling over time, as generators take it."""
        keys: list[EmotionKey] = []
        for moment in self.moments:
            if keys and np.abs(keys[-1].emotion.vector() - moment.state.vector()).max() < _SAME:
                continue
            keys.append(EmotionKey(moment.start_s if keys else 0.0, _felt(moment.state)))
        return EmotionTrack(tuple(keys) or (EmotionKey(0.0, _felt(self)),))

    def to_dict(self) -> dict[str, object]:
        """Everything as plain JSON values."""
        moments = [
            {
                "start_s": round(m.start_s, 3),
                "end_s": round(m.end_s, 3),
                "words": m.words,
                "top": m.state.top,
                "emotion": str(m.state),
                "vad": [round(float(v), 3) for v in m.state.vad],
                "confidence": round(m.state.confidence, 3),
                "conflict": round(m.state.conflict, 3),
            }
            for m in self.moments
        ]
        heard = None
        if self.transcript is not None:
            heard = {"text": self.transcript.text, "language": self.transcript.language}
        return super().to_dict() | {"duration_s": round(self.duration_s, 3), "transcript": heard, "moments": moments}


def _felt(state: EmotionState) -> EmotionState:
    """What of a perceived state a track keeps."""
    return EmotionState(state.weights, vad_mean=state.vad, embedding=state.embedding)


def perceive(
    *sources: str | Path | Audio,
    text: str | None = None,
    voice: bool = False,
    face: bool = False,
    language: str | None = None,
    speaker: str | None = None,
    face_number: int | None = None,
    speech_model: str = "mien",
    progress: Progress | None = None,
) -> Perception:
    """Read what a person feels from all that is given, as signals of one person in one situation.

    Args:
        sources: Each an `Audio`, the path of a recording, clip, picture or text file, or else a message.
        text: A message, whatever it looks like.
        voice: Whether feelings may be read from the voice.
        face: Whether feelings may be read from the face.
        language: That of the words, ISO 639-1; None: guess.
        speaker: Who is read in a recording with several, "A", "B", …; needs the extra `pyannote`.
        face_number: Who is read in a clip with several, counted from 1, left to right.
        speech_model: "mien" or a name of `emotion_embed.readers.speech_wav2vec2.MODELS`, "name:folder" to load it from
            there.
        progress: Told a stage, how much of it is done, and of how much.

    Raises:
        BadInput: Something given cannot be read, or there is nothing to read.
        Missing: Weights or a package are not there.
    """
    request = PerceiveRequest(text, voice, face, language, speaker, face_number, speech_model)
    tell = progress or (lambda stage, done, total: None)
    read_voice = _voice_reader(speech_model) if voice else None  # what is missing is told before any work
    signals = sorted_signals(sources, request, tell)
    if signals.audio is not None and speaker is not None:
        signals.audio = _only(signals.audio, speaker)
    transcript = _heard(signals, language, tell)
    return _as_perception(_read(signals, transcript, read_voice, request, tell), signals, transcript)


@dataclass
class _Findings:
    """What was found: whole evidence, and over time that of sentences, of the voice and of the face."""

    whole: list[Evidence]
    sentences: list[SentenceFeeling]
    sentence_times: list[tuple[float, float]]
    voice: list[tuple[float, Evidence]]
    face: list[tuple[float, Evidence]]
    text: str
    remarks: list[str]


def _as_perception(found: _Findings, signals: Signals, transcript: Transcript | None) -> Perception:
    state = fusion.fuse(found.whole, [*signals.notes, *found.remarks])
    duration_s = _duration_s(signals, found.sentence_times)
    return Perception(
        **{name: getattr(state, name) for name in EmotionState.__dataclass_fields__ if name != "embedding"},
        embedding=bank.load_emotion_bank().embed(state),
        moments=tuple(_moments(found, duration_s, transcript)),
        duration_s=duration_s,
        transcript=transcript,
    )


def _only(audio: Audio, speaker: str) -> Audio:
    from emotion_embed.signals.diarization import only_speaker, speaker_turns

    return only_speaker(audio, speaker_turns(audio), speaker)


# Reading -------------------------------------------------------------------------------------------------------------


def _heard(signals: Signals, language: str | None, tell: Progress) -> Transcript | None:
    if signals.audio is None or signals.texts:
        return None
    checkpoints.path("whisper-base", progress=lambda name, done, total: tell(f"weights {name}", done, total))
    return transcribe(signals.audio, language, progress=lambda share: tell("words", share, 1))


def _read(
    signals: Signals, transcript: Transcript | None, read_voice: _VoiceReader | None, request: PerceiveRequest,
    tell: Progress,
) -> _Findings:  # fmt: skip
    sentences, sentence_times = _read_words(signals, transcript, request.language)
    found: list[Evidence] = [combine(sentences)] if sentences else []
    voice_windows: list[tuple[float, Evidence]] = []
    if read_voice is not None and signals.audio is not None:
        tell("voice", 0, 1)
        whole, voice_windows = read_voice(signals.audio)
        found.append(whole)
        tell("voice", 1, 1)
    face_windows: list[tuple[float, Evidence]] = []
    if signals.faces is not None:
        from emotion_embed.readers.face import read_expression, read_expression_windows

        found.append(read_expression(signals.faces))
        windows = read_expression_windows(signals.faces, _WINDOW_S, _HOP_S)
        face_windows = [(start_s + _WINDOW_S / 2, evidence) for start_s, evidence in windows]
    if not found:
        raise BadInput(_nothing(signals, transcript))
    text = transcript.text if transcript is not None else "\n".join(signals.texts)
    remarks = _word_remarks(sentences, text, transcript if request.voice else None)
    return _Findings(found, sentences, sentence_times, voice_windows, face_windows, text, remarks)


def _read_words(
    signals: Signals, transcript: Transcript | None, language: str | None
) -> tuple[list[SentenceFeeling], list[tuple[float, float]]]:
    """Sentences with their feelings, and when each is said."""
    if signals.texts:
        text = "\n".join(signals.texts)
        sentences = load_text_reader().read_sentences(text, language=language)
        duration_s = signals.audio.duration_s if signals.audio is not None else len(text) / LETTERS_PER_S
        return sentences, [(s.start / len(text) * duration_s, s.end / len(text) * duration_s) for s in sentences]
    if transcript is None or not transcript.words:
        return [], []
    if transcript.language not in languages.NAMES:
        signals.notes.append(f"The words are in a language ({transcript.language}) whose feelings are not read.")
        return [], []
    starts = np.cumsum([0, *(len(word.text) + 1 for word in transcript.words)])
    sentences = load_text_reader().read_sentences(transcript.text, language=transcript.language)
    sentences = _as_far_as_heard(sentences, transcript, starts)
    times = []
    for sentence in sentences:
        first = int(np.searchsorted(starts, sentence.start, side="right")) - 1
        last = int(np.searchsorted(starts, sentence.end, side="left")) - 1
        last = min(max(last, first), len(transcript.words) - 1)
        times.append((transcript.words[first].start_s, transcript.words[last].end_s))
    return sentences, times


def _as_far_as_heard(
    sentences: list[SentenceFeeling], transcript: Transcript, starts: np.ndarray
) -> list[SentenceFeeling]:
    """Words that Whisper only guesses count for as much as it trusts them."""
    trust = np.array([word.probability for word in transcript.words]) * max(transcript.language_probability, 0.3)
    heard = []
    for sentence in sentences:
        inside = trust[(starts[:-1] >= sentence.start) & (starts[:-1] < sentence.end)]
        share = float(inside.mean()) if len(inside) else float(trust.mean())
        evidence = replace(sentence.evidence, reliability=sentence.evidence.reliability * share)
        heard.append(SentenceFeeling(sentence.start, sentence.end, evidence))
    return heard


def _voice_reader(model: str) -> _VoiceReader:
    """What reads a voice, whole and in windows: ours, or a plug-in by name, with a folder behind a colon if given."""
    if model == "mien":
        from emotion_embed.readers.speech import load_speech_reader, speech_pieces

        reader = load_speech_reader()

        def ours(audio: Audio) -> tuple[Evidence, list[tuple[float, Evidence]]]:
            pieces = speech_pieces(audio)
            return reader.read_pieces(pieces), reader.read_windows(pieces, _WINDOW_S, _HOP_S)

        return ours
    from emotion_embed.readers.speech_wav2vec2 import MODELS, load_wav2vec2

    name, _, folder = model.partition(":")
    if name not in MODELS:
        raise BadInput(f"There is no speech model named “{name}”; there is mien, {', '.join(MODELS)}.")
    other = load_wav2vec2(name, folder or None)
    return lambda audio: (other.read(audio), other.read_windows(audio, _WINDOW_S, _HOP_S))


def _word_remarks(sentences: list[SentenceFeeling], text: str, spoken: Transcript | None) -> list[str]:
    """What stands out of the words; and of how they are `spoken`, where that may be read."""
    remarks = []
    unread = sum(sentence.evidence.reasons == (UNREAD,) for sentence in sentences)
    if unread:
        remarks.append(f"{unread} of {len(sentences)} sentences were left out: they are in letters that are not read")
    if mixed := fusion.ambivalence([s.evidence for s in sentences], text):
        remarks.append(mixed)
    if spoken is not None:
        score, signs = fusion.hesitancy(spoken)
        if score > 0.35:
            remarks.append(f"spoken with hesitation: {signs}")
    return remarks


def _nothing(signals: Signals, transcript: Transcript | None) -> str:
    if transcript is not None and transcript.words:
        return f"The words are in a language ({transcript.language}) whose feelings are not read; add --voice."
    return "No words are understood in the recording; add --voice to read the voice itself."


# Over time -----------------------------------------------------------------------------------------------------------


def _duration_s(signals: Signals, sentence_times: list[tuple[float, float]]) -> float:
    ends = [signals.audio.duration_s] if signals.audio is not None else []
    if signals.faces is not None:
        ends.append(signals.faces.duration_s)
    return max(ends) if ends else max((end for _, end in sentence_times), default=0.0)


def _moments(found: _Findings, duration_s: float, transcript: Transcript | None) -> list[Moment]:
    sentences, times = found.sentences, found.sentence_times
    if not found.voice and not found.face:
        said = [" ".join(found.text[s.start : s.end].split()) for s in sentences]
        return [
            Moment(start_s, end_s, fusion.fuse([s.evidence]), words)
            for s, (start_s, end_s), words in zip(sentences, times, said, strict=True)
        ]
    moments = []
    for start_s in np.arange(0, max(duration_s, _HOP_S), _HOP_S):
        end_s = min(start_s + _HOP_S, duration_s)
        middle_s = (start_s + end_s) / 2
        evidence = [s.evidence for s, (a, b) in zip(sentences, times, strict=True) if a <= middle_s <= b][:1]
        evidence += [e for e in (_nearest(found.voice, middle_s), _nearest(found.face, middle_s)) if e is not None]
        if evidence:
            state = fusion.fuse([replace(e, causes=()) for e in evidence])
            moments.append(Moment(float(start_s), float(end_s), state, _said(transcript, start_s, end_s)))
    return moments


def _nearest(windows: list[tuple[float, Evidence]], time_s: float) -> Evidence | None:
    """The window whose middle is nearest, if it is near at all."""
    if not windows:
        return None
    after = bisect_left(windows, time_s, key=lambda window: window[0])
    at_s, evidence = min(windows[max(0, after - 1) : after + 1], key=lambda window: abs(window[0] - time_s))
    return evidence if abs(at_s - time_s) <= _WINDOW_S * 0.75 else None


def _said(transcript: Transcript | None, start_s: float, end_s: float) -> str:
    if transcript is None:
        return ""
    middle_s = lambda word: (word.start_s + word.end_s) / 2  # noqa: E731
    first, last = (bisect_left(transcript.words, at_s, key=middle_s) for at_s in (start_s, end_s))
    return " ".join(word.text for word in transcript.words[first:last])
