"""Numbers, dates, money and measures as the words that are spoken for them."""

from __future__ import annotations

import re
from collections.abc import Sequence

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_LONGEST_NUMBER = 15  # more digits than that are read one by one
_GROUPING = str.maketrans("", "", ",'")

_DENOMINATORS = {2: ("half", "halves"), 4: ("quarter", "quarters")}
VULGAR_FRACTIONS = {
    "½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅛": (1, 8), "⅜": (3, 8), "⅝": (5, 8),
    "⅞": (7, 8), "⅙": (1, 6),
}  # fmt: skip


_SPACED = re.compile(r"(?<![\w.,'])(?<!\d )[1-9]\d{0,2}(?: \d{3})+(?!\d| \d)")
_COUNTED = re.compile(r" ?(?:[€$£%]|(?:km|kg|people|[a-z]{2,}[a-rt-z]s)\b)")


def without_spaces(clean: str, original: str, mark: str) -> str:
    """`clean` with `mark` for the spaces in numbers such as 1 000 000. One group alone belongs to the number if it is
    000, if what is counted follows, or if in `original`, of the same length, its space is one that does not break."""

    def rewritten(found: re.Match) -> str:
        number = found.group()
        sure = number.count(" ") > 1 or number.endswith(" 000") or _COUNTED.match(clean, found.end())
        breaking = " " in original[found.start() : found.end()]
        return number if breaking and not sure else number.replace(" ", mark)

    return _SPACED.sub(rewritten, clean)


def _words(text: str, british: bool = False) -> list[str]:
    text = text.replace(",", "")
    return (text if british else text.replace(" and ", " ")).split()


def cardinal(number: str, british: bool = False) -> list[str]:
    """`12`, `1,234`, `3.50` or `.5` in English words; numbers of more than 15 digits and `007` digit by digit."""
    from num2words import num2words

    whole, _, fraction = number.translate(_GROUPING).partition(".")
    if not whole or len(whole) > _LONGEST_NUMBER or (len(whole) > 1 and whole[0] == "0"):
        spoken = digits(whole)
    else:
        spoken = _words(num2words(int(whole)), british)
    return spoken + (["point", *digits(fraction)] if fraction else [])


def digits(number: str) -> list[str]:
    """Every digit by itself; other characters are left out."""
    return [_DIGITS[int(c)] for c in number if c.isdecimal()]


def ordinal(number: str, british: bool = False) -> list[str]:
    """`21` as twenty-first."""
    from num2words import num2words

    number = number.translate(_GROUPING)
    if len(number) > _LONGEST_NUMBER:
        return digits(number)
    return _words(num2words(int(number), to="ordinal"), british)


def year(number: str, british: bool = False) -> list[str]:
    """`1984` as nineteen eighty-four, `1905` as nineteen oh five, `2000`…`2009` as plain numbers."""
    value = int(number)
    hundreds, rest = divmod(value, 100)
    if not 1000 < value < 10_000 or (hundreds % 10 == 0 and rest < 10):
        return cardinal(number, british)
    if rest == 0:
        return [*cardinal(str(hundreds)), "hundred"]
    return [*cardinal(str(hundreds)), *(["oh"] if rest < 10 else []), *cardinal(str(rest))]


def decade(number: str) -> list[str]:
    """`1990` or `90` (of 1990s, '90s) as nineteen nineties."""
    spoken = year(number) if len(number) == 4 else cardinal(str(int(number) or 2000))
    return [*spoken[:-1], plural(spoken[-1])]


def plural(number_word: str) -> str:
    """`twenty` as twenties, `seven` as sevens, `six` as sixes."""
    if number_word.endswith("y"):
        return number_word[:-1] + "ies"
    return number_word + ("es" if number_word.endswith("x") else "s")


def clock(hour: int, minute: int, half: str = "") -> list[str]:
    """Hours and minutes; `half` is am, pm or empty."""
    spoken = cardinal(str(hour))
    if minute:
        spoken += (["oh"] if minute < 10 else []) + cardinal(str(minute))
    elif not half:
        spoken += ["o'clock"] if 0 < hour <= 12 else ["hundred"]
    return spoken + ([".".join(half) + "."] if half else [])


def money(names: Sequence[str], amount: str, magnitude: str = "", british: bool = False) -> list[str]:
    """`$5.20` as five dollars and twenty cents, `$3.5 million` as three point five million dollars; `names` are those
    of `units.CURRENCIES`."""
    one, many, one_cent, many_cents = names
    whole, _, fraction = amount.translate(_GROUPING).partition(".")
    if magnitude:
        return [*cardinal(amount, british), magnitude, *many.split()]
    if len(fraction) not in (0, 2) or not one_cent:
        return [*cardinal(amount, british), *(one if amount == "1" else many).split()]
    cents = int(fraction or 0)
    spoken_cents = [*cardinal(str(cents)), one_cent if cents == 1 else many_cents] if cents else []
    if int(whole or 0) == 0 and cents:
        return spoken_cents
    units = (one if int(whole) == 1 else many).split()
    return [*cardinal(whole, british), *units, *(["and"] if cents else []), *spoken_cents]


def fraction(top: int, bottom: int) -> list[str]:
    """`3/4` as three quarters; large ones as three over seventy, marks as ten out of ten."""
    if (top, bottom) in ((24, 7), (9, 11)) or (top == bottom and top not in (5, 10, 100)):  # two numbers, as 20/20
        return [*cardinal(str(top)), *cardinal(str(bottom))]
    if bottom in (5, 10, 100) and top == bottom or (bottom == 100 and top > 1):
        return [*cardinal(str(top)), "out", "of", *cardinal(str(bottom))]
    if not 1 < bottom <= 20 or top >= bottom:
        return [*cardinal(str(top)), "over", *cardinal(str(bottom))]
    one, many = _DENOMINATORS.get(bottom) or (ordinal(str(bottom))[-1], ordinal(str(bottom))[-1] + "s")
    return [*cardinal(str(top)), one if top == 1 else many]


def pairs(number: str) -> list[str]:
    """`1080` as ten eighty, `720` as seven twenty, `900` as nine hundred."""
    hundreds, rest = number[:-2], number[-2:]
    spoken = ["hundred"] if rest == "00" else ["oh", *digits(rest[1])] if rest[0] == "0" else cardinal(rest)
    return cardinal(hundreds) + spoken


def duration(hours: int, minutes: int, seconds: int) -> list[str]:
    """A length of time: one hour five minutes and thirty seconds; what is zero is left out."""
    parts = [
        [*cardinal(str(count)), unit if count == 1 else unit + "s"]
        for count, unit in ((hours, "hour"), (minutes, "minute"), (seconds, "second"))
        if count
    ] or [["zero", "seconds"]]
    return [*sum(parts[:-1], []), *(["and"] if len(parts) > 1 else []), *parts[-1]]


def date(year_number: str, month: int, day: int, british: bool = False) -> list[str]:
    """A calendar date: March fifth twenty twenty-four, in Britain the fifth of March."""
    spoken_day, spoken_year = ordinal(str(day)), year(year_number)
    if british:
        return ["the", *spoken_day, "of", MONTHS[month - 1], *spoken_year]
    return [MONTHS[month - 1], *spoken_day, *spoken_year]


_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
_ROMAN_NUMERAL = re.compile(r"(?=.)M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")


def roman(numeral: str) -> int:
    """The value of a Roman numeral up to 3999; 0 when it is not well formed."""
    if not _ROMAN_NUMERAL.fullmatch(numeral):
        return 0
    values = [_ROMAN[c] for c in numeral]
    return sum(-v if any(w > v for w in values[i + 1 : i + 2]) else v for i, v in enumerate(values))
