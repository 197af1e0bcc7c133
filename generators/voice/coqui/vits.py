"""VITS and YourTTS."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from checkpoints.errors import BadInput
from emotion_embed.signals.audio import Audio
from generators.voice.coqui import folder as folders
from generators.voice.coqui.building import building, drawing, fill, same_name, speakerless
from generators.voice.coqui.espeak import EspeakPhonemizer
from generators.voice.coqui.folder import ModelFolder

if TYPE_CHECKING:
    import torch

_CHARACTERS = {
    name.rsplit(".", 1)[-1]: name
    for name in (
        "TTS.tts.models.vits.VitsCharacters",
        "TTS.tts.utils.text.characters.IPAPhonemes",
        "TTS.tts.utils.text.characters.Graphemes",
        "TTS.tts.utils.text.characters.BaseCharacters",
    )
}
_PATHS = (
    "d_vector_file", "speaker_file", "speakers_file", "language_ids_file", "speaker_encoder_model_path",
    "speaker_encoder_config_path", "phoneme_cache_path", "restore_path", "output_path",
)  # fmt: skip


class VitsNetwork:
    """VITS with one speaker, with speakers by number, or (YourTTS) by d-vectors, which an encoder hears."""

    def __init__(self, folder: ModelFolder) -> None:
        from TTS.tts.configs.vits_config import VitsConfig
        from TTS.tts.models import vits

        weights_path = folder.need(folders.WEIGHTS)
        self._folder = folder
        by_vector = bool(folder.setting("use_d_vector_file"))
        self._d_vectors = _d_vectors(folder) if by_vector else {}
        self._ids = {} if by_vector else _speaker_ids(folder)
        self._language_ids = _language_ids(folder)
        with building(folder):
            config = VitsConfig()
            config.from_dict(self._settings())
            network = vits.Vits(config)
            network.audio_resampler = None  # for training
            network.tokenizer.phonemizer = self._phonemizer()
            network.tokenizer.use_phonemes = network.tokenizer.phonemizer is not None
        weights = folders.read_weights(weights_path)
        unused = ("disc.", "speaker_encoder.", "audio_resampler.", "audio_transform.")
        fill(network, {n: w for n, w in weights.items() if not n.startswith(unused)}, weights_path)
        self._network = network
        self._length_scale = float(network.length_scale)
        self._encoder = _SpeakerEncoder.of(folder)
        self.sample_rate_hz = int(config.audio.sample_rate)
        self.speakers = tuple(self._d_vectors or self._ids)
        own = folder.settings.get("phoneme_language")
        self.languages = tuple(self._language_ids) or ((str(own),) if own else ())

    def _settings(self) -> dict[str, Any]:
        """The settings without paths, without what training needs, and with no class but Coqui's own characters."""
        settings = copy.deepcopy(dict(self._folder.settings))
        given = settings.get("model_args")
        inner: dict[str, Any] = given if isinstance(given, dict) else {}
        changes = dict.fromkeys(_PATHS) | {"init_discriminator": False, "use_speaker_encoder_as_loss": False}
        for table in (settings, inner):
            table.update({key: value for key, value in changes.items() if key in table})
        settings["model_args"] = inner | {"init_discriminator": False, "use_speaker_encoder_as_loss": False}
        settings["audio"] = dict(settings.get("audio") or {}) | {"stats_path": None}  # a pickle, for other models
        settings["datasets"], settings["test_sentences"] = [], []
        settings["speakers"] = [name for name, _ in sorted(self._ids.items(), key=lambda item: item[1])]
        languages = [name for name, _ in sorted(self._language_ids.items(), key=lambda item: item[1])]
        settings["languages"] = languages or [settings.get("phoneme_language") or "en"]
        _check_cleaner(settings.get("text_cleaner"))
        characters = dict(settings.get("characters") or {})
        own = "IPAPhonemes" if settings.get("use_phonemes") else "Graphemes"
        named = str(characters.get("characters_class") or own).rsplit(".", 1)[-1]
        if named not in _CHARACTERS:
            raise BadInput(f"{self._folder.path} is made for the characters “{named[:40]}”, which Coqui TTS lacks.")
        if characters:
            settings["characters"] = characters | {"characters_class": _CHARACTERS[named]}
        elif own == "IPAPhonemes":
            settings["characters"] = {"characters_class": _CHARACTERS[own]} | _default_phonemes()
        settings["use_phonemes"] = False  # the phonemizer is set afterwards: Coqui's own starts programs
        return settings

    def _phonemizer(self) -> EspeakPhonemizer | None:
        settings = self._folder.settings
        if not settings.get("use_phonemes"):
            return None
        kind = settings.get("phonemizer") or "espeak"
        if kind != "espeak":
            raise BadInput(
                f"The model in {self._folder.path} was trained with the phonemizer “{str(kind)[:40]}”; only espeak's "
                "phonemes, or letters, can be read here."
            )
        return EspeakPhonemizer(str(settings.get("phoneme_language") or "en-us"))

    def timbre_of(self, speaker: str | None) -> dict[str, Any]:
        """The network's `speaker_ids` or `d_vectors` for one of `speakers`; `BadInput` for any other."""
        import torch

        if not self.speakers:
            if speaker:
                raise BadInput(
                    f"The model in {self._folder.path} has one speaker, without a name; leave #{speaker} out."
                )
            if self._folder.setting("use_d_vector_file"):
                raise BadInput(speakerless(self._folder))
            return {"speaker_ids": None, "d_vectors": None}
        name = same_name(self.speakers, speaker)
        if self._d_vectors:
            return {"speaker_ids": None, "d_vectors": torch.from_numpy(self._d_vectors[name])[None]}
        return {"speaker_ids": torch.tensor([self._ids[name]]), "d_vectors": None}

    def timbre_in(self, reference: Audio) -> dict[str, Any]:
        """The d-vector of a recording; `BadInput` for a model without a speaker encoder."""
        if self._encoder is None or not self._folder.setting("use_d_vector_file"):
            raise BadInput(
                f"The VITS model in {self._folder.path} cannot take its voice from a recording; YourTTS (with "
                "model_se.pth and config_se.json) and XTTS-v2 can."
            )
        return {"speaker_ids": None, "d_vectors": self._encoder.d_vector(reference)}

    def speak(self, text: str, language: str | None, timbre: Any, rate: float, seed: int) -> np.ndarray:
        """Samples (n,) float32 of one chunk; `BadInput` where the model knows none of its letters."""
        import torch

        language = language or (self.languages[0] if self.languages else None)
        ids = self._network.tokenizer.text_to_ids(text, language=language)
        if not ids:
            raise BadInput(f"The model in {self._folder.path} knows none of the letters of “{text[:40]}”.")
        number = self._language_ids.get(language or "")
        numbers = None if number is None else torch.tensor([number])
        with drawing(seed), torch.inference_mode():
            self._network.length_scale = self._length_scale / rate
            tokens = torch.tensor([ids], dtype=torch.long)
            heard = self._network.inference(tokens, {"language_ids": numbers, "durations": None, **timbre})
        return heard["model_outputs"].reshape(-1).float().numpy()


def _check_cleaner(name: Any) -> None:
    """Coqui takes anything by that name from its module of cleaners; only cleaners may be meant."""
    from TTS.tts.utils.text import cleaners

    if name is not None and not (
        isinstance(name, str) and name.endswith("_cleaners") and callable(getattr(cleaners, name, None))
    ):
        raise BadInput(f"There is no text cleaner “{str(name)[:40]}” in Coqui TTS.")


def _default_phonemes() -> dict[str, Any]:
    from TTS.tts.utils.text.characters import IPAPhonemes

    settings = IPAPhonemes().to_config().to_dict()
    return {key: value for key, value in settings.items() if key != "characters_class"} | {"phonemes": None}


def _numbered(table: Any) -> dict[str, int]:
    """Names with their numbers, which must run from 0 without a gap."""
    ids = {str(name): number for name, number in (table or {}).items()}
    if sorted(map(str, ids.values())) != sorted(map(str, range(len(ids)))):
        raise BadInput("The model's table of speakers or languages does not number them from 0 on.")
    return {name: int(number) for name, number in ids.items()}


def _enumerated(settings: Mapping[str, Any], key: str) -> dict[str, int]:
    return {str(name): i for i, name in enumerate(settings.get(key) or ())}


def _speaker_ids(folder: ModelFolder) -> dict[str, int]:
    if not folder.setting("use_speaker_embedding"):
        return {}
    return _enumerated(folder.settings, "speakers") or _numbered(folder.table(folders.SPEAKER_IDS))


def _language_ids(folder: ModelFolder) -> dict[str, int]:
    """The languages that the network tells apart by number; of a model for one language its name, if it has any."""
    if not folder.setting("use_language_embedding"):
        return {}
    return _numbered(folder.table(folders.LANGUAGE_IDS)) or _enumerated(folder.settings, "languages")


def _d_vectors(folder: ModelFolder) -> dict[str, np.ndarray]:
    """Each speaker's mean d-vector (n,) float32 from a table of clips, {"name": …, "embedding": […]} each."""
    clips: dict[str, list[Any]] = {}
    try:
        for clip in (folder.table(folders.D_VECTORS) or {}).values():
            clips.setdefault(str(clip["name"]), []).append(np.asarray(clip["embedding"], np.float32).reshape(-1))
        vectors = {name: np.mean(own, axis=0) for name, own in clips.items()}
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise BadInput(f"The speakers in {folder.path} are no table of clips with a name and an embedding.") from error
    width = folder.setting("d_vector_dim")
    if any(vector.shape != (width,) or not np.isfinite(vector).all() for vector in vectors.values()):
        raise BadInput(f"Not every speaker in {folder.path} has the {width} finite numbers that the model takes.")
    return dict(sorted(vectors.items()))


class _SpeakerEncoder:
    """YourTTS's speaker encoder: the d-vector of whoever speaks in a recording."""

    def __init__(self, folder: ModelFolder) -> None:
        from TTS.encoder.configs.speaker_encoder_config import SpeakerEncoderConfig
        from TTS.encoder.utils.generic_utils import setup_encoder_model
        from TTS.utils.audio import AudioProcessor

        read = folders.read_json(folder.need(folders.ENCODER_SETTINGS))
        settings = read | {"audio": dict(read.get("audio") or {}) | {"stats_path": None}, "datasets": []}
        path = folder.need(folders.ENCODER_WEIGHTS)
        with building(folder):
            config = SpeakerEncoderConfig()
            config.from_dict(settings)
            self._network = setup_encoder_model(config)
            self._audio = AudioProcessor(config.audio)
        self._hears_waves = bool(config.model_params.get("use_torch_spec", False))
        fill(self._network, folders.read_weights(path), path)

    @classmethod
    def of(cls, folder: ModelFolder) -> _SpeakerEncoder | None:
        return cls(folder) if folder.find(folders.ENCODER_WEIGHTS) else None

    def d_vector(self, reference: Audio) -> torch.Tensor:
        """Shape (1, n) float32, prepared as Coqui prepares a file."""
        import torch

        samples = reference.resampled(self._audio.sample_rate).samples
        if self._audio.do_trim_silence:
            samples = self._audio.trim_silence(samples)
        if self._audio.do_sound_norm:
            samples = self._audio.sound_norm(samples)
        heard = samples if self._hears_waves else self._audio.melspectrogram(samples).T
        with torch.inference_mode():
            return self._network.compute_embedding(torch.from_numpy(np.array(heard, np.float32))[None])
