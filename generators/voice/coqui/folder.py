"""A folder in Coqui's published layout: where it lies, what is in it, and its files read without running any of them.

Coqui's own loaders follow paths and names of classes that a config.json holds, and unpickle statistics; so files are
read here, as tensors and plain JSON only, and the settings handed on name no file and no class of anybody else's.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checkpoints.errors import BadInput, Missing
from checkpoints.store import cache_root
from generators.voice.consent import Licence
from generators.voice.coqui import SPEC

PREFIX = f"{SPEC.name}:"
CPML = Licence("cpml", "Coqui Public Model License 1.0.0", "non-commercial use only")  # that of XTTS
WEIGHTS = ("model_file.pth", "model.pth", "model_file.pth.tar", "checkpoint.pth", "best_model.pth")
ENCODER_WEIGHTS = ("model_se.pth", "model_se.pth.tar")
ENCODER_SETTINGS = ("config_se.json",)
XTTS_SPEAKERS = ("speakers_xtts.pth",)
# Where each kind of table lies, and under which key config.json names it.
D_VECTORS = ("d_vector_file", ("speakers.json", "speakers.pth"))
SPEAKER_IDS = ("speakers_file", ("speaker_ids.json", "speaker_ids.pth", "speakers.json", "speakers.pth"))
LANGUAGE_IDS = ("language_ids_file", ("language_ids.json",))

_PUBLISHED = {
    "xtts": "config.json, model.pth, vocab.json and speakers_xtts.pth of coqui/XTTS-v2 from the Hugging Face Hub",
    "your_tts": "the files of tts_models/multilingual/multi-dataset/your_tts (release v0.10.1_models of coqui-ai/TTS)",
    "vits": "config.json and the .pth file of a VITS model of Coqui's",
}


@dataclass(frozen=True)
class ModelFolder:
    """A model's `path`, its `settings` as config.json has them, and the `speaker` asked for after # (None: none)."""

    path: Path
    settings: Mapping[str, Any]
    speaker: str | None = None

    @property
    def model(self) -> str:
        """ "vits" (YourTTS too) or "xtts"."""
        return str(self.settings.get("model", "")).lower()

    def setting(self, key: str, default: Any = None) -> Any:
        """A setting of the network if it is there, else one of the model."""
        inner = self.settings.get("model_args")
        value = inner.get(key) if isinstance(inner, Mapping) else None
        return self.settings.get(key, default) if value is None else value

    def find(self, names: tuple[str, ...]) -> Path | None:
        """The first of these files that is in the folder."""
        return next((self.path / name for name in names if (self.path / name).is_file()), None)

    def need(self, names: tuple[str, ...]) -> Path:
        """As `find`; `Missing` where there is none of them."""
        if (path := self.find(names)) is None:
            some = " or ".join(names[:2])
            raise Missing(f"{self.path} lacks {some}: download the whole model again and put it there.")
        return path

    def table(self, kind: tuple[str, tuple[str, ...]]) -> Any:
        """A table of speakers or languages from the folder, or None. Only the name of a path in config.json counts:
        it was written on the machine where the model was trained."""
        key, names = kind
        named = self.setting(key)
        named = named[0] if isinstance(named, list) and named else named
        own = (str(named).replace("\\", "/").rsplit("/", 1)[-1],) if named else ()
        path = self.find((*own, *names))
        return None if path is None else read_table(path)


def open_folder(voice: str, models_folder: Path | None = None) -> ModelFolder:
    """The folder that a voice's name means: `coqui:NAME`, `coqui:FOLDER` or a folder's path, with #SPEAKER or without.

    Raises `Missing` where no such folder or file is, and `BadInput` where it holds no VITS and no XTTS.
    """
    if not voice.removeprefix(PREFIX).strip():
        raise BadInput("A Coqui voice is named by its folder, as coqui:FOLDER or coqui:FOLDER#SPEAKER.")
    path, speaker = _located(voice.removeprefix(PREFIX), models_folder or cache_root() / "coqui")
    config = path / "config.json"
    if not config.is_file():
        raise Missing(f"{path} lacks config.json: download the whole model again and put it there.")
    folder = ModelFolder(path, read_json(config), speaker)
    if folder.model not in ("vits", "xtts"):
        raise BadInput(f"{path} holds the model “{folder.model[:40]}”; only Coqui's VITS, YourTTS and XTTS can speak.")
    return folder


def _located(name: str, models_folder: Path) -> tuple[Path, str | None]:
    """The folder, and the speaker after the last # where the whole name is no folder itself."""
    base, mark, speaker = name.rpartition("#")
    for place, who in ((name, None), (base, speaker or None)) if mark else ((name, None),):
        for path in (Path(place).expanduser(), models_folder / place):
            if place and path.is_dir():
                return path.absolute(), who
    place = base if mark else name
    known = next((what for key, what in _PUBLISHED.items() if key in place.lower()), _PUBLISHED["vits"])
    where = Path(place) if Path(place).is_absolute() else models_folder / place
    raise Missing(f"There is no Coqui model at {where}: download {known} and put them there.")


# --- files --------------------------------------------------------------------------------------------------------


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object, or `BadInput`."""
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} cannot be read as JSON: it may be torn.") from error
    if not isinstance(settings, dict):
        raise BadInput(f"{path} holds no table of settings.")
    return settings


def read_table(path: Path) -> Mapping[str, Any]:
    """A table by names from a .json, or a .pth of plain values and tensors."""
    table = read_json(path) if path.suffix == ".json" else read_tensors(path)
    if not isinstance(table, Mapping):
        raise BadInput(f"{path} holds no table by names.")
    return table


def read_tensors(path: Path) -> Any:
    """What torch's safe reader makes of a .pth: tensors, numbers, texts and containers of them, nothing that runs.

    Raises `BadInput` for a file that holds more, or is torn.
    """
    import torch

    try:
        with torch.serialization.safe_globals(_stand_ins()):
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise BadInput(f"{path} holds more than weights, or is torn, and was not read.") from error
    except Exception as error:  # torn archives raise whatever the place where they end leads to
        raise BadInput(f"{path} cannot be read as weights: it may be torn.") from error


def read_weights(path: Path) -> dict[str, Any]:
    """The tensors by name that a checkpoint keeps under "model"."""
    import torch

    checkpoint = read_tensors(path)
    weights = checkpoint.get("model") if isinstance(checkpoint, Mapping) else None
    if not isinstance(weights, Mapping) or not all(
        isinstance(name, str) and isinstance(weight, torch.Tensor) for name, weight in weights.items()
    ):
        raise BadInput(f"{path} is not a checkpoint of Coqui's: it has no table of weights under “model”.")
    return dict(weights)


class _Ignored:
    """Stands in for the settings that older checkpoints carry as objects; they are read from config.json instead."""

    def __setstate__(self, state: object) -> None:
        """Keep nothing."""


_SETTINGS_CLASSES = (
    "TTS.tts.configs.xtts_config.XttsConfig",
    "TTS.tts.configs.xtts_config.XttsArgs",
    "TTS.tts.configs.xtts_config.XttsAudioConfig",
    "TTS.tts.models.xtts.XttsArgs",
    "TTS.tts.models.xtts.XttsAudioConfig",
    "TTS.config.shared_configs.BaseDatasetConfig",
    "TTS.tts.configs.shared_configs.CharactersConfig",
    "TTS.tts.configs.vits_config.VitsConfig",
    "TTS.tts.models.vits.VitsArgs",
    "TTS.tts.models.vits.VitsAudioConfig",
    "TTS.config.shared_configs.BaseAudioConfig",
)


def _stand_ins() -> list[Any]:
    """Each name with a class of its own: torch keeps them by class as well as by name."""
    return [(type("_Ignored", (_Ignored,), {}), name) for name in _SETTINGS_CLASSES]
