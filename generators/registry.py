"""Finds a generator by kind and name, and imports it only when it is asked for."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from checkpoints.errors import BadInput, Missing

KINDS = ("voice", "motion", "head")
_WITH_FOLDERS = {("motion", "diffusion")}  # can be loaded from a folder of the user's: "diffusion:FOLDER"

# Ours: "module:class", imported by `load` alone so that naming a generator costs nothing.
_OWN: dict[str, dict[str, str]] = {
    "voice": {
        "kokoro": "generators.voice.kokoro:KokoroVoice",
        "piper": "generators.voice.piper:PiperVoice",
        "coqui": "generators.voice.coqui:CoquiVoice",
    },
    "motion": {
        "diffusion": "generators.motion.diffusion:DiffusionMotion",
        "procedural": "generators.motion.procedural:ProceduralMotion",
    },
    "head": {"mesh": "generators.head.mesh:MeshHead"},
}


def names(kind: str) -> list[str]:
    """Names of every generator of a kind ("voice", "motion" or "head"): ours, then those of installed packages.

    A package adds one through an entry point in the group `mien_studio.<kind>`.
    """
    return [*_OWN[kind], *sorted(set(_installed(kind)) - set(_OWN[kind]))]


def check(kind: str, name: str) -> None:
    """Raise `BadInput` with near names when there is no such generator, or no such folder; imports nothing."""
    known = names(kind)
    name, has_folder, folder = name.partition(":")
    if name not in known:
        near = difflib.get_close_matches(name, known, n=2) or known
        raise BadInput(f"There is no {kind} generator called “{name}”; there is {' and '.join(near)}.")
    if has_folder and (kind, name) not in _WITH_FOLDERS:
        raise BadInput(f"The {kind} generator {name} cannot be loaded from a folder; leave out “:{folder}”.")
    if has_folder and not Path(folder).is_dir():
        raise BadInput(f"There is no folder “{folder}” with a {kind} model.")


def load(kind: str, name: str, progress: Callable[[str, int, int], None] | None = None) -> Any:
    """Import and load one generator, fetching its weights when they are not here yet. "diffusion:FOLDER" loads one
    that `scripts/train_motion.py` made.

    `progress(name, done_bytes, total_bytes)` is told of downloads. Raises `BadInput` for an unknown name and
    `Missing` when a package or weights that it needs cannot be had.
    """
    check(kind, name)
    name, _, folder = name.partition(":")
    try:
        generator = _own_class(_OWN[kind][name]) if name in _OWN[kind] else _installed(kind)[name].load()
    except ModuleNotFoundError as error:
        raise Missing(
            f"The {kind} generator {name} needs the package {error.name}; mend it with"
            f' pip install "mien-studio[{name}]".'
        ) from error
    if folder:
        return generator.load(progress=progress, folder=folder)
    return generator.load(progress=progress) if hasattr(generator, "load") else generator()


def _own_class(place: str) -> Any:
    module, _, attribute = place.partition(":")
    return getattr(importlib.import_module(module), attribute)


def _installed(kind: str) -> dict[str, Any]:
    from importlib import metadata  # takes longer to import than all else here

    return {point.name: point for point in metadata.entry_points(group=f"mien_studio.{kind}")}
