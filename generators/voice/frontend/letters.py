"""Letters that a language's own alphabet lacks: read as the plain letters they stand for, or by a language that has
their script.

espeak spells a word in which it meets a letter it does not know, and calls that letter by its code ("letter one E C
five"). So no word goes there with such a letter in it.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from checkpoints.errors import BadInput
from generators.voice.frontend.espeak import in_pieces, ipa

Piece = tuple[str, str]  # some letters, and the language that reads them

# Which languages of espeak read a script; of several the first that knows all letters of a word. Khmer, Lao, Tibetan,
# Cherokee and others have none. What it says for Burmese is not Burmese.
_READERS = {
    "CYRILLIC": "ru uk bg sr mk be kk ky tt ba cv", "GREEK": "el grc", "ARABIC": "ar fa ur ug sd", "HEBREW": "he",
    "GEORGIAN": "ka", "ARMENIAN": "hy hyw", "ETHIOPIC": "am ti", "DEVANAGARI": "hi mr ne kok", "BENGALI": "bn as bpy",
    "TAMIL": "ta", "TELUGU": "te", "KANNADA": "kn", "MALAYALAM": "ml", "GUJARATI": "gu", "GURMUKHI": "pa",
    "ORIYA": "or", "SINHALA": "si", "THAI": "th", "HANGUL": "ko", "KANA": "ja",
    "CJK": "cmn zh yue hak", "SHAVIAN": "en-shaw",
}  # fmt: skip
_NO_LATIN = frozenset(["ja", "zh", "cmn"])  # espeak spells Latin letters there, or takes them for tones
_SCRIPT_NAMES = {
    "IDEOGRAPHIC": "CJK", "HIRAGANA": "KANA", "KATAKANA": "KANA", "KATAKANA-HIRAGANA": "KANA", "MICRO": "GREEK",
    "FEMININE": "LATIN", "MASCULINE": "LATIN",
}  # fmt: skip
_SHARED = frozenset(["COMBINING", "MODIFIER", "DIGIT", "VARIATION", "FULLWIDTH", "SUPERSCRIPT", "SUBSCRIPT"])
# Plain spellings that neither Unicode's decomposition nor the name of the letter gives.
_SPELLINGS = {
    "ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ŋ": "ng", "ə": "a", "ǝ": "a", "ʃ": "sh", "ʒ": "zh",
    "ʊ": "u", "ɑ": "a", "ɒ": "o", "ʌ": "u", "ɲ": "ny", "ɳ": "n", "ɸ": "f", "ɩ": "i", "ɤ": "o", "ʤ": "j", "ʧ": "ch",
    "ɕ": "sh", "ʑ": "zh", "ɥ": "y", "ɰ": "w", "ɹ": "r", "ƣ": "gh", "ȝ": "gh", "ƿ": "w", "ʎ": "ly", "ɟ": "j", "ɯ": "u",
    "ɣ": "gh", "ĸ": "k", "ꜣ": "a", "ꜥ": "a", "ʔ": "", "ʕ": "",
}  # fmt: skip
# Letters of other scripts in a Latin word that were taken for their looks, as fonts made of small capitals do.
_LOOKALIKES = str.maketrans(
    "аеорсхуіјѕғкмтнвАЕОРСХУІЈЅКМТНВοανΟΑΒΕΗΙΚΜΝΡΤΧ", "aeopcxyijsfkmthbAEOPCXYIJSKMTHBoavOABEHIKMNPTX"
)
_LATIN = "A-Za-z\u00c0-\u024f\u1d00-\u1d7f\u0299-\u029c"
_DISGUISED = re.compile(
    rf"(?<=[{_LATIN}])[аеорсхуіјѕғкмтнвοαν]{{1,2}}(?=[{_LATIN}])|(?<![^\W_])[аеорсхуіјѕғοανА-ЯΑ-Ω](?=[{_LATIN}])"
)
_LETTER_NAME = re.compile(r"LATIN (?:SMALL |CAPITAL )?LETTER (?:[A-Z-]+ )*?([A-Z]{1,2})(?: WITH .+| DIGRAPH)?$")
_DRESSED_NAME = re.compile(r"(?:CIRCLED|SQUARED) LATIN (?:CAPITAL|SMALL) LETTER ([A-Z])$")
# Words in these letters alone are known to be read well; others are looked at.
_WESTERN = re.compile(r"[\x00-\x7fÀ-ÖØ-öø-ÿ]*[aeiouyAEIOUY][\x00-\x7fÀ-ÖØ-öø-ÿ]*")
_ORDINARY: dict[str, re.Pattern[str]] = dict.fromkeys(("en", "es", "fr", "it", "pt", "de"), _WESTERN)
_ORDINARY |= {"hi": re.compile(r"[\u0901-\u0963]+"), "ja": re.compile(r"[\u3041-\u30ff]+")}
_LONG = 40
_NOTES = re.compile(r"\([^)]*\)|[ˈˌ^]")  # espeak's of a language, stress, ties
_SOUNDS = re.compile(r"\([^)]*\)|\^.|[^\w\s]")  # the same and second halves


def pieces(word: str, language: str) -> tuple[Piece, ...]:
    """A word cut where its script changes and where it is longer than espeak takes, each piece in letters that its
    language knows. What no language here reads is left out."""
    return ((word, language),) if is_ordinary(word, language) else _pieces(word, language)


def is_ordinary(word: str, language: str) -> bool:
    """Whether a word is short and in letters that its language has."""
    if len(word) >= _LONG:
        return False
    if word.isascii():
        return language not in _NO_LATIN or word.isdecimal()
    return language[:2] in _ORDINARY and bool(_ORDINARY[language[:2]].fullmatch(word))


def is_read(word: str, language: str) -> bool:
    """Whether some language reads every letter of a word."""
    return word.isascii() or all(_piece(run, script, language) for script, run in _runs(word))


def unknown_script(char: str) -> str:
    """The name of the script that a letter is of, as "Khmer", where no language here reads it; else empty."""
    script = "" if char.isascii() else _script(unicodedata.normalize("NFC", undressed(char))[0])
    return "" if script in ("", "LATIN") or script in _READERS else script.capitalize()


@lru_cache(maxsize=4096)
def undressed(char: str) -> str:
    """A letter or figure in fancy dress (ｆ 𝐟 ⓕ ᶠ ﬁ ⑩) as plain ones; any other character as it is."""
    category, name = unicodedata.category(char), unicodedata.name(char, "")
    tag = unicodedata.decomposition(char).partition(" ")[0]
    plain = unicodedata.normalize("NFKC", char)
    if category == "Nl" and len(plain) > 1:
        return str(int(unicodedata.numeric(char)))
    if tag in ("<circle>", "<square>", "<compat>", "<super>", "<sub>"):
        if plain.isascii() and plain.isalpha() and char not in "ªº":
            return plain
    elif tag and plain.isalpha() and char != "ℹ":
        return plain
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if category == "No" and not re.match("SUPER|SUB|VULGAR", name):
        value = unicodedata.numeric(char, 0.5)
        return str(int(value)) if value == int(value) else char
    dressed = _DRESSED_NAME.search(name)
    return dressed[1] if dressed else char


# --- pieces -------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=20_000)
def _pieces(word: str, language: str) -> tuple[Piece, ...]:
    found = [_piece(run, script, language) for script, run in _runs(word)]
    return tuple((part, reader) for letters, reader in filter(None, found) for part in in_pieces(letters))


def _runs(word: str) -> list[tuple[str, str]]:
    """Stretches of one script, figures and signs with the letters before them: (script, letters)."""
    runs: list[tuple[str, str]] = []
    word = _DISGUISED.sub(lambda found: found.group().translate(_LOOKALIKES), "".join(map(undressed, word)))
    for char in unicodedata.normalize("NFC", word):
        script = _script(char)
        if runs and (not script or runs[-1][0] in ("", script)):
            runs[-1] = (runs[-1][0] or script, runs[-1][1] + char)
        else:
            runs.append((script, char))
    return runs


@lru_cache(maxsize=4096)
def _script(char: str) -> str:
    """The script of a letter or its mark, such as LATIN; empty for what all share."""
    if char.isascii():
        return "LATIN" if char.isalpha() else ""
    if unicodedata.category(char)[0] not in "LM":
        return ""
    first = unicodedata.name(char, "LATIN").split(" ")[0]
    return "" if first in _SHARED else _SCRIPT_NAMES.get(first, first)


@lru_cache(maxsize=20_000)
def _piece(run: str, script: str, language: str) -> Piece | None:
    """A stretch of one script as it is read, and by which language; None where nobody reads it."""
    if script in ("", "LATIN"):
        reader = "en-us" if script and language in _NO_LATIN else language
        letters = _latin_run(run, reader)
        return (letters, reader) if letters else None
    readers = _READERS.get(script, "").split()
    own = language.split("-")[0] in readers
    if own or (script == "GREEK" and sum(map(str.isalpha, run)) == 1):  # a lone letter is called by its name
        readers = [language, *readers]
    for letters in (run, _simpler(run)):
        for reader in readers:
            if _reads(letters, reader, own and reader == language or script in ("CJK", "HANGUL")):
                return letters, reader
    return None


def _latin_run(run: str, reader: str) -> str:
    """Latin letters as a language reads them. In a foreign word, one with a letter that the language has not, accents
    that it only puts for stress mean something else, and so do all where espeak calls letters by their names."""
    if len(run) == 1 and run <= "ÿ":
        return run  # é and à are words of some languages
    familiar = "ÿ" if all(_knows(char, reader) for char in run if char.isalpha()) else "\x7f"
    kept = lambda char: _knows(char, reader) and (char <= familiar or _has_own_sound(char, reader))  # noqa: E731
    known, plain = "".join(char if kept(char) else _latin(char) for char in run), "".join(map(_latin, run))
    return plain if _n_sounds(known, reader) > _n_sounds(plain, reader) + 3 else known


def _n_sounds(letters: str, reader: str) -> int:
    return len(_SOUNDS.sub("", ipa(letters, reader)).replace(" ", ""))


def _reads(letters: str, reader: str, in_groups: bool) -> bool:
    """Whether espeak reads these letters in a language, rather than call them by their names or codes."""
    grouped = " " in _SOUNDS.sub("", ipa(letters, reader)).strip()
    return 0 < _n_sounds(letters, reader) <= 4 * len(letters) + 5 and (in_groups or not grouped)


def _simpler(letters: str) -> str:
    """Letters without marks and hooks: those that the language of a script may lack, by those they were made from."""
    bare = "".join(c for c in unicodedata.normalize("NFD", letters) if not unicodedata.combining(c))
    names = [unicodedata.name(char, "").split(" WITH ")[0] for char in bare]
    return "".join(_named(name) or char for name, char in zip(names, bare, strict=True))


def _named(name: str) -> str:
    try:
        return unicodedata.lookup(name)
    except KeyError:
        return ""


@lru_cache(maxsize=4096)
def _knows(char: str, reader: str) -> bool:
    """Whether espeak knows a Latin letter inside words of a language: it spells words with others. Signs are left to
    it; not so marks that no letter has."""
    category = unicodedata.category(char)[0]
    if char.isascii() or char in "ªº" or category not in "LM":
        return True
    if category == "M" or (char in "əƏ" and not _has_own_sound("ə", reader)):
        return False
    return any(len(said) < 12 and " " not in said for said in _in_words(char, reader))


def _has_own_sound(char: str, reader: str) -> bool:
    """Whether a letter is read otherwise than with its accent cut off, which espeak does with those of many languages,
    but not where it spells a word."""
    plain = "e" if char in "əƏ" else _latin(char)
    own = _in_words(char, reader)
    which = " " in own[0]
    return char in "œŒ" or own[which] != _in_words(plain, reader)[which]


@lru_cache(maxsize=4096)
def _in_words(letters: str, reader: str) -> tuple[str, str]:
    """Two words with these letters in IPA without stress: one as many languages have them, one of a single syllable."""
    long, short = (
        _NOTES.sub("", ipa(word, reader)).strip() for word in (f"ta{letters}ta".lower(), f"t{letters}".lower())
    )
    return long, short


@lru_cache(maxsize=4096)
def _latin(char: str) -> str:
    """A Latin letter by the plain ones that it stands for; nothing for a mark without a sound of its own."""
    if unicodedata.category(char)[0] not in "LM" or char in "ªº":
        return char
    if char.isupper():
        return _latin(char.lower()[0]).upper()
    if char in _SPELLINGS:
        return _SPELLINGS[char]
    bare = "".join(c for c in unicodedata.normalize("NFKD", char) if not unicodedata.combining(c))
    if bare.isascii() or bare in _SPELLINGS:
        return _SPELLINGS.get(bare, bare)
    named = _LETTER_NAME.match(unicodedata.name(bare[0], ""))
    return named[1].lower() if named else ""


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
