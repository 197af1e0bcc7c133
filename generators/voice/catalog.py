"""Every voice there is: whose, in which language, and whether it can speak now."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from importlib.util import find_spec

from checkpoints.errors import BadInput, Missing


@dataclass(frozen=True)
class VoiceInfo:
    """A voice's `name`, the `generator` that speaks it, its `language` code and name, its `gender` (female or
    male), whether it is `ready`, and a `note` that says what it needs where it is not."""

    name: str
    generator: str
    language: str
    language_name: str
    gender: str
    ready: bool
    note: str = ""


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
    """Every voice, English first, without loading or fetching anything."""
    espeak_is_here = find_spec("espeakng_loader") is not None
    voices = []
    for family, names in _KOKORO.items():
        language, language_name = _LANGUAGES[family[0]]
        note = _UNREADABLE.get(language, "" if espeak_is_here else "needs espeakng-loader: pip install espeakng-loader")
        gender = "female" if family[1] == "f" else "male"
        voices += [
            VoiceInfo(f"{family}_{name}", "kokoro", language, language_name, gender, not note, note)
            for name in names.split()
        ]
    return voices


def find_voice(name: str) -> VoiceInfo:
    """The voice called `name`; `BadInput` names near ones when there is none."""
    voices = {voice.name: voice for voice in list_voices()}
    if name in voices:
        return voices[name]
    near = difflib.get_close_matches(name, voices, n=3, cutoff=0.4) or ["af_heart", "am_michael", "bf_emma"]
    raise BadInput(f"There is no voice “{name}”; near ones are {', '.join(near)} (mien voices lists all).")


def check_ready(voice: VoiceInfo, language: str | None = None) -> None:
    """Raise `Missing` with one sentence when the voice cannot speak, or not in `language`."""
    if not voice.ready:
        raise Missing(f"The voice {voice.name} ({voice.language_name}) {voice.note}.")
    short = (language or "").lower().replace("_", "-").split("-")[0]
    if note := _UNREADABLE.get({"cmn": "zh"}.get(short, short)):
        raise Missing(f"The language “{language}” {note}.")


def check_script(text: str) -> None:
    """Raise `BadInput` for a text that is mostly Chinese or Japanese: espeak reads its signs one by one, as names."""
    letters = [c for c in text if c.isalpha()]
    unread = sum("\u3040" <= c <= "\u30ff" or "\u3400" <= c <= "\u9fff" for c in letters)
    if letters and unread > len(letters) / 2:
        raise BadInput("The text is mostly Chinese or Japanese, which no voice here can read yet.")
