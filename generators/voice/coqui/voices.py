"""Coqui's voices: models in folders that the user has."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from checkpoints.errors import BadInput, Missing
from checkpoints.store import cache_root
from generators.voice.catalog import VoiceInfo, VoiceRequest, is_ready, state_of
from generators.voice.consent import check_licence
from generators.voice.coqui import SPEC
from generators.voice.coqui.folder import CPML, PREFIX, open_folder


def voices() -> list[VoiceInfo]:
    """One line that says how to name any folder, and the models in the folder of models."""
    state, note = state_of(SPEC)
    note = note or f"name a folder with a model: --voice-generator {SPEC.name} --voice {PREFIX}FOLDER"
    anyone = VoiceInfo(f"{PREFIX}NAME", SPEC.name, "many", "many languages", "any", is_ready(state), note, state)
    return [anyone, *(models_in(default_folder()) if is_ready(state) else [])]


def check_voice(request: VoiceRequest) -> None:
    """Raise `BadInput` before any work where no folder is named."""
    if not request.voice:
        raise BadInput(
            f"{SPEC.name.title()} speaks from a folder of yours: --voice-generator {SPEC.name} --voice {PREFIX}FOLDER."
        )


def default_folder() -> Path:
    """Where `coqui:NAME` is looked for."""
    return cache_root() / SPEC.name


def models_in(folder: Path, accepted_licences: Iterable[str] = ()) -> list[VoiceInfo]:
    """The models in a folder of models, from their settings alone; none where there is no such folder."""
    places = sorted(path.parent for path in folder.glob("*/config.json")) if folder.is_dir() else []
    return [info for place in places if (info := _described(place, accepted_licences)) is not None]


def _described(place: Path, accepted_licences: Iterable[str]) -> VoiceInfo | None:
    """What a folder says about itself; None for a model of another kind or settings that cannot be read."""
    try:
        folder = open_folder(str(place))
        ready, note = True, ""
        if folder.model == "xtts":
            check_licence(CPML, "XTTS", accepted_licences)
    except BadInput:
        return None
    except Missing as error:
        ready, note = False, f"needs a licence that you accept: {error}"
    named = folder.settings.get("languages")
    named = named if isinstance(named, list) and named else [folder.settings.get("phoneme_language") or "en"]
    language = next((str(name) for name in named if str(name).split("-")[0] == "en"), str(named[0]))
    return VoiceInfo(f"{PREFIX}{place.name}", SPEC.name, language, ", ".join(map(str, named)), "any", ready, note)
