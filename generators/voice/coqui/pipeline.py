"""The Coqui voices: text to `Speech`, part by part, its times found in the sound as in a recording."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from checkpoints.errors import BadInput
from emotion_embed.signals.audio import Audio, check_audio
from emotion_embed.signals.recordings import read_audio
from generators.contracts import Phone, Speech, Word
from generators.voice.align.alignment import PhoneModel, spread_evenly
from generators.voice.align.refine import refine
from generators.voice.catalog import VoiceInfo, check_ready
from generators.voice.consent import Consent, check_consent, check_licence
from generators.voice.coqui import SPEC
from generators.voice.coqui.building import Network
from generators.voice.coqui.configuration import CoquiConfig
from generators.voice.coqui.folder import CPML, ModelFolder, open_folder
from generators.voice.coqui.networks import SHORTEST_REFERENCE_S, import_coqui, load_network
from generators.voice.coqui.voices import default_folder, models_in
from generators.voice.frontend.frontend import check_request, phonemize_request
from generators.voice.frontend.g2p import PhonemizedWord
from generators.voice.frontend.phrasing import Chunk, Gaps, Pauses, chunked, speeches, with_pause_marks
from generators.voice.prosody import dsp
from generators.voice.prosody.prosody import COLUMNS, ProsodyOverText, prosody_at
from generators.voice.prosody.vocoder import common_pace, with_prosody

_RATE = COLUMNS["rate"]
_KEPT_TIMBRES = 8


class CoquiVoice:
    """Speaks with any VITS, YourTTS or XTTS in Coqui's published layout, made by `CoquiVoice.from_pretrained()`."""

    def __init__(self, config: CoquiConfig) -> None:
        self._config = config
        self._lock = threading.Lock()
        self._networks: dict[Path, Network] = {}
        self._timbres: dict[tuple[Path, str], Any] = {}
        self._phone_aligner = PhoneModel.load()

    @classmethod
    def from_pretrained(
        cls,
        name_or_folder: str | Path | None = None,
        *,
        revision: str | None = None,
        config: CoquiConfig | None = None,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> CoquiVoice:
        """Ready to open models, which happens when a voice first speaks; nothing is ever fetched.

        Args:
            name_or_folder, revision: nothing can be chosen; `stream` takes any model's folder.
            config: how text is cut and sound is levelled, and what the user agrees to.
            progress: not called.

        Raises:
            Missing: The packages of the extra are absent, or of builds that do not fit together.
        """
        import_coqui()
        return cls(config or CoquiConfig())

    def voices(self) -> list[VoiceInfo]:
        """The models in the folder of models; any other is named by its path."""
        return models_in(self._models_folder, self._config.accepted_licences)

    def stream(
        self,
        text: str,
        *,
        voice: str | None = None,
        language: str | None = None,
        prosody: ProsodyOverText | None = None,
        pauses: Pauses = (),
        reference: Audio | str | Path | None = None,
        consent: Consent | None = None,
    ) -> Iterator[Speech]:
        """One `Speech` per sentence, long ones in several at clause borders, each with its pause behind it.

        Lazy: a sentence is read and spoken when it is asked for.

        Args:
            text: plain; offsets of words are its own.
            voice: `coqui:NAME`, `coqui:FOLDER` or a folder, with `#SPEAKER` where a model has several.
            language: a code as "de" or "en-us"; None is the model's first, English if it has that.
            prosody: one `Prosody`, a function of the character offset, or stretches (char_offset, Prosody) in the
                order of the text.
            pauses: silences (char_offset, seconds) to be kept exactly, in the order of the text.
            reference: a recording of the voice to clone, 1 s at least; 6 s or more is better.
            consent: who agreed to that; no reference is read without it.

        Raises:
            BadInput: At once, for a reference without consent, a text without words or of more than an hour, an
                unknown speaker or language, and files that are torn or hold more than weights.
            Missing: At once, for files that are not there and a licence that is not accepted.
        """
        if reference is not None and not isinstance(consent, Consent):
            check_consent(None, None)
        check_request(text, prosody)
        folder = open_folder(voice or "", self._models_folder)
        if folder.model == "xtts":
            check_licence(CPML, f"XTTS ({folder.path})", self._config.accepted_licences)
        heard = None if reference is None else _checked_reference(reference)
        network = self._network(folder)
        name = _model_language(language, network.languages)
        language = language or name or "en-us"
        check_ready(VoiceInfo(folder.path.name, SPEC.name, language, language, "any", True), language)
        sentences = phonemize_request(with_pause_marks(text, pauses), language)
        timbre = self._timbre(network, folder, heard)
        speaker = _Speaker(network, timbre, name or language.split("-")[0], str(folder.path))
        return self._stream(chunked(sentences, text, pauses, self._config), speaker, prosody)

    # models

    @property
    def _models_folder(self) -> Path:
        named = self._config.models_folder
        return Path(named).expanduser() if named else default_folder()

    def _network(self, folder: ModelFolder) -> Network:
        with self._lock:
            if folder.path not in self._networks:
                self._networks[folder.path] = load_network(folder)
            return self._networks[folder.path]

    def _timbre(self, network: Network, folder: ModelFolder, reference: Audio | None) -> Any:
        """Whose voice it is; what was heard in the last few recordings is kept."""
        if reference is None:
            return network.timbre_of(folder.speaker)
        if folder.speaker is not None:
            raise BadInput(f"Give a reference recording or the speaker #{folder.speaker}, not both.")
        key = folder.path, hashlib.sha256(reference.samples.tobytes()).hexdigest()
        with self._lock:
            if key not in self._timbres:
                self._timbres[key] = network.timbre_in(reference)
            while len(self._timbres) > _KEPT_TIMBRES:
                del self._timbres[next(iter(self._timbres))]
            return self._timbres[key]

    # chunks

    def _stream(
        self,
        chunks: Iterable[Chunk],
        speaker: _Speaker,
        prosody: ProsodyOverText | None,
    ) -> Iterator[Speech]:
        seeds = count(self._config.seed)

        def speak(words: Sequence[PhonemizedWord], gaps: Gaps) -> Speech:
            settings = prosody_at(prosody, [word.char_start for word in words])
            return self._speak(words, _as_said(words), speaker, settings, gaps, next(seeds))

        return speeches(chunks, speak)

    def _speak(
        self,
        words: Sequence[PhonemizedWord],
        text: str,
        speaker: _Speaker,
        settings: np.ndarray,
        gaps: Gaps,
        seed: int,
    ) -> Speech:
        """One chunk; `settings` (n_words, N_COLUMNS) as `prosody_at` gives them."""
        config, rate_hz = self._config, speaker.network.sample_rate_hz
        pace = common_pace(settings[:, _RATE])
        said = speaker.samples(text, pace, seed)
        audio = Audio(dsp.levelled(said, rate_hz, config.speech_level_dbfs, config.peak), rate_hz)
        return with_prosody(self._timed(audio, words), settings, pace, gaps, config)

    def _timed(self, audio: Audio, words: Sequence[PhonemizedWord]) -> Speech:
        """When each sound is heard: the words are known, so the aligner of recordings finds them without Whisper."""
        owners = [(phone, index) for index, word in enumerate(words) for phone in word.phones]
        spans = spread_evenly([phone.symbol for phone, _ in owners], 0.0, audio.duration_s)
        phones = tuple(
            Phone(phone.symbol, *span, phone.stress, index) for (phone, index), span in zip(owners, spans, strict=True)
        )
        spoken = []
        for index, word in enumerate(words):
            own = [phone for phone in phones if phone.word_index == index]
            spoken.append(Word(word.text, own[0].start_s, own[-1].end_s, word.char_start, word.char_end))
        return refine(Speech(audio, phones, tuple(spoken)), self._phone_aligner, slack_s=audio.duration_s)


@dataclass(frozen=True)
class _Speaker:
    """A network with whom it speaks as and in which of its languages; `what` names it in sentences."""

    network: Network
    timbre: Any
    language: str
    what: str

    def samples(self, text: str, pace: float, seed: int) -> np.ndarray:
        samples = self.network.speak(text, self.language, self.timbre, pace, seed)
        if not len(samples) or not np.isfinite(samples).all():
            raise BadInput(f"The model in {self.what} makes no finite sound of “{text[:40]}”: it may be damaged.")
        return samples


def _checked_reference(reference: Audio | str | Path) -> Audio:
    """The recording to clone from, or `BadInput` where it is silent, torn or too short."""
    audio = check_audio(reference, "The reference") if isinstance(reference, Audio) else read_audio(reference)
    if audio.duration_s < SHORTEST_REFERENCE_S:
        raise BadInput(f"The reference lasts {audio.duration_s:.1f} s; 6 s of clear speech are good, 1 s is the least.")
    return audio


def _model_language(wanted: str | None, names: Sequence[str]) -> str | None:
    """The model's own name of a language, None where the model names none; `BadInput` where it lacks it."""
    base = lambda name: name.lower().replace("_", "-").split("-")[0]  # noqa: E731
    if not names:
        return None
    if wanted is None:
        return next((name for name in names if base(name) == "en"), names[0])
    exact = [name for name in names if name.lower() == wanted.lower().replace("_", "-")]
    alike = exact or [name for name in names if base(name) == base(wanted)]
    if not alike:
        raise BadInput(f"This model does not speak “{wanted}”; it speaks {', '.join(names)}.")
    return alike[0]


def _as_said(words: Sequence[PhonemizedWord]) -> str:
    """A chunk as ordinary text, with numbers and the like spelled out as they are aligned afterwards."""
    text = " ".join(" ".join(word.spoken).rstrip(",") + word.after[:1] for word in words)
    return text if words[-1].after else text + ","  # cut off, a comma keeps the voice up
