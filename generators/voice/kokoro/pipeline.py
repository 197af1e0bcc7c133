"""The Kokoro voice: text to `Speech`, sentence by sentence, its prosody steered inside the model."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np

from emotion_embed.signals.audio import Audio
from generators.contracts import Phone, Speech, Word
from generators.voice.catalog import VoiceInfo, check_ready, find_voice
from generators.voice.frontend.frontend import check_request, phonemize_request
from generators.voice.frontend.g2p import PhonemizedWord
from generators.voice.frontend.phrasing import Chunk, Gaps, Pauses, chunked, speeches, with_pause_marks
from generators.voice.kokoro import SPEC
from generators.voice.kokoro import prosody_control as control
from generators.voice.kokoro.blending import blended, styles_over_tokens
from generators.voice.kokoro.configuration import KokoroConfig
from generators.voice.kokoro.graph import SAMPLE_RATE_HZ, SAMPLES_PER_UNIT, UNIT_S, OpenedKokoro
from generators.voice.kokoro.identity import StyleTables
from generators.voice.kokoro.tokens import TokenisedChunk, tokenise
from generators.voice.kokoro.voices import voices as all_voices
from generators.voice.prosody import dsp
from generators.voice.prosody.pauses import spaced, trimmed, with_inner_pauses
from generators.voice.prosody.prosody import COLUMNS, PAUSES_S, STYLE, ProsodyOverText, prosody_at

# The model's tokens lag behind what is heard: closures of p t k b and onsets of s lie 60 ms, vowels 50 ms before their
# tokens, alike in all voices tried (`scripts.research.kokoro_clock`).
_TOKEN_LAG_S = 0.055
_PAUSE = COLUMNS["pause_scale"]
_REFERENCE_TOKENS = "ðə kwˈɪk bɹˈWn fˈɑks ʤˈʌmps ˈOvəɹ ðə lˈAzi dˈɔɡ, ænd ɹˈʌnz əwˈA ɪntə ðə wˈʊdz."


class KokoroVoice:
    """Speaks with any of Kokoro's voices. Make it with `KokoroVoice.from_pretrained()`."""

    def __init__(self, graph: OpenedKokoro, vocabulary: dict[str, int], styles: Path, config: KokoroConfig) -> None:
        self._graph = graph
        self._vocabulary = vocabulary
        self._styles = StyleTables(styles)
        self._config = config
        self._lock = threading.Lock()
        self._mean_pitches_hz: dict[str, float] = {}

    @classmethod
    def from_pretrained(
        cls,
        name_or_folder: str | Path | None = None,
        *,
        revision: str | None = None,
        config: KokoroConfig | None = None,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> KokoroVoice:
        """Fetch weights where they are absent and open the model.

        Args:
            name_or_folder, revision: there is one model; nothing can be chosen.
            config: how text is cut and sound is levelled, and how many threads the model gets.
            progress: called as (name, done_bytes, total_bytes) while weights are fetched.

        Raises:
            Missing: The weights cannot be had.
        """
        import checkpoints

        config = config or KokoroConfig()
        folder = checkpoints.path("kokoro-v1.0-int8", progress=progress)
        styles = checkpoints.path("kokoro-voices", progress=progress)
        files = checkpoints.catalog()["kokoro-v1.0-int8"].files
        source_hash = next(file.sha256 for file in files if file.path == "model.onnx")
        vocabulary = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))["vocab"]
        return cls(OpenedKokoro(folder / "model.onnx", source_hash, config.n_threads), vocabulary, styles, config)

    def voices(self) -> list[VoiceInfo]:
        """The voices that `stream` knows."""
        return all_voices()

    @cached_property
    def _known(self) -> dict[str, VoiceInfo]:
        """The same by name, looked up once: a conversation asks for every sentence."""
        return {info.name: info for info in all_voices()}

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
            voice: a name of `voices`; None is the default voice.
            language: an espeak code; None is the voice's own.
            prosody: one `Prosody`, a function of the character offset, or stretches (char_offset, Prosody) in the
                order of the text.
            pauses: silences (char_offset, seconds) to be kept exactly, in the order of the text.

        Raises:
            BadInput: At once, for a text without words or of more than an hour and an unknown voice or language.
            Missing: At once, for a voice whose language cannot be read.
        """
        name = voice or SPEC.default_voice or ""
        info = self._known.get(name) or find_voice(name, SPEC.name)
        check_ready(info, language)
        check_request(text, prosody)
        sentences = phonemize_request(with_pause_marks(text, pauses), language or info.language)
        return self._stream(chunked(sentences, text, pauses, self._config), info, prosody)

    def _stream(self, chunks: Iterable[Chunk], info: VoiceInfo, prosody: ProsodyOverText | None) -> Iterator[Speech]:
        def speak(words: Sequence[PhonemizedWord], gaps: Gaps) -> Speech:
            settings = prosody_at(prosody, [word.char_start for word in words])
            return self._speak(tokenise(words), info.name, settings, gaps)

        return speeches(chunks, speak)

    def _speak(self, chunk: TokenisedChunk, voice: str, settings: np.ndarray, gaps: Gaps) -> Speech:
        """One chunk; `settings` (n_words, N_COLUMNS) are the rows of `Prosody`."""
        rows = control.per_token(chunk, settings)
        samples, units, curves = self._synthesise(chunk.tokens, voice, rows)
        phones = _phones(chunk, units, samples)
        config, scales = self._config, settings[:, _PAUSE]
        samples = dsp.postprocessed(samples, SAMPLE_RATE_HZ, curves, config.speech_level_dbfs, config.peak)
        speech = Speech(Audio(samples, SAMPLE_RATE_HZ), tuple(phones), tuple(_words(chunk, phones)))
        speech = with_inner_pauses(speech, scales[[phone.word_index for phone in phones]])
        speech = trimmed(speech, config.lead_s, config.tail_s)
        return spaced(speech, gaps, settings)

    def _synthesise(self, tokens: str, voice: str, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Samples, units per token (start and end mark included) and the rows over frames (2 Σ units, N_COLUMNS).

        `rows` (n_tokens + 2, N_COLUMNS). Neutral rows leave every value of the model as it is.
        """
        ids = np.array([[0, *(self._vocabulary[token] for token in tokens), 0]], np.int64)
        offsets, shares = styles_over_tokens(rows[:, STYLE])
        styles = [self._styles.style(voice, len(tokens), offset) for offset in offsets]
        texts = [self._graph.text(ids, style) for style in styles]
        roles = control.TokenRoles.of(tokens)
        raws = [share * text[0] for share, text in zip(shares, texts, strict=True)]
        raw = np.sum(raws, axis=0) if len(texts) > 1 else texts[0][0]
        units = control.whole_units(raw, control.token_rates(roles, rows))
        melodies = [self._graph.melody(units, text[1], s) for text, s in zip(texts, styles, strict=True)]
        curves = control.over_frames(rows, units)
        blend = control.over_frames(np.stack(shares, axis=1), units).T if len(shares) > 1 else None
        pitch_hz, energy = (blended([melody[i] for melody in melodies], blend) for i in (0, 1))
        pitch_hz = self._steered_pitch(pitch_hz, control.melody_semitones(roles, units, curves), curves, voice)
        energy = control.steered_energy(energy, curves[:, COLUMNS["energy_contrast"]])
        spoken = [
            self._graph.sound(pitch_hz, energy, melody[2], style)
            for melody, style in zip(melodies, styles, strict=True)
        ]
        return blended(spoken, blend, SAMPLES_PER_UNIT // 2), units, curves

    def _steered_pitch(self, pitch_hz: np.ndarray, semitones: np.ndarray, curves: np.ndarray, voice: str) -> np.ndarray:
        scale = curves[:, COLUMNS["pitch_range"]]
        if not semitones.any() and (scale == 1).all():
            return pitch_hz
        mean_hz = self._mean_pitch_hz(voice) if (scale != 1).any() else 1.0
        return control.steered_pitch(pitch_hz, semitones, scale, mean_hz)

    def _mean_pitch_hz(self, voice: str) -> float:
        """Where the voice's melody is centred, from the model's pitch for one neutral sentence."""
        with self._lock:
            if voice not in self._mean_pitches_hz:
                ids = np.array([[0, *(self._vocabulary[token] for token in _REFERENCE_TOKENS), 0]], np.int64)
                style = self._styles.style(voice, len(_REFERENCE_TOKENS))
                raw, features = self._graph.text(ids, style)
                pitch_hz, _, _ = self._graph.melody(control.whole_units(raw, np.ones(len(raw))), features, style)
                self._mean_pitches_hz[voice] = float(np.exp(np.mean(np.log(pitch_hz[pitch_hz > 60]))))
            return self._mean_pitches_hz[voice]


# --- times --------------------------------------------------------------------------------------------------------


def _phones(chunk: TokenisedChunk, units: np.ndarray, samples: np.ndarray) -> list[Phone]:
    """Every phone with its times in the model's sound. Between words that no mark parts, the time of the space is
    shared by its neighbours; before a pause a sound ends when it has died away."""
    edges_s = np.concatenate([[0.0], np.cumsum(units)]) * UNIT_S - _TOKEN_LAG_S
    edges_s = np.clip(edges_s[1:], 0.0, len(samples) / SAMPLE_RATE_HZ)  # without the start mark
    phones: list[Phone] = []
    for index, (word, first) in enumerate(zip(chunk.words, chunk.word_starts, strict=True)):
        for i, phone in enumerate(word.phones):
            start, end = first + phone.token_start, first + phone.token_end
            start_s, end_s = float(edges_s[start]), float(edges_s[end])
            following = chunk.tokens[end : end + 1]
            if following == " ":
                end_s = float(edges_s[end] + edges_s[end + 1]) / 2
            elif not (following and i < len(word.phones) - 1 and following not in ","):
                end_s = max(start_s + 0.03, dsp.heard_until_s(samples, SAMPLE_RATE_HZ, start_s, end_s + _TOKEN_LAG_S))
            if phones and start and chunk.tokens[start - 1] == " " and chunk.tokens[start - 2] not in PAUSES_S:
                start_s = phones[-1].end_s
            if phones and phones[-1].end_s > start_s:  # hardly a pause
                phones[-1] = replace(phones[-1], end_s=start_s)
            phones.append(Phone(phone.symbol, start_s, end_s, phone.stress, index))
    return phones


def _words(chunk: TokenisedChunk, phones: list[Phone]) -> Iterator[Word]:
    for index, word in enumerate(chunk.words):
        own = [phone for phone in phones if phone.word_index == index]
        yield Word(word.text, own[0].start_s, own[-1].end_s, word.char_start, word.char_end)
