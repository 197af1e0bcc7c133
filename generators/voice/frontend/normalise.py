"""Written text as sentences of words to be spoken.

Everything keeps its place: a word stands for the characters of the original text that it was written with, so
"$5.20" is one written word that says "five dollars and twenty cents". Signs that nobody says (emoji, markup,
quotation marks) are left out.
"""

from __future__ import annotations

import html
import html.entities
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace

from generators.voice.frontend import colloquial, english, foreign, numerals, units
from generators.voice.frontend.context import Sentence, WrittenWord
from generators.voice.frontend.english.grammar import UNIT
from generators.voice.frontend.g2p import is_word_char, word_spans
from generators.voice.frontend.letters import pieces, undressed


def sentences(text: str, language: str = "en-us") -> list[Sentence]:
    """The sentences of any text at once, see `iter_sentences`."""
    return list(iter_sentences(text, language))


def iter_sentences(text: str, language: str = "en-us") -> Iterator[Sentence]:
    """The sentences of any text as they are asked for, each with at least one word; nothing to say gives none.

    English is spelled out in full (numbers, dates, times, money, units, abbreviations, addresses); in other
    languages numbers are, in the commonest ones with the signs, currencies and units around them.
    """
    plain, places = _without_entities(text)
    for sentence in Normaliser(plain, language.lower().replace("_", "-")).sentences():
        yield sentence if places is None else tuple(_in_place(word, text, places) for word in sentence)


# --- characters ---------------------------------------------------------------------------------------------------

_SAME = {
    **dict.fromkeys("’‘ʼ`´＇", "'"), **dict.fromkeys("“”„«»‹›＂", '"'), **dict.fromkeys("—―⸺", "—"),
    **dict.fromkeys("‐‑", "-"), "。": ".", "、": ",", "।": ".", "॥": ".", "،": ",", "؟": "?", "؛": ";",
    "‼": "!", "⁇": "?",
    **dict.fromkeys("′‵ʹ", "'"), **dict.fromkeys("″‶ʺ", '"'), "‒": "–",
    "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\t": " ", "\r": " ", "\u2028": "\n", "\u2029": "\n", "｡": ".",
}  # fmt: skip
_ENTITY = re.compile(r"&(?:amp;)*(#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,31}[0-9]{0,2});")
_TERMINAL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")  # colours and the like, copied from a terminal
_INVISIBLE = "\u00ad\u034f\u200b\u200c\u200d\u200e\u200f\u2060\ufe0e\ufe0f\ufeff"  # inside a word they are not there


def _without_entities(text: str) -> tuple[str, list[int] | None]:
    """The text with what HTML writes as &amp; or &#39; in plain, and the place in `text` of each of its characters and
    of its end; no places where nothing is replaced."""
    if "&" not in text or not _ENTITY.search(text):
        return text, None
    plain, places, at = "", list[int](), 0
    for found in _ENTITY.finditer(text):
        name = found[1]
        char = html.unescape(f"&{name};") if name[0] == "#" else html.entities.html5.get(name + ";")
        if char is None:
            continue
        plain += text[at : found.start()] + char
        places += [*range(at, found.start()), *[found.start()] * len(char)]
        at = found.end()
    return plain + text[at:], [*places, *range(at, len(text) + 1)]


def _in_place(word: WrittenWord, text: str, places: list[int]) -> WrittenWord:
    start, end = places[word.char_start], max(places[word.char_end], places[word.char_start] + 1)
    return replace(word, text=text[start:end], char_start=start, char_end=end)


def _same_length(text: str) -> str:
    """The text with its typographic variety folded, character for character, and what is never spoken blanked."""
    if text.isascii() and text.isprintable() and "`" not in text:
        return text
    text = _TERMINAL.sub(lambda found: " " * len(found.group()), text)
    chars = []
    for char in text:
        folded = _SAME.get(char, char)
        if folded > "\x7f":
            plain = unicodedata.normalize("NFKC", char) if "\uff01" <= char <= "\uff5e" else undressed(char)
            folded = plain if len(plain) == 1 else folded
        category = unicodedata.category(folded)
        if category in ("Cc", "Cs", "Co", "Cn") and folded != "\n":
            folded = " "
        chars.append(folded)
    return "".join(chars)


# Markup: group 1, where there is one, is what stays to be read.
_MARKUP = [
    re.compile(r"^```.*$", re.MULTILINE),
    re.compile(r"</?[A-Za-z][^<>\n]{0,200}>"),
    re.compile(r"!?\[([^\[\]\n]*)\]\([^()\s]*\)"),
    re.compile(r"^[ ]{0,3}#{1,6}[ ]+", re.MULTILINE),
    re.compile(r"^[ ]*[-*•‣▪–][ ]+", re.MULTILINE),
    re.compile(r"^[ ]*>(?![\d$€£¥.=])[ ]?", re.MULTILINE),
    re.compile(r"^[ ]*(?:[-*_=][ ]?){3,}$", re.MULTILINE),
    re.compile(r"(?:(?<=\s)|^)(?:[:;=]|8(?=-))[-^']?[)(DPpOo/\\|\]\[3*]+(?=\s|$|[.,!?])"),
    re.compile(rf"<3+(?![\d.,%°/]| ?(?:{UNIT}|[a-z]{{3,}}s)(?![^\W_]))"),
]


def _without_markup(text: str) -> str:
    for pattern in _MARKUP:

        def blank(found: re.Match) -> str:
            if not found.re.groups:
                return " " * len(found.group())
            before, after = found.start(1) - found.start(), found.end() - found.end(1)
            return " " * before + found.group(1) + " " * after

        text = pattern.sub(blank, text)
    return text


def _plain_numbers(clean: str, original: str, is_english: bool) -> str:
    """Numbers with spaces between their digits, or written the European way in English, as the patterns know them."""
    if not any(map(str.isdecimal, clean)):
        return clean
    clean = numerals.without_spaces(clean, original, "'" if is_english else ".")
    return english.in_english_numbers(clean) if is_english else clean


# --- normalising ------------------------------------------------------------------------------------------------------


class Normaliser:
    """Walks once through a text, turning what stands at each place into words."""

    def __init__(self, text: str, language: str) -> None:
        self.original = text
        self.language = language
        self.english = language.startswith("en")
        self.british = self.english and language not in ("en", "en-us")
        self.clean = _plain_numbers(_without_markup(_same_length(text)), text, self.english)
        self.shouting = _is_shouting(self.clean)
        self.drawn_out = bool(colloquial.TRIPLED.search(self.clean))
        self.done: list[Sentence] = []
        self.words: list[WrittenWord] = []
        self.spans = dict(word_spans(_with_joiners(self.clean)))

    def sentences(self) -> Iterator[Sentence]:
        """The sentences one by one, each as soon as the walk has left it behind."""
        at = 0
        while at < len(self.clean):
            char = self.clean[at]
            if char == " ":
                at += 1
            elif char == "\n":
                at = self._line_break(at)
            else:
                at = self._item(at, char)
            yield from self._taken()
        self.end_sentence()
        yield from self._taken()

    def _taken(self) -> list[Sentence]:
        done, self.done = self.done, []
        return done

    # words

    def _item(self, at: int, char: str) -> int:
        if self.english:
            if (word_end := self.spans.get(at)) and (spoken := colloquial.as_talked(self, at, word_end)):
                return self.add(at, word_end, spoken)
            plain = _PLAIN_WORD.match(self.clean, at)
            if plain and english.is_plain(plain.group()):
                return self.add(at, plain.end(), [plain.group()])
            for pattern, read in english.patterns_at(char):
                if (found := pattern.match(self.clean, at)) and (spoken := read(self, found)) is not None:
                    return self.add(at, found.end(), spoken)
        elif (char == "R" or not char.isalpha()) and (amount := foreign.amount(self.clean, at, self.language)):
            return self.add(at, *amount)
        if is_word_char(char) and (end := self._word_end(at)) > at:
            word = self.clean[at:end]
            return self.add(at, end, english.dotted_name(word) if self.english and "." in word else [word])
        return self._sign(at, char)

    def _word_end(self, at: int) -> int:
        if at in self.spans:
            missing_space = _MISSING_SPACE.search(self.clean, at, self.spans[at])
            return missing_space.end() if missing_space else self.spans[at]
        end = at  # inside a span that a pattern has begun
        while end < len(self.clean) and is_word_char(self.clean[end]):
            end += 1
        return end

    def add(self, start: int, end: int, spoken: list[str]) -> int:
        """Take the characters from `start` to before `end` as one word, read as `spoken`; gives `end`."""
        read = (letters for word in spoken for letters, _ in pieces(_visible(word), self.language))
        spoken = [letters for letters in read if any(map(is_word_char, letters))]
        if spoken:
            self.words.append(WrittenWord(self.original[start:end], start, end, tuple(spoken)))
        return end

    # signs between words

    def _sign(self, at: int, char: str) -> int:
        if char == "№":
            return self.add(at, at + 1, [_NUMBER.get(self.language.split("-")[0], "number")])
        if found := _DOTS.match(self.clean, at):
            return self._dots(found)
        if char in ".!?":
            end = at
            while end < len(self.clean) and self.clean[end] in ".!?":
                end += 1
            run = self.clean[at:end]
            if run == "." and self._is_list_number():
                self.pause(",")
                return end
            self.pause("?!" if {"?", "!"} <= set(run) else run[0])
            if self._ends_here(end, run):
                self.end_sentence()
            return end
        if char in "-–—" and self.english and self._joins_amounts(at):
            return self.add(at, at + 1, ["to"])
        if char in ",;:—":
            self.pause(char)
        elif char in "-–" and self.clean[at - 1 : at] in ("", " ", "-", "–") and _DASH.match(self.clean, at):
            self.pause("—")
        elif char in "()[]{}|\\/\n" and not (char == "/" and self.words and self.words[-1].char_end == at):
            self.pause(",")
        elif self.english and char in english.SIGNS and (self._between_words(at) or self._stands_alone(at, char)):
            return self.add(at, at + 1, english.SIGNS[char].split())
        return at + 1

    def _is_list_number(self) -> bool:
        """Whether what stands so far is the number of a list item: it goes with what follows."""
        if len(self.words) != 1 or not re.fullmatch(r"\d{1,3}|[IVX]{2,5}", self.words[0].text):
            return False
        return not self.clean[: self.words[0].char_start].rpartition("\n")[2].strip()

    def _dots(self, found: re.Match) -> int:
        self.pause("…")
        following = self.clean[found.end() :].lstrip(" \"')")[:1]
        if not following or following.isupper() or following == "\n":
            self.end_sentence()
        return found.end()

    def _joins_amounts(self, at: int) -> bool:
        """Whether a dash stands between two amounts, as in $5–$10 or 9am-5pm."""
        touching = bool(self.words) and self.words[-1].char_end == at and not self.words[-1].after
        amount = touching and (any(map(str.isdecimal, self.words[-1].text)) or self.previous() in english.ENDS_OF_SPANS)
        return amount and bool(_ANOTHER_AMOUNT.match(self.clean, at + 1))

    def _between_words(self, at: int) -> bool:
        following = self.clean[at + 1 :].lstrip(" ")[:1]
        signs = _BEFORE_NUMBERS + "<>~≈≤≥±" if self.clean[at] == "&" else _BEFORE_NUMBERS
        return bool(self.words) and bool(following) and (is_word_char(following) or following in signs)

    def _stands_alone(self, at: int, char: str) -> bool:
        """Whether a sign of arithmetic is meant itself, as in "the + key"; before a line's text it may be a bullet."""
        before, after = self.clean[at - 1 : at], self.clean[at + 1 : at + 2]
        starts_line = before in ("", "\n")
        if char not in "+=×÷±≈≤≥≠−%∞" or (starts_line and after == " "):
            return False
        return (starts_line or before in " (\"'") and (not after or after in " )\"'\n.,;:!?")

    def pause(self, sign: str) -> None:
        """Punctuation goes to the word before it; of several the strongest stays."""
        if not self.words:
            return
        last = self.words[-1]
        if not last.after or _STRENGTH[sign[0]] > _STRENGTH[last.after[0]]:
            self.words[-1] = replace(last, after=sign)

    def _ends_here(self, end: int, run: str) -> bool:
        """Whether the marks `run` before `end` close a sentence: a space, a closing quote or the end follows, and
        not, as in “Why?” she asked, a small letter."""
        following = _FOLLOWING.match(self.clean, end)
        if following and following[2].islower() and ('"' in following[1] or (following[1] and run != ".")):
            return False
        rest = self.clean[end : end + 1]
        if rest.isupper() and self.clean[end - 2 : end - 1].islower():
            return True  # a space was forgotten
        return not rest or rest in " \n\"')]}*_~" or not (is_word_char(rest)) or not rest.isascii()

    def _line_break(self, at: int) -> int:
        """A blank line, a list item or a line that just ends before a capital closes the sentence."""
        end = at
        while end < len(self.clean) and self.clean[end] in " \n":
            end += 1
        blank_line = self.clean.count("\n", at, end) > 1
        line_start = self.original.rfind("\n", 0, end) + 1
        marker = re.match(r"\s*([-*•‣▪–]|\d{1,3}[.)]|#{1,6})\s", self.original[line_start : line_start + 12])
        heading = re.match(r"\s*#{1,6}\s", self.original[self.original.rfind("\n", 0, at) + 1 : at] + " ")
        capital = end < len(self.clean) and (self.clean[end].isupper() or self.clean[end].isdigit())
        if blank_line or marker or heading or (capital and not (self.words and self.words[-1].after)):
            self.end_sentence()
        return max(end, at + 1)

    def end_sentence(self) -> None:
        """Close the sentence that is open, with a full stop where no mark ends it."""
        if not self.words:
            return
        if not self.words[-1].after or self.words[-1].after in ",;:—":
            self.words[-1] = replace(self.words[-1], after=".")
        self.done.append(tuple(self.words))
        self.words = []

    # what English patterns ask

    def previous(self) -> str:
        """The word before, in lower case; empty at the start of a sentence."""
        return self.words[-1].text.lower().rstrip(".") if self.words else ""

    def recent(self, count: int) -> list[str]:
        """Up to `count` words before, the last one last, in lower case."""
        return [word.text.lower().rstrip(".") for word in self.words[-count:]]

    def following(self, end: int) -> str:
        """The word after a place, empty when none follows in this line."""
        found = _NEXT_WORD.match(self.clean, end)
        return found[1] if found else ""

    def abbreviation_ends(self, end: int) -> bool:
        """Whether a sentence closes with the abbreviation that ends at `end`."""
        rest = self.clean[end:].lstrip(" \"')")
        word = self.following(end)
        return not rest or rest[0] == "\n" or (word[:1].isupper() and word.lower() in english.STARTERS)

    def end_after(self, found: re.Match, spoken: list[str], may_end: bool) -> list[str]:
        """Hand on `spoken`, closing the sentence behind it where the dot of `found` is the full stop as well."""
        if not (may_end and found.group().endswith(".") and self.abbreviation_ends(found.end())):
            return spoken
        self.add(found.start(), found.end(), spoken)
        self.pause(".")
        self.end_sentence()
        return []


_BEFORE_NUMBERS = "#" + "".join(units.CURRENCIES)
_NEXT_WORD = re.compile(r"[ \"'(]*([^\W_]+)")
_ANOTHER_AMOUNT = re.compile(
    rf"[-−+]?[{english.CURRENCY_SIGNS}]?\.?\d|'\d0s|{english.CALENDAR_NAME}|(?:noon|midnight|present|today|now)\b"
)
_NUMBER = {"es": "número", "fr": "numéro", "it": "numero", "pt": "número", "de": "Nummer", "hi": "नंबर"}
_STRENGTH = {",": 1, ":": 2, ";": 2, "—": 3, "…": 4, ".": 5, "!": 6, "?": 6}
_DOTS = re.compile(r"\.(?: ?\.){1,}|…+")
_MISSING_SPACE = re.compile(r"[a-z]{2}(?=\.[A-Z][a-z])")  # after a full stop
_FOLLOWING = re.compile(r"([\"') ]*)(.?)")
_DASH = re.compile(r"[-–]+(?: |$|\n)")
_PLAIN_WORD = re.compile("(?!a [-+−×÷=<>])[a-z]+(?=[ ,;])")


def _visible(word: str) -> str:
    if word.isascii():
        return word
    return unicodedata.normalize("NFC", "".join(c for c in word if c not in _INVISIBLE))


def _with_joiners(clean: str) -> str:
    """For finding words, invisible characters count as letters, so that a soft hyphen does not split one."""
    return "".join("x" if c in _INVISIBLE else c for c in clean) if any(c in clean for c in _INVISIBLE) else clean


def _is_shouting(clean: str) -> bool:
    letters = [c for c in clean if c.isalpha()]
    return len(letters) > 8 and sum(c.isupper() for c in letters) > 0.8 * len(letters)
