"""Numbers of several figures: fractions, powers, feet and inches, degrees and minutes, sizes of screens."""

from __future__ import annotations

import re

from generators.voice.frontend import numerals, units
from generators.voice.frontend.context import Context
from generators.voice.frontend.english.grammar import END, NUMBER, UNIT, patterns, words


def _resolution(context: Context, found: re.Match) -> list[str] | None:
    """1920x1080."""
    return [*numerals.pairs(found[1]), "by", *numerals.pairs(found[2])]


def _lines(context: Context, found: re.Match) -> list[str] | None:
    """1080p."""
    return [*numerals.pairs(found[1].replace(",", "")), found[2].upper()]


def _fraction(context: Context, found: re.Match) -> list[str] | None:
    whole, top, bottom, unit = found[1], int(found[2]), int(found[3]), found[4]
    said = numerals.fraction(top, bottom)
    if whole:
        said = [*numerals.cardinal(whole), "and", *(["a", *said[1:]] if top == 1 else said)]
    if found[5] and not _closes_quotation(context, found.end() - 1):
        return [*said, "inch"]
    return said + (units.UNITS[unit][1 if whole else 0].split() if unit else [])


def _vulgar(context: Context, found: re.Match) -> list[str] | None:
    top, bottom = numerals.VULGAR_FRACTIONS[found[2]]
    said, unit = numerals.fraction(top, bottom), found[3]
    if found[1]:
        said = [*numerals.cardinal(found[1]), "and", *(["a", *said[1:]] if top == 1 else said)]
    return said + (units.UNITS[unit][1 if found[1] else 0].split() if unit else [])


_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
SUPERSCRIPTS = "[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+"


def power_words(exponent: str) -> list[str]:
    """`²` or `6` as squared, to the power of six."""
    plain = exponent.translate(_SUPERSCRIPT)
    if plain in ("2", "3"):
        return ["squared" if plain == "2" else "cubed"]
    minus = ["minus"] if plain[0] in "-−" else []
    return ["to", "the", "power", "of", *minus, *numerals.cardinal(plain.lstrip("-−+"))]


def _power(context: Context, found: re.Match) -> list[str] | None:
    """10^6, always to the power of; 10⁶ and 5²."""
    number, caret, exponent, unit = found.groups()
    if caret and exponent in ("2", "3"):
        return [*numerals.cardinal(number), "to", "the", "power", "of", *numerals.cardinal(exponent)]
    return [*numerals.cardinal(number), *power_words(exponent), *(units.UNITS[unit][1].split() if unit else [])]


_FUNCTIONS = words("sin cos tan log ln exp")


def _power_of_letter(context: Context, found: re.Match) -> list[str] | None:
    """x², mc² or x^2; behind a longer word the figure is the number of a footnote, which nobody says."""
    pi, base, exponent = found[1], found[2], found[3] or found[4]
    if len(base) > 2 and base not in _FUNCTIONS:
        return [base] if found[3] else None
    letters = base if base in _FUNCTIONS or (len(base) == 1 and base not in "aA") else ".".join(base.upper()) + "."
    return [*(["pi"] if pi else []), letters, *power_words(exponent)]


def _power_behind(context: Context, found: re.Match) -> list[str] | None:
    """The exponent of (a + b)²."""
    return power_words(found.group()) if context.clean[found.start() - 1 : found.start()] in tuple(")]") else None


def _feet_and_inches(context: Context, found: re.Match) -> list[str] | None:
    """5'11" is a height; more than eleven inches are seconds."""
    small = found[2] if "." not in found[2] else found[2].split(".")[0]
    if int(small) > 11:
        return [word for word in numerals.duration(0, int(found[1]), int(small)) if word != "and"]
    return [*numerals.cardinal(found[1]), "foot", *numerals.cardinal(found[2])]


def _feet_then_inches(context: Context, found: re.Match) -> list[str] | None:
    """6 ft 2 in."""
    return [*_feet(context, found), *numerals.cardinal(found[2]), "inch" if found[2] == "1" else "inches"]


def _three_figures(context: Context, found: re.Match) -> list[str] | None:
    """1-2-3 and 1/2/3."""
    return numerals.digits("".join(found.groups()))


def _feet(context: Context, found: re.Match) -> list[str]:
    return [*numerals.cardinal(found[1]), "foot" if found[1] == "1" else "feet"]


def _inches(context: Context, found: re.Match) -> list[str] | None:
    return [*numerals.cardinal(found[1]), "inch" if found[1] == "1" else "inches"]


def _closes_quotation(context: Context, at: int) -> bool:
    """Whether the mark " at a place closes a quotation, so that it is no sign of inches."""
    line_start = context.clean.rfind("\n", 0, at) + 1
    return context.clean.count('"', line_start, at) % 2 == 1 and context.original[at] != "″"


def _inch_mark(context: Context, found: re.Match) -> list[str] | None:
    """27" where no quotation is open; before a noun it is a 27 inch monitor."""
    if _closes_quotation(context, found.end() - 1):
        return None
    following = context.following(found.end()) if found["space"] is not None else ""
    single = found[1] == "1" or (following.isalpha() and following.lower() not in _AFTER_INCHES)
    return [*numerals.cardinal(found[1]), "inch" if single else "inches"]


_AFTER_INCHES = words("wide tall long deep thick high by x and or in of from to at is are was were for on with than")


_COMPASS = {"N": "north", "S": "south", "E": "east", "W": "west"}


def _angle(context: Context, found: re.Match) -> list[str] | None:
    """40° 26' 46" N."""
    spoken: list[str] = []
    for count, name in zip(found.groups()[:3], ("degree", "minute", "second"), strict=True):
        if count:
            spoken += [*numerals.cardinal(str(int(count)) if count.isdecimal() else count)]
            spoken.append(name if count == "1" else name + "s")
    return spoken + ([_COMPASS[found[4]]] if found[4] else [])


def _ordinal(context: Context, found: re.Match) -> list[str] | None:
    return numerals.ordinal(found[1], context.british)


def _plural_number(context: Context, found: re.Match) -> list[str] | None:
    spoken = numerals.cardinal(found[1])
    spoken = spoken[1:] if spoken[0] == "one" and len(spoken) == 2 else spoken  # hundreds
    return [*spoken[:-1], numerals.plural(spoken[-1])]


_UNIT_TAIL = rf"(?: ?({UNIT}){END})?"
LETTERS = patterns((rf"(π?)([A-Za-z]+)(?:({SUPERSCRIPTS})|\^\(?(-?\d+)\)?)(?!\w)", _power_of_letter))
SIZES = patterns(
    (r"(\d{1,3})° ?(\d{1,2})'(?: ?(\d{1,2}(?:\.\d+)?)(?:\"|''))?(?: ?([NSEW])(?!\w))?", _angle),
    (r"(\d+(?:\.\d+)?)[°º]()() ?([NSEW])(?!\w)", _angle),
    (rf"(\d{{3,4}})[x×](\d{{3,4}}){END}", _resolution),
    (rf"(\d{{1,2}}) ?ft\.? (\d{{1,2}}) ?in(?:\.(?= ?[a-z])|{END})", _feet_then_inches),
    (rf"(\d)[/-](\d)[/-](\d){END}(?![/-])", _three_figures),
    (rf"(480|576|720|1,?080|1,?440|2,?160|4,?320)([pi]){END}", _lines),
)
COUNTS = patterns((rf"(\d+)(?:st|nd|rd|th){END}", _ordinal), (rf"(\d{{3,6}})s{END}", _plural_number))
VULGAR = patterns((rf"(\d*)[ ]?([{''.join(numerals.VULGAR_FRACTIONS)}]){_UNIT_TAIL}", _vulgar))
DIGITS = patterns(
    (rf"({NUMBER})(\^|\*\*)\(?([-−]?\d+)\)?{END}{_UNIT_TAIL}", _power),
    (rf"({NUMBER})()({SUPERSCRIPTS}){_UNIT_TAIL}", _power),
    (r"(\d+(?:\.\d+)?) ?in\.(?= [a-z])", _inches),
    (r"(\d{1,2})' ?(\d{1,2}(?:\.\d+)?)(?:\"|'')", _feet_and_inches),
    (r"(\d{1,2})'(\d{1,2})(?![\w.])", _feet_and_inches),
    (rf"({NUMBER})(?:'|'')(?=(?: (?:tall|long|wide|deep|high|by|x)\b| ?[x×] ?\d))", _feet),
    (rf"({NUMBER})\"(?P<space>(?= ))?(?!\w)", _inch_mark),
    (rf"(?:(\d+)[ -])?(\d{{1,3}})/(\d{{1,3}}){END}(?!/){_UNIT_TAIL}(\"(?!\w))?", _fraction),
)
POWERS_BEHIND = patterns((SUPERSCRIPTS, _power_behind))
