"""Every voice there is: whose, in which language, and whether it can speak now."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Protocol

import checkpoints
from checkpoints.errors import BadInput, Missing
from generators import registry
from generators.spec import GeneratorSpec, resolve
from generators.voice.frontend.letters import unknown_script

# What a voice is in need of, `VoiceInfo.state`.
READY, NEEDS_WEIGHTS, NEEDS_EXTRA, UNREADABLE = "ready", "needs weights", "needs extra", "cannot be read"


class Spoken(Protocol):
    """What is asked of a voice, such as a request."""

    voice: str | None
    voice_generator: str
    language: str | None


@dataclass(frozen=True)
class VoiceInfo:
    """A voice's `name`, the `generator` that speaks it, its `language` code and name, its `gender` (female, male, or
    any), whether it is `ready` to be asked, and a `note` that says what it needs where it is not.

    `state` is "ready", "needs weights" (which come by themselves when it first speaks: it is `ready` all the same),
    "needs extra" (a package, which the note names) or "cannot be read" (nothing here reads its language).
    """

    name: str
    generator: str
    language: str
    language_name: str
    gender: str
    ready: bool
    note: str = ""
    state: str = READY


# First letter of Kokoro's names → language; the second is f or m.
_LANGUAGES = {
    "a": ("en-us", "American English"),
    "b": ("en-gb", "British English"),
    "e": ("es", "Spanish"),
    "f": ("fr-fr", "French"),
    "h": ("hi", "Hindi"),
    "i": ("it", "Italian"),
    "j": ("ja", "Japanese"),
    "p": ("pt-br", "Brazilian Portuguese"),
    "z": ("zh", "Mandarin Chinese"),
}
# espeak reads no kanji and gives Mandarin's tones as digits, which these voices were not trained on.
_UNREADABLE = {
    "ja": "needs a Japanese reader of kanji, which is not part of Mien Studio yet",
    "zh": "needs a Mandarin reader of tones, which is not part of Mien Studio yet",
}
_KOKORO = {
    "af": "alloy aoede bella heart jessica kore nicole nova river sarah sky",
    "am": "adam echo eric fenrir liam michael onyx puck santa",
    "bf": "alice emma isabella lily",
    "bm": "daniel fable george lewis",
    "ef": "dora",
    "em": "alex santa",
    "ff": "siwis",
    "hf": "alpha beta",
    "hm": "omega psi",
    "if": "sara",
    "im": "nicola",
    "jf": "alpha gongitsune nezumi tebukuro",
    "jm": "kumo",
    "pf": "dora",
    "pm": "alex santa",
    "zf": "xiaobei xiaoni xiaoxiao xiaoyi",
    "zm": "yunjian yunxi yunxia yunyang",
}


def list_voices() -> list[VoiceInfo]:
    """Every voice of every installed generator, the default's first and English before others, without loading or
    fetching."""
    return [voice for spec in registry.specs("voice") if spec.voices for voice in resolve(spec.voices)()]


def kokoro_voices() -> list[VoiceInfo]:
    """Kokoro's own voices."""
    english = state_of(registry.spec("voice", "kokoro"))
    voices = []
    for family, names in _KOKORO.items():
        language, language_name = _LANGUAGES[family[0]]
        state, note = (UNREADABLE, _UNREADABLE[language]) if language in _UNREADABLE else english
        gender = "female" if family[1] == "f" else "male"
        voices += [
            VoiceInfo(f"{family}_{name}", "kokoro", language, language_name, gender, _is_ready(state), note, state)
            for name in names.split()
        ]
    return voices


def piper_voices() -> list[VoiceInfo]:
    """The voice that Piper comes with."""
    spec = registry.spec("voice", "piper")
    state, note = state_of(spec)
    name = spec.default_voice or ""
    return [VoiceInfo(name, spec.name, "en-us", "American English", "male", _is_ready(state), note, state)]


def coqui_voices() -> list[VoiceInfo]:
    """One line for them all: their weights are folders that the user has."""
    state, note = state_of(registry.spec("voice", "coqui"))
    note = note or "name a folder with a model: --voice-generator coqui --voice coqui:FOLDER"
    return [VoiceInfo("coqui:NAME", "coqui", "many", "many languages", "any", _is_ready(state), note, state)]


def state_of(spec: GeneratorSpec) -> tuple[str, str]:
    """The state of the voices of a generator, and what to do about it."""
    if absent := spec.missing():
        return NEEDS_EXTRA, f"needs {absent[0]}: {spec.install}"
    sets = spec.weights
    known = checkpoints.catalog()
    absent = [name for name in sets if name not in known or not checkpoints.is_present(name)]
    if not absent:
        return READY, ""
    size_mb = sum(known[name].size_bytes for name in absent if name in known) / 1e6
    pull = f"mien checkpoints pull {' '.join(absent)}"
    return NEEDS_WEIGHTS, f"needs {size_mb:.0f} MB of weights, which come when it first speaks, or now by {pull}"


def _is_ready(state: str) -> bool:
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
    near = difflib.get_close_matches(name, voices, n=3, cutoff=0.4) or ["af_heart", "am_michael", "bf_emma"]
    raise BadInput(f"There is no voice “{name}”; near ones are {', '.join(near)} (mien voices lists all).")


def check_named_voice(request: Spoken) -> None:
    """Raise before any work unless a generator that knows its voices by name can speak with the one asked for:
    `BadInput` where it has no such voice, `Missing` where that is not ready. Voices in files of the user's are left to
    their generator."""
    if request.voice is not None and not request.voice.endswith(".onnx"):
        check_ready(find_voice(request.voice, request.voice_generator), request.language)


def check_folder_voice(request: Spoken) -> None:
    """Raise `BadInput` before any work where a generator that speaks from folders is given none."""
    if not request.voice:
        name = request.voice_generator
        raise BadInput(f"{name.title()} speaks from a folder of yours: --voice-generator {name} --voice {name}:FOLDER.")


def check_ready(voice: VoiceInfo, language: str | None = None) -> None:
    """Raise `Missing` with one sentence when the voice cannot speak, or not in `language`."""
    if not voice.ready:
        raise Missing(f"The voice {voice.name} ({voice.language_name}) {voice.note}.")
    short = (language or "").lower().replace("_", "-").split("-")[0]
    if note := _UNREADABLE.get({"cmn": "zh"}.get(short, short)):
        raise Missing(f"The language “{language}” {note}.")


def check_script(text: str) -> None:
    """Raise `BadInput` for a text that is mostly Chinese or Japanese: espeak reads its signs one by one, as names; and
    for one that is all in scripts which no language here reads."""
    letters = [c for c in text if c.isalpha()]
    unread = sum("\u3040" <= c <= "\u30ff" or "\u3400" <= c <= "\u9fff" for c in letters)
    if letters and unread > len(letters) / 2:
        raise BadInput("The text is mostly Chinese or Japanese, which no voice here can read yet.")
    scripts = {unknown_script(c) for c in letters}
    if letters and "" not in scripts:
        names = " and ".join(sorted(scripts))
        raise BadInput(f"The text is in {names} script, which no voice here can read yet; Latin letters would do.")
