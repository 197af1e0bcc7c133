"""Amounts: numbers with their currency, magnitude or unit, ranges, ratios and sizes."""

from __future__ import annotations

import re

from generators.voice.frontend import numerals, units
from generators.voice.frontend.context import Context
from generators.voice.frontend.english import dates, signs
from generators.voice.frontend.english.figures import SUPERSCRIPTS
from generators.voice.frontend.english.grammar import (
    CURRENCY,
    CURRENCY_SIGNS,
    END,
    NUMBER,
    UNIT,
    is_counted,
    one_of,
    patterns,
    words,
)

# --- numbers written the European way ----------------------------------------------------------------------------

_FOREIGN = re.compile(
    r"(?<![\w.,])(?:\d{1,3}(?:(?:\.\d{3})+,\d{1,3}|(?:\.\d{3}){2,})(?!\d|[.,]\d)"  # 1.234,5 or 8.000.000
    r"|\d{1,3}\.\d{3}(?= ?€)"
    r"|\d{1,3},\d\d(?!\w|[.,]\d| (?:and|or|&) )|0,\d+(?!\w|,\d)"
    rf"|\d+,\d{{1,2}}(?=[-–]\d+,\d{{1,2}}(?!\d)|[ ]?(?:(?:{UNIT}|million|billion){END}|[%{CURRENCY_SIGNS}°])))"
    rf"|€ ?\d{{1,3}}\.\d{{3}}(?!\d|[.,]\d)|(?<=[{CURRENCY_SIGNS}])\d+,\d{{1,2}}(?!\d|,\d)"
)
_ANY_FOREIGN = re.compile(r"\d[.,]\d")
_SWAPPED = str.maketrans({".": "'", ",": "."})


def in_english_numbers(clean: str) -> str:
    """The text with numbers such as 8.000.000 and 29,99 written as in English, character for character."""
    if not _ANY_FOREIGN.search(clean):
        return clean
    return _FOREIGN.sub(lambda found: found.group().translate(_SWAPPED), clean)


# --- money and measures ------------------------------------------------------------------------------------------

_ABOUT_MANY = words(
    "people users followers views subscribers customers downloads viewers visitors fans players members copies"
    " children jobs tonnes barrels listeners readers employees workers votes households homes dollars parameters"
    " tokens accounts streams plays likes"
)
_LABELS = words("apartment apt room flat unit seat row gate class grade pencil section block suite platform route")
_DETERMINERS = words("a the this my our your his her their")
_BEFORE_A_RUN = words("a the this my our your his her ran run running runs jogged first")
_RUNS = words("run race walk video videos resolution tv monitor display screen gold carat ultra camera footage")


def _names(sign: str) -> tuple[str, str, str, str]:
    if sign == "¢":
        return ("cent", "cents", "", "")
    return units.CURRENCIES.get(sign) or units.CURRENCY_CODES[sign]


def _range_words(low: str, high: str | None, british: bool) -> list[str]:
    return numerals.cardinal(low, british) + (["to", *numerals.cardinal(high, british)] if high else [])


def _per(found: re.Match) -> list[str]:
    return units.per(found["per"]) if found["per"] else []


def _money(context: Context, found: re.Match) -> list[str] | None:
    names, low, high = _names(found["currency"]), found["low"], found["high"]
    magnitude = units.MAGNITUDES.get(found["magnitude"] or "", "")
    sign = signs.WORDS[found["sign"]].split() if found["sign"] else []
    if high and signs.formula(context, found.start(), found.end()):
        return None
    if high or found["adjective"] == "-":
        name = names[0 if found["adjective"] == "-" else 1]
        spoken = [*_range_words(low, high, context.british), *magnitude.split(), *name.split()]
    else:
        spoken = numerals.money(names, low, magnitude, context.british)
    return sign + spoken + _per(found)


def _measure(context: Context, found: re.Match) -> list[str] | None:
    low, high, unit, magnitude = found["low"], found["high"], found["unit"], found["magnitude"]
    if signs.formula(context, found.start(), found.end()):
        if high:
            return None
        if unit == "x":
            return [*numerals.cardinal(low, context.british), "X"]
    one, many = units.UNITS[unit]
    single = found["join"] == "-" or (low in ("1", "1.0") and not high and not magnitude)
    if high == low:
        spoken = [*numerals.cardinal(low, context.british), *numerals.cardinal(low, context.british)]
    else:
        spoken = _range_words(low, high, context.british)
    return [*spoken, *([magnitude] if magnitude else []), *(one if single else many).split(), *_per(found)]


def _large(context: Context, found: re.Match) -> list[str] | None:
    """5M, 3K, 2.5B, 7bn: thousands and so on, unless the letter is a name, as in 4K video or Apartment 2B."""
    number, letter, following = found["low"], found["magnitude"].strip(), context.following(found.end())
    counting = following.lower() in _ABOUT_MANY or is_counted(following)
    named = {
        "K": number in ("4", "8", "401") or context.previous() in _BEFORE_A_RUN,
        "M": number == "3",
        "B": len(number) == 1 or context.previous() in _LABELS,
        "T": "." not in number,
        "m": True,
    }
    if number[0] == "0" and "." not in number:
        return None
    if not counting and (named.get(letter.upper() if letter == "k" else letter) or following.lower() in _RUNS):
        return None
    if found["high"] and signs.formula(context, found.start(), found.end()):
        return None
    return [*_range_words(number, found["high"], context.british), units.MAGNITUDES[letter], *_per(found)]


def _unit_alone(context: Context, found: re.Match) -> list[str] | None:
    """km/h or m² without a number before it."""
    return [*units.UNITS[found["unit"]][1].split(), *_per(found)]


def _degrees_of(context: Context, found: re.Match) -> list[str] | None:
    return units.UNITS[found.group().replace("º", "°")][1].split()


_RANGE = rf"(?P<low>{NUMBER})(?:(?:[ ]?[-–~][ ]?|—)(?P<high>{NUMBER})(?!\d))?"
_MONEY_MAGNITUDE = rf"(?:(?P<adjective>[ -]?)(?P<magnitude>{one_of(units.MAGNITUDES)}){END})?"
_COUNTED_BY = one_of(
    [*units.UNITS, *units.PER, *words("day hour week month year night person user minute second head")]
)
_PER = (
    rf"(?:(?:/| / (?=(?:{_COUNTED_BY}){END}))"
    rf"(?P<per>(?:{UNIT}){END}|(?!(?:[a-z]+[^su])s{END})[A-Za-z]{{2,}}|[dy]{END}))?"
)
_CODES = one_of(units.CURRENCY_CODES)


def _currency_alone(context: Context, found: re.Match) -> list[str] | None:
    before = context.clean[found.start() - 1 : found.start()]
    return _names(found.group())[0].split() if before in (" ", "(") else None


# --- ranges, ratios, sizes ---------------------------------------------------------------------------------------


def _range(context: Context, found: re.Match) -> list[str] | None:
    low, high = found[1], found[2]
    if signs.formula(context, found.start(), found.end()):
        return None
    if low == high:
        return [*numerals.cardinal(low, context.british), *numerals.cardinal(high, context.british)]  # fifty-fifty
    if _DAY.fullmatch(low) and _DAY.fullmatch(high) and _in_month(context, found.end()):
        return [*numerals.ordinal(low), "to", *numerals.ordinal(high)]
    years = len(low) == 4 and len(high) in (2, 4) and (low + high).isdecimal()
    if years:
        last = numerals.year(high) if len(high) == 4 else numerals.cardinal(str(int(high)))
        return [*numerals.year(low), "to", *last]
    return _range_words(low, high, context.british)


_DAY = re.compile("0?[1-9]|[12][0-9]|3[01]")


def _in_month(context: Context, end: int) -> bool:
    return context.previous() in dates.MONTH_NAMES or context.following(end).lower() in dates.MONTH_NAMES


def _ratio(context: Context, found: re.Match) -> list[str] | None:
    parts = found.group().split(":")
    return [word for i, part in enumerate(parts) for word in [*(["to"] if i else []), *numerals.cardinal(part)]]


def _size(context: Context, found: re.Match) -> list[str] | None:
    """One side of 4x4 or 10 × 15 cm; what follows is read by itself. A spaced × between bare numbers is times."""
    number, unit, last = found["low"], found["unit"].strip(), found["last"]
    sides = bool(unit) or last in units.LENGTHS or (not last and found["cross"] != " × ")
    if found["power"] or not sides or signs.formula(context, found.start(), found.end()):
        return [*numerals.cardinal(number, context.british), "times"]
    marks = {"": "", "'": "feet", '"': "inches"}
    said = marks[unit] if unit in marks else units.UNITS[unit][1]
    return [*numerals.cardinal(number, context.british), *said.split(), "by"]


_LENGTH = one_of(length for length in units.LENGTHS if length.isalpha())
_SIZE = (
    rf"(?!0x)(?P<low>{NUMBER})(?P<unit>[\"']| ?(?:{_LENGTH})|)(?P<cross> ?[x×] ?)"
    rf"(?=(?P<power>10(?:\^|{SUPERSCRIPTS}))|{NUMBER}[\"']?(?: ?[x×] ?{NUMBER})?(?: ?(?P<last>{UNIT}){END})?)"
)

LETTERS = patterns(
    (rf"(?P<currency>{_CODES})[ ]?(?P<sign>[-−+]?){_RANGE}{_MONEY_MAGNITUDE}{END}{_PER}", _money),
    (r"(?P<unit>km|mi|m|ft|mg|g|kg|[kMGT]B|[MG]bit|L|l)/(?P<per>h|hr|s|min|dL|L|l|kg|m[²³]|ha)(?![\w/])", _unit_alone),
    (r"(?P<unit>(?:km|cm|mm|m|ft|in|mi)[²³])(?P<per>(?!))?(?!\w)", _unit_alone),
)
MONEY = patterns(
    (rf"(?P<currency>{CURRENCY})[ ]?(?P<sign>[-−+]?){_RANGE}{_MONEY_MAGNITUDE}{_PER}", _money),
    (rf"[{CURRENCY_SIGNS}](?=[ ).,?!]|$)", _currency_alone),
)
DIGITS = patterns(
    (rf"\d{{1,3}}(?::\d{{1,3}}){{1,3}}{END}(?!:)", _ratio),
    (_SIZE, _size),
    (rf"{_RANGE}{_MONEY_MAGNITUDE}(?P<sign>)[ ]?(?!Rs)(?P<currency>{CURRENCY}){END}{_PER}", _money),
)
_MEASURE = (
    rf"{_RANGE}(?: (?P<magnitude>thousand|million|billion|trillion))?(?P<join>[ ]?|-(?=[A-Za-z]{{2}}|[mh]\b))"
    rf"(?P<unit>%|(?:{UNIT}){END})(?!'\w){_PER}(?:\.(?= [a-z]))?"
)
MEASURES = patterns(
    (_MEASURE, _measure),
    (rf"({NUMBER})(?: ?[–-] ?|—)({NUMBER})(?!\d){END}(?![/-]\d)", _range),
    (rf"{_RANGE}(?P<magnitude> ?(?:bn|Bn|tn|mn|mln)|[kKMBTm]){END}{_PER}", _large),
)
LEADING_POINT = patterns(
    (r"(?<![\w.)])(?=\.\d)" + _MEASURE, _measure),
    (r"(?<![\w.)])(\.\d+)", lambda context, found: numerals.cardinal(found[1])),
)
DEGREES = patterns((rf"[°º][CF]{END}", _degrees_of))
