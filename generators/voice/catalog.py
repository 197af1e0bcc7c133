"""Every voice there is: whose, in which language, and whether it can speak now."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Protocol

import checkpoints
from checkpoints.errors import BadInput, Missing
from generators import registry
from generators.spec import GeneratorSpec, resolve

# What a voice is in need of, `VoiceInfo.state`.
READY, NEEDS_WEIGHTS, NEEDS_EXTRA, UNREADABLE = "ready", "needs weights", "needs extra", "cannot be read"
# espeak reads no kanji and gives Mandarin's tones as digits, which no voice was trained on.
UNREADABLE_LANGUAGES = {
    "ja": "needs a Japanese reader of kanji, which is not part of Mien Studio yet",
    "zh": "needs a Mandarin reader of tones, which is not part of Mien Studio yet",
}


class VoiceRequest(Protocol):
    """What is asked of a voice, such as a request."""

    voice: str | None
    voice_generator: str
    language: str | None


@dataclass(frozen=True)
class VoiceInfo:
    """One voice, as a list of voices shows it.

    Attributes:
        name: what a request calls it.
        generator: the voice generator that speaks it.
        language: its espeak code, and `language_name` in English.
        gender: "female", "male" or "any".
        ready: whether it may be asked to speak; weights that are not here come by themselves then.
        note: what it needs, where it needs anything.
        state: "ready", "needs weights", "needs extra" (a package, which the note names) or "cannot be read" (nothing
            here reads its language).
    """

    name: str
    generator: str
    language: str
    language_name: str
    gender: str
    ready: bool
    note: str = ""
    state: str = READY


def list_voices() -> list[VoiceInfo]:
    """Every voice of every installed generator, the default's first and English before others, without loading or
    fetching."""
    return [voice for spec in registry.specs("voice") for voice in voices_of(spec)]


def voices_of(spec: GeneratorSpec) -> list[VoiceInfo]:
    """The voices of one generator."""
    return resolve(spec.voices)() if spec.voices else []


def state_of(spec: GeneratorSpec) -> tuple[str, str]:
    """The state of the voices of a generator, and what to do about it."""
    if absent := spec.missing():
        return NEEDS_EXTRA, f"needs {absent[0]}: {spec.install}"
    known = checkpoints.catalog()
    absent = [name for name in spec.weights if name not in known or not checkpoints.is_present(name)]
    if not absent:
        return READY, ""
    size_mb = sum(known[name].size_bytes for name in absent if name in known) / 1e6
    pull = f"mien checkpoints pull {' '.join(absent)}"
    return NEEDS_WEIGHTS, f"needs {size_mb:.0f} MB of weights, which come when it first speaks, or now by {pull}"


def is_ready(state: str) -> bool:
    """Whether a voice in this state may be asked to speak."""
    return state in (READY, NEEDS_WEIGHTS)


def find_voice(name: str, generator: str | None = None) -> VoiceInfo:
    """The voice called `name`; `BadInput` names near ones when there is none, or none that `generator` speaks."""
    voices = {voice.name: voice for voice in list_voices()}
    found = voices.get(name)
    if found and generator in (None, found.generator):
        return found
    if found:
        others = [voice.name for voice in voices.values() if voice.generator == generator]
        raise BadInput(
            f"{generator} does not speak {name}: take --voice-generator {found.generator}, or one of its own voices,"
            f" such as {others[0]}."
        )
    near = difflib.get_close_matches(name, voices, n=3, cutoff=0.4) or list(voices)[:3]
    raise BadInput(f"There is no voice “{name}”; near ones are {', '.join(near)} (mien voices lists all).")


def check_named_voice(request: VoiceRequest) -> None:
    """Raise before any work unless a generator that knows its voices by name can speak with the one asked for:
    `BadInput` where it has no such voice, `Missing` where that is not ready."""
    if request.voice is not None:
        check_ready(find_voice(request.voice, request.voice_generator), request.language)


def check_ready(voice: VoiceInfo, language: str | None = None) -> None:
    """Raise `Missing` with one sentence when the voice cannot speak, or not in `language`."""
    if not voice.ready:
        raise Missing(f"The voice {voice.name} ({voice.language_name}) {voice.note}.")
    short = (language or "").lower().replace("_", "-").split("-")[0]
    if note := UNREADABLE_LANGUAGES.get({"cmn": "zh"}.get(short, short)):
        raise Missing(f"The language “{language}” {note}.")
