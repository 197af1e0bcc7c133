"""How English writes what it does not spell out: numbers, dates, money, abbreviations, capitals, addresses.

What stands at a place is decided by the first pattern there, in the order below, whose function has an answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from generators.voice.frontend import colloquial, numerals, units
from generators.voice.frontend.context import Context
from generators.voice.frontend.english import amounts, codes, dates, figures, names, roman, signs
from generators.voice.frontend.english.amounts import in_english_numbers
from generators.voice.frontend.english.codes import dotted_name
from generators.voice.frontend.english.dates import CALENDAR_NAME, ENDS_OF_SPANS
from generators.voice.frontend.english.grammar import CURRENCY_SIGNS, END, NUMBER, STARTERS, Pattern, patterns
from generators.voice.frontend.english.signs import SIGNS

__all__ = [
    "CALENDAR_NAME",
    "CURRENCY_SIGNS",
    "ENDS_OF_SPANS",
    "SIGNS",
    "STARTERS",
    "dotted_name",
    "in_english_numbers",
    "is_plain",
    "patterns_at",
]


def patterns_at(char: str) -> Sequence[Pattern]:
    """The patterns to try, in order, where `char` stands."""
    if char.isalpha():
        return _AT_LETTERS
    if char.isdecimal():
        return _AT_DIGITS
    return _AT_SIGNS.get(char, ())


def is_plain(word: str) -> bool:
    """Whether a word in small letters, with a space or a comma behind it, can only be itself."""
    return word not in _SHORT_FORMS and not _SMALL_ROMAN.fullmatch(word)


_SHORT_FORMS = names.BARE | dates.SHORT.keys()
_SMALL_ROMAN = re.compile("[ivxl]+")


def _number(context: Context, found: re.Match) -> list[str] | None:
    number, end = found[1], found.end()
    bare = number.isdigit()
    if bare and codes.is_said_in_digits(context, number, end):
        return numerals.digits(number)
    if bare and len(number) == 4 and dates.is_year(context, number, end):
        return numerals.year(number, context.british)
    day = bare and len(number) <= 2 and 1 <= int(number) <= 31
    if day and (context.previous() in dates.MONTH_NAMES or context.following(end).lower() in dates.MONTH_NAMES):
        return numerals.ordinal(number)
    return numerals.cardinal(number, context.british)


def _hash(context: Context, found: re.Match) -> list[str] | None:
    if not found[1]:
        return ["hashtag"]
    return ["number", *(numerals.digits(found[1]) if len(found[1]) > 4 else numerals.cardinal(found[1]))]


_NUMBERS = patterns((rf"({NUMBER})", _number))
_CHAT = patterns((colloquial.WITH_SIGNS, colloquial.with_signs))
_AT_LETTERS: Sequence[Pattern] = (
    *codes.LETTERS, *_CHAT, *roman.WARS, *names.FIRST_LETTERS,
    *dates.LETTERS, *amounts.LETTERS, *figures.LETTERS, *names.GRADES,
    *codes.CODES, *roman.LETTERS, *names.LETTERS,
)  # fmt: skip
_AT_DIGITS: Sequence[Pattern] = (
    *codes.DIGITS, *dates.DIGITS, *figures.SIZES, *amounts.DIGITS, *codes.PHONES, *figures.COUNTS, *amounts.MEASURES,
    *figures.DIGITS, *figures.VULGAR, *codes.VERSIONS, *codes.DIGIT_CODES, *_NUMBERS,
)  # fmt: skip
_AT_SIGNS: dict[str, Sequence[Pattern]] = {
    **signs.BY_SIGN,
    **dict.fromkeys([*units.CURRENCIES, "¢"], amounts.MONEY),
    **dict.fromkeys(numerals.VULGAR_FRACTIONS, figures.VULGAR),
    **dict.fromkeys("⁻⁺⁰¹²³⁴⁵⁶⁷⁸⁹", figures.POWERS_BEHIND),
    **dict.fromkeys("°º", amounts.DEGREES),
    "+": (*codes.PHONES, *signs.BY_SIGN["+"]),
    "(": codes.PHONES,
    ".": (*codes.DOTS, *amounts.LEADING_POINT),
    "#": patterns((rf"#(?:(\d+){END})?(?=\w|\b)", _hash)),
    "'": (*dates.QUOTES, *patterns((r"'n'?(?= )", lambda context, found: ["and"]))),
}
