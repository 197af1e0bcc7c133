"""Written words to speech sounds (grapheme to phoneme), with exact word boundaries, through espeak-ng.

espeak hears a whole clause, so that "the" before a vowel and linking sounds come out right, but it also merges
words ("of the" → ʌvðə) and splits others. Each clause is therefore aligned, sound by sound, with its words spoken
alone, and every sound is handed to the word it belongs to.

Sounds are written twice: as IPA phones for faces and alignment, and in the alphabet that Kokoro was trained with
(single letters for diphthongs and affricates: A eɪ, I aɪ, O oʊ, Q əʊ, W aʊ, Y ɔɪ, ʤ, ʧ; ᵊ for a schwa beside a
syllabic consonant).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from operator import itemgetter

from generators.voice.frontend import espeak, homographs, letters
from generators.voice.frontend.espeak import languages as languages

PUNCTUATION = ",.!?;:—…"  # what Kokoro's vocabulary can hear as a pause or a melody
APOSTROPHES = "'’ʼ"
_INSIDE_WORD = APOSTROPHES + "-‐‑.·_&+"  # these join letters when letters stand on both sides


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

    For text as people write it (money, dates, abbreviations) use `text.read_aloud`, which spells those out first.
    Raises `BadInput` for a language that espeak does not know.
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
    sounds = _sounds_per_word([w[:-1] if plural else w for w, plural in zip(words, plurals, strict=True)], language)
    sounds = [(*mine, _plural(mine)) if plural else mine for mine, plural in zip(sounds, plurals, strict=True)]
    if english:
        readings = homographs.readings(words) if readings is None else readings
        sounds = [
            _respelled(word, _told_apart(word, reading, mine, language) if reading else mine)
            for word, reading, mine in zip(words, readings, sounds, strict=True)
        ]
    return [_pronunciation(tuple(mine), language) for mine in sounds]


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


# --- sounds of a clause, and whose they are -----------------------------------------------------------------------

# One sound as espeak writes it: stress, letters tied by ^, and marks (length, nasal, palatal, syllabic …).
_SOUND = re.compile(r"[ˈˌ]*[^\W\dˈˌːʰʲ˞](?:[\u0300-\u036fːʰʲˑ˞]|\^[^\W\d])*")
_SWITCH = re.compile(r"\([^)\s]*\)")  # (en)…(fr): espeak's notes that it reads a foreign word
_VOWELS = frozenset("aeiouyɑɐɒæɔəɚɛɜɝɨɪɯøœʊʌɤᵻʉʏɵɘɞᵊ")


def _split_sounds(written: str) -> list[list[str]]:
    """espeak's groups, each as its list of sounds."""
    written = unicodedata.normalize("NFD", _SWITCH.sub("", written.replace("(^", "(").replace("^n)", "n)")))
    written = written.replace("c\u0327", "ç").replace("-", "")
    return [sounds for group in written.split() if (sounds := _SOUND.findall(group))]


@lru_cache(maxsize=20_000)
def _sounds_alone(word: str, language: str) -> tuple[str, ...]:
    return tuple(sound for group in _split_sounds(espeak.ipa(word, language)) for sound in group)


_MOST_TOGETHER = 100  # words without a mark between: who belongs to whom takes time as their square


def _sounds_per_word(words: Sequence[str], language: str) -> list[tuple[str, ...]]:
    """Each word's sounds in the company of the others; what other languages read is heard on its own."""
    if len(words) <= _MOST_TOGETHER and all(letters.is_ordinary(word, language) for word in words):
        return _sounds_together(words, language)
    pieces = [(i, *piece) for i, word in enumerate(words) for piece in letters.pieces(word, language)]
    foreign = {k: _sounds_alone(part, reader) for k, (_, part, reader) in enumerate(pieces) if reader != language}
    parts = [_stand_in(foreign[k], language) if k in foreign else part for k, (_, part, _) in enumerate(pieces)]
    heard: list[tuple[str, ...]] = []
    for first in range(0, len(parts) if len(foreign) < len(parts) else 0, _MOST_TOGETHER):
        heard += _sounds_together(parts[first : first + _MOST_TOGETHER], language)
    sounds: list[tuple[str, ...]] = [()] * len(words)
    for k, (i, _, _) in enumerate(pieces):
        sounds[i] += foreign[k] if k in foreign else heard[k]
    return sounds


def _stand_in(sounds: Sequence[str], language: str) -> str:
    """A syllable for a foreign word, so that those beside it are read as before one that begins like it."""
    opens_with_vowel = bool(sounds) and sounds[0].lstrip("ˈˌ")[0] in _VOWELS
    return ("ば", "あ")[opens_with_vowel] if language == "ja" else ("ba", "ab")[opens_with_vowel]


def _sounds_together(words: Sequence[str], language: str) -> list[tuple[str, ...]]:
    alone = [_sounds_alone(word, language) for word in words]
    groups = _split_sounds(espeak.ipa(" ".join(words), language))
    heard = [i for i, sounds in enumerate(alone) if sounds]
    if len(groups) == len(heard) and all(_similar(group, alone[i]) for group, i in zip(groups, heard, strict=True)):
        found = dict(zip(heard, groups, strict=True))
    else:
        found = _hand_out(groups, alone)
    return [tuple(found.get(i) or alone[i]) for i in range(len(words))]


def _similar(group: Sequence[str], alone: Sequence[str]) -> bool:
    """Whether a group of the clause can be this word: it begins alike and is about as long."""
    same_start = _mismatch(group[0], alone[0]) < 1
    return same_start and abs(len(group) - len(alone)) <= 1


def _hand_out(groups: Sequence[Sequence[str]], alone: Sequence[Sequence[str]]) -> dict[int, list[str]]:
    """Align the clause's sounds with those of its words spoken alone; each goes to the word it was aligned with."""
    clause = [(sound, g) for g, group in enumerate(groups) for sound in group]
    single = [(sound, w) for w, sounds in enumerate(alone) for sound in sounds]
    partner = _align([s for s, _ in clause], [s for s, _ in single])
    owners: list[int | None] = [None if j is None else single[j][1] for j in partner]
    for step in (1, -1):  # a sound without partner goes with its neighbour in the same group, the earlier one first
        order = range(len(clause)) if step == 1 else range(len(clause) - 1, -1, -1)
        for i in order:
            before = i - step
            if owners[i] is None and 0 <= before < len(clause) and clause[before][1] == clause[i][1]:
                owners[i] = owners[before]
    found: dict[int, list[str]] = {}
    for (sound, _), owner in zip(clause, owners, strict=True):
        if owner is not None:
            found.setdefault(owner, []).append(sound)
    return found


_GAP = 0.8


def _align(left: Sequence[str], right: Sequence[str]) -> list[int | None]:
    """For every item of `left` the index of its partner in `right`, or None: least-cost alignment, in order."""
    rows, columns = len(left) + 1, len(right) + 1
    cost = [[(i + j) * _GAP if not i or not j else 0.0 for j in range(columns)] for i in range(rows)]
    for i in range(1, rows):
        above, row = cost[i - 1], cost[i]
        for j in range(1, columns):
            change = above[j - 1] + _mismatch(left[i - 1], right[j - 1])
            row[j] = min(change, above[j] + _GAP, row[j - 1] + _GAP)
    partner: list[int | None] = [None] * len(left)
    i, j = rows - 1, columns - 1
    while i and j:
        if cost[i][j] == cost[i - 1][j - 1] + _mismatch(left[i - 1], right[j - 1]):
            i, j = i - 1, j - 1
            partner[i] = j
        elif cost[i][j] == cost[i - 1][j] + _GAP:
            i -= 1
        else:
            j -= 1
    return partner


@lru_cache(maxsize=20_000)
def _mismatch(a: str, b: str) -> float:
    """How unlike two sounds are, 0..1.6: vowels of one word often weaken, consonants rarely turn into vowels."""
    a, b = a.lstrip("ˈˌ"), b.lstrip("ˈˌ")
    if a == b:
        return 0.0
    a_is_vowel, b_is_vowel = a[0] in _VOWELS, b[0] in _VOWELS
    if a_is_vowel != b_is_vowel:
        return 1.6
    if a[0] == b[0]:
        return 0.2
    if a_is_vowel:
        return 0.5
    return 0.3 if {a[0], b[0]} <= set("tdɾʔ") or {a[0], b[0]} <= set("szʃʒ") else 1.0


# --- into Kokoro's alphabet and IPA phones ------------------------------------------------------------------------

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
    meant = tuple(_SOUND.findall(homographs.ipa(word, reading, homographs.is_american(language))))
    weak = tuple(sound.lstrip("ˈˌ") for sound in meant)
    if not meant or sounds in (meant, (*meant, "ɹ"), weak):
        return sounds
    links = sounds[-1:] == ("ɹ",) and meant[-1].rstrip("ː")[-1] in _VOWELS  # to a vowel that follows
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
def _pronunciation(sounds: tuple[str, ...], language: str) -> Pronunciation:
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
            vowel = symbol[0] in _VOWELS
            phones.append(SpokenPhone(symbol, stress if vowel else 0, start, end))
            start = at = end
    return Pronunciation(tokens, tuple(phones))
