"""Everything that a person gave, read as one: words, voice and face, as a whole and from moment to moment.

Reading feelings from a voice or a face is off until it is asked for: whoever is read should know and agree, and the
law asks for it (EU AI Act, Art. 50; Art. 5 forbids it at work and in schools). Words need no such leave.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

import checkpoints
from checkpoints.errors import BadInput
from checkpoints.text_files import is_text, read_text_file
from emotion_embed import bank, fusion
from emotion_embed.readers import languages
from emotion_embed.readers.text import UNREAD, SentenceFeeling, combine, load_text_reader
from emotion_embed.signals.asr import Transcript, transcribe
from emotion_embed.signals.audio import ONLY_FILES, Audio, check_audio, read_audio
from emotion_embed.state import EmotionKey, EmotionState, EmotionTrack, Evidence

ONLY_WORDS = (
    "Only the words were read: feelings are read from voice and face only when you ask for it (--voice, --face), "
    "because the person should know and agree."
)
LETTERS_PER_S = 15.0  # a text that nobody has spoken yet
_HOP_S, _WINDOW_S = 0.5, 1.0
_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp"})
_MEDIA = _PICTURES | {
    ".wav", ".mp3", ".m4a", ".flac", ".ogg", ".opus", ".aac", ".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v",
}  # fmt: skip
# What a recording or clip may be: ffmpeg takes noise for its raw formats, and lists of other files for films.
_CONTAINERS = frozenset({
    "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "wav", "mp3", "flac", "ogg", "aac", "avi", "mpegts", "mpeg", "aiff",
    "asf", "amr", "caf", "w64", "au", "flv",
})  # fmt: skip
_LARGEST_TEXT_FILE = 8_000_000
_SAME = 0.08  # weights that differ by less need no key of their own

Progress = Callable[[str, float, float], None]


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
            keys.append(EmotionKey(moment.start_s if keys else 0.0, EmotionState(moment.state.weights)))
        return EmotionTrack(tuple(keys) or (EmotionKey(0.0, EmotionState(self.weights)),))

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


@dataclass
class _Signals:
    """What was given, sorted: words, sound, pictures."""

    texts: list[str] = field(default_factory=list)
    audio: Audio | None = None
    faces: object | None = None  # FaceFrames
    notes: list[str] = field(default_factory=list)


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

    A source is an `Audio`, the path of a recording, clip, picture or text file, or else a message. `voice` and `face`
    allow to read feelings from them. `language` is that of the words (ISO 639-1; None: guess). `speaker` ("A", "B", …)
    is who is read in a recording with several, which needs the extra `pyannote`; `face_number` counts from 1, left to
    right. `speech_model` is "mien" or a name of `emotion_embed.readers.speech_wav2vec2.MODELS`, "name:folder" to load
    it from there. Raises `BadInput` and `Missing`.
    """
    tell = progress or (lambda stage, done, total: None)
    for name, allowed in (("voice", voice), ("face", face)):
        if not isinstance(allowed, bool):
            raise BadInput(f"{name} says whether a {name} may be read: it must be True or False, not {allowed!r}.")
    read_voice = _voice_reader(speech_model) if voice else None  # what is missing is told before any work
    signals = _sorted(sources, text, voice, face, face_number, tell)
    _check_options(signals, voice, face, language, speaker, face_number)
    if signals.audio is not None and speaker is not None:
        signals.audio = _only(signals.audio, speaker)
    transcript = _heard(signals, language, tell)
    sentences, sentence_times = _read_words(signals, transcript, language)
    found: list[Evidence] = [combine(sentences)] if sentences else []
    voice_windows: list[tuple[float, Evidence]] = []
    face_windows: list[tuple[float, Evidence]] = []
    if read_voice is not None and signals.audio is not None:
        tell("voice", 0, 1)
        whole, voice_windows = read_voice(signals.audio)
        found.append(whole)
        tell("voice", 1, 1)
    if signals.faces is not None:
        from emotion_embed.readers.face import read_expression, read_expression_windows

        found.append(read_expression(signals.faces))
        windows = read_expression_windows(signals.faces, _WINDOW_S, _HOP_S)
        face_windows = [(start_s + _WINDOW_S / 2, evidence) for start_s, evidence in windows]
    if not found:
        raise BadInput(_nothing(signals, transcript))
    text_read = transcript.text if transcript is not None else "\n".join(signals.texts)
    remarks = _word_remarks(sentences, text_read, transcript if voice else None)
    state = fusion.fuse(found, [*signals.notes, *remarks])
    duration_s = _duration_s(signals, sentence_times)
    moments = _moments(sentences, sentence_times, voice_windows, face_windows, duration_s, transcript, text_read)
    return Perception(
        **{name: getattr(state, name) for name in EmotionState.__dataclass_fields__ if name != "embedding"},
        embedding=bank.load_emotion_bank().embed(state),
        moments=tuple(moments),
        duration_s=duration_s,
        transcript=transcript,
    )


# What was given ------------------------------------------------------------------------------------------------------


def _sorted(
    sources: Sequence[str | Path | Audio], text: str | None, voice: bool, face: bool, face_number: int | None,
    tell: Progress,
) -> _Signals:  # fmt: skip
    if text is not None and not isinstance(text, str):
        raise BadInput(f"A text is a str, not {type(text).__name__}.")
    signals = _Signals(texts=[text] if text is not None else [])
    for source in sources:
        if isinstance(source, Audio):
            _add_audio(signals, check_audio(source))
        elif not isinstance(source, str | Path):
            raise BadInput(f"A source is a message, a path or an Audio, not {type(source).__name__}.")
        elif isinstance(source, Path) or _is_file(source):
            _add_file(signals, Path(source), face, face_number, tell)
        elif _looks_like_path(source):
            raise BadInput(f"There is no file at {source}; if it is a message, give it as text (--text).")
        else:
            signals.texts.append(source)
    if not signals.texts and signals.audio is None and signals.faces is None:
        raise BadInput("There is nothing to read: give a text, a recording or a clip.")
    if signals.audio is not None and not voice and signals.faces is None:
        signals.notes.append(ONLY_WORDS)
    return signals


def _is_file(source: str) -> bool:
    try:
        return len(source) < 4096 and "\n" not in source and "\0" not in source and Path(source).is_file()
    except OSError:
        return False


def _looks_like_path(source: str) -> bool:
    """Whether a source without spaces can only have been meant as a file: "./a", "letter.txt", but not ":/"."""
    source = source.strip()
    if not source or re.search(r"\s", source) or "://" in source:
        return False
    named = re.fullmatch(r".*\w\.[A-Za-z]\w{1,3}", source) is not None
    return named or re.match(r"(?:\.{0,2}/|~/|[A-Za-z]:\\)\w", source) is not None or source.count("/") > 1


def _check_options(
    signals: _Signals, voice: bool, face: bool, language: str | None, speaker: str | None, face_number: int | None
) -> None:
    """Refuse what would be ignored without a word."""
    if speaker is not None and (signals.audio is None or not voice):
        raise BadInput("A speaker is told by the voice: give a recording, and allow its voice to be read (--voice).")
    if face_number is not None and not face:
        raise BadInput("A face number needs a clip whose face may be read (--face).")
    if language is not None and signals.texts:
        languages.check(language, "")


def _add_audio(signals: _Signals, audio: Audio) -> None:
    if signals.audio is not None:
        raise BadInput("There are two recordings; give one, and its words as text if you have them.")
    signals.audio = audio


def _add_file(signals: _Signals, path: Path, face: bool, face_number: int | None, tell: Progress) -> None:
    if path.is_dir():
        raise BadInput(f"{path} is a folder; name a file in it.")
    if not path.is_file():
        raise BadInput(f"There is no file at {path}.")
    kind = _kind(path)
    if kind == "text":
        signals.texts.append(_read_text(path))
        return
    if "picture" in kind and face:
        from emotion_embed.readers.face import read_face

        if signals.faces is not None:
            raise BadInput("There are two clips; give one.")
        signals.faces = read_face(path, face=face_number, progress=lambda share: tell("face", share, 1))
    elif kind == "picture":
        raise BadInput(f"{path} is a picture, and feelings are read from faces only when you ask for it: add --face.")
    if "sound" in kind:
        try:
            _add_audio(signals, _in_step(path) if signals.faces is not None else read_audio(path))
        except BadInput as error:
            if signals.faces is None or signals.audio is not None:
                raise
            signals.notes.append(f"Only the face was read: {error}")


def _in_step(path: Path) -> Audio:
    """The sound of a clip whose face is read too: its times count from the first picture on."""
    from emotion_embed.signals.video import sound_of

    sound = sound_of(path)
    return read_audio(path) if sound is None else check_audio(sound, str(path))


def _kind(path: Path) -> str:
    """ "text", "sound", "picture" or "sound and picture", by the name's ending or else by the content."""
    suffix = path.suffix.lower()
    if suffix in _PICTURES:
        return "picture"
    if suffix not in _MEDIA and _looks_like_text(path):
        return "text"
    import av

    try:
        with av.open(str(path.absolute()), metadata_errors="ignore", options=ONLY_FILES) as container:
            pictures = [s for s in container.streams.video if not s.disposition & av.stream.Disposition.attached_pic]
            kind = " and ".join(["sound"] * bool(container.streams.audio) + ["picture"] * bool(pictures))
            if kind and container.format.name in _CONTAINERS:
                return kind
    except (av.FFmpegError, ValueError):
        pass
    if suffix in _MEDIA:
        raise BadInput(f"{path} cannot be read: it may be torn, or not what its name says.")
    raise BadInput(f"{path} is no recording, no clip, no picture and no text in UTF-8, UTF-16 or Windows-1252.")


def _looks_like_text(path: Path) -> bool:
    with open(path, "rb") as file:
        start = file.read(4096)
    return is_text(start, torn=len(start) == 4096)


def _read_text(path: Path) -> str:
    if path.stat().st_size > _LARGEST_TEXT_FILE:
        raise BadInput(f"{path} is larger than {_LARGEST_TEXT_FILE // 1_000_000} MB: too much to read at once.")
    return read_text_file(path)


def _only(audio: Audio, speaker: str) -> Audio:
    from emotion_embed.signals.diarization import only_speaker, speaker_turns

    return only_speaker(audio, speaker_turns(audio), speaker)


# Reading -------------------------------------------------------------------------------------------------------------


def _heard(signals: _Signals, language: str | None, tell: Progress) -> Transcript | None:
    if signals.audio is None or signals.texts:
        return None
    checkpoints.path("whisper-base", progress=lambda name, done, total: tell(f"weights {name}", done, total))
    return transcribe(signals.audio, language, progress=lambda share: tell("words", share, 1))


def _read_words(
    signals: _Signals, transcript: Transcript | None, language: str | None
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


def _voice_reader(model: str) -> Callable[[Audio], tuple[Evidence, list[tuple[float, Evidence]]]]:
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


def _nothing(signals: _Signals, transcript: Transcript | None) -> str:
    if transcript is not None and transcript.words:
        return f"The words are in a language ({transcript.language}) whose feelings are not read; add --voice."
    return "No words are understood in the recording; add --voice to read the voice itself."


# Over time -----------------------------------------------------------------------------------------------------------


def _duration_s(signals: _Signals, sentence_times: list[tuple[float, float]]) -> float:
    ends = [signals.audio.duration_s] if signals.audio is not None else []
    if signals.faces is not None:
        ends.append(signals.faces.duration_s)
    return max(ends) if ends else max((end for _, end in sentence_times), default=0.0)


def _moments(
    sentences: list[SentenceFeeling], times: list[tuple[float, float]], voice: list[tuple[float, Evidence]],
    face: list[tuple[float, Evidence]], duration_s: float, transcript: Transcript | None, text: str,
) -> list[Moment]:  # fmt: skip
    if not voice and not face:
        said = [" ".join(text[s.start : s.end].split()) for s in sentences]
        return [
            Moment(start_s, end_s, fusion.fuse([s.evidence]), words)
            for s, (start_s, end_s), words in zip(sentences, times, said, strict=True)
        ]
    moments = []
    for start_s in np.arange(0, max(duration_s, _HOP_S), _HOP_S):
        end_s = min(start_s + _HOP_S, duration_s)
        middle_s = (start_s + end_s) / 2
        found = [s.evidence for s, (a, b) in zip(sentences, times, strict=True) if a <= middle_s <= b][:1]
        found += [e for e in (_nearest(voice, middle_s), _nearest(face, middle_s)) if e is not None]
        if found:
            state = fusion.fuse([replace(e, causes=()) for e in found])
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
