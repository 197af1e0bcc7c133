"""A Piper voice from its two files: text to sound, the same each time, with the time of every phoneme.

The exported graph draws its own noise and keeps the durations to itself. Before it is run, its noise is replaced with
a fixed table and its durations are made an output.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from checkpoints.errors import BadInput
from emotion_embed.signals.onnx_session import open_session
from generators.voice.frontend import homographs

if TYPE_CHECKING:
    import onnx
    import onnxruntime

_NOISE_SHAPE = (1, 256, 8192)  # channels and steps; a step of sound is 256 samples, so 95 s at 22.05 kHz
_INPUTS = {"input", "input_lengths", "scales"}
# What is heard comes so long before the phonemes' own times: closures of p t k are quietest and vowels loudest there,
# and the aligner of recordings finds the same (28 to 46 ms by kind of sound, in the voice joe).
_LAG_S = 0.04
_BOS, _EOS, _PAD = "^", "$", "_"


@dataclass(frozen=True)
class SpokenText:
    """Sound (n,) float32, and each phoneme with start and end in seconds, as heard (None: the voice does not tell)."""

    samples: np.ndarray
    phonemes: list[tuple[str, float, float]] | None


class OpenedPiper:
    """One voice, ready to speak. `sample_rate_hz` is its sound's, `language` its espeak code."""

    def __init__(self, model_path: Path, threads: int) -> None:
        from piper import PiperVoice

        config = _read_config(model_path)
        self._voice = PiperVoice(session=_session(model_path, threads), config=config)
        self._lock = threading.Lock()
        self.sample_rate_hz: int = config.sample_rate
        self.language: str = config.espeak_voice

    def speak(
        self, text: str, rate: float = 1.0, language: str | None = None, meant: Sequence[tuple[str, str]] = ()
    ) -> SpokenText:
        """Say one sentence `rate` times as fast as the voice does; `language` (espeak's code) None: the voice's own.
        `meant` are the words of the text with their readings, see `homographs`."""
        from piper import SynthesisConfig

        phonemes = self._phonemes(text, language, meant)
        ids = self._voice.phonemes_to_ids(phonemes)
        settings = SynthesisConfig(length_scale=self._voice.config.length_scale / rate)
        said = self._voice.phoneme_ids_to_audio(ids, settings, include_alignments=True)
        samples, n_samples = said if isinstance(said, tuple) else (said, None)
        times = None if n_samples is None else self._times(phonemes, n_samples.reshape(-1))
        return SpokenText(np.asarray(samples, np.float32).reshape(-1), times)

    def _phonemes(self, text: str, language: str | None, meant: Sequence[tuple[str, str]]) -> list[str]:
        """What the voice was trained to read, without the signs that it does not know."""
        voice = self._voice
        if language and language != self.language:
            voice = replace(voice, config=replace(voice.config, espeak_voice=language))
        with self._lock:  # the language of piper's espeak is global
            try:
                sentences = voice.phonemize(text)
            except (RuntimeError, ImportError) as error:
                raise BadInput(
                    f"This voice cannot read the language “{language or self.language}”: {error}."
                ) from error
        phonemes = [phoneme for sentence in sentences for phoneme in sentence]
        if meant and all(len(phoneme) == 1 for phoneme in phonemes):
            words, readings = zip(*meant, strict=True)
            phonemes = list(homographs.amended("".join(phonemes), words, readings, language or self.language))
        return [phoneme for phoneme in phonemes if phoneme in voice.config.phoneme_id_map]

    def _times(self, phonemes: list[str], n_samples: np.ndarray) -> list[tuple[str, float, float]] | None:
        """Start and end of each phoneme, the blank behind it included; None where the counts are of something else."""
        ids = self._voice.config.phoneme_id_map
        n_pad = len(ids.get(_PAD, ()))
        n_ids = [len(ids[p]) + n_pad for p in phonemes]
        first = len(ids.get(_BOS, ())) + n_pad
        if first + sum(n_ids) + len(ids.get(_EOS, ())) != len(n_samples):
            return None
        edges_s = np.concatenate([[0], np.cumsum(n_samples)]) / self.sample_rate_hz
        borders = np.maximum(0, edges_s[first + np.concatenate([[0], np.cumsum(n_ids, dtype=int)])] - _LAG_S)
        return [(p, float(a), float(b)) for p, a, b in zip(phonemes, borders[:-1], borders[1:], strict=True)]


def _read_config(model_path: Path) -> Any:
    """The settings beside a model, as piper reads them; `BadInput` when they are missing, torn or of another thing."""
    from piper.config import PiperConfig

    path = model_path.with_name(model_path.name + ".json")
    if not path.is_file():
        raise BadInput(f"The voice {model_path.name} has no settings: {path} is missing.")
    try:
        config = PiperConfig.from_dict(json.loads(path.read_text(encoding="utf-8")))
        good = isinstance(config.sample_rate, int) and 8000 <= config.sample_rate <= 96_000
        good = good and isinstance(config.espeak_voice, str) and config.length_scale > 0
        good = good and all(isinstance(ids, list) for ids in config.phoneme_id_map.values())
        good = good and {_BOS, _EOS, _PAD} <= set(config.phoneme_id_map)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"{path} is torn or does not describe a Piper voice.") from error
    if not good:
        raise BadInput(f"{path} does not describe a Piper voice.")
    return config


def _session(model_path: Path, threads: int) -> onnxruntime.InferenceSession:
    try:
        session = open_session(opened_graph(model_path), threads=threads)
    except MemoryError:
        raise
    except Exception as error:  # onnx and its runtime raise errors of many kinds for a file that is torn
        raise BadInput(f"{model_path} is torn or not a voice.") from error
    if not {node.name for node in session.get_inputs()} >= _INPUTS:
        raise BadInput(f"{model_path} is a model, but not of a Piper voice.")
    return session


def opened_graph(model_path: Path) -> bytes:
    """The graph with fixed noise and, where it can be found, the samples-per-phoneme as second output; serialised."""
    import onnx

    model = onnx.load(str(model_path), load_external_data=False)
    graph = model.graph
    _fix_noise(graph)
    durations = [output for node in graph.node if node.op_type == "Ceil" for output in node.output]
    if len(graph.output) == 1 and len(durations) == 1:
        graph.output.append(onnx.helper.make_empty_tensor_value_info(durations[0]))
    return model.SerializeToString()


def _fix_noise(graph: onnx.GraphProto) -> None:
    """Let every source of noise read from one table, cut to the shape it needs, so that the same text sounds the same.

    A seed would not do: it is set when the graph is opened, and the second sentence would depend on the first.
    """
    from onnx import helper, numpy_helper

    nodes, found = [], False
    for node in graph.node:
        if node.op_type != "RandomNormalLike":
            nodes.append(node)
            continue
        found = True
        shape = f"{node.output[0]}/shape"
        nodes.append(helper.make_node("Shape", [node.input[0]], [shape], name=shape))
        cut = ["mien/noise", "mien/noise_start", shape, "mien/noise_axes"]
        nodes.append(helper.make_node("Slice", cut, [node.output[0]], name=f"{node.output[0]}/cut"))
    if not found:
        return
    noise = np.random.default_rng(0).standard_normal(_NOISE_SHAPE, dtype=np.float32)
    constants = {"noise": noise, "noise_start": np.zeros(3, np.int64), "noise_axes": np.arange(3)}
    graph.initializer.extend(numpy_helper.from_array(value, f"mien/{name}") for name, value in constants.items())
    del graph.node[:]
    graph.node.extend(nodes)
