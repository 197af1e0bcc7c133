"""Kokoro's voices by name."""

from __future__ import annotations

from generators.voice.catalog import UNREADABLE, UNREADABLE_LANGUAGES, VoiceInfo, is_ready, state_of
from generators.voice.kokoro import SPEC

# First letter of a name → language; the second is f or m.
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
_NAMES = {
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


def voices() -> list[VoiceInfo]:
    """All of them, English first."""
    here = state_of(SPEC)
    found = []
    for family, names in _NAMES.items():
        language, language_name = _LANGUAGES[family[0]]
        state, note = here
        if language in UNREADABLE_LANGUAGES:
            state, note = UNREADABLE, UNREADABLE_LANGUAGES[language]
        gender = "female" if family[1] == "f" else "male"
        found += [
            VoiceInfo(f"{family}_{name}", SPEC.name, language, language_name, gender, is_ready(state), note, state)
            for name in names.split()
        ]
    return found
