"""The sounds that the aligner tells apart, and which of them stands for any IPA symbol of any language."""

from __future__ import annotations

import unicodedata

SILENCE = "sil"
CLASSES: tuple[str, ...] = (
    SILENCE,
    "p", "b", "t", "d", "k", "ɡ", "ʔ", "m", "n", "ŋ", "f", "v", "θ", "ð", "s", "z", "ʃ", "ʒ", "ç", "x", "h",
    "tʃ", "dʒ", "ts", "l", "ɹ", "r", "ʁ", "j", "w",
    "i", "ɪ", "y", "e", "ɛ", "ø", "æ", "a", "ɑ", "ʌ", "ɔ", "o", "ʊ", "u", "ə", "ɜ",
    "aɪ", "aʊ", "eɪ", "oʊ", "ɔɪ",
)  # fmt: skip
CLASS_INDEX: dict[str, int] = {name: i for i, name in enumerate(CLASSES)}

# Other symbols → the class that sounds most like them.
_NEAREST: dict[str, str] = {
    "g": "ɡ", "c": "k", "ɟ": "ɡ", "q": "k", "ʈ": "t", "ɖ": "d", "ɲ": "n", "ɳ": "n", "ɴ": "ŋ", "ɱ": "m", "ɸ": "f",
    "β": "v", "ʋ": "v", "ɣ": "ɡ", "χ": "x", "ħ": "h", "ɦ": "h", "ɕ": "ʃ", "ʂ": "ʃ", "ʑ": "ʒ", "ʐ": "ʒ", "ʝ": "j",
    "tɕ": "tʃ", "dʑ": "dʒ", "dz": "ts", "pf": "f", "ʎ": "l", "ɭ": "l", "ɫ": "l", "ɬ": "l", "ɻ": "ɹ", "ɾ": "r",
    "ɽ": "r", "ʀ": "ʁ", "ɥ": "w", "ɰ": "w", "ʏ": "y", "ʉ": "u", "ɨ": "ɪ", "ᵻ": "ɪ", "ɯ": "u", "ɤ": "o", "œ": "ø",
    "ɵ": "ə", "ɘ": "ə", "ɐ": "ʌ", "ɒ": "ɑ", "ɚ": "ɜ", "ɝ": "ɜ", "ɞ": "ɜ", "ᵊ": "ə", "əʊ": "oʊ", "ɔʏ": "ɔɪ", "ɔø": "ɔɪ",
    "aj": "aɪ", "aw": "aʊ", "ai": "aɪ", "au": "aʊ", "ei": "eɪ", "ou": "oʊ", "oi": "ɔɪ",
}  # fmt: skip
_MARKS = "ːˑʰʲ˞^"


def class_of(symbol: str) -> int:
    """Index in `CLASSES` of the sound nearest to an IPA symbol; a schwa for one never met."""
    whole = unicodedata.normalize("NFC", symbol).strip("ˈˌ")
    plain = "".join(c for c in unicodedata.normalize("NFD", whole) if not unicodedata.combining(c) and c not in _MARKS)
    for spelling in (whole, whole.strip(_MARKS), plain, plain[:1]):
        name = _NEAREST.get(spelling, spelling)
        if name in CLASS_INDEX and name != SILENCE:
            return CLASS_INDEX[name]
    return CLASS_INDEX["ə"]
