"""Written words to speech sounds (grapheme to phoneme), with exact word boundaries, through espeak-ng.

Sounds are written twice: as IPA phones for faces and alignment, and as the tokens of `alphabet` that voices take.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from generators.voice.frontend import espeak, homographs, letters
from generators.voice.frontend.alphabet import VOWELS, Pronunciation, SpokenPhone, pronunciation
from generators.voice.frontend.espeak import languages as languages
from generators.voice.frontend.word_sounds import SOUND, sounds_per_word

PUNCTUATION = ",.!?;:—…"  # what Kokoro's vocabulary can hear as a pause or a melody
APOSTROPHES = "'’ʼ"
_INSIDE_WORD = APOSTROPHES + "-‐‑.·_&+"  # these join letters when letters stand on both sides


@dataclass(frozen=True)
class PhonemizedWord:
    """A word as written, where it stands in the text, how it sounds, and the punctuation that follows it. `spoken` are
    the words said for it, one for each of `tokens` between spaces, `readings` which reading of each is meant (see
    `homographs`); `goes_on`: only a piece, the rest of the word comes.
    """

    text: str
    char_start: int
    char_end: int
    tokens: str
    phones: tuple[SpokenPhone, ...]
    after: str = ""
    spoken: tuple[str, ...] = ()
    readings: tuple[str, ...] = ()
    goes_on: bool = False


def phonemize_words(text: str, language: str = "en-us") -> list[PhonemizedWord]:
    """The words of `text` with their sounds; digits and signs are read as espeak reads them.

    For text as people write it (money, dates, abbreviations) use `frontend.phonemize_text`, which spells those out
    first. Raises `BadInput` for a language that espeak does not know.
    """
    words: list[PhonemizedWord] = []
    for clause in _clauses(text):
        spoken = pronounce([text[a:b] for a, b, _ in clause], language)
        words += [
            PhonemizedWord(text[a:b], a, b, said.tokens, said.phones, after, (text[a:b],))
            for (a, b, after), said in zip(clause, spoken, strict=True)
        ]
    return words


def pronounce(
    words: Sequence[str], language: str = "en-us", readings: Sequence[str] | None = None
) -> list[Pronunciation]:
    """How each word of one clause (no punctuation between them) sounds in its company; one answer per word.

    `readings` are those that `homographs.readings` found in the whole sentence; None: look for them in the clause.
    """
    if not words:
        return []
    language = language.lower().replace("_", "-")
    english = language.startswith("en")
    words = [_plain(word) for word in words]
    if english:
        words = ["A." if pair == ("A", "equals") else pair[0] for pair in zip(words, [*words[1:], ""], strict=True)]
    plurals = [english and bool(_PLURAL_LETTERS.fullmatch(word)) for word in words]
    sounds = sounds_per_word([w[:-1] if plural else w for w, plural in zip(words, plurals, strict=True)], language)
    sounds = [(*mine, _plural(mine)) if plural else mine for mine, plural in zip(sounds, plurals, strict=True)]
    if english:
        readings = homographs.readings(words) if readings is None else readings
        sounds = [
            _respelled(word, _told_apart(word, reading, mine, language) if reading else mine)
            for word, reading, mine in zip(words, readings, sounds, strict=True)
        ]
    return [pronunciation(tuple(mine), language) for mine in sounds]


def exclamation(word: str) -> str:
    """The usual spelling of a word in small letters that is one of the English exclamations which espeak would spell or
    say wrongly, "hrm" for "hrmm"; else empty."""
    if word in _EXCLAMATIONS:
        return word
    if _VOICED.search(word) or not _DRAWN_OUT.search(word):
        return ""
    return _VOWELLESS.get(_TWICE.sub(r"\1", word), "")


def is_as_written(word: str, language: str) -> bool:
    """Whether espeak alone, asked in this language, says a word as `pronounce` does: no exclamation that it would
    spell, and no letters for another language."""
    exclaimed = language.startswith("en") and word.lower() in _EXCLAMATIONS
    return not exclaimed and letters.pieces(word, language) == ((word, language),)


# --- words of a text ----------------------------------------------------------------------------------------------


def is_word_char(char: str) -> bool:
    """Whether a character belongs to words: letters, their marks, digits."""
    return unicodedata.category(char)[0] in "LMN"


def word_spans(text: str) -> list[tuple[int, int]]:
    """Start and end of every word: letters, marks and digits with apostrophes, hyphens and dots between them."""
    spans, start = [], None
    for i in range(len(text) + 1):
        char = text[i] if i < len(text) else " "
        joins = char in _INSIDE_WORD and 0 < i < len(text) - 1 and is_word_char(text[i - 1] + "")
        inside = is_word_char(char) or (joins and is_word_char(text[i + 1]))
        if inside and start is None and is_word_char(char):
            start = i
        elif not inside and start is not None:
            spans.append((start, i))
            start = None
    return spans


def _clauses(text: str) -> list[list[tuple[int, int, str]]]:
    """Word spans with the punctuation after each, split into clauses at punctuation."""
    spans = word_spans(text)
    clauses: list[list[tuple[int, int, str]]] = [[]]
    for (start, end), (following, _) in zip(spans, [*spans, (len(text), 0)][1:], strict=True):
        after = "".join(c for c in text[end:following] if c in PUNCTUATION)
        clauses[-1].append((start, end, after))
        if after:
            clauses.append([])
    return [clause for clause in clauses if clause]


def _plain(word: str) -> str:
    """A word as espeak takes it: one apostrophe, no spaces or signs that would make it two clauses."""
    if word.isascii() and word.isalpha():
        return word
    word = "".join("'" if c in APOSTROPHES else c for c in word)
    return "".join(c if is_word_char(c) or c in "'-.&+" else "" for c in word)


def ipa(text: str, language: str) -> str:
    """espeak's own IPA of a text, ties as ^, its groups between spaces; exclamations and foreign letters as `pronounce`
    says them. `BadInput` for a language that espeak does not know."""
    pieces: list[tuple[str, str]] = []
    for word in text.split():
        exclaimed = language.startswith("en") and _EXCLAMATIONS.get(word.lower())
        pieces += [("".join(exclaimed), "")] if exclaimed else letters.pieces(word, language)
    stretches = [(reader, " ".join(part for part, _ in stretch)) for reader, stretch in groupby(pieces, itemgetter(1))]
    return " ".join(espeak.ipa(said, reader) if reader else said for reader, said in stretches)


# --- English repairs ---------------------------------------------------------------------------------------------

_FIRST_PERSON = frozenset(["I", "I'm", "I'll", "I'd", "I've"])
_PLURAL_LETTERS = re.compile(r"(?:[A-Za-z]\.){2,}s")  # A.P.I.s: espeak would say the s as one more letter


def _plural(sounds: Sequence[str]) -> str:
    last = sounds[-1].lstrip("ˈˌ") if sounds else ""
    return "ᵻz" if last in ("s", "z", "t^ʃ") else "s" if last in ("f", "t", "k", "p") else "z"


_EXCLAMATIONS = {
    "yeah": ("j", "ˈɛ", "ə"), "hmm": ("h", "ˈʌ", "m"), "mm": ("ˈə", "m"), "mmm": ("ˈə", "m", "m"), "shh": ("ʃ", "ʃ"),
    "sh": ("ʃ",), "psst": ("p", "s", "t"), "brr": ("b", "ɹ", "ˈɜː"), "pfft": ("p", "f", "t"), "aww": ("ˈɔː",),
    "hm": ("h", "ˈʌ", "m"), "mhm": ("m", "h", "ˈʌ", "m"), "mm-hmm": ("m", "h", "ˈʌ", "m"), "grr": ("ɡ", "ɹ", "ˈɜː"),
    "mm-hm": ("m", "h", "ˈʌ", "m"), "hmph": ("h", "ˈʌ", "m", "f"), "zzz": ("z", "z", "z"), "zz": ("z", "z", "z"),
    "pff": ("p", "f"), "pft": ("p", "f", "t"), "tsk": ("t", "ˈɪ", "s", "k"), "tch": ("t^ʃ",), "psh": ("p", "ʃ"),
    "pssh": ("p", "ʃ"), "pshh": ("p", "ʃ"), "bzz": ("b", "z", "z"), "bzzt": ("b", "z", "t"), "eww": ("j", "ˈuː"),
    "aah": ("ˈɑː",), "uhh": ("ˈʌ",), "uhm": ("ˈʌ", "m"), "umm": ("ˈʌ", "m"), "ow": ("ˈa^ʊ",), "oww": ("ˈa^ʊ",),
    "ick": ("ˈɪ", "k"), "mwah": ("m", "w", "ˈɑː"), "muah": ("m", "w", "ˈɑː"), "hooray": ("h", "ʊ", "ɹ", "ˈe^ɪ"),
    "tada": ("t", "ə", "d", "ˈɑː"), "ta-da": ("t", "ə", "d", "ˈɑː"), "hehehe": ("h", "iː", "h", "iː", "h", "ˈiː"),
    "mkay": ("m", "k", "ˈe^ɪ"), "hrm": ("h", "ˈɜː", "m"), "hrmph": ("h", "ˈɜː", "m", "f"),
    "hmf": ("h", "ˈʌ", "m", "f"), "hmpf": ("h", "ˈʌ", "m", "f"), "mmph": ("ˈʌ", "m", "f"), "rrr": ("ɹ", "ˈɜː"),
    "prr": ("p", "ɹ", "ˈɜː"), "vrr": ("v", "ɹ", "ˈɜː"), "krr": ("k", "ɹ", "ˈɜː"), "sss": ("s", "s"),
    "tss": ("t", "s"), "tsss": ("t", "s"), "fft": ("f", "t"), "pbbt": ("p", "b", "t"), "thbbt": ("θ", "b", "t"),
    "ngh": ("ˈʌ", "ŋ"), "nngh": ("ˈʌ", "ŋ"), "hnng": ("h", "ˈʌ", "ŋ"), "kshh": ("k", "ʃ"),
    "mmhm": ("m", "h", "ˈʌ", "m"), "mmhmm": ("m", "h", "ˈʌ", "m"),
    "hehehehe": ("h", "iː", "h", "iː", "h", "iː", "h", "ˈiː"),
}  # fmt: skip
_TWICE, _VOICED = re.compile(r"(.)\1+"), re.compile("[aeiouy]")
_DRAWN_OUT = re.compile(r"(?<=.)(.)\1|(.)\2\2")  # not as in ssh and TTS
_VOWELLESS = {_TWICE.sub(r"\1", word): word for word in sorted(_EXCLAMATIONS, key=len) if not _VOICED.search(word)}


def _told_apart(word: str, reading: str, sounds: tuple[str, ...], language: str) -> tuple[str, ...]:
    """The sounds of the reading that is meant, where espeak has read the word otherwise."""
    meant = tuple(SOUND.findall(homographs.ipa(word, reading, homographs.is_american(language))))
    weak = tuple(sound.lstrip("ˈˌ") for sound in meant)
    if not meant or sounds in (meant, (*meant, "ɹ"), weak):
        return sounds
    links = sounds[-1:] == ("ɹ",) and meant[-1].rstrip("ː")[-1] in VOWELS  # to a vowel that follows
    return (*meant, "ɹ") if links else meant


def _respelled(word: str, sounds: Sequence[str]) -> tuple[str, ...]:
    """Small English repairs where espeak and what the voice was trained on differ."""
    lower, sounds = word.lower(), tuple(sounds)
    if lower in _EXCLAMATIONS:
        return _EXCLAMATIONS[lower]
    if word == "A.":
        return ("ˈe^ɪ",)  # the letter's name, which espeak takes for the article
    if lower == "a" and sounds in (("ɐ",), ("ə",)):
        return ("ᶏ",)  # the article keeps an open schwa of its own
    if lower == "the" and sounds == ("ð", "ɪ"):
        return ("ð", "i")
    if word in _FIRST_PERSON and sounds[:1] == ("a^ɪ",):
        return ("ˌa^ɪ", *sounds[1:])  # without any stress the voice swallows it
    if sounds and sounds[-1] == "ɾ":
        return (*sounds[:-1], "t")  # the voice learnt words one by one: no flaps across their borders
    return sounds
