"""A recording as `Speech`: its words by Whisper (or as given), its sounds by pronunciation, their times by ear.

Whisper says about where each word lies; the aligner of `alignment` then finds every sound in the recording itself.
Where no words are understood, or their language has no pronunciation rules, the sounds alone are heard.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from checkpoints.errors import BadInput
from checkpoints.notices import notice
from emotion_embed.signals.asr import Transcript, missed_stretches, transcribe
from emotion_embed.signals.audio import Audio, check_audio
from emotion_embed.signals.vad import is_spoken, speech_regions
from generators.contracts import Phone, Speech, Word, join_speech
from generators.voice.align.alignment import PhoneModel, align, decode_phones, explained, spread_evenly, trim_tails
from generators.voice.frontend import g2p
from generators.voice.frontend.frontend import phonemize_sentences
from generators.voice.frontend.g2p import PhonemizedWord

LONGEST_PART_S = 26.0  # Whisper hears 30 s at once
_FIRST_PART_S = 6.0  # a short first part lets pictures start early
_PART_S = 20.0
_SHORTEST_PART_S = 2.0
_NOTED_S = 1.0  # speech without words that is shorter is hardly missed in the captions
_DOUBTED_TEXT = 0.3  # less than this share of the heard words in the text given: let the sound decide
_WRONG_TEXT = 0.3  # so much less is explained by the text given than by the words heard: it is another text


def read_recording(
    audio: Audio,
    *,
    text: str | None = None,
    language: str | None = None,
    progress: Callable[[float], None] | None = None,
) -> Speech:
    """`audio` with the times of its sounds and words; arguments and errors as for `stream_recording`."""
    return join_speech(stream_recording(audio, text=text, language=language, progress=progress))


def stream_recording(
    audio: Audio,
    *,
    text: str | None = None,
    language: str | None = None,
    progress: Callable[[float], None] | None = None,
) -> Iterator[Speech]:
    """Parts of `audio`, cut in pauses, end to end the whole of it, so that memory does not grow with its length.

    `text` is what is said, if known; character offsets of words are then its own, else those of all heard words
    joined by spaces. `language` is an ISO 639-1 code (None: heard in the first part with speech). `progress` is told
    0..1. Raises `BadInput` for a recording in which nobody speaks or a text that is not what is said there, and
    `Missing` without the weights of Whisper.
    """
    audio = check_audio(audio)
    if not is_spoken(audio):
        raise BadInput("No speech is heard in the recording.")
    reader = _Reader(PhoneModel.load(), text, language)
    for start_s, end_s in cut_in_pauses(audio):
        yield reader.read(audio.between(start_s, end_s), is_last=end_s >= audio.duration_s)
        if progress:
            progress(min(1.0, end_s / audio.duration_s))


def cut_in_pauses(audio: Audio) -> Iterator[tuple[float, float]]:
    """Start and end in seconds of parts that Whisper can hear at once: the first about 6 s, the others about 20 s.

    Cuts lie in the middle of pauses, or at the quietest moment where nobody pauses for so long.
    """
    start_s, wanted_s = 0.0, _FIRST_PART_S
    while audio.duration_s - start_s > min(wanted_s + _SHORTEST_PART_S, LONGEST_PART_S):
        ahead = audio.between(start_s, min(start_s + LONGEST_PART_S, audio.duration_s))
        regions = speech_regions(ahead)
        pauses_s = [(a + b) / 2 for (_, a), (b, _) in zip(regions[:-1], regions[1:], strict=True)]
        pauses_s = [p for p in pauses_s if p >= _SHORTEST_PART_S]
        if not pauses_s and start_s + ahead.duration_s >= audio.duration_s:
            break
        cut_s = min(pauses_s, key=lambda p: abs(p - wanted_s)) if pauses_s else _quietest_s(ahead)
        yield start_s, start_s + cut_s
        start_s, wanted_s = start_s + cut_s, _PART_S
    yield start_s, audio.duration_s


def _quietest_s(audio: Audio) -> float:
    """The quietest tenth of a second in the second half."""
    step = max(1, audio.sample_rate_hz // 10)
    power = (audio.samples[: len(audio.samples) // step * step].reshape(-1, step) ** 2).mean(axis=1)
    half = len(power) // 2
    return float((half + np.argmin(power[half:-1]) + 0.5) * step / audio.sample_rate_hz)


@dataclass
class _Reader:
    """Reads part after part and remembers the language and how far the text has been said."""

    model: PhoneModel
    text: str | None
    language: str | None
    n_chars_heard: int = 0
    remaining: list[PhonemizedWord] | None = None

    def read(self, audio: Audio, is_last: bool) -> Speech:
        heard = transcribe(audio, self.language)
        if heard.words and self.language is None:
            self.language = heard.language
        words, anchors_s = self._words(heard, is_last)
        sounds = self.model.log_likelihoods(audio)
        if not words:
            return Speech(audio, _sounds_only(sounds, speech_regions(audio)))
        spans = align(sounds, _symbols(words), anchors_s)
        if self.text is not None and heard.words:
            _check_text(words, anchors_s, spans, heard, sounds)
        if spans is None:
            notice(f"More is written than {audio.duration_s:.1f} s of speech can hold; it is spread evenly over it.")
            spans = _spread(words, anchors_s, audio.duration_s)
        return _with_wordless(_speech(audio, words, trim_tails(spans, audio)), sounds)

    def _words(self, heard: Transcript, is_last: bool) -> tuple[list[PhonemizedWord], list[tuple[float, float] | None]]:
        """The words of this part as they sound, and about where each lies."""
        if self.text is None:
            if not heard.words or not _can_pronounce(heard.language):
                return [], []
            words = _pronounced(heard, self.n_chars_heard)
            self.n_chars_heard += len(heard.text) + 1
            return words, [(word.start_s, word.end_s) for word in heard.words]
        if self.remaining is None:
            if not heard.words and not is_last:
                return [], []
            self.remaining = _read(self.text, self.language or heard.language)
        n_said, anchors_s = match_words(self.remaining, heard, is_last)
        words, self.remaining = self.remaining[:n_said], self.remaining[n_said:]
        return words, anchors_s


def _with_wordless(speech: Speech, sounds: np.ndarray) -> Speech:
    """The same with sounds where somebody speaks but no word was understood; each counts to the word before it."""
    missed = missed_stretches(speech_regions(speech.audio), [(word.start_s, word.end_s) for word in speech.words])
    starts_s = [word.start_s for word in speech.words]
    added = [
        replace(phone, word_index=max(0, bisect(starts_s, phone.start_s) - 1))
        for phone in (_sounds_only(sounds, missed) if missed else ())
    ]
    return replace(speech, phones=tuple(sorted([*speech.phones, *added], key=lambda phone: phone.start_s)))


def _sounds_only(sounds: np.ndarray, stretches: Sequence[tuple[float, float]]) -> tuple[Phone, ...]:
    """Sounds without words, in the stretches where somebody speaks."""
    inside = lambda p: any(start_s <= (p.start_s + p.end_s) / 2 <= end_s for start_s, end_s in stretches)  # noqa: E731
    phones = tuple(phone for phone in (Phone(*sound) for sound in decode_phones(sounds)) if inside(phone))
    length_s = sum(end_s - start_s for start_s, end_s in stretches)
    if phones and length_s >= _NOTED_S:
        notice(f"No words are understood in {length_s:.1f} s of speech: its sound alone moves the lips.")
    return phones


def _symbols(words: Sequence[PhonemizedWord]) -> list[list[str]]:
    return [[phone.symbol for phone in word.phones] for word in words]


def _check_text(
    words: Sequence[PhonemizedWord],
    anchors_s: Sequence[tuple[float, float] | None],
    spans: list[list[tuple[float, float]]] | None,
    heard: Transcript,
    sounds: np.ndarray,
) -> None:
    """Raise `BadInput` for a text that is not what is said: hardly a heard word in it, and the sound denies it too.

    Whisper alone does not decide, since it mishears what it does not expect.
    """
    n_matched = sum(anchor is not None for anchor in anchors_s)
    if n_matched >= _DOUBTED_TEXT * len(heard.words) or not _can_pronounce(heard.language):
        return
    rivals = _symbols(_pronounced(heard, 0))
    rival_spans = align(sounds, rivals)
    if rival_spans is None:
        return
    if (
        spans is None
        or explained(sounds, _symbols(words), spans) < explained(sounds, rivals, rival_spans) - _WRONG_TEXT
    ):
        raise BadInput(f"The text given is not what is said in the recording, which is heard as “{heard.text[:80]}”.")


def _can_pronounce(language: str) -> bool:
    try:
        g2p.pronounce(["a"], language)
    except BadInput:
        return False
    return True


def _read(text: str, language: str) -> list[PhonemizedWord]:
    """The words of a text with their sounds; numbers, dates and signs as people read them."""
    return [word for sentence in phonemize_sentences(text, language) for word in sentence]


def _pronounced(heard: Transcript, char_offset: int) -> list[PhonemizedWord]:
    """One pronounced word per heard word; digits and signs that are read as several words stay one."""
    words, at = _read(heard.text, heard.language), 0
    pronounced = []
    for word in heard.words:
        end = at + len(word.text)
        own = [w for w in words if at <= w.char_start < end]
        phones = tuple(phone for w in own for phone in w.phones)
        pronounced.append(
            PhonemizedWord(word.text, char_offset + at, char_offset + end, "".join(w.tokens for w in own), phones)
        )
        at = end + 1
    return pronounced


def _letters(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def match_words(
    given: Sequence[PhonemizedWord], heard: Transcript, is_last: bool
) -> tuple[int, list[tuple[float, float] | None]]:
    """How many of the `given` words this part says, and for each where Whisper heard it (None: it heard another).

    Least edits between the heard words and a beginning of the given ones; the last part says all that remain.
    """
    ears = [_letters(word.text) for word in heard.words]
    eyes = [_letters(word.text) for word in given]
    if not is_last:
        eyes = eyes[: 2 * len(ears) + 20]
    cost = np.zeros((len(ears) + 1, len(eyes) + 1))
    cost[:, 0], cost[0] = np.arange(len(ears) + 1), np.arange(len(eyes) + 1)
    for i, ear in enumerate(ears, 1):
        for j, eye in enumerate(eyes, 1):
            cost[i, j] = min(cost[i - 1, j] + 1, cost[i, j - 1] + 1, cost[i - 1, j - 1] + 1.5 * (ear != eye))
    n_said = len(eyes) if is_last else int(np.argmin(cost[-1]))
    anchors_s: list[tuple[float, float] | None] = [None] * n_said
    i, j = len(ears), n_said
    while i and j:
        if ears[i - 1] == eyes[j - 1] and cost[i, j] == cost[i - 1, j - 1]:
            i, j = i - 1, j - 1
            anchors_s[j] = (heard.words[i].start_s, heard.words[i].end_s)
        elif cost[i, j] == cost[i - 1, j - 1] + 1.5:
            i, j = i - 1, j - 1
        elif cost[i, j] == cost[i - 1, j] + 1:
            i -= 1
        else:
            j -= 1
    return n_said, anchors_s


def _spread(
    words: Sequence[PhonemizedWord], anchors_s: Sequence[tuple[float, float] | None], duration_s: float
) -> list[list[tuple[float, float]]]:
    """Sounds by typical durations inside the words' anchors; words without one share the time in between."""
    spans: list[list[tuple[float, float]]] = []
    end_s = 0.0
    for i, word in enumerate(words):
        n_ahead, (border_s, _) = next(
            ((k, anchor) for k, anchor in enumerate(anchors_s[i:]) if anchor), (len(words) - i, (duration_s, 0.0))
        )
        anchor = anchors_s[i] or (end_s, end_s + max(0.0, border_s - end_s) / max(1, n_ahead))
        spans.append(spread_evenly([phone.symbol for phone in word.phones], *anchor))
        end_s = anchor[1]
    return spans


def _speech(audio: Audio, words: Sequence[PhonemizedWord], spans: Sequence[Sequence[tuple[float, float]]]) -> Speech:
    """`Speech` from pronounced words and their sounds' times; words that make no sound are left out."""
    phones: list[Phone] = []
    spoken: list[Word] = []
    for word, times in zip(words, spans, strict=True):
        if not times:
            continue
        for phone, (start_s, end_s) in zip(word.phones, times, strict=True):
            phones.append(Phone(phone.symbol, start_s, min(end_s, audio.duration_s), phone.stress, len(spoken)))
        spoken.append(Word(word.text, times[0][0], min(times[-1][1], audio.duration_s), word.char_start, word.char_end))
    return Speech(audio, tuple(phones), tuple(spoken))
