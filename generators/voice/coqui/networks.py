"""Coqui's two kinds of networks behind one face: `speak` a text as a timbre, and hear a timbre in a recording.

They are built from settings that name no file and no class of anybody else's (see `folder`), filled with weights that
were read as tensors, and given waveforms instead of paths, so that nothing is fetched, unpickled or decoded by Coqui.
"""

from __future__ import annotations

import copy
import re
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from checkpoints.errors import BadInput, MienError, Missing
from emotion_embed.signals.audio import Audio
from generators.voice.coqui import SPEC
from generators.voice.coqui import folder as folders
from generators.voice.coqui.espeak import EspeakPhonemizer
from generators.voice.coqui.folder import ModelFolder

if TYPE_CHECKING:
    import torch

_DRAWING = threading.Lock()  # both models draw from torch's one global generator
_HEARD_HZ = 22_050  # XTTS hears recordings at this rate
SHORTEST_REFERENCE_S = 1.0


class Network(Protocol):
    """A loaded model. A timbre is what it itself makes of a speaker's name or of a recording."""

    sample_rate_hz: int
    speakers: Sequence[str]
    languages: Sequence[str]  # the model's own names; empty where it says none

    def timbre_of(self, speaker: str | None) -> Any:
        """The timbre of one of `speakers`, None standing for the only one."""
        ...

    def timbre_in(self, reference: Audio) -> Any:
        """The timbre of whoever speaks in a recording; `BadInput` for a model that cannot clone."""
        ...

    def speak(self, text: str, language: str | None, timbre: Any, rate: float, seed: int) -> np.ndarray:
        """Samples (n,) float32 of one chunk at `rate` times the usual pace."""
        ...


def load_network(folder: ModelFolder) -> Network:
    """The network in a folder. Raises `Missing` without the extra or a file, `BadInput` for files that do not fit."""
    import_coqui()
    with _drawing(0):  # networks begin with random weights
        network: Network = _Xtts(folder) if folder.model == "xtts" else _Vits(folder)
    return network


def import_coqui() -> None:
    """Import coqui-tts, or raise `Missing` with what mends it."""
    try:
        import torch  # noqa: F401
        from TTS.tts.models import vits, xtts  # noqa: F401
    except Exception as error:  # a library of another build raises OSError, one of another version anything
        name = error.name or "" if isinstance(error, ModuleNotFoundError) else ""
        lacks = str(error).strip().startswith(("Coqui TTS requires", "From Pytorch"))
        if lacks or name.split(".")[0] in ("TTS", "torch", "torchaudio", "torchcodec", "six"):
            raise Missing(f"A Coqui voice takes more packages: run `{SPEC.install}`.") from error
        why = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise Missing(
            f"coqui-tts is installed but cannot be imported ({why}): where torch is a CPU build and torchaudio a CUDA "
            "one, move the *.so files out of torchaudio/lib, else reinstall both at one version."
        ) from error


@contextmanager
def _drawing(seed: int) -> Iterator[None]:
    """Torch's global random numbers are ours and begin at `seed`; afterwards they go on as before."""
    import torch

    with _DRAWING, torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


@contextmanager
def _building(folder: ModelFolder) -> Iterator[None]:
    """Every way in which settings can be wrong ends as one sentence; Coqui itself replaces some with its defaults."""
    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            yield
        replaced = [
            str(w.message) for w in said if re.search(r"field: (model_args|model_params|audio)\b", str(w.message))
        ]
        if replaced:
            raise ValueError(re.sub(r"\s+", " ", replaced[0]))
    except MienError:
        raise
    except Exception as error:
        why = next(iter(str(error).strip().splitlines()), type(error).__name__)[:120]
        raise BadInput(f"The settings in {folder.path} describe no model that can be built ({why}).") from error


def _fill(network: torch.nn.Module, weights: Mapping[str, Any], path: Path) -> None:
    """Put every weight where it belongs, or raise `BadInput`: none may be left over or stay random.

    Torch itself knows the older names of weight normalisation.
    """
    try:
        network.load_state_dict(dict(weights), strict=True)
    except (RuntimeError, KeyError, ValueError) as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        why = (lines[1] if len(lines) > 1 else lines[0] if lines else type(error).__name__)[:160]
        raise BadInput(f"{path} holds weights of another model than the settings beside it describe: {why}") from error
    network.eval()


def _same_names(names: Sequence[str], wanted: str | None) -> str:
    """The speaker asked for, or the only one; else `BadInput` that lists some."""
    if wanted is None and len(names) == 1:
        return names[0]
    if wanted in names:
        return wanted
    some = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    what = f"There is no speaker “{wanted}” in this model" if wanted else "This model has several speakers"
    raise BadInput(f"{what}; name one behind the folder as #SPEAKER: {some}.")


def _speakerless(folder: ModelFolder) -> str:
    return f"The model in {folder.path} has no speakers of its own: give a reference recording, with consent."


# --- VITS and YourTTS ---------------------------------------------------------------------------------------------

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


class _Vits:
    """VITS with one speaker, with speakers by number, or (YourTTS) by d-vectors, which an encoder hears."""

    def __init__(self, folder: ModelFolder) -> None:
        from TTS.tts.configs.vits_config import VitsConfig
        from TTS.tts.models.vits import Vits

        weights_path = folder.need(folders.WEIGHTS)
        self._folder = folder
        by_vector = bool(folder.setting("use_d_vector_file"))
        self._d_vectors = _d_vectors(folder) if by_vector else {}
        self._ids = {} if by_vector else _speaker_ids(folder)
        self._language_ids = _language_ids(folder)
        with _building(folder):
            config = VitsConfig()
            config.from_dict(self._settings())
            network = Vits(config)
            network.audio_resampler = None  # for training
            network.tokenizer.phonemizer = self._phonemizer()
            network.tokenizer.use_phonemes = network.tokenizer.phonemizer is not None
        weights = folders.read_weights(weights_path)
        unused = ("disc.", "speaker_encoder.", "audio_resampler.", "audio_transform.")
        _fill(network, {n: w for n, w in weights.items() if not n.startswith(unused)}, weights_path)
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
        inner = settings.get("model_args") if isinstance(settings.get("model_args"), dict) else {}
        changes = dict.fromkeys(_PATHS) | {"init_discriminator": False, "use_speaker_encoder_as_loss": False}
        for part in (settings, inner):
            part.update({key: value for key, value in changes.items() if key in part})
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
        import torch

        if not self.speakers:
            if speaker:
                raise BadInput(
                    f"The model in {self._folder.path} has one speaker, without a name; leave #{speaker} out."
                )
            if self._folder.setting("use_d_vector_file"):
                raise BadInput(_speakerless(self._folder))
            return {"speaker_ids": None, "d_vectors": None}
        name = _same_names(self.speakers, speaker)
        if self._d_vectors:
            return {"speaker_ids": None, "d_vectors": torch.from_numpy(self._d_vectors[name])[None]}
        return {"speaker_ids": torch.tensor([self._ids[name]]), "d_vectors": None}

    def timbre_in(self, reference: Audio) -> dict[str, Any]:
        if self._encoder is None or not self._folder.setting("use_d_vector_file"):
            raise BadInput(
                f"The VITS model in {self._folder.path} cannot take its voice from a recording; YourTTS (with "
                "model_se.pth and config_se.json) and XTTS-v2 can."
            )
        return {"speaker_ids": None, "d_vectors": self._encoder.d_vector(reference)}

    def speak(self, text: str, language: str | None, timbre: Any, rate: float, seed: int) -> np.ndarray:
        import torch

        language = language or (self.languages[0] if self.languages else None)
        ids = self._network.tokenizer.text_to_ids(text, language=language)
        if not ids:
            raise BadInput(f"The model in {self._folder.path} knows none of the letters of “{text[:40]}”.")
        number = self._language_ids.get(language or "")
        numbers = None if number is None else torch.tensor([number])
        with _drawing(seed), torch.inference_mode():
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
        with _building(folder):
            config = SpeakerEncoderConfig()
            config.from_dict(settings)
            self._network = setup_encoder_model(config)
            self._audio = AudioProcessor(config.audio)
        self._hears_waves = bool(config.model_params.get("use_torch_spec", False))
        _fill(self._network, folders.read_weights(path), path)

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


# --- XTTS ---------------------------------------------------------------------------------------------------------

_OF_TRAINING = ("torch_mel_spectrogram_style_encoder.", "torch_mel_spectrogram_dvae.", "dvae.")
_SHARED = ("gpt.gpt_inference.", "gpt.gpt.wte.")  # what is made of the other weights when speech begins


class _Xtts:
    """XTTS v1 and v2: a language model of sound that takes its timbre from a few seconds of a recording."""

    def __init__(self, folder: ModelFolder) -> None:
        from TTS.tts.configs.xtts_config import XttsConfig
        from TTS.tts.layers.xtts.tokenizer import VoiceBpeTokenizer
        from TTS.tts.models.xtts import Xtts

        weights_path, vocabulary = folder.need(folders.WEIGHTS[1:] + folders.WEIGHTS[:1]), folder.need(("vocab.json",))
        folders.read_json(vocabulary)
        self._folder = folder
        _check_transformers()
        with _building(folder), _without_warnings():
            config = XttsConfig()
            config.from_dict(self._settings())
            network = Xtts(config)
            network.tokenizer = VoiceBpeTokenizer(vocab_file=vocabulary)
            network.init_models()
        weights = {name.removeprefix("xtts."): weight for name, weight in folders.read_weights(weights_path).items()}
        unused = _OF_TRAINING + _SHARED
        _fill(network, {n: w for n, w in weights.items() if not n.startswith(unused)}, weights_path)
        with _without_warnings():
            network.gpt.init_gpt_for_inference(kv_cache=network.args.kv_cache)
        network.gpt.eval()
        self._network, self._config = network, config
        self._speakers = _xtts_speakers(folder)
        self.sample_rate_hz = int(network.args.output_sample_rate)
        self.speakers = tuple(self._speakers)
        self.languages = tuple(config.languages)

    def _settings(self) -> dict[str, Any]:
        settings = copy.deepcopy(dict(self._folder.settings))
        inner = dict(settings.get("model_args") or {})
        nothing = dict.fromkeys(("tokenizer_file", "gpt_checkpoint", "clvp_checkpoint", "decoder_checkpoint"), "")
        # Without the number of text tokens, which the vocabulary tells, the large network is not built twice.
        settings["model_args"] = inner | nothing | {"gpt_number_text_tokens": None}
        settings["datasets"], settings["test_sentences"] = [], []
        return settings

    def timbre_of(self, speaker: str | None) -> tuple[torch.Tensor, torch.Tensor]:
        if not self._speakers:
            raise BadInput(_speakerless(self._folder))
        return self._speakers[_same_names(self.speakers, speaker)]

    def timbre_in(self, reference: Audio) -> tuple[torch.Tensor, torch.Tensor]:
        import torch

        heard = reference.resampled(_HEARD_HZ).samples[: _HEARD_HZ * int(self._config.max_ref_len)]
        if self._config.sound_norm_refs:
            heard = heard / max(float(np.abs(heard).max()), 1e-6) * 0.75
        wave = torch.from_numpy(np.array(heard, np.float32))[None]
        latents = self._network.get_gpt_cond_latents(
            wave, _HEARD_HZ, length=self._config.gpt_cond_len, chunk_length=self._config.gpt_cond_chunk_len
        )
        return latents, self._network.get_speaker_embedding(wave, _HEARD_HZ)

    def speak(self, text: str, language: str | None, timbre: Any, rate: float, seed: int) -> np.ndarray:
        import torch

        latents, embedding = timbre
        settings = self._config
        with _drawing(seed), torch.inference_mode():
            tokens = self._network.tokenizer.encode(text.strip().lower(), lang=language or "en")
            if len(tokens) >= self._network.args.gpt_max_text_tokens:
                raise BadInput(f"“{text[:40]}…” is too long for XTTS to say in one breath; put punctuation in it.")
            heard = self._network.inference(
                text,
                language or "en",
                latents,
                embedding,
                temperature=settings.temperature,
                length_penalty=settings.length_penalty,
                repetition_penalty=settings.repetition_penalty,
                top_k=settings.top_k,
                top_p=settings.top_p,
                speed=rate,
            )
        return np.asarray(heard["wav"], np.float32).reshape(-1)


def _check_transformers() -> None:
    """Coqui TTS 0.28.0 hands the cache of a generation on under a name that transformers 5.24 has given up."""
    from importlib.metadata import version

    import transformers

    numbers = tuple(int(part) for part in re.findall(r"\d+", transformers.__version__)[:2])
    if version("coqui-tts") == "0.28.0" and numbers >= (5, 24):
        raise Missing(
            f"XTTS in coqui-tts 0.28.0 cannot speak with transformers {transformers.__version__}: run "
            f"`{SPEC.install}`, which brings an earlier one."
        )


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Without what transformers says about tokens of GPT-2, which XTTS has none of."""
    from transformers.utils import logging

    level = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(level)


def _xtts_speakers(folder: ModelFolder) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    """Conditioning (1, width, n) and embedding (1, width, 1) of the speakers that come with the model."""
    path = folder.find(folders.XTTS_SPEAKERS)
    if path is None:
        return {}
    try:
        table = folders.read_table(path)
        return {
            str(name): (own["gpt_cond_latent"].float(), own["speaker_embedding"].float()) for name, own in table.items()
        }
    except (TypeError, KeyError, AttributeError) as error:
        raise BadInput(f"{path} is not a table of speakers with gpt_cond_latent and speaker_embedding.") from error
