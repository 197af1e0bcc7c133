"""The Piper voice: text to `Speech`, sentence by sentence, its prosody put into the finished sound."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from checkpoints.errors import BadInput
from emotion_embed.signals.audio import Audio
from generators.contracts import Phone, Speech, Word
from generators.voice.align.alignment import PhoneModel, align, spread_evenly, trim_tails
from generators.voice.catalog import VoiceInfo
from generators.voice.frontend.frontend import check_request, phonemize_request
from generators.voice.frontend.g2p import PhonemizedWord, is_as_written
from generators.voice.frontend.phrasing import Chunk, Gaps, Pauses, chunked, speeches, with_pause_marks
from generators.voice.piper import SPEC
from generators.voice.piper.configuration import PiperConfig
from generators.voice.piper.graph import OpenedPiper
from generators.voice.piper.times import Span, spans_of_words
from generators.voice.piper.voices import OWN_VOICE
from generators.voice.piper.voices import voices as all_voices
from generators.voice.prosody import dsp
from generators.voice.prosody.prosody import COLUMNS, ProsodyOverText, prosody_at
from generators.voice.prosody.vocoder import common_pace, with_prosody

_SPOKEN_AS = {"…": ",", "—": ","}  # inside a sentence piper would end it, or say nothing
_RATE = COLUMNS["rate"]
_STRESS_MARKS = ("", "ˌ", "ˈ")


class PiperVoice:
    """Speaks with any Piper voice. Make it with `PiperVoice.from_pretrained()`."""

    def __init__(self, own_voice: Path, config: PiperConfig) -> None:
        self._own_voice = own_voice
        self._config = config
        self._lock = threading.Lock()
        self._opened: dict[Path, OpenedPiper] = {}
        self._phone_aligner: PhoneModel | None = None

    @classmethod
    def from_pretrained(
        cls,
        name_or_folder: str | Path | None = None,
        *,
        revision: str | None = None,
        config: PiperConfig | None = None,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> PiperVoice:
        """Fetch the voice that comes with it where it is absent; others are opened when they first speak.

        Args:
            name_or_folder, revision: nothing can be chosen; `stream` takes any voice's file.
            config: how text is cut and sound is levelled, and how many threads a voice gets.
            progress: called as (name, done_bytes, total_bytes) while weights are fetched.

        Raises:
            Missing: The weights cannot be had.
        """
        import checkpoints

        return cls(checkpoints.path(SPEC.weights[0], progress=progress) / f"{OWN_VOICE}.onnx", config or PiperConfig())

    def voices(self) -> list[VoiceInfo]:
        """The voices that `stream` knows by name; any other is named by the path of its `.onnx`."""
        return all_voices()

    def stream(
        self,
        text: str,
        *,
        voice: str | None = None,
        language: str | None = None,
        prosody: ProsodyOverText | None = None,
        pauses: Pauses = (),
    ) -> Iterator[Speech]:
        """One `Speech` per sentence, long ones in several at clause borders, each with its pause behind it.

        Lazy: a sentence is read and spoken when it is asked for.

        Args:
            text: plain; offsets of words are its own.
            voice: a name of `voices`, or the path of a `voice.onnx` with `voice.onnx.json` beside it; None is the one
                that comes with it.
            language: an espeak code; None is the voice's own.
            prosody: one `Prosody`, a function of the character offset, or stretches (char_offset, Prosody) in the
                order of the text.
            pauses: silences (char_offset, seconds) to be kept exactly, in the order of the text.

        Raises:
            BadInput: At once, for a text without words or of more than an hour, an unknown or torn voice and an
                unknown language.
        """
        check_request(text, prosody)
        opened = self._open(voice or OWN_VOICE)
        language = language or opened.language
        sentences = phonemize_request(with_pause_marks(text, pauses), language)
        return self._stream(chunked(sentences, text, pauses, self._config), opened, language, prosody)

    def _open(self, voice: str) -> OpenedPiper:
        """The voice by its name or path, opened once."""
        path = self._own_voice if voice == OWN_VOICE else Path(voice).expanduser()
        if path.suffix != ".onnx":
            raise BadInput(f"There is no Piper voice “{voice}”; take {OWN_VOICE}, or the path of a voice.onnx.")
        if not path.is_file():
            raise BadInput(f"There is no Piper voice at {path}.")
        with self._lock:
            if path not in self._opened:
                self._opened[path] = OpenedPiper(path, self._config.n_threads)
            return self._opened[path]

    def _stream(
        self,
        chunks: Iterable[Chunk],
        opened: OpenedPiper,
        language: str,
        prosody: ProsodyOverText | None,
    ) -> Iterator[Speech]:
        def speak(words: Sequence[PhonemizedWord], gaps: Gaps) -> Speech:
            settings = prosody_at(prosody, [word.char_start for word in words])
            return self._speak(words, opened, language, settings, gaps)

        return speeches(chunks, speak)

    def _speak(
        self, words: Sequence[PhonemizedWord], opened: OpenedPiper, language: str, settings: np.ndarray, gaps: Gaps
    ) -> Speech:
        """One chunk; `settings` (n_words, N_COLUMNS) as `prosody_at` gives them."""
        config, rate_hz = self._config, opened.sample_rate_hz
        pace = common_pace(settings[:, _RATE])
        meant = [pair for word in words for pair in zip(word.spoken, word.readings, strict=True)]
        said = opened.speak(_as_piper_reads(words, language), pace, language, meant)
        audio = Audio(dsp.levelled(said.samples, rate_hz, config.speech_level_dbfs, config.peak), rate_hz)
        spans = spans_of_words(words, said.phonemes) if said.phonemes else None
        speech = _speech(audio, words, trim_tails(spans or self._aligned(audio, words), audio))
        return with_prosody(speech, settings, pace, gaps, config)

    def _aligned(self, audio: Audio, words: Sequence[PhonemizedWord]) -> list[list[Span]]:
        """Times of a voice that does not tell its own: by forced alignment, as in a recording."""
        self._phone_aligner = self._phone_aligner or PhoneModel.load()
        symbols = [[phone.symbol for phone in word.phones] for word in words]
        if spans := align(self._phone_aligner.log_likelihoods(audio), symbols):
            return spans
        flat = iter(spread_evenly([s for word in symbols for s in word], 0.0, audio.duration_s))
        return [[next(flat) for _ in word] for word in symbols]


def _as_piper_reads(words: Sequence[PhonemizedWord], language: str) -> str:
    """A chunk as text for piper's own espeak, which is what its voices were trained with: numbers and the like spelled
    out, one sentence that ends once. What that espeak would spell is given in phonemes."""
    said = []
    for i, word in enumerate(words):
        mark = word.after[:1] or ("," if i == len(words) - 1 else "")  # cut off, a comma keeps the voice up
        if i < len(words) - 1:
            mark = "," if mark in ".!?" and mark else _SPOKEN_AS.get(mark, mark)
        elif mark in ("…", "—"):
            mark = "." if mark == "…" else ","
        if all(is_as_written(spoken.rstrip(","), language) for spoken in word.spoken):
            said.append(" ".join(word.spoken).rstrip(",") + mark)
        else:
            said.append(f"[[{_phonemes(word)}{mark}]]")
    return " ".join(said)


def _phonemes(word: PhonemizedWord) -> str:
    """A word in IPA, with spaces between the words said for it."""
    said, end = "", 0
    for phone in word.phones:
        said += " " * (" " in word.tokens[end : phone.token_start]) + _STRESS_MARKS[phone.stress] + phone.symbol
        end = phone.token_end
    return said


def _speech(audio: Audio, words: Sequence[PhonemizedWord], spans: Sequence[Sequence[Span]]) -> Speech:
    """`Speech` from pronounced words and their sounds' times, which keep within the sound."""
    end_s = audio.duration_s
    phones = [
        Phone(phone.symbol, min(start, end_s), min(end, end_s), phone.stress, w)
        for w, (word, times) in enumerate(zip(words, spans, strict=True))
        for phone, (start, end) in zip(word.phones, times, strict=True)
    ]
    spoken = [
        Word(word.text, min(times[0][0], end_s), min(times[-1][1], end_s), word.char_start, word.char_end)
        for word, times in zip(words, spans, strict=True)
    ]
    return Speech(audio, tuple(phones), tuple(spoken))
