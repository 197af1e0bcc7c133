"""XTTS v1 and v2."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from checkpoints.errors import BadInput, Missing
from emotion_embed.signals.audio import Audio
from generators.voice.coqui import SPEC
from generators.voice.coqui import folder as folders
from generators.voice.coqui.building import building, drawing, fill, same_name, speakerless
from generators.voice.coqui.folder import ModelFolder

if TYPE_CHECKING:
    import torch

_HEARD_HZ = 22_050  # recordings are heard at this rate
_OF_TRAINING = ("torch_mel_spectrogram_style_encoder.", "torch_mel_spectrogram_dvae.", "dvae.")
_SHARED = ("gpt.gpt_inference.", "gpt.gpt.wte.")  # what is made of the other weights when speech begins


class XttsNetwork:
    """XTTS v1 and v2: a language model of sound that takes its timbre from a few seconds of a recording."""

    def __init__(self, folder: ModelFolder) -> None:
        from TTS.tts.configs.xtts_config import XttsConfig
        from TTS.tts.layers.xtts.tokenizer import VoiceBpeTokenizer
        from TTS.tts.models.xtts import Xtts

        weights_path, vocabulary = folder.need(folders.WEIGHTS[1:] + folders.WEIGHTS[:1]), folder.need(("vocab.json",))
        folders.read_json(vocabulary)
        self._folder = folder
        _check_transformers()
        with building(folder), _without_warnings():
            config = XttsConfig()
            config.from_dict(self._settings())
            network = Xtts(config)
            network.tokenizer = VoiceBpeTokenizer(vocab_file=vocabulary)
            network.init_models()
        weights = {name.removeprefix("xtts."): weight for name, weight in folders.read_weights(weights_path).items()}
        unused = _OF_TRAINING + _SHARED
        fill(network, {n: w for n, w in weights.items() if not n.startswith(unused)}, weights_path)
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
        """The latents and the embedding of one of `speakers`; `BadInput` for any other."""
        if not self._speakers:
            raise BadInput(speakerless(self._folder))
        return self._speakers[same_name(self.speakers, speaker)]

    def timbre_in(self, reference: Audio) -> tuple[torch.Tensor, torch.Tensor]:
        """The latents and the embedding of whoever speaks in a recording."""
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
        """Samples (n,) float32 of one chunk; `BadInput` where it has too many tokens."""
        import torch

        latents, embedding = timbre
        settings = self._config
        with drawing(seed), torch.inference_mode():
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
