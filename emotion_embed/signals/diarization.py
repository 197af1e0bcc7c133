"""Who speaks when in a recording, through pyannote.audio 4, which `pip install "mien-studio[pyannote]"` brings.

Its default model is `pyannote/speaker-diarization-community-1` (CC BY 4.0, after agreeing to its conditions on the
Hub). Source: Bredin 2023, "pyannote.audio 2.1 speaker diarization pipeline"; Plaquet & Bredin 2023, "Powerset
multi-class cross entropy loss for neural speaker diarization".

pyannote.audio is used with these precautions:
- Its telemetry stays off, whatever the environment says.
- It is handed samples, never paths, so it needs neither torchcodec nor ffmpeg.
- Its own loader unpickles whatever is in a file, and imports whatever class a configuration names. So files are read
  here as tensors and the three plain classes that published ones hold, and only then handed on.
- pip brings a CUDA build of torchaudio, which cannot be imported beside a CPU build of torch: `Missing` says so. Of
  torchaudio only parts in Python are used, so there it is enough to move the `*.so` files out of `torchaudio/lib`
  (in the environment's `site-packages`). torchcodec may stay as it is, broken or not.
"""

from __future__ import annotations

import difflib
import functools
import io
import os
import pickle
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from checkpoints.errors import BadInput, Missing
from checkpoints.no_telemetry import SWITCHES
from emotion_embed.signals.audio import Audio, check_audio

_RATE_HZ = 16_000
DIARIZATION_MODEL = "pyannote/speaker-diarization-community-1"
_BACKENDS = ("pyannote",)
_PAD_S = 0.1
_PARTS = ("segmentation", "embedding", "plda")
_WEIGHTS = "pytorch_model.bin"
_SETTINGS = ("clustering", "segmentation_step", "segmentation_batch_size", "embedding_batch_size")


def pyannote_speech_regions(
    audio: Audio,
    *,
    model: str | Path = DIARIZATION_MODEL,
    shortest_pause_s: float = 0.3,
    shortest_speech_s: float = 0.12,
) -> list[tuple[float, float]]:
    """Stretches of speech as `speech_regions` gives them, heard by pyannote's segmentation model.

    `model` is a folder or a Hub repository (`owner/name` or `owner/name@revision`) of a diarization pipeline, whose
    segmentation model is taken, or of such a model itself. Raises `Missing` without the package or the files, and
    `BadInput` for files that are something else and for recordings in which nobody could speak.
    """
    audio = check_audio(audio)
    _import_pyannote()
    detector = _load_detector(str(model), shortest_pause_s, shortest_speech_s)
    timeline = _run(detector, audio).get_timeline().support()
    widened = [(segment.start - _PAD_S, segment.end + _PAD_S) for segment in timeline]
    return _joined(widened, 0.0, audio.duration_s)


@dataclass(frozen=True)
class SpeakerTurn:
    """`speaker` ("A", "B", … in the order in which they first speak) speaks from `start_s` to `end_s`."""

    start_s: float
    end_s: float
    speaker: str


def speaker_turns(
    audio: Audio,
    *,
    backend: str = "pyannote",
    model: str | Path = DIARIZATION_MODEL,
    n_speakers: int | None = None,
) -> list[SpeakerTurn]:
    """Who speaks when, by start; turns of different speakers overlap where they speak at once.

    `model` is a folder or a Hub repository (`owner/name` or `owner/name@revision`) with pyannote's `config.yaml` and
    what it names; `n_speakers` says how many there are, where that is known. With MIEN_OFFLINE or HF_HUB_OFFLINE only
    what is cached is used. Raises `BadInput` for an unknown backend, a recording in which nobody could speak or files
    that are something else, and `Missing` without the package or the files.
    """
    if backend not in _BACKENDS:
        near = difflib.get_close_matches(backend, _BACKENDS, n=3, cutoff=0.4) or list(_BACKENDS)
        raise BadInput(f"Speakers cannot be told apart with “{backend}”; there is {', '.join(near)}.")
    if n_speakers is not None and n_speakers < 1:
        raise BadInput(f"A recording has at least one speaker, not {n_speakers}.")
    audio = check_audio(audio)
    _import_pyannote()
    annotation = _run(_load_pipeline(str(model)), audio, num_speakers=n_speakers).speaker_diarization
    tracks = ((segment.start, segment.end, label) for segment, _, label in annotation.itertracks(yield_label=True))
    return _named(tracks, audio.duration_s)


def turns_to_regions(turns: Sequence[SpeakerTurn], shortest_pause_s: float = 0.3) -> list[tuple[float, float]]:
    """Stretches in which anybody speaks as (start_s, end_s), in order and apart by at least `shortest_pause_s`."""
    return _joined([(turn.start_s, turn.end_s) for turn in turns], shortest_pause_s)


def only_speaker(audio: Audio, turns: Sequence[SpeakerTurn], speaker: str) -> Audio:
    """The same recording with silence wherever `speaker` does not speak, so that all times stay true.

    Raises `BadInput`, listing the speakers, when there is none of that name.
    """
    speakers = sorted({turn.speaker for turn in turns}, key=lambda name: (len(name), name))
    if speaker not in speakers:
        known = f"there is {', '.join(speakers)}" if speakers else "nobody is heard"
        raise BadInput(f"There is no speaker “{speaker}” in the recording; {known}.")
    samples = np.zeros_like(audio.samples)
    for turn in turns:
        if turn.speaker == speaker:
            start, end = (max(0, round(time_s * audio.sample_rate_hz)) for time_s in (turn.start_s, turn.end_s))
            samples[start:end] = audio.samples[start:end]
    return Audio(samples, audio.sample_rate_hz)


def _named(tracks: Iterable[tuple[float, float, Any]], duration_s: float) -> list[SpeakerTurn]:
    """Turns by start, inside the recording, with names in place of the labels."""
    inside = [(max(0.0, start), min(end, duration_s), label) for start, end, label in tracks]
    ordered = sorted((track for track in inside if track[1] > track[0]), key=lambda track: track[:2])
    names: dict[Any, str] = {}
    return [
        SpeakerTurn(float(start), float(end), names.setdefault(label, _letters(len(names))))
        for start, end, label in ordered
    ]


def _letters(index: int) -> str:
    """A, B, …, Z, AA, AB, …"""
    before, last = divmod(index, 26)
    return (_letters(before - 1) if before else "") + chr(ord("A") + last)


def _joined(
    regions: Iterable[tuple[float, float]], shortest_pause_s: float, duration_s: float = float("inf")
) -> list[tuple[float, float]]:
    """Regions in order, inside the recording, those together that overlap or lie closer than `shortest_pause_s`."""
    joined: list[tuple[float, float]] = []
    for start, end in sorted(regions):
        start, end = max(0.0, float(start)), min(float(end), duration_s)
        if joined and start - joined[-1][1] <= max(shortest_pause_s - 1e-6, 0.0):
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        elif end > start:
            joined.append((start, end))
    return joined


# pyannote.audio -----------------------------------------------------------------------------------------------------


def _import_pyannote() -> None:
    """Import pyannote.audio with its telemetry off, or raise `Missing`."""
    os.environ.update(SWITCHES)  # it asks before each report, and a user's setting may have come in between
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it could not read sound from files
            import pyannote.audio  # noqa: F401
    except Exception as error:  # a library of another build raises OSError, one of another version anything
        if isinstance(error, ModuleNotFoundError) and (error.name or "").startswith("pyannote"):
            raise Missing(
                'Telling speakers apart takes more packages: run `pip install "mien-studio[pyannote]"`.'
            ) from error
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise Missing(
            f"pyannote.audio is installed but cannot be imported ({why}): where torch is a CPU build and torchaudio a "
            "CUDA one, move the *.so files out of torchaudio/lib, else reinstall both at one version."
        ) from error


def _run(pipeline: Any, audio: Audio, **options: Any) -> Any:
    """What a pipeline makes of a recording, which it is given as (1, n) samples at 16 kHz."""
    import torch

    samples = np.ascontiguousarray(audio.resampled(_RATE_HZ).samples, np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of statistics over stretches of one frame, on any recording
        return pipeline({"waveform": torch.from_numpy(samples)[None], "sample_rate": _RATE_HZ}, **options)


@functools.lru_cache(maxsize=1)
def _load_pipeline(model: str) -> Any:
    """A `SpeakerDiarization` pipeline; loaded once per process."""
    from pyannote.audio.core.plda import PLDA
    from pyannote.audio.pipelines import SpeakerDiarization

    config = _read_config(model)
    if config is None:
        raise BadInput(f"{model} holds no pyannote pipeline that tells speakers apart.")
    settings = config["pipeline"]["params"]
    segmentation, embedding, plda = (_part(settings, name, model) for name in _PARTS)
    lacking = tuple((f"{part}/{_WEIGHTS}",) for part in (segmentation, embedding))
    folder = _fetch(model, (*lacking, (f"{plda}/plda.npz",), (f"{plda}/xvec_transform.npz",)))
    try:
        pipeline = SpeakerDiarization(
            segmentation=_load_model(folder / segmentation / _WEIGHTS),
            embedding=_load_model(folder / embedding / _WEIGHTS),
            plda=PLDA.from_pretrained(folder / plda),
            embedding_exclude_overlap=bool(settings.get("embedding_exclude_overlap", False)),
            **{name: settings[name] for name in _SETTINGS if name in settings},
        )
        return pipeline.instantiate(config.get("params") or pipeline.default_parameters())
    except (KeyError, ValueError, TypeError, OSError, RuntimeError, AttributeError, EOFError) as error:
        if isinstance(error, BadInput):
            raise
        raise BadInput(f"{model} holds no pipeline that this pyannote.audio can build; it may be torn.") from error


@functools.lru_cache(maxsize=1)
def _load_detector(model: str, shortest_pause_s: float, shortest_speech_s: float) -> Any:
    """A `VoiceActivityDetection` pipeline on a segmentation model; loaded once per process."""
    from pyannote.audio.pipelines import VoiceActivityDetection

    config = _read_config(model)
    place = f"{_part(config['pipeline']['params'], 'segmentation', model)}/{_WEIGHTS}" if config else _WEIGHTS
    segmentation = _load_model(_fetch(model, ((place,),)) / place)
    thresholds = {} if segmentation.specifications.powerset else {"onset": 0.5, "offset": 0.5}
    durations = {"min_duration_on": shortest_speech_s, "min_duration_off": shortest_pause_s}
    return VoiceActivityDetection(segmentation=segmentation).instantiate({**durations, **thresholds})


def _fetch(model: str, files: tuple[tuple[str, ...], ...]) -> Path:
    from emotion_embed.readers.speech_wav2vec2 import model_folder

    if Path(model).expanduser().is_dir():
        return model_folder(model, files)
    name, _, revision = model.partition("@")
    return model_folder(name, files, revision or None)


def _read_config(model: str) -> dict[str, Any] | None:
    """`config.yaml` of a pipeline; None where there is none, or one of something else (as of a model's training)."""
    import yaml

    folder = Path(model).expanduser()
    if folder.is_dir() and not (folder / "config.yaml").is_file():
        return None
    path = _fetch(model, (("config.yaml",),)) / "config.yaml"
    try:
        config = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise BadInput(f"{path} cannot be read as YAML: it may be torn.") from error
    if not isinstance(config, dict) or not isinstance(config.get("pipeline"), dict):
        return None
    kind = str(config["pipeline"].get("name", ""))
    if not (kind.startswith("pyannote.audio.pipelines.") and kind.endswith(".SpeakerDiarization")):
        raise BadInput(f"{path} describes {kind or 'nothing'} instead of a SpeakerDiarization pipeline.")
    if not isinstance(config["pipeline"].get("params"), dict):
        raise BadInput(f"{path} does not say which models the pipeline consists of.")
    return config


def _part(settings: dict[str, Any], name: str, model: str) -> str:
    """The folder of one part, which `config.yaml` names as `$model/folder`."""
    value = str(settings.get(name, ""))
    folder = value.removeprefix("$model/").strip("/")
    if not value.startswith("$model/") or not folder or ".." in folder.split("/") or "@" in folder:
        raise BadInput(f"The pipeline of {model} must bring its {name} with it, as $model/{name}.")
    return folder


def _load_model(path: Path) -> Any:
    """A model of pyannote's in eval mode. Its own loader unpickles, so it is given what was read safely before, written
    anew."""
    import torch
    from pyannote.audio import Model
    from pyannote.audio.core.task import Problem, Resolution, Specifications
    from torch.torch_version import TorchVersion

    plain = [Problem, Resolution, Specifications, TorchVersion]
    try:
        with torch.serialization.safe_globals(plain):
            checkpoint = torch.load(path, map_location="cpu", weights_only=True)
        module = str(checkpoint["pyannote.audio"]["architecture"]["module"])
    except pickle.UnpicklingError as error:
        raise BadInput(f"{path} holds more than weights, or is torn, and was not read.") from error
    except (OSError, RuntimeError, EOFError, ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{path} cannot be read as a model of pyannote's: it may be torn.") from error
    if not module.startswith("pyannote.audio.models."):
        raise BadInput(f"{path} holds a model that is not pyannote's own ({module}).")
    buffer = io.BytesIO()
    torch.save(checkpoint, buffer)
    buffer.seek(0)
    try:
        return Model.from_pretrained(buffer).eval()
    except Exception as error:  # whatever a part of the checkpoint that does not fit the rest leads to
        raise BadInput(f"{path} holds a model that this pyannote.audio cannot build.") from error
