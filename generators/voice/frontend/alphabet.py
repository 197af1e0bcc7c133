"""The alphabet of Kokoro's tokens and IPA phones, from the sounds that espeak writes.

Tokens are one character each, with single letters for diphthongs and affricates: A eɪ, I aɪ, O oʊ, Q əʊ, W aʊ, Y ɔɪ,
ʤ, ʧ; ᵊ is a schwa beside a syllabic consonant.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

VOWELS = frozenset("aeiouyɑɐɒæɔəɚɛɜɝɨɪɯøœʊʌɤᵻʉʏɵɘɞᵊ")


@dataclass(frozen=True)
class SpokenPhone:
    """One sound of a word: IPA `symbol` as in `contracts.Phone`, `stress` 0..2, and which of the word's tokens
    are its own: `tokens[token_start:token_end]`."""

    symbol: str
    stress: int
    token_start: int
    token_end: int


@dataclass(frozen=True)
class Pronunciation:
    """How a word sounds: Kokoro's `tokens` (one character each) and its `phones`; both empty for a mute sign."""

    tokens: str = ""
    phones: tuple[SpokenPhone, ...] = ()


# espeak's sound (without stress) → Kokoro's tokens, for all languages. Ties stand for diphthongs and affricates.
_COMMON = {
    "a^ɪ": "I", "a^ʊ": "W", "e^ɪ": "A", "o^ʊ": "O", "ə^ʊ": "Q", "ɔ^ɪ": "Y", "t^ʃ": "ʧ", "d^ʒ": "ʤ", "t^s": "ʦ",
    "d^z": "ʣ", "t^ɕ": "ʨ", "d^ʑ": "ʥ", "g": "ɡ", "ʑ": "ʒ", "ɫ": "l", "ʏ": "y", "ɘ": "ə", "ɵ": "ə", "ʉ": "u",
    "ɞ": "ɜ", "ɝ": "ɜɹ", "ħ": "h", "ɦ": "h", "ɱ": "m", "ʕ": "ʔ", "ʀ": "ʁ", "ɭ": "l", "ɬ": "l",
    "ʐ": "ʒ",
}  # fmt: skip
_ENGLISH = {
    "ə^l": "ᵊl", "n̩": "ᵊn", "l̩": "ᵊl", "m̩": "ᵊm", "ɐ": "ə", "r": "ɹ", "x": "k", "ç": "h", "ʔ": "t", "ɬ": "l",
    "o": "ɔ", "oː": "ɔː", "e": "A", "a^ɪ^ə": "Iə", "a^ɪ^ɚ": "Iəɹ", "a^ʊ^ə": "Wə", "a^ʊ^ɚ": "Wəɹ", "ɚ": "əɹ",
    "ɔ̃": "ɔn", "ɑ̃": "ɑn", "æ̃": "æn", "œ̃": "ən", "ʁ": "ɹ", "y": "u", "ø": "ɜ", "œ": "ɜ", "ɲ": "nj", "ʎ": "lj",
}  # fmt: skip
_AMERICAN = {"ɜː": "ɜɹ", "i^ə": "iə", "ɪ^ə": "iə", "e^ə": "ɛ", "a": "æ", "ɒ": "ɑ", "ææ": "æ"}
_BRITISH = {"i^ə": "ɪə", "ɪ^ə": "ɪə", "e^ə": "ɛː", "ʊ^ə": "ʊə", "o^ʊ": "Q", "æ": "a", "ɚ": "ə", "ɾ": "t", "ʌ^ɪ": "I"}

_PHONES = {
    "A": "eɪ", "I": "aɪ", "O": "oʊ", "Q": "əʊ", "W": "aʊ", "Y": "ɔɪ", "ʧ": "tʃ", "ʤ": "dʒ", "ʦ": "ts", "ʣ": "dz",
    "ʨ": "tɕ", "ʥ": "dʑ", "ᵊ": "ə", "ᵻ": "ɪ",
}  # fmt: skip
_STRESS = {"ˈ": 2, "ˌ": 1}
_MARKS = "ːʰʲ\u0303"  # these belong to the sound before them
_KNOWN = frozenset("ʣʥʦʨAIOQWYᵊabcdefhijklmnopqrstuvwxyzɑɐɒæβɔɕçɖðʤəɚɛɜɟɡɥɨɪʝɯɰŋɳɲɴøɸθœɹɾɻʁɽʂʃʈʧʊʋʌɣɤχʎʒʔᵻ" + _MARKS)
_TABLES = (_COMMON, _ENGLISH, _AMERICAN, _BRITISH)
# Every sign that a token can be: what a voice that is given them has to know.
SIGNS = _KNOWN | frozenset(_STRESS) | {sign for table in _TABLES for tokens in table.values() for sign in tokens}


@lru_cache(maxsize=20_000)
def _tokens_of(sound: str, language: str) -> str:
    """Kokoro's tokens of one of espeak's sounds, stress left out."""
    tables = [_COMMON]
    if language.startswith("en"):
        tables = [_AMERICAN if language in ("en", "en-us") else _BRITISH, _ENGLISH, _COMMON]
        if sound == "ᶏ":
            return "ɐ"
    bare = "".join(c for c in sound if not unicodedata.combining(c) or c in "\u0303\u0329")
    for spelling in (bare, bare.replace("ː", "")):
        for table in tables:
            if spelling in table:
                return table[spelling] + ("ː" if "ː" in bare and spelling != bare and _keeps_length(language) else "")
    if "^" in bare:  # a diphthong without a letter of its own: its parts one after another
        return "".join(_tokens_of(part, language) for part in bare.split("^"))
    bare = bare.replace("\u0329", "")
    if not _keeps_length(language):
        bare = bare.replace("ː", "")
    if language.startswith("en"):
        bare = bare.replace("\u0303", "n").replace("ʲ", "j").replace("ʰ", "")
    return "".join(c for c in bare if c in _KNOWN)


def _keeps_length(language: str) -> bool:
    return language not in ("en", "en-us")  # the American voices were trained without length marks


@lru_cache(maxsize=20_000)
def pronunciation(sounds: tuple[str, ...], language: str) -> Pronunciation:
    """A word's sounds as espeak writes them, stress before each, as tokens and phones."""
    tokens, phones = "", []
    for sound in sounds:
        letters = _tokens_of(sound.lstrip("ˈˌ"), language)
        if letters[:1] == "ɹ" == tokens[-1:] and language.startswith("en"):
            letters = letters[1:]  # "for a": espeak writes the linking r beside the one in ɚ
        if not letters:
            continue
        mark = sound[0] if sound[0] in _STRESS else ""
        start, stress = len(tokens), _STRESS.get(mark, 0)
        tokens += mark + letters
        at = start + len(mark)
        while at < len(tokens):
            end = at + 1
            while end < len(tokens) and tokens[end] in _MARKS:
                end += 1
            symbol = _PHONES.get(tokens[at], tokens[at])
            vowel = symbol[0] in VOWELS
            phones.append(SpokenPhone(symbol, stress if vowel else 0, start, end))
            start = at = end
    return Pronunciation(tokens, tuple(phones))
